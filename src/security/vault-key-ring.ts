/** The sealing keys of the vault, by id: one of them seals, all of them open, and a rotation adds to them. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { bytesOf, type VaultKeys } from './vault-keys.ts';

/** A sealed value that does not open: its key is missing, or it was changed, or moved. The message names no value. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}

export interface SealKey {
  readonly id: string;
  /** The first bytes of every value that this key seals: the length of the id, and the id. */
  readonly prefix: Buffer;
  /** Made once: from bytes, each use would make it again, which takes longer than to open a value. */
  readonly key: KeyObject;
}

export interface KeyRing {
  /** The key that seals. */
  newest(): SealKey;
  /** The key of an id. Reads the keys again for an id that is not known, and throws VaultError when it stays so. */
  keyOf(id: string): KeyObject;
  has(id: string): boolean;
  isLost(id: string): boolean;
  refresh(): void;
  fault(): VaultError | undefined;
  readonly indexKey: KeyObject;
}

const keyObject = (text: string): KeyObject => createSecretKey(bytesOf(text));

/** Adds keys to those of a ring, all or none, and returns the newest. */
const addKeys = (ring: Map<string, SealKey>, { seal }: VaultKeys): SealKey => {
  const added = new Map<string, SealKey>();
  for (const { id, key: text } of seal) {
    const key = keyObject(text);
    if ((added.get(id) ?? ring.get(id))?.key.equals(key) === false)
      throw new VaultError('A key id stands for another key than before: give every key an id of its own');
    added.set(id, { id, prefix: Buffer.concat([Buffer.of(id.length), Buffer.from(id)]), key });
  }
  for (const [id, key] of added) ring.set(id, key);
  const [newest] = added.values();
  if (!newest) throw new VaultError('A vault needs a sealing key');
  return newest;
};

export const createKeyRing = (keys: VaultKeys, readAgain: () => VaultKeys): KeyRing => {
  const ring = new Map<string, SealKey>();
  let newest = addKeys(ring, keys);
  const indexKey = keyObject(keys.index);
  let lost: readonly string[] = keys.lost ?? [];
  let fault: VaultError | undefined;

  const refresh = () => {
    const current = readAgain();
    try {
      if (!keyObject(current.index).equals(indexKey))
        throw new VaultError('The index key has changed: nothing that is stored would be found again');
      newest = addKeys(ring, current);
      lost = current.lost ?? [];
      fault = undefined;
    } catch (error) {
      if (error instanceof VaultError) fault = error;
      throw error;
    }
  };

  return {
    newest: () => newest,
    keyOf(id) {
      if (!ring.has(id)) refresh();
      const sealKey = ring.get(id);
      if (!sealKey) throw new VaultError('A value was sealed with a key that is not configured');
      return sealKey.key;
    },
    has(id) {
      try {
        if (!ring.has(id)) refresh();
      } catch {
        // Keys that cannot be read again add none; the sweep calls `refresh` as well and logs why.
      }
      return ring.has(id);
    },
    isLost: (id) => lost.includes(id),
    refresh,
    fault: () => fault,
    indexKey,
  };
};
