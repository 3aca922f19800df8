/**
 * The vault of the store, with keys of its own: seals values, and makes the blind indexes to find them by.
 * AES-256-GCM, with the key's id in front. The additional data names table, column and row, so that a sealed value
 * that is moved to another place does not open. Blind indexes are HMAC-SHA-256 under a key that is never rotated:
 * under another one nothing that is stored would be found again.
 */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { createKeyRing, VaultError } from './vault-key-ring.ts';
import type { VaultKeys } from './vault-keys.ts';

// The rest of the house meets the vault through this file.
export { VaultError } from './vault-key-ring.ts';
export { addSealKey, generateVaultKeys, type VaultKeys, vaultKeys } from './vault-keys.ts';

export interface Vault {
  /** `additionalData` names table, column and row. */
  seal(text: string, additionalData: string): Buffer;
  /** Throws VaultError when the value was not sealed with this additional data by one of our keys. */
  open(sealed: Uint8Array, additionalData: string): string;
  /** The first bytes of every value that the newest key seals: the others are found by it without being opened. */
  newestPrefix(): Buffer;
  isNewest(sealed: Uint8Array): boolean;
  /** The id of the key that seals. */
  newestId(): string;
  /** Whether there is a sealing key of this id. Reads the keys again before it returns false. */
  has(id: string): boolean;
  /** Whether the configuration gives the sealing key of this id up as lost. */
  isLost(id: string): boolean;
  /** Reads the keys again, for a new one in front. Keys that it had before go on opening. Throws VaultError. */
  refresh(): void;
  /** Why the keys that `refresh` read last cannot be used beside the earlier ones; undefined when they can. */
  fault(): VaultError | undefined;
  /** The blind index of a value of the named kind; equal only for equal parts. */
  blindIndex(kind: string, ...parts: readonly string[]): Buffer;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

const decrypt = (key: KeyObject, bytes: Buffer, ivAt: number, additionalData: string): string => {
  const tagAt = ivAt + IV_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(ivAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(additionalData));
  decipher.setAuthTag(bytes.subarray(tagAt, tagAt + TAG_BYTES));
  const text = decipher.update(bytes.subarray(tagAt + TAG_BYTES));
  // Throws unless the tag is that of the value. In this mode it returns no more of the text.
  decipher.final();
  return text.toString();
};

/**
 * `readAgain` returns the keys as they are now: by it a running service finds the keys of a rotation.
 * Throws VaultError when the keys contradict each other.
 */
export const openVault = (keys: VaultKeys, readAgain: () => VaultKeys = () => keys): Vault => {
  const { newest, keyOf, has, isLost, refresh, fault, indexKey } = createKeyRing(keys, readAgain);
  return {
    seal(text, additionalData) {
      const { key, prefix } = newest();
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(additionalData));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([prefix, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, additionalData) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const ivAt = 1 + (bytes[0] ?? 0);
      try {
        return decrypt(keyOf(bytes.toString('latin1', 1, ivAt)), bytes, ivAt, additionalData);
      } catch (cause) {
        throw cause instanceof VaultError ? cause : new VaultError('A sealed value does not open', { cause });
      }
    },
    newestId: () => newest().id,
    newestPrefix: () => newest().prefix,
    isNewest: (sealed) => newest().prefix.equals(sealed.subarray(0, newest().prefix.length)),
    has,
    isLost,
    fault,
    refresh,
    blindIndex(kind, ...parts) {
      // JSON separates the parts: ["a","bc"] and ["ab","c"] differ.
      return createHmac('sha256', indexKey)
        .update(JSON.stringify([kind, ...parts]))
        .digest();
    },
  };
};
