/**
 * Opened identities in memory: two instances on each engine, whose payers authenticate again and are erased under load,
 * never return a former, an erased or another payer's identity once the write that changed it is known to them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import type { PayerIdentity } from '../../src/model.ts';
import { VaultError } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Changes } from '../../src/store/engine/changes.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { identityTopic } from '../../src/store/identities.ts';
import { createOpenedIdentities } from '../../src/store/opened-identities.ts';
import type { Store } from '../../src/store/store.ts';
import { authenticate, contractTimes } from '../contract/store/fixtures.ts';
import { startCuttingProxy } from '../support/databases/cutting-proxy.ts';
import { startPostgres, type TestPostgres } from '../support/databases/postgres.ts';
import { createTestKeys } from '../support/services/keys.ts';
import { createTestTime } from '../support/store-model/time.ts';

/** Histories on each engine; CACHE_RUNS=1000 asks for so many of them. */
const RUNS = Number(process.env.CACHE_RUNS ?? 12);
/** By then a commit at one instance is known to another one that listens. */
const NOTICE_MS = 6_000;

const vault = createTestKeys().open();
const openedIdentities = { max: 6, maxAgeMs: 60_000 };

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 60_000);

/** What an instance has read, and by how many statements. */
interface Instance {
  readonly store: Store;
  readonly engine: Engine;
  lookups: number;
}

const instanceOn = (engine: Engine, times = contractTimes, clock = createTestTime().clockOf(engine)): Instance => {
  const instance = { engine, lookups: 0 };
  const read: Engine['read'] = {
    all(sql, values) {
      if (sql.includes('FROM identities')) instance.lookups += 1;
      return engine.read.all(sql, values);
    },
  };
  const store = createStore({ ...engine, read }, { vault, times, clock, openedIdentities });
  onTestFinished(() => store.close());
  return Object.assign(instance, { store });
};

const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-opened-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store.sqlite');
};

const newDatabase = async () => {
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  return database.url;
};

const log = createLog('silent');

/** `exact`: a write is known to every instance when it has resolved. */
const engines: { name: string; exact: boolean; open: () => Promise<readonly [Instance, Instance]> }[] = [
  {
    name: 'SQLite',
    exact: true,
    async open() {
      const file = newFile();
      const openFile = () => instanceOn(openSqlite({ file, now: Date.now }));
      return [openFile(), openFile()];
    },
  },
  {
    name: 'PostgreSQL',
    exact: false,
    async open() {
      const url = await newDatabase();
      const openIt = async () => instanceOn(await openPostgres({ url, log, maxConnections: 4 }));
      return [await openIt(), await openIt()];
    },
  },
];

/** Where a write is known everywhere when it has resolved, it is looked for once. */
const known = (exact: boolean, check: () => Promise<void>): Promise<void> =>
  exact ? check() : vi.waitFor(check, { timeout: NOTICE_MS, interval: 5 });

/** A state of an identity; undefined: erased. */
interface Version {
  readonly unionId: string | undefined;
  readonly begunAt: number;
  /** When each of the two instances knew it. */
  readonly knownAt: [number, number];
}
interface Known {
  readonly openId: string;
  readonly versions: Version[];
}
type At = 0 | 1;
type Op = { readonly at: At } & (
  | { readonly kind: 'authenticate' | 'erase'; readonly payer: number }
  | { readonly kind: 'read' }
);

const PAYERS = 4;
const at = fc.constantFrom<At[]>(0, 1);
const payer = fc.nat(PAYERS - 1);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('authenticate' as const), at, payer }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase' as const), at, payer }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('read' as const), at }) },
);
/** The operations of a turn run at the same time. */
const histories = fc.array(fc.array(op, { minLength: 2, maxLength: 8 }), { minLength: 4, maxLength: 8 });

let run = 0;

