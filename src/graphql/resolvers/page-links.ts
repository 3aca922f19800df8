/** A link as a QR code or as a form: rendered when selected, and once for all aliases of an operation. */
import type {
  PayerAuthenticationStartedResolvers,
  PayerCertificationFormResolvers,
  PayerCertificationStartedResolvers,
} from '../../generated/resolvers.ts';
import { selfSubmittingForm } from '../../lib/form.ts';
import { qrSvg } from '../../lib/qr.ts';

/** Remembers the result for each object, as long as the object lives. */
const oncePerObject = <From extends object, Result>(render: (from: From) => Result): ((from: From) => Result) => {
  const results = new WeakMap<From, { readonly value: Result }>();
  return (from) => {
    const result = results.get(from) ?? { value: render(from) };
    results.set(from, result);
    return result.value;
  };
};

export const PayerAuthenticationStarted: PayerAuthenticationStartedResolvers = {
  authorizeQr: oncePerObject(({ authorizeUrl }) => qrSvg(authorizeUrl) ?? null),
};

export const PayerCertificationStarted: PayerCertificationStartedResolvers = {
  qr: oncePerObject(({ url }) => qrSvg(url) ?? null),
};

export const PayerCertificationForm: PayerCertificationFormResolvers = {
  html: oncePerObject(selfSubmittingForm),
};
