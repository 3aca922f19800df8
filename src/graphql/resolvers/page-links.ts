/** Other forms of the same link. Made only when asked for, and once for an operation that asks many times. */
import type {
  AuthenticationStartedResolvers,
  CertificationFormResolvers,
  IdentityCertificationStartedResolvers,
} from '../../generated/resolvers.ts';
import { selfSubmittingForm } from '../../lib/form.ts';
import { qrSvg } from '../../lib/qr.ts';

/** Keeps what was made of an object for as long as the object is there. */
const oncePerObject = <From extends object, Made>(make: (from: From) => Made): ((from: From) => Made) => {
  const made = new WeakMap<From, { readonly value: Made }>();
  return (from) => {
    const kept = made.get(from) ?? { value: make(from) };
    made.set(from, kept);
    return kept.value;
  };
};

export const AuthenticationStarted: AuthenticationStartedResolvers = {
  authorizeQr: oncePerObject(({ authorizeUrl }) => qrSvg(authorizeUrl) ?? null),
};

export const IdentityCertificationStarted: IdentityCertificationStartedResolvers = {
  qr: oncePerObject(({ url }) => qrSvg(url) ?? null),
};

export const CertificationForm: CertificationFormResolvers = {
  method: () => 'POST',
  html: oncePerObject(selfSubmittingForm),
};