/** A run of histories at two instances, and all that was ever written there, by id. */
const createWorld = (instances: readonly [Instance, Instance], exact: boolean) => {
  run += 1;
  const written = new Map<string, Known>();
  const current: (string | undefined)[] = Array.from({ length: PAYERS }, () => undefined);
  let writes = 0;

  const write = async (where: At, add: (version: Version) => void, unionId: string | undefined, job: Promise<void>) => {
    const version: Version = { unionId, begunAt: performance.now(), knownAt: [Infinity, Infinity] };
    add(version);
    await job;
    for (const instance of [0, 1] as const)
      if (exact || instance === where) version.knownAt[instance] = performance.now();
  };

  const authenticateAt = async (where: At, payer: number) => {
    writes += 1;
    const [openId, unionId] = [`open ${run} ${payer}`, `version ${writes}`];
    const id = current[payer];
    const job = authenticate(instances[where].store, { openId, unionId });
    const done = job.then((identity) => {
      current[payer] = identity.id;
    });
    if (id !== undefined) return write(where, (version) => written.get(id)?.versions.push(version), unionId, done);
    const version: Version = { unionId, begunAt: performance.now(), knownAt: [0, 0] };
    const identity = await job;
    current[payer] = identity.id;
    written.set(identity.id, { openId, versions: [version] });
  };

  const eraseAt = async (where: At, payer: number) => {
    const id = current[payer];
    if (id === undefined) return;
    current[payer] = undefined;
    const job = instances[where].store.erase(id).then(() => undefined);
    await write(where, (version) => written.get(id)?.versions.push(version), undefined, job);
  };

  /** What a read may have found: a version that was begun when it ended, and whose successor was not known when it began. */
  const permitted = ({ versions }: Known, where: At, begunAt: number, endedAt: number): (string | undefined)[] =>
    versions.flatMap(({ unionId, begunAt: writtenAt }, index) =>
      writtenAt <= endedAt && (versions[index + 1]?.knownAt[where] ?? Infinity) >= begunAt ? [unionId] : [],
    );

  const readAt = async (where: At) => {
    const ids = [...written.keys()];
    const begunAt = performance.now();
    const found = await instances[where].store.identities(ids.map((id) => ({ id })));
    const endedAt = performance.now();
    for (const [index, id] of ids.entries()) {
      const [identity, of] = [found[index], written.get(id)];
      if (identity instanceof VaultError || !of) throw new Error('unreadable');
      if (identity) expect([identity.id, identity.openId]).toEqual([id, of.openId]);
      expect(permitted(of, where, begunAt, endedAt)).toContain(identity?.unionId ?? undefined);
    }
    return found;
  };

  return {
    async turn(ops: readonly Op[]) {
      const writing = new Set<number>();
      const isFirst = (payer: number) => !writing.has(payer) && writing.add(payer);
      await Promise.all(
        ops.map(async (op) => {
          if (op.kind === 'read') return void (await readAt(op.at));
          // Of two writes at once to one payer, nothing says which was first.
          if (!isFirst(op.payer)) return;
          await (op.kind === 'erase' ? eraseAt(op.at, op.payer) : authenticateAt(op.at, op.payer));
        }),
      );
    },
    /** Resolves when both instances return what was written last, and from then on allows nothing else. */
    async settled() {
      for (const where of [0, 1] as const)
        await known(exact, async () => {
          const found = await readAt(where);
          const last = [...written.values()].map(({ versions }) => versions.at(-1)?.unionId);
          expect(found.map((identity) => (identity as PayerIdentity | undefined)?.unionId)).toEqual(last);
          for (const { versions } of written.values())
            for (const { knownAt } of versions) knownAt[where] = Math.min(knownAt[where], performance.now());
        });
    },
  };
};

describe.each(engines)('$name: opened identities of two instances', ({ exact, open }) => {
  test('P11, P12: what an instance returns is what is stored, while payers authenticate again and are erased', {
    timeout: 1_200_000,
  }, async () => {
    const instances = await open();
    let reads = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (turns) => {
        const world = createWorld(instances, exact);
        for (const ops of turns) {
          await world.turn(ops);
          await world.settled();
          reads += 2 + ops.filter(({ kind }) => kind === 'read').length;
        }
      }),
      { numRuns: RUNS },
    );
    // The others were answered from memory, at least in part.
    expect(instances[0].lookups + instances[1].lookups).toBeLessThan(reads);
  });

  test('an identity is looked up once, and again after its payer has authenticated at either instance', async () => {
    const [one, other] = await open();
    const { id } = await authenticate(one.store, { openId: 'o', unionId: 'first' });
    const unionIdAt = async ({ store }: Instance) => {
      const [identity] = await store.identities([{ id }, { id: 'unknown' }]);
      return identity && 'unionId' in identity ? identity.unionId : identity;
    };
    await one.store.identities([{ id }]);
    const { lookups } = one;
    for (let index = 0; index < 5; index += 1) await one.store.identities([{ id }]);
    expect(one.lookups).toBe(lookups);
    await authenticate(one.store, { openId: 'o', unionId: 'second' });
    expect(await unionIdAt(one)).toBe('second');
    await authenticate(other.store, { openId: 'o', unionId: 'third' });
    expect(await unionIdAt(other)).toBe('third');
    await known(exact, async () => expect(await unionIdAt(one)).toBe('third'));
    await other.store.erase(id);
    expect(await unionIdAt(other)).toBeUndefined();
    await known(exact, async () => expect(await unionIdAt(one)).toBeUndefined());
  });
});

