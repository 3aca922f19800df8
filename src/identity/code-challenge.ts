import { createHash } from 'node:crypto';

/** A verifier: https://www.rfc-editor.org/rfc/rfc7636#section-4.1 */
export const CODE_VERIFIER = /^[\w.~-]{43,128}$/;

/** 32 bytes in base64url, whose last character holds four bits: any other text is the challenge of no verifier. */
export const CODE_CHALLENGE = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/** The challenge of a verifier by S256, the only method: https://www.rfc-editor.org/rfc/rfc7636#section-4.2 */
export const challengeOf = (codeVerifier: string): string =>
  createHash('sha256').update(codeVerifier).digest('base64url');
