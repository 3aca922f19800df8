import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type DigestName = 'md5' | 'hmac_sha256' | 'sm3';

/** Digests of UTF-8 text as lower-case hex, by the names the upstreams use; only the HMAC uses the key. */
export const digests: Readonly<Record<DigestName, (text: string, key: string) => string>> = {
  md5: (text) => createHash('md5').update(text).digest('hex'),
  hmac_sha256: (text, key) => createHmac('sha256', key).update(text).digest('hex'),
  /** GB/T 32905-2016, by OpenSSL. */
  sm3: (text) => createHash('sm3').update(text).digest('hex'),
};

/** Compares two secrets in a time that does not depend on where they differ. */
export const equalSecrets = (left: string, right: string): boolean =>
  timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest());