test('PostgreSQL: an instance whose connection for notices is lost answers from the database', async () => {
  const url = await newDatabase();
  const proxy = await startCuttingProxy(url);
  onTestFinished(() => proxy.close());
  const writer = instanceOn(await openPostgres({ url, log }));
  const reader = instanceOn(await openPostgres({ url, listenUrl: proxy.url, log }));
  const unionId = async (id: string) => {
    const [identity] = await reader.store.identities([{ id }]);
    return identity && 'unionId' in identity ? identity.unionId : identity;
  };
  const { id } = await authenticate(writer.store, { openId: 'o', unionId: '0' });
  expect(await unionId(id)).toBe('0');
  proxy.refuse(true);
  proxy.cutAll();
  await vi.waitFor(() => expect(reader.engine.changes.state()).toBeUndefined(), { timeout: 5_000 });
  for (const version of ['1', '2', '3']) {
    await authenticate(writer.store, { openId: 'o', unionId: version });
    expect(await unionId(id)).toBe(version);
  }
  proxy.refuse(false);
  await vi.waitFor(() => expect(reader.engine.changes.state()).toBe(2), { timeout: 20_000, interval: 20 });
  expect(await unionId(id)).toBe('3');
  const { lookups } = reader;
  expect(await unionId(id)).toBe('3');
  expect(reader.lookups).toBe(lookups);
}, 60_000);

test('SQLite: an identity that a sweep deletes is not returned from memory', async () => {
  let nowMs = Date.now();
  const engine = openSqlite({ file: newFile(), now: () => nowMs });
  const time = createTestTime();
  const { store } = instanceOn(engine, { ...contractTimes, identityTtlMs: 100_000 }, time.clockOf(engine));
  const { id } = await authenticate(store, { openId: 'o' });
  expect(await store.identities([{ id }])).toMatchObject([{ id }]);
  nowMs += 200_000;
  await time.pass(200_000);
  await store.sweep();
  expect(await store.identities([{ id }])).toEqual([undefined]);
});

describe('opened identities by themselves', () => {
  const identity = (id: string): PayerIdentity => ({
    id,
    channelId: 'wechat_pay',
    appId: 'demo',
    openId: `open ${id}`,
    userId: null,
    unionId: null,
    subAppId: null,
    subOpenId: null,
    firstAuthenticatedAt: new Date(0),
    lastAuthenticatedAt: new Date(0),
  });

  const opened = (options = { max: 10, maxAgeMs: 60_000 }) => {
    const loads: string[][] = [];
    let state: number | undefined = 1;
    let wake = (_topic: string) => {};
    let gate: Promise<void> = Promise.resolve();
    const changes: Changes = {
      state: () => state,
      onWake(listener) {
        wake = listener;
      },
    };
    const { read, close } = createOpenedIdentities(
      async (ids) => {
        loads.push([...ids]);
        await gate;
        return new Map(Array.from(ids, (id) => [id, id === 'broken' ? new VaultError('broken') : identity(id)]));
      },
      changes,
      options,
    );
    onTestFinished(close);
    return {
      loads,
      close,
      read: (...ids: string[]) => read(new Set(ids)),
      setState(value: number | undefined) {
        state = value;
      },
      wake: (topic: string) => wake(topic),
      hold() {
        const { promise, resolve } = Promise.withResolvers<void>();
        gate = promise;
        return resolve;
      },
    };
  };

  test('a load that was under way when its identity changed is not held, and its neighbour is', async () => {
    const { read, loads, wake, hold } = opened();
    const release = hold();
    const reading = read('a', 'b');
    wake(identityTopic('a'));
    release();
    await reading;
    await read('a', 'b');
    expect(loads).toEqual([['a', 'b'], ['a']]);
  });

  test.each([
    ['changes were not heard of for a time', undefined],
    ['something may have changed', 2],
  ])('a load that was under way when %s is not held', async (_, then) => {
    const { read, loads, setState, hold } = opened();
    const release = hold();
    const reading = read('a');
    setState(then);
    const other = read('b');
    release();
    await Promise.all([reading, other]);
    setState(then === undefined ? 1 : then);
    await read('a');
    expect(loads).toEqual([['a'], ['b'], ['a']]);
  });

  test('while changes are not heard of, every lookup is a load', async () => {
    const { read, loads, setState } = opened();
    await read('a');
    setState(undefined);
    await read('a');
    await read('a');
    expect(loads).toHaveLength(3);
  });

  test('only what is missing is loaded, and what does not open is not held', async () => {
    const { read, loads } = opened();
    await read('a', 'broken');
    expect((await read('a', 'broken', 'b')).get('broken')).toBeInstanceOf(VaultError);
    expect(loads).toEqual([
      ['a', 'broken'],
      ['broken', 'b'],
    ]);
  });

  test('no more than the configured number is held', async () => {
    const { read, loads } = opened({ max: 10, maxAgeMs: 60_000 });
    const ids = Array.from({ length: 50 }, (_, index) => `id ${index}`);
    for (const id of ids) await read(id);
    loads.length = 0;
    for (const id of ids.toReversed()) await read(id);
    expect(50 - loads.length).toBeGreaterThanOrEqual(5);
    expect(50 - loads.length).toBeLessThanOrEqual(10);
  });

  test('nothing is held for longer than the configured age, read or not, nor after the store was closed', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { read, loads, close } = opened({ max: 10, maxAgeMs: 10_000 });
    await read('a');
    await vi.advanceTimersByTimeAsync(4_999);
    await read('a');
    expect(loads).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_001);
    await read('a');
    expect(loads).toHaveLength(2);
    close();
    await read('a');
    expect(loads).toHaveLength(3);
  });
});
