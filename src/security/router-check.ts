/** Whether a request comes from the router: nobody else may call this subgraph. */
import { z } from 'zod';
import { equalSecrets } from '../lib/digest.ts';
import { digestMatches } from './content-digest.ts';
import type { RequestHead } from './request-head.ts';
import { createHiveCheck, hiveConfig } from './router-hive-hmac.ts';
import { createSignatureCheck, signaturesConfig } from './router-signature.ts';

export type { RequestHead } from './request-head.ts';

/** Each of these is enough on its own; at least one has to be there. */
export const routerConfig = z
  .strictObject({
    /** Sent as Router-Authorization; several while one replaces another. */
    secrets: z.array(z.string().min(32, 'at least 32 characters')).min(1).optional(),
    /** Names in client certificates, to the letter, when TLS ends here. */
    certificateSubjects: z
      .array(z.string().regex(/^(?:URI:|DNS:|CN=)./, 'URI:…, DNS:… or CN=…'))
      .min(1)
      .optional(),
    /** HTTP message signatures, RFC 9421. */
    signatures: signaturesConfig.optional(),
    /** The HMAC that Hive Gateway adds to extensions. */
    hive: hiveConfig.optional(),
  })
  .refine(
    (router) => Object.values(router).some((credential) => credential !== undefined),
    'one of secrets, certificateSubjects, signatures, hive',
  );

export interface RouterCheck {
  /** `pending`: what decides stands in the body. */
  head(head: RequestHead): 'router' | 'stranger' | 'pending';
  /** Asked only when the head was pending. */
  body(head: RequestHead, bytes: Buffer, parsed: object): boolean;
}

/** Everybody on this machine: sandbox mode. */
export const withoutRouterCheck: RouterCheck = { head: () => 'router', body: () => true };

export const createRouterCheck = (
  { secrets = [], certificateSubjects = [], signatures, hive }: z.output<typeof routerConfig>,
  now: () => number,
): RouterCheck => {
  const subjects = new Set(certificateSubjects);
  const isSigned = signatures ? createSignatureCheck(signatures, now) : () => false;
  const isSignedByHive = hive ? createHiveCheck(hive) : () => false;

  const hasSecret = (sent: string | undefined): boolean =>
    sent !== undefined && secrets.filter((known) => equalSecrets(known, sent)).length > 0;

  return {
    head(head) {
      const { headers, peer } = head;
      if (hasSecret(headers['router-authorization'])) return 'router';
      if (peer.certificateNames.some((name) => subjects.has(name))) return 'router';
      // A digest that is sent has to be right, whether or not the signature covers it.
      if (isSigned(head)) return headers['content-digest'] === undefined ? 'router' : 'pending';
      return hive ? 'pending' : 'stranger';
    },
    body(head, bytes, parsed) {
      const digest = head.headers['content-digest'];
      if (digest !== undefined && isSigned(head) && digestMatches(digest, bytes)) return true;
      return isSignedByHive(parsed);
    },
  };
};
