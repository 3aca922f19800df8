/** AES-256-GCM and HMAC-SHA-256 as docs/storage.md has them, with key objects made once: what a limit needs. */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { VaultKeys } from '../../src/security/vault.ts';

const keyObject = (text: string) => createSecretKey(Buffer.from(text, 'base64'));

export const openKeys = ({ seal: [first], index }: VaultKeys) => {
  if (!first) throw new Error('There is no sealing key');
  const sealKey = keyObject(first.key);
  const indexKey = keyObject(index);
  const prefix = Buffer.concat([Buffer.of(first.id.length), Buffer.from(first.id)]);
  const ivAt = prefix.length;
  return {
    seal(text: string, additionalData: string): Buffer {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv);
      cipher.setAAD(Buffer.from(additionalData));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([prefix, iv, cipher.getAuthTag(), body]);
    },
    open(sealed: Uint8Array, additionalData: string): string {
      const decipher = createDecipheriv('aes-256-gcm', sealKey, sealed.subarray(ivAt, ivAt + 12));
      decipher.setAAD(Buffer.from(additionalData));
      decipher.setAuthTag(sealed.subarray(ivAt + 12, ivAt + 28));
      return decipher.update(sealed.subarray(ivAt + 28), undefined, 'utf8') + decipher.final('utf8');
    },
    index: (kind: string, ...parts: readonly string[]): Buffer =>
      createHmac('sha256', indexKey)
        .update(JSON.stringify([kind, ...parts]))
        .digest(),
  };
};

/** Binds a sealed subject to its row. */
export const subjectData = (id: string): string => `identities.subject_sealed.${id}`;
