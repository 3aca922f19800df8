import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';

export type DigestName = 'md5' | 'hmac_sha256' | 'sm3';

/** Digests of UTF-8 text as lower-case hex, by the names the upstreams use; only the HMAC uses the key. */
export const digests: Readonly<Record<DigestName, (text: string, key: string) => string>> = {
  md5: (text) => createHash('md5').update(text).digest('hex'),
  hmac_sha256: (text, key) => createHmac('sha256', key).update(text).digest('hex'),
  /** GB/T 32905-2016, by OpenSSL. */
  sm3: (text) => createHash('sm3').update(text).digest('hex'),
};

const digestOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Compares with a secret in a time that does not depend on where another one differs. */
export const compareWith = (secret: string): ((other: string) => boolean) => {
  const digest = digestOf(secret);
  return (other) => timingSafeEqual(digest, digestOf(other));
};

/** Compares two secrets in a time that does not depend on where they differ. */
export const equalSecrets = (left: string, right: string): boolean => compareWith(left)(right);
