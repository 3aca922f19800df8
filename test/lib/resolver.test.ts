import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createResolver } from '../../src/lib/resolver.ts';
import { addressesIn, candidatesFor } from '../../src/lib/resolver-files.ts';
import { startNameServer } from '../support/upstreams/name-server.ts';

type Zones = Parameters<typeof startNameServer>[0];

const fileWith = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), text);
  return join(folder, 'file');
};

const open = async (zones: Zones, { resolvConf = '', hosts = '' } = {}) => {
  const server = await startNameServer(zones);
  onTestFinished(() => server.close());
  let ms = 0;
  const resolver = createResolver({
    servers: [server.address],
    hostsFile: fileWith(hosts),
    resolvConf: fileWith(resolvConf),
    lookupMs: 1_000,
    now: () => ms,
  });
  const addresses = async (host: string) => (await resolver.resolve(host)).map(({ address }) => address);
  const failure = (host: string) => addresses(host).then(String, ({ code }) => code);
  return { ...server, ...resolver, addresses, failure, pass: (more: number) => (ms += more) };
};

describe('a name', () => {
  test('a name in any letter case has all its addresses, IPv4 first, and is looked up once in their time to live', async () => {
    const { addresses, asked, pass } = await open({
      'pay.example': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'], ttl: 10 },
    });
    for (const host of ['pay.example', 'PAY.example']) expect(await addresses(host)).toHaveLength(3);
    expect((await addresses('pay.example'))[2]).toBe('2001:db8::1');
    pass(9_999);
    await addresses('pay.example');
    expect(asked.sort()).toEqual(['A pay.example', 'AAAA pay.example']);
    pass(1);
    await addresses('pay.example');
    expect(asked).toHaveLength(4);
  });

  test.each([
    ['A', { A: ['192.0.2.1'], AAAA: 'unknown' }, '192.0.2.1'],
    ['AAAA', { A: [], AAAA: ['2001:db8::1'] }, '2001:db8::1'],
    ['A, when AAAA is not answered', { A: ['192.0.2.1'], AAAA: 'mute' }, '192.0.2.1'],
    ['AAAA, when A is not answered', { A: 'mute', AAAA: ['2001:db8::1'] }, '2001:db8::1'],
    ['A, when AAAA fails', { A: ['192.0.2.1'], AAAA: 'failure' }, '192.0.2.1'],
  ] as const)('a host with addresses of one family is found by %s alone', async (_, zone, address) => {
    const { addresses } = await open({ h: zone });
    const startedAt = performance.now();
    expect(await addresses('h')).toEqual([address]);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('a name is looked up once for simultaneous callers', async () => {
    const { addresses, asked } = await open({ h: { A: ['192.0.2.1'], afterMs: 30 } });
    await Promise.all(Array.from({ length: 50 }, () => addresses('h')));
    expect(asked.sort()).toEqual(['A h', 'AAAA h']);
  });

  test('an answer is cached for a second at least and 5 minutes at most', async () => {
    const { addresses, asked, pass } = await open({
      short: { A: ['192.0.2.1'], ttl: 0 },
      long: { A: ['192.0.2.1'], ttl: 86_400 },
    });
    for (const [host, ms] of [
      ['short', 1_000],
      ['long', 300_000],
    ] as const) {
      const before = asked.length;
      await addresses(host);
      pass(ms - 1);
      await addresses(host);
      expect(asked.length - before).toBe(2);
      pass(1);
      await addresses(host);
      expect(asked.length - before).toBe(4);
    }
  });

  test('an unknown name is ENOTFOUND, which is cached for a second', async () => {
    const { failure, asked, pass, zones } = await open({});
    expect([await failure('h'), await failure('h')]).toEqual(['ENOTFOUND', 'ENOTFOUND']);
    expect(asked).toHaveLength(2);
    zones.h = { A: ['192.0.2.1'] };
    pass(999);
    expect(await failure('h')).toBe('ENOTFOUND');
    pass(1);
    expect(await failure('h')).toBe('192.0.2.1');
  });

  test('a name without addresses is ENODATA, and a failing server its failure', async () => {
    const { failure } = await open({ none: {}, failing: { A: 'failure', AAAA: 'unknown' } });
    expect([await failure('none'), await failure('failing')]).toEqual(['ENODATA', 'ESERVFAIL']);
  });

  test('P7: a name without an answer makes no other name wait', async () => {
    const { addresses, failure } = await open({ mute: { A: 'mute', AAAA: 'mute' }, h: { A: ['192.0.2.1'] } });
    const mute = Promise.all(Array.from({ length: 20 }, () => failure('mute')));
    const startedAt = performance.now();
    expect(await addresses('h')).toEqual(['192.0.2.1']);
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect([...new Set(await mute)]).toEqual([expect.stringMatching(/^(?:ETIMEOUT|ECANCELLED)$/)]);
  });
});

describe('the last good answer', () => {
  test.each(['failure', 'mute'] as const)(
    'the last good answer is used for a day while the name server is in %s',
    async (state) => {
      const { addresses, failure, pass, zones, asked } = await open({ h: { A: ['192.0.2.1'], ttl: 60 } });
      await addresses('h');
      zones.h = { A: state, AAAA: state };
      pass(60_000);
      const startedAt = performance.now();
      expect(await addresses('h')).toEqual(['192.0.2.1']);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      pass(86_400_000 - 1);
      expect(await addresses('h')).toEqual(['192.0.2.1']);
      pass(1);
      expect(await failure('h')).toMatch(/^(?:ESERVFAIL|ETIMEOUT|ECANCELLED)$/);
      expect(asked.length).toBeGreaterThan(3);
    },
  );

  test('an expired answer is replaced by a new one, and dropped when the name is deleted', async () => {
    const { addresses, failure, pass, zones } = await open({ h: { A: ['192.0.2.1'], ttl: 60 } });
    await addresses('h');
    zones.h = { A: ['192.0.2.2'], ttl: 60 };
    pass(60_000);
    expect(await addresses('h')).toEqual(['192.0.2.2']);
    zones.h = { A: 'unknown', AAAA: 'unknown' };
    pass(60_000);
    expect(await failure('h')).toBe('ENOTFOUND');
    zones.h = { A: 'failure', AAAA: 'failure' };
    pass(1_000);
    expect(await failure('h')).toBe('ESERVFAIL');
  });

  test('an expired answer is used at once while a failure is cached, and replaced by a late answer', async () => {
    const { addresses, pass, zones, asked } = await open({ h: { A: ['192.0.2.1'], ttl: 60 } });
    await addresses('h');
    zones.h = { A: 'failure', AAAA: 'failure' };
    pass(60_000);
    await addresses('h');
    const before = asked.length;
    for (let count = 0; count < 5; count += 1) await addresses('h');
    expect(asked.length).toBe(before);
    zones.h = { A: ['192.0.2.9'], afterMs: 400 };
    pass(1_000);
    expect(await addresses('h')).toEqual(['192.0.2.1']);
    await delay(300);
    expect(await addresses('h')).toEqual(['192.0.2.9']);
  });
});

describe('without a name server', () => {
  test.each([
    ['192.0.2.7', ['192.0.2.7']],
    ['2001:db8::7', ['2001:db8::7']],
    ['[::1]', ['::1']],
    ['localhost', ['127.0.0.1', '::1']],
    ['LOCALHOST.', ['127.0.0.1', '::1']],
    ['pay.localhost', ['127.0.0.1', '::1']],
  ])('without a name server %s is %j', async (host, expected) => {
    const { addresses, asked } = await open({}, { hosts: '192.0.2.5 localhost' });
    expect(await addresses(host)).toEqual(expected);
    expect(asked).toEqual([]);
  });

  test('the hosts file is used without a name server, and read again', async () => {
    const { addresses, asked, pass } = await open({}, { hosts: '192.0.2.5 db pay.example # primary\n::2\tdb' });
    expect([await addresses('DB'), await addresses('pay.example')]).toEqual([['192.0.2.5', '::2'], ['192.0.2.5']]);
    pass(5_000);
    expect(await addresses('db')).toHaveLength(2);
    expect(asked).toEqual([]);
  });
});

test('the hosts file is read by hosts(5)', () => {
  const file = fileWith('# 192.0.2.1 a\n192.0.2.2 b a#c\n\n  ::3   A \n not-an-address a\n192.0.2.4\n192.0.2.5 ab\n');
  expect(addressesIn(file, 'a').map(({ address }) => address)).toEqual(['192.0.2.2', '::3']);
  expect([addressesIn(file, 'c'), addressesIn('/no/such/file', 'a')]).toEqual([[], []]);
});

describe('the search list', () => {
  const kubernetes = 'search shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n';

  test.each([
    ['', 'pay.example', ['pay.example']],
    ['', 'db', ['db']],
    ['search a b', 'db', ['db.a', 'db.b', 'db']],
    ['search a. .', 'db', ['db.a', 'db']],
    ['search a b', 'pay.example', ['pay.example', 'pay.example.a', 'pay.example.b']],
    ['domain a', 'db', ['db.a', 'db']],
    ['search a\nsearch b', 'db', ['db.b', 'db']],
    ['search a # b', 'db', ['db.a', 'db']],
    ['; search a', 'db', ['db']],
    ['search a\noptions timeout:2 ndots:0', 'db', ['db', 'db.a']],
    ['search a\noptions ndots:2', 'pay.example', ['pay.example.a', 'pay.example']],
    ['search a\noptions ndots:x', 'db', ['db.a', 'db']],
    [
      'search a\noptions ndots:99',
      'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p',
      ['a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p', 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.a'],
    ],
    ['search a', 'db.', ['db.']],
  ])('the search list of %j makes %s %j', (resolvConf, host, names) => {
    expect(candidatesFor(fileWith(resolvConf), host)).toEqual(names);
  });

  test('the search list finds short names of Kubernetes, and full names after them', async () => {
    const zones = { 'postgres.shop.svc.cluster.local': { A: ['192.0.2.1'] }, 'pay.example': { A: ['192.0.2.2'] } };
    const { addresses, asked } = await open(zones, { resolvConf: kubernetes });
    expect([await addresses('postgres'), await addresses('pay.example')]).toEqual([['192.0.2.1'], ['192.0.2.2']]);
    expect(asked.filter((question) => question.startsWith('A '))).toEqual([
      'A postgres.shop.svc.cluster.local',
      'A pay.example.shop.svc.cluster.local',
      'A pay.example.svc.cluster.local',
      'A pay.example.cluster.local',
      'A pay.example',
    ]);
  });

  test('the search stops at a failing server, since the next name could be another host', async () => {
    const zones: Zones = { 'db.a': { A: 'failure', AAAA: 'failure' }, db: { A: ['192.0.2.1'] } };
    const { failure } = await open(zones, { resolvConf: 'search a' });
    expect(await failure('db')).toBe('ESERVFAIL');
  });
});

describe('as the lookup of net, tls and undici', () => {
  const zones: Zones = { h: { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] } };
  const four = { address: '192.0.2.1', family: 4 };
  const six = { address: '2001:db8::1', family: 6 };

  test.each([
    [{ all: true }, [[four, six]]],
    [{ all: true, family: 6 }, [[six]]],
    [{ all: true, family: 'IPv4' }, [[four]]],
    [{}, ['192.0.2.1', 4]],
    [{ family: 0 }, ['192.0.2.1', 4]],
    [{ family: 6 }, ['2001:db8::1', 6]],
  ] as const)('%j is answered as net expects', async (options, expected) => {
    const { lookup } = await open(zones);
    const answered = await new Promise((done) => lookup('h', options, (...all) => done(all)));
    expect(answered).toEqual([null, ...expected]);
  });

  test('lookup passes a failure on with its code, and fails for a family without an address', async () => {
    const { lookup } = await open({ four: { A: ['192.0.2.1'] } });
    const codeOf = (host: string, family: number) =>
      new Promise((done) => lookup(host, { family }, (error) => done(error?.code)));
    expect([await codeOf('none', 0), await codeOf('four', 6)]).toEqual(['ENOTFOUND', 'ENODATA']);
  });
});

test('the resolver of the system can be used instead', async () => {
  const { resolve } = createResolver({ resolver: 'system' });
  await expect(resolve('no-such-host.invalid')).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN)$/),
  });
  expect(await resolve('127.0.0.1')).toEqual([{ address: '127.0.0.1', family: 4 }]);
});
