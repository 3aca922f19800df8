/** The resolver without options, with the resolver of the system, and for names that only look like addresses. */
import { promises as system } from 'node:dns';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createResolver } from '../../src/lib/resolver.ts';

vi.mock('node:fs', { spy: true });

const found = [
  { address: '2001:db8::1', family: 6 },
  { address: '192.0.2.1', family: 4 },
];

/** The hosts file, in the place of every file. */
const hostsAre = (text: string) => vi.mocked(readFileSync).mockReturnValue(text);

beforeEach(() => {
  vi.restoreAllMocks();
  vi.mocked(readFileSync).mockReset();
});

describe('the resolver of the system', () => {
  test('the resolver of the system is asked for all addresses, once in 5 s, and the hosts file is not read', async () => {
    hostsAre('192.0.2.9 h');
    const lookup = vi.spyOn(system, 'lookup').mockResolvedValue(found as never);
    let ms = 0;
    const { resolve } = createResolver({ resolver: 'system', now: () => ms });
    expect(await resolve('H')).toEqual(found);
    ms = 4_999;
    expect(await resolve('h')).toEqual(found);
    expect(lookup.mock.calls).toEqual([['h', { all: true }]]);
    ms = 5_000;
    await resolve('h');
    expect(lookup).toHaveBeenCalledTimes(2);
    expect(readFileSync).not.toHaveBeenCalled();
  });

  test('the resolver of the system may fail with something other than an error, which becomes its cause', async () => {
    vi.spyOn(system, 'lookup').mockRejectedValue('odd');
    const { resolve } = createResolver({ resolver: 'system' });
    await expect(resolve('h')).rejects.toMatchObject({ message: 'A look-up failed', cause: 'odd' });
  });
});

describe('the resolver without options', () => {
  test('the resolver without options reads /etc/hosts, and its clock passes', async () => {
    hostsAre('192.0.2.1 h');
    const { resolve } = createResolver();
    for (let count = 0; count < 3; count += 1)
      expect(await resolve('h')).toEqual([{ address: '192.0.2.1', family: 4 }]);
    expect(vi.mocked(readFileSync).mock.calls).toEqual([['/etc/hosts', 'utf8']]);
  });

  test('the resolver without options completes names by /etc/resolv.conf, and asks its servers', async () => {
    hostsAre('search a');
    const { prototype } = system.Resolver;
    const setServers = vi.spyOn(prototype, 'setServers').mockReturnValue();
    const asked = vi.spyOn(prototype, 'resolve4').mockResolvedValue([{ address: '192.0.2.1', ttl: 60 }] as never);
    vi.spyOn(prototype, 'resolve6').mockResolvedValue([]);
    expect(await createResolver().resolve('h')).toEqual([{ address: '192.0.2.1', family: 4 }]);
    expect(vi.mocked(readFileSync).mock.calls).toEqual([
      ['/etc/hosts', 'utf8'],
      ['/etc/resolv.conf', 'utf8'],
    ]);
    expect(asked.mock.calls).toEqual([['h.a', { ttl: true }]]);
    expect(setServers).not.toHaveBeenCalled();
  });
});

test.each(['a[::1]', '[::1]a', 'localhost.example', 'xlocalhost'])('the name %s is looked up', async (host) => {
  hostsAre(`192.0.2.1 ${host}`);
  expect(await createResolver().resolve(host)).toEqual([{ address: '192.0.2.1', family: 4 }]);
});

describe('a failed lookup', () => {
  const answerOf = (family: 0 | 6) => {
    const { lookup } = createResolver({ resolver: 'system' });
    return new Promise((done) => lookup('h', { family }, (...all) => done(all)));
  };

  test('a lookup for a family without an address answers with ENODATA and no address', async () => {
    vi.spyOn(system, 'lookup').mockResolvedValue([{ address: '192.0.2.1', family: 4 }] as never);
    const error = expect.objectContaining({ message: 'No address of this family', code: 'ENODATA' });
    expect(await answerOf(6)).toEqual([error, '', 0]);
  });

  test('a lookup that fails answers with its error and no address', async () => {
    const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    vi.spyOn(system, 'lookup').mockRejectedValue(error);
    expect(await answerOf(0)).toEqual([error, '', 0]);
  });
});
