/** The keys of the vault as the configuration or the key file holds them, and new ones. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');

const NOT_A_KEY = 'is not a key. Give 32 bytes in base64: openssl rand -base64 32';

const key = z
  .base64({ error: ({ input }) => (typeof input === 'string' ? NOT_A_KEY : undefined), abort: true })
  .refine((text) => bytesOf(text).length === 32, NOT_A_KEY)
  .refine(
    (text) => bytesOf(text).some((byte) => byte !== 0),
    'is all zero. Give 32 random bytes: openssl rand -base64 32',
  );
const keyId = z.string().regex(/^[\w-]{1,16}$/, 'is not a key id. Write 1 to 16 characters of A-Z a-z 0-9 _ -');

export const vaultKeys = z
  .strictObject({
    seal: z
      .array(
        z.strictObject({
          id: keyId.describe('The id under which values name the key'),
          key: key.describe('32 random bytes in base64: openssl rand -base64 32'),
        }),
      )
      .min(1, 'is empty. Give at least one key: { "id": "k1", "key": … }, from openssl rand -base64 32')
      .describe('The keys that seal: the first seals, all of them open'),
    index: key.describe('The key of the blind indexes, which cannot be rotated: 32 random bytes in base64'),
    lost: z
      .array(keyId)
      .optional()
      .describe('Ids of sealing keys that are lost for good: what they sealed stays unreadable until it is deleted'),
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

/** The time makes ids readable; the random bytes distinguish those of one millisecond. */
const newSealKey = (): VaultKeys['seal'][number] => ({
  id: `k${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`,
  key: randomBytes(32).toString('base64'),
});

export const generateVaultKeys = (): VaultKeys => ({
  seal: [newSealKey()],
  index: randomBytes(32).toString('base64'),
});

/** The same keys with a new one in front. */
export const addSealKey = (keys: VaultKeys): VaultKeys => {
  const added = newSealKey();
  const isTaken = [...keys.seal.map(({ id }) => id), ...(keys.lost ?? [])].includes(added.id);
  return isTaken ? addSealKey(keys) : { ...keys, seal: [added, ...keys.seal] };
};
