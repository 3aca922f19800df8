/** Sealed values, blind indexes and rotation of the vault. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addSealKey,
  generateVaultKeys,
  openVault,
  VaultError,
  type VaultKeys,
  vaultKeys,
} from '../../src/security/vault.ts';

const PLACE = 'redemptions.access_token:1';
const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const keys = (...ids: readonly string[]): VaultKeys => ({
  seal: ids.map((id) => ({ id, key: key(id.charCodeAt(0)) })),
  index: key(1),
});
const vault = openVault(keys('a'));

describe('a sealed text', () => {
  test('P8: a sealed value opens to the text that was sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.string(), (text, place) => {
        expect(vault.open(vault.seal(text, place), place)).toBe(text);
      }),
    );
  });

  test('a sealed value opens from any view of its bytes, as a database returns them', () => {
    const sealed = vault.seal('中文 token', PLACE);
    const shifted = new Uint8Array(sealed.length + 3);
    shifted.set(sealed, 3);
    expect(vault.open(shifted.subarray(3), PLACE)).toBe('中文 token');
  });

  test('P8: a sealed value shows nothing of its text, and no two are the same', () => {
    const sealed = [vault.seal('the token', PLACE), vault.seal('the token', PLACE)] as const;
    expect(sealed[0].equals(sealed[1])).toBe(false);
    for (const each of sealed) expect(each.includes('token')).toBe(false);
  });

  test('P8: a sealed value does not open with other additional data', () => {
    const sealed = vault.seal('the token', PLACE);
    for (const place of ['', 'redemptions.access_token:2', `${PLACE} `])
      expect(() => vault.open(sealed, place)).toThrow();
  });

  test('a sealed value does not open with any one bit flipped', () => {
    const sealed = vault.seal('the token', PLACE);
    for (let at = 0; at < sealed.length; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = Buffer.from(sealed);
        flipped.writeUInt8(sealed.readUInt8(at) ^ (1 << bit), at);
        expect(() => vault.open(flipped, PLACE), `bit ${bit} of byte ${at}`).toThrow();
      }
  });

  test('a sealed value does not open when it is cut short at any position', () => {
    // An empty text, so that what is cut off is the tag: GCM would take a shorter one if we let it.
    for (const text of ['', 'the token']) {
      const sealed = vault.seal(text, PLACE);
      for (let length = 0; length < sealed.length; length += 1)
        expect(() => vault.open(sealed.subarray(0, length), PLACE), `${length} bytes`).toThrow();
    }
  });

  test('a sealed value does not open with bytes added', () => {
    expect(() => vault.open(Buffer.concat([vault.seal('the token', PLACE), Buffer.of(0)]), PLACE)).toThrow();
  });

  test('a sealed value of an unknown key id does not open, and the error says only that', () => {
    const sealed = openVault(keys('b')).seal('the token', PLACE);
    expect(() => vault.open(sealed, PLACE)).toThrow('a key that is not configured');
  });

  test('a sealed value does not open with a tag of any other length', () => {
    const sealed = vault.seal('', PLACE);
    for (let end = 0; end < sealed.length; end += 1)
      expect(() => vault.open(sealed.subarray(0, end), PLACE)).toThrow('A ');
  });

  test('a sealed value does not open with another key of the same id', () => {
    const other = openVault({ ...keys('a'), seal: [{ id: 'a', key: key(9) }] });
    expect(() => other.open(vault.seal('the token', PLACE), PLACE)).toThrow();
  });

  test('a sealed value opens after a rotation, and new values are sealed with the new key', () => {
    const rotated = openVault(keys('b', 'a'));
    expect(rotated.open(vault.seal('old', PLACE), PLACE)).toBe('old');
    const sealed = rotated.seal('new', PLACE);
    expect(() => vault.open(sealed, PLACE)).toThrow('a key that is not configured');
    expect(openVault(keys('c', 'b')).open(sealed, PLACE)).toBe('new');
  });
});

describe('a sealed text that does not open', () => {
  test.each<[string, Uint8Array]>([
    ['was sealed with an unknown key', openVault(keys('b')).seal('the token', PLACE)],
    ['was changed', Buffer.concat([vault.seal('the token', PLACE), Buffer.of(0)])],
    ['was moved', vault.seal('the token', 'elsewhere')],
    ['ends early', vault.seal('the token', PLACE).subarray(0, 9)],
    ['is empty', new Uint8Array()],
  ])('a sealed value that %s is a VaultError that names no value', (_, sealed) => {
    expect(() => vault.open(sealed, PLACE)).toThrow(VaultError);
    expect(() => vault.open(sealed, PLACE)).not.toThrow(/token|redemptions/);
  });
});

describe('a vault whose keys are rotated while it runs', () => {
  const running = (from: VaultKeys) => {
    const current = { keys: from };
    return { current, vault: openVault(from, () => current.keys) };
  };

  test('a running vault opens a value that another one sealed with a new key', () => {
    const { current, vault } = running(keys('a'));
    current.keys = keys('b', 'a');
    expect(vault.open(openVault(current.keys).seal('new', PLACE), PLACE)).toBe('new');
  });

  test('a running vault seals with the new key after it has read the keys again, and opens earlier values', () => {
    const { current, vault } = running(keys('a'));
    const before = vault.seal('before', PLACE);
    expect(vault.isNewest(before)).toBe(true);
    current.keys = keys('b', 'a');
    expect(vault.isNewest(vault.seal('still', PLACE))).toBe(true);
    vault.refresh();
    expect(vault.isNewest(before)).toBe(false);
    expect(openVault(keys('b')).open(vault.seal('after', PLACE), PLACE)).toBe('after');
    expect(vault.open(before, PLACE)).toBe('before');
  });

  test('a running vault goes on opening with a key that was removed', () => {
    const { current, vault } = running(keys('b', 'a'));
    current.keys = keys('b');
    vault.refresh();
    expect(vault.open(openVault(keys('a')).seal('old', PLACE), PLACE)).toBe('old');
  });

  // Operators who rotate keys read these messages.
  test.each<[string, VaultKeys, RegExp]>([
    ['another index key', { ...keys('b', 'a'), index: key(2) }, /^The index key has changed/],
    [
      'another key under a known id',
      { ...keys('a'), seal: [{ id: 'a', key: key(9) }] },
      /^A key id stands for another/,
    ],
    ['no key', { ...keys('a'), seal: [] }, /^A vault needs a sealing key/],
  ])('a running vault refuses %s and goes on with its keys', (_, wrong, message) => {
    const { current, vault } = running(keys('a'));
    current.keys = wrong;
    expect(() => vault.refresh()).toThrow(message);
    expect(() => vault.refresh()).toThrow(expect.objectContaining({ name: 'VaultError' }));
    expect(vault.open(openVault(keys('a')).seal('old', PLACE), PLACE)).toBe('old');
    expect(vault.isNewest(vault.seal('new', PLACE))).toBe(true);
    expect(openVault(keys('a')).open(vault.seal('new', PLACE), PLACE)).toBe('new');
  });

  test('a running vault throws VaultError when the keys cannot be read again', () => {
    const cause = new Error('ENOENT');
    const vault = openVault(keys('a'), () => {
      throw cause;
    });
    const open = () => vault.open(openVault(keys('b')).seal('x', PLACE), PLACE);
    expect(open).toThrow(VaultError);
    expect(open).toThrow(expect.objectContaining({ message: 'A sealed value does not open', cause }));
  });

  test('the first bytes of a sealed value show whether the newest key sealed it, also for ids that begin alike', () => {
    const [short, long] = ['k1', 'k10'].map((id) => openVault({ ...keys('a'), seal: [{ id, key: key(3) }] }));
    const sealed = long?.seal('x', PLACE) ?? Buffer.of();
    expect([short?.isNewest(sealed), long?.isNewest(sealed)]).toEqual([false, true]);
    expect(sealed.subarray(0, 4)).toEqual(long?.newestPrefix());
  });

  test('addSealKey puts a new key in front and leaves the others and the index key', () => {
    const old = generateVaultKeys();
    const rotated = Array.from({ length: 50 }).reduce<VaultKeys>((current) => addSealKey(current), old);
    expect(vaultKeys.parse(rotated)).toEqual(rotated);
    expect(rotated.index).toBe(old.index);
    expect(rotated.seal.at(-1)).toEqual(old.seal[0]);
    expect(new Set(rotated.seal.map(({ key }) => key)).size).toBe(51);
  });
});

describe('an index', () => {
  const hex = (kind: string, ...parts: readonly string[]) => vault.blindIndex(kind, ...parts).toString('hex');

  test('a blind index is the same for the same parts under any sealing key', () => {
    expect(openVault(keys('b', 'a')).blindIndex('code', 'x', 'y').toString('hex')).toBe(hex('code', 'x', 'y'));
    expect(vault.blindIndex('code', 'x')).toHaveLength(32);
  });

  test('a blind index differs by kind, by part, and by where parts begin and end', () => {
    const indexes = [
      hex('code', 'a', 'bc'),
      hex('code', 'ab', 'c'),
      hex('code', 'abc'),
      hex('code', 'a', 'b', 'c'),
      hex('code', 'a', 'bc', ''),
      hex('code', '', 'a', 'bc'),
      hex('code', 'bc', 'a'),
      hex('code', 'a","bc'),
      hex('code', 'A', 'bc'),
      hex('code'),
      hex('codea', 'bc'),
      hex('state', 'a', 'bc'),
    ];
    expect(new Set(indexes).size).toBe(indexes.length);
    for (const joint of [',', '","', ':', '|', ' ', '\n', '\0', '/', '.'])
      expect(hex('code', `a${joint}bc`), joint).not.toBe(hex('code', 'a', 'bc'));
  });

  test('blind indexes of different generated parts differ', () => {
    const parts = fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        expect(hex('k', ...left) === hex('k', ...right)).toBe(JSON.stringify(left) === JSON.stringify(right));
      }),
    );
  });

  test('a blind index differs under another index key', () => {
    const other = openVault({ ...keys('a'), index: key(2) });
    expect(other.blindIndex('code', 'x').equals(vault.blindIndex('code', 'x'))).toBe(false);
  });
});

describe('keys', () => {
  test('generated keys are valid, and new each time', () => {
    const [one, two] = [generateVaultKeys(), generateVaultKeys()];
    expect(vaultKeys.parse(one)).toEqual(one);
    expect(new Set([one.index, two.index, one.seal[0]?.key, two.seal[0]?.key]).size).toBe(4);
  });

  test.each([
    ['no sealing key', { seal: [], index: key(1) }],
    ['a key of 31 bytes', { seal: [{ id: 'a', key: Buffer.alloc(31).toString('base64') }], index: key(1) }],
    ['an index key of 33 bytes', { ...keys('a'), index: Buffer.alloc(33).toString('base64') }],
    ['an id over 16 characters', { seal: [{ id: 'a'.repeat(17), key: key(1) }], index: key(1) }],
    ['an empty id', { seal: [{ id: '', key: key(1) }], index: key(1) }],
    ['no index key', { seal: keys('a').seal }],
    ['a key that is not base64', { ...keys('a'), index: 'x'.repeat(43) }],
  ])('keys with %s are not valid', (_, wrong) => {
    expect(vaultKeys.safeParse(wrong).success).toBe(false);
  });
});
