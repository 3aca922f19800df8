/** What is refused in the vault's keys, and which keys a vault has after they were read again. */
import { describe, expect, test } from 'vitest';
import { generateVaultKeys, openVault, VaultError, type VaultKeys, vaultKeys } from '../../src/security/vault.ts';

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const sealKey = (id: string, byte: number) => ({ id, key: key(byte) });
const index = key(1);

describe('the keys of a vault', () => {
  const faultsOf = (keys: unknown) => {
    const { error } = vaultKeys.safeParse(keys);
    return error?.issues.map(({ path, message }) => [path.join('.'), message]);
  };

  test('keys with ids and bytes of their own are taken, with lost ids or without', () => {
    const seal = [sealKey('a', 2), sealKey('b', 3)];
    expect(faultsOf({ seal, index })).toBeUndefined();
    expect(faultsOf({ seal, index, lost: ['c'] })).toBeUndefined();
    expect(faultsOf(generateVaultKeys())).toBeUndefined();
  });

  test.each([
    [
      'two keys with one id',
      { seal: [sealKey('a', 2), sealKey('b', 3), sealKey('a', 4)], index },
      [['seal.2.id', 'two keys have the id a: give every key an id of its own']],
    ],
    [
      'one key under two ids',
      { seal: [sealKey('a', 2), sealKey('b', 2)], index },
      [['seal.1.key', 'the key b stands here twice: a new id needs a new key']],
    ],
    [
      'the index key among the sealing keys',
      { seal: [sealKey('a', 2), sealKey('b', 1)], index },
      [['seal.1.key', 'the key b is the index key as well: make one for each of the two']],
    ],
    [
      'a lost key that is there',
      { seal: [sealKey('a', 2)], index, lost: ['a'] },
      [['lost', 'the key a stands in keys.seal: take it out of one of the two']],
    ],
    [
      'a short key',
      { seal: [{ id: 'a', key: Buffer.alloc(31, 2).toString('base64') }], index },
      [['seal.0.key', 'is not a key. Give 32 bytes in base64: openssl rand -base64 32']],
    ],
    [
      'a key of zeros',
      { seal: [sealKey('a', 0)], index },
      [['seal.0.key', 'is all zero. Give 32 random bytes: openssl rand -base64 32']],
    ],
  ])('P10: %s is refused by its setting, and no key is shown', (_, keys, faults) => {
    expect(faultsOf(keys)).toEqual(faults);
  });
});

describe('a vault whose keys are read again', () => {
  const start = (keys: VaultKeys) => {
    let current: VaultKeys | Error = keys;
    let reads = 0;
    const vault = openVault(keys, () => {
      reads += 1;
      if (current instanceof Error) throw current;
      return current;
    });
    const set = (keys: VaultKeys | Error) => {
      current = keys;
    };
    return { vault, set, reads: () => reads };
  };
  const one = { seal: [sealKey('a', 2)], index };
  const rotated = { seal: [sealKey('b', 3), sealKey('a', 2)], index };

  test('a vault seals with the newest key, names it, and opens what older keys sealed', () => {
    const { vault, set } = start(one);
    const before = vault.seal('text', 'place');
    expect(vault.newestId()).toBe('a');
    set(rotated);
    vault.refresh();
    expect(vault.newestId()).toBe('b');
    expect(vault.open(before, 'place')).toBe('text');
    expect(vault.isNewest(before)).toBe(false);
    expect(vault.isNewest(vault.seal('text', 'place'))).toBe(true);
  });

  test('a key that a vault knows is not looked for, one that it does not know is read again', () => {
    const { vault, set, reads } = start(one);
    expect(vault.has('a')).toBe(true);
    expect(reads()).toBe(0);
    expect(vault.has('b')).toBe(false);
    expect(reads()).toBe(1);
    set(rotated);
    expect(vault.has('b')).toBe(true);
    set(new Error('unreadable'));
    expect(vault.has('c')).toBe(false);
    expect(vault.fault()).toBeUndefined();
  });

  test('lost keys are those that were read last', () => {
    const { vault, set } = start({ ...one, lost: ['x'] });
    expect([vault.isLost('x'), vault.isLost('a')]).toEqual([true, false]);
    set({ ...one, lost: ['y'] });
    vault.refresh();
    expect([vault.isLost('x'), vault.isLost('y')]).toEqual([false, true]);
    set(one);
    vault.refresh();
    expect([vault.isLost('y'), vault.isLost('other')]).toEqual([false, false]);
    expect(openVault(one).isLost('other')).toBe(false);
  });

  test.each([
    ['another index key', { ...one, index: key(9) }],
    ['another key under the same id', { seal: [sealKey('a', 7)], index }],
  ])('P10: %s is a fault until the keys fit again, and the known keys go on', (_, keys) => {
    const { vault, set } = start(one);
    const sealed = vault.seal('text', 'place');
    set(keys);
    expect(() => vault.refresh()).toThrow(VaultError);
    expect(vault.fault()).toBeInstanceOf(VaultError);
    expect(vault.open(sealed, 'place')).toBe('text');
    set(one);
    vault.refresh();
    expect(vault.fault()).toBeUndefined();
  });

  test('a vault whose keys cannot be read has no fault of its keys', () => {
    const { vault, set } = start(one);
    set(new Error('unreadable'));
    expect(() => vault.refresh()).toThrow('unreadable');
    expect(vault.fault()).toBeUndefined();
  });

  test('a vault without a way to read keys again goes on with its own', () => {
    const vault = openVault(one);
    vault.refresh();
    expect(vault.has('b')).toBe(false);
    expect(vault.newestId()).toBe('a');
  });
});
