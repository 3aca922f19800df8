/** Whether a request comes from the router, by any of the credentials that routers can present. */
import { z } from 'zod';
import { compareWith } from '../lib/digest.ts';
import { digestMatches } from './content-digest.ts';
import type { RequestHead } from './request-head.ts';
import { createHiveCheck, hiveConfig } from './router-hive-hmac.ts';
import { createRouterSignatureCheck, signaturesConfig } from './router-signature.ts';

export type { RequestHead } from './request-head.ts';

/** Each of these is enough on its own; at least one is required. */
const SHORT_SECRET = 'is too short: it needs at least 32 characters. Make one with: openssl rand -hex 32';

export const routerConfig = z
  .strictObject({
    secrets: z
      .array(z.string().min(32, SHORT_SECRET))
      .min(1)
      .optional()
      .describe('Sent as Router-Authorization; several while one replaces another. At least 32 characters each'),
    certificateSubjects: z
      .array(z.string().regex(/^(?:URI:|DNS:|CN=)./, 'is not a name in a certificate. Write URI:…, DNS:… or CN=…'))
      .min(1)
      .optional()
      .describe('Names in client certificates, compared character by character, when TLS ends here'),
    signatures: signaturesConfig.optional().describe('HTTP message signatures, RFC 9421'),
    hive: hiveConfig.optional().describe('The HMAC that Hive Gateway adds to extensions'),
  })
  .refine(
    (router) => Object.values(router).some((credential) => credential !== undefined),
    'names no way to authenticate it. Write one of secrets, certificateSubjects, signatures, hive.',
  );

export interface RouterCheck {
  /** `pending`: the body decides. */
  checkHead(head: RequestHead): 'router' | 'stranger' | 'pending';
  /** Whether the request comes from the router; only for a head that is pending. */
  checkBody(head: RequestHead, bytes: Buffer, parsed: object): boolean;
}

/** For sandbox mode: accepts every request, and only this machine can send any. */
export const withoutRouterCheck: RouterCheck = { checkHead: () => 'router', checkBody: () => true };

export const createRouterCheck = (
  { secrets = [], certificateSubjects = [], signatures, hive }: z.output<typeof routerConfig>,
  now: () => number,
): RouterCheck => {
  const isSecret = secrets.map(compareWith);
  const subjects = new Set(certificateSubjects);
  const isSigned = signatures ? createRouterSignatureCheck(signatures, now) : () => false;
  const isSignedByHive = hive ? createHiveCheck(hive) : () => false;

  /** Compares with every secret, so that the time does not show which one matches. */
  const hasSecret = (sent: string | undefined): boolean =>
    sent !== undefined && isSecret.filter((isEqual) => isEqual(sent)).length > 0;

  return {
    checkHead(head) {
      const { headers, peer } = head;
      if (hasSecret(headers['router-authorization'])) return 'router';
      if (peer.certificateNames.some((name) => subjects.has(name))) return 'router';
      // A digest that was sent must match, whether or not the signature covers it.
      if (isSigned(head)) return headers['content-digest'] === undefined ? 'router' : 'pending';
      return hive ? 'pending' : 'stranger';
    },
    checkBody(head, bytes, parsed) {
      const digest = head.headers['content-digest'];
      if (digest !== undefined && isSigned(head) && digestMatches(digest, bytes)) return true;
      return isSignedByHive(parsed);
    },
  };
};
