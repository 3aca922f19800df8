/**
 * Seals what the store must not show, and makes the blind indexes to find it by.
 * AES-256-GCM with a key id in front and the place of the value as additional data, so that a sealed value moved to
 * another row or column does not open. Indexes are HMAC-SHA-256 under a key of their own, which is never rotated:
 * under another one nothing that is kept would be found again.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const key = z
  .base64()
  .refine((text) => bytesOf(text).length === 32, '32 bytes in base64')
  .refine((text) => bytesOf(text).some((byte) => byte !== 0), '32 random bytes, and not all of them zero');
const keyId = z.string().regex(/^[\w-]{1,16}$/);

export const vaultKeys = z
  .strictObject({
    /** The first seals; all of them open. */
    seal: z.array(z.strictObject({ id: keyId, key })).min(1),
    index: key,
    /** Sealing keys that are lost for good: what they sealed stays unreadable until its time is over. */
    lost: z.array(keyId).optional(),
  })
  .superRefine(({ seal, index, lost = [] }, context) => {
    const fault = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    for (const [at, { id, key }] of seal.entries()) {
      const earlier = seal.slice(0, at);
      if (earlier.some((other) => other.id === id))
        fault(['seal', at, 'id'], `two keys have the id ${id}: give every key an id of its own`);
      if (earlier.some((other) => bytesOf(other.key).equals(bytesOf(key))))
        fault(['seal', at, 'key'], `the key ${id} stands here twice: a new id needs a new key`);
      if (bytesOf(index).equals(bytesOf(key)))
        fault(['seal', at, 'key'], `the key ${id} is the index key as well: make one for each of the two`);
      if (lost.includes(id)) fault(['lost'], `the key ${id} stands in keys.seal: take it out of one of the two`);
    }
  });
export type VaultKeys = z.infer<typeof vaultKeys>;

/** A sealed value that does not open: its key is missing, or it was changed, or moved. The message names no value. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}

export interface Vault {
  /** `place` names table, column and row. */
  seal(text: string, additionalData: string): Buffer;
  /** Throws VaultError when the value was not sealed for this place by one of our keys. */
  open(sealed: Uint8Array, additionalData: string): string;
  /** How everything begins that the newest key seals: what begins otherwise can be found without opening it. */
  newestPrefix(): Buffer;
  isNewest(sealed: Uint8Array): boolean;
  /** The id of the key that seals. */
  newestId(): string;
  /** Whether there is a sealing key of this id; one that is not known is looked for once more. */
  has(id: string): boolean;
  /** Whether the sealing key of this id was given up. */
  isLost(id: string): boolean;
  /** Reads the keys again, for a new one in front. The keys that were known go on opening. */
  refresh(): void;
  /** Why the keys that `refresh` read last cannot be used beside those that are known; undefined when they can. */
  fault(): VaultError | undefined;
  /** The index of a value of the named kind; equal only for equal parts. */
  blindIndex(kind: string, ...parts: readonly string[]): Buffer;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The time makes ids readable, the random bytes keep those of one millisecond apart. */
const newSealKey = (): VaultKeys['seal'][number] => ({
  id: `k${Date.now().toString(36)}-${randomBytes(2).toString('hex')}`,
  key: randomBytes(32).toString('base64'),
});

export const generateVaultKeys = (): VaultKeys => ({
  seal: [newSealKey()],
  index: randomBytes(32).toString('base64'),
});

/** The same keys with a new one in front. */
export const addSealKey = ({ seal, index }: VaultKeys): VaultKeys => ({ seal: [newSealKey(), ...seal], index });

const decrypt = (key: Buffer, bytes: Buffer, ivAt: number, additionalData: string): string => {
  const tagAt = ivAt + IV_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(ivAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(additionalData));
  decipher.setAuthTag(bytes.subarray(tagAt, tagAt + TAG_BYTES));
  return decipher.update(bytes.subarray(tagAt + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
};

interface SealKey {
  readonly id: string;
  readonly prefix: Buffer;
  readonly key: Buffer;
}

/** Adds keys to those that are known, and answers the newest. */
const addKeys = (known: Map<string, SealKey>, { seal }: VaultKeys): SealKey => {
  const learnt = new Map<string, SealKey>();
  for (const { id, key } of seal) {
    const bytes = bytesOf(key);
    if ((learnt.get(id) ?? known.get(id))?.key.equals(bytes) === false)
      throw new VaultError('A key id stands for another key than before: give every key an id of its own');
    learnt.set(id, { id, prefix: Buffer.concat([Buffer.of(id.length), Buffer.from(id)]), key: bytes });
  }
  for (const [id, key] of learnt) known.set(id, key);
  const [newest] = learnt.values();
  if (!newest) throw new VaultError('A vault needs a sealing key');
  return newest;
};

/** `readAgain` answers the keys as they are now: a service that runs learns of a rotation by it. */
export const openVault = (keys: VaultKeys, readAgain: () => VaultKeys = () => keys): Vault => {
  const known = new Map<string, SealKey>();
  let newest = addKeys(known, keys);
  const indexKey = bytesOf(keys.index);
  let lost: readonly string[] = keys.lost ?? [];
  let fault: VaultError | undefined;

  const refresh = () => {
    const current = readAgain();
    try {
      if (!bytesOf(current.index).equals(indexKey))
        throw new VaultError('The index key has changed: nothing that is kept would be found again');
      newest = addKeys(known, current);
      lost = current.lost ?? [];
      fault = undefined;
    } catch (error) {
      if (error instanceof VaultError) fault = error;
      throw error;
    }
  };

  /** The key of an id; one that is not known may be new. */
  const keyOf = (id: string): Buffer => {
    if (!known.has(id)) refresh();
    const found = known.get(id);
    if (!found) throw new VaultError('A value was sealed with a key that is not configured');
    return found.key;
  };

  return {
    seal(text, additionalData) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', newest.key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(additionalData));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([newest.prefix, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, additionalData) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const ivAt = 1 + (bytes[0] ?? 0);
      try {
        return decrypt(keyOf(bytes.toString('utf8', 1, ivAt)), bytes, ivAt, additionalData);
      } catch (cause) {
        throw cause instanceof VaultError ? cause : new VaultError('A sealed value does not open', { cause });
      }
    },
    newestId: () => newest.id,
    has(id) {
      try {
        if (!known.has(id)) refresh();
      } catch {
        // What cannot be read again has no further key; `refresh` is where that is reported.
      }
      return known.has(id);
    },
    isLost: (id) => lost.includes(id),
    fault: () => fault,
    newestPrefix: () => newest.prefix,
    isNewest: (sealed) => newest.prefix.equals(sealed.subarray(0, newest.prefix.length)),
    refresh,
    blindIndex(kind, ...parts) {
      // JSON keeps the parts apart: ["a","bc"] and ["ab","c"] differ.
      return createHmac('sha256', indexKey)
        .update(JSON.stringify([kind, ...parts]))
        .digest();
    },
  };
};
