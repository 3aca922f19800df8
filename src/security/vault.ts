/**
 * Seals what the store must not show, and makes the blind indexes to find it by.
 * AES-256-GCM with a key id in front and the place of the value as additional data, so that a sealed value moved to
 * another row or column does not open. Indexes are HMAC-SHA-256 under a key of their own.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';

const key = z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, '32 bytes in base64');

export const vaultKeys = z.strictObject({
  /** The first seals; all of them open. */
  seal: z.array(z.strictObject({ id: z.string().regex(/^[\w-]{1,16}$/), key })).min(1),
  index: key,
});
export type VaultKeys = z.infer<typeof vaultKeys>;

export interface Vault {
  /** `place` names table, column and row. */
  seal(text: string, place: string): Buffer;
  /** Throws when the value was not sealed for this place by one of our keys. */
  open(sealed: Uint8Array, place: string): string;
  /** The index of a value of the named kind; equal only for equal parts. */
  index(kind: string, ...parts: readonly string[]): Buffer;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

export const generateVaultKeys = (): VaultKeys => ({
  seal: [{ id: `k${Date.now().toString(36)}`, key: randomBytes(32).toString('base64') }],
  index: randomBytes(32).toString('base64'),
});

export const openVault = (keys: VaultKeys): Vault => {
  const sealKeys = new Map(keys.seal.map(({ id, key }) => [id, Buffer.from(key, 'base64')]));
  const [newest] = keys.seal;
  const newestKey = newest && sealKeys.get(newest.id);
  if (!newest || !newestKey) throw new Error('A vault needs a sealing key');
  const indexKey = Buffer.from(keys.index, 'base64');

  return {
    seal(text, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', newestKey, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      const kid = Buffer.from(newest.id);
      return Buffer.concat([Buffer.of(kid.length), kid, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const ivAt = 1 + (bytes[0] ?? 0);
      const key = sealKeys.get(bytes.toString('utf8', 1, ivAt));
      if (!key) throw new Error('A value was sealed with a key that is not configured');
      const iv = bytes.subarray(ivAt, ivAt + IV_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(bytes.subarray(ivAt + IV_BYTES, ivAt + IV_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(ivAt + IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    },
    index(kind, ...parts) {
      // JSON keeps the parts apart: ["a","bc"] and ["ab","c"] differ.
      return createHmac('sha256', indexKey)
        .update(JSON.stringify([kind, ...parts]))
        .digest();
    },
  };
};
