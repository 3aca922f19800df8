/** Other forms of the same link. Made only when asked for. */
import type {
  AuthenticationStartedResolvers,
  CertificationFormResolvers,
  IdentityCertificationStartedResolvers,
} from '../../generated/resolvers.ts';
import { selfSubmittingForm } from '../../lib/form.ts';
import { qrSvg } from '../../lib/qr.ts';

export const AuthenticationStarted: AuthenticationStartedResolvers = {
  authorizeQr: ({ authorizeUrl }) => qrSvg(authorizeUrl),
};

export const IdentityCertificationStarted: IdentityCertificationStartedResolvers = {
  qr: ({ url }) => qrSvg(url),
};

export const CertificationForm: CertificationFormResolvers = {
  method: () => 'POST',
  html: (form) => selfSubmittingForm(form),
};
