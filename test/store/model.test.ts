/**
 * The redemption machine against a model of it: random histories of claims, sends, outcomes, time and sweeps, after
 * each step of which everything readable has to be what the model says.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { FinalOutcome, Lease, Outcome, Redemption, Store, StoreTimes } from '../../src/store/store.ts';
import { claimOf, type Wish } from '../contract/store.ts';
import { startPostgres } from '../support/postgres.ts';

/** Histories for each engine; MODEL_RUNS=<number> asks for as many of every engine. */
const RUNS = { SQLite: 300, PostgreSQL: 60 };
const MAX_COMMANDS = 40;

/** Time moves in whole seconds and everything ends at half ones, so that a database's own clock can keep up. */
const times: StoreTimes = { leaseMs: 10_500, resultTtlMs: 30_500, codeTtlMs: 80_500 };

interface Engine {
  readonly store: Store;
  advance(ms: number): Promise<void> | void;
  close(): Promise<void>;
}

const openTemporarySqlite = async (): Promise<Engine> => {
  let atMs = Date.now();
  const vault = openVault(generateVaultKeys());
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-model-'));
  const store = createStore(openSqlite({ file: join(folder, 'model.sqlite'), now: () => atMs }), { vault, times });
  const advance = (ms: number) => {
    atMs += ms;
  };
  const close = async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { store, advance, close };
};

type Open = () => Promise<Engine>;

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** One database for all histories, with a clock that stands still: each history finds it empty. */
const startEmptyPostgres = async (): Promise<Open> => {
  const server = await startPostgres();
  closers.push(server.close);
  const database = await server.createDatabase();
  closers.push(database.drop);
  const vault = openVault(generateVaultKeys());
  const store = createStore(await openPostgres({ url: database.url, log: createLog('silent') }), { vault, times });
  closers.push(store.close);
  let atMs = Date.now();
  return async () => {
    await database.query('TRUNCATE redemptions, sessions, identities, certifications');
    await database.setClock({ atMs });
    const advance = (ms: number) => {
      atMs += ms;
      return database.setClock({ atMs });
    };
    return { store, advance, close: async () => undefined };
  };
};

/** One redemption as the model remembers it. */
interface Entry {
  readonly id: string;
  readonly claim: Wish;
  state: Redemption['state'];
  traceId: string;
  owner: string;
  leaseUntil: number;
  outcome: Outcome | undefined;
  outcomeUntil: number;
  readonly forgetAt: number;
}

interface Bound {
  readonly appId: string;
  entry: Entry | undefined;
  expiresAt: number;
}

interface Model {
  now: number;
  entries: Entry[];
  readonly sessions: Map<string, Bound>;
  /** Every lease ever given and every redemption there ever was, the lost ones included. */
  readonly leases: Lease[];
}

type Command = fc.AsyncCommand<Model, Engine>;

const lost: Outcome = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };

const sameBinding = (left: Wish, right: Wish) =>
  left.caller === right.caller && left.appId === right.appId && left.queryCode === right.queryCode;

const drop = (model: Model, entry: Entry) => {
  model.entries = model.entries.filter((other) => other !== entry);
  for (const session of model.sessions.values()) if (session.entry === entry) session.entry = undefined;
};

const keepUntil = (model: Model, entry: Entry, instant: number) => {
  entry.outcomeUntil = instant;
  for (const session of model.sessions.values()) if (session.entry === entry) session.expiresAt = instant;
};

const endEntry = (model: Model, entry: Entry, outcome: Outcome) => {
  entry.state = outcome.state;
  entry.outcome = outcome;
  keepUntil(model, entry, model.now + times.resultTtlMs);
};

/** What the store has to answer to a claim, and what becomes of the model by it; ids and owners come from the store. */
const claimInModel = (model: Model, claim: Wish, lease: Lease | undefined): string => {
  const { now } = model;
  const known = model.entries.find((entry) => entry.claim.authCode === claim.authCode);
  if (known && known.forgetAt > now) {
    if (!sameBinding(known.claim, claim)) return 'CODE_USED';
    const expired = known.leaseUntil <= now;
    if (known.state === 'CLAIMED' && expired) {
      known.owner = lease?.owner ?? '';
      known.traceId = claim.traceId;
      known.leaseUntil = now + times.leaseMs;
      keepUntil(model, known, now + times.resultTtlMs);
      return `CLAIMED ${known.id}`;
    }
    if (known.state === 'SENT' && expired) endEntry(model, known, lost);
    return known.outcomeUntil <= now ? 'CODE_USED' : `DUPLICATE ${known.id}`;
  }
  if (known) drop(model, known);

  const session = claim.queryCode === undefined ? undefined : model.sessions.get(claim.queryCode);
  const taken = session && session.expiresAt > now && (session.entry || session.appId !== claim.appId);
  if (taken) return 'SESSION_TAKEN';
  const entry: Entry = {
    id: lease?.redemptionId ?? '',
    claim,
    state: 'CLAIMED',
    traceId: claim.traceId,
    owner: lease?.owner ?? '',
    leaseUntil: now + times.leaseMs,
    outcome: undefined,
    outcomeUntil: now + times.resultTtlMs,
    forgetAt: now + times.codeTtlMs,
  };
  model.entries.push(entry);
  if (claim.queryCode !== undefined)
    model.sessions.set(claim.queryCode, { appId: claim.appId, entry, expiresAt: entry.outcomeUntil });
  return `CLAIMED ${entry.id}`;
};

const sweepInModel = (model: Model): { released: number; abandoned: number } => {
  const left = model.entries.filter(({ leaseUntil }) => leaseUntil <= model.now);
  const released = left.filter(({ state }) => state === 'CLAIMED');
  const abandoned = left.filter(({ state }) => state === 'SENT');
  for (const entry of released) drop(model, entry);
  for (const entry of abandoned) endEntry(model, entry, lost);
  for (const [queryCode, { expiresAt }] of model.sessions) if (expiresAt <= model.now) model.sessions.delete(queryCode);
  for (const entry of model.entries) if (entry.forgetAt <= model.now) drop(model, entry);
  return { released: released.length, abandoned: abandoned.length };
};

/** A redemption as it has to read; the identity by what the channel told, for who it is is another test's matter. */
const asRead = (entry: Entry) => {
  const { outcome } = entry;
  return {
    id: entry.id,
    appId: entry.claim.appId,
    traceId: entry.traceId,
    state: entry.state,
    ...(outcome?.state === 'SUCCEEDED' && { identity: outcome.subject, accessToken: outcome.accessToken }),
    ...(outcome && 'failureCode' in outcome && { failureCode: outcome.failureCode }),
  };
};

const expectRedemption = (real: Redemption | undefined, entry: Entry | undefined) => {
  if (entry) expect(real).toMatchObject(asRead(entry));
  else expect(real).toBeUndefined();
};

/** A late settle or collect tells how it ended; what was learnt may be scrubbed when the outcome's time is over. */
const expectEnding = (model: Model, real: Redemption | undefined, entry: Entry | undefined) => {
  if (entry && entry.outcomeUntil <= model.now) expect(real?.state).toBe(entry.state);
  else expectRedemption(real, entry);
};

const authCodes = ['code-a', 'code-b', 'code-c'];
const queryCodes = ['query-a', 'query-b'];

/** Reads everything there is, and compares. */
const compare = async (model: Model, { store }: Engine) => {
  for (const id of new Set(model.leases.map(({ redemptionId }) => redemptionId))) {
    const entry = model.entries.find((one) => one.id === id && one.outcomeUntil > model.now);
    expectRedemption(await store.redemption(id), entry);
  }
  for (const queryCode of queryCodes) {
    const bound = model.sessions.get(queryCode);
    const session = await store.session(queryCode);
    if (bound && bound.expiresAt > model.now) {
      expect(session).toMatchObject({ appId: bound.appId });
      expectRedemption(session?.redemption, bound.entry);
    } else expect(session).toBeUndefined();
  }
};

const step = (name: string, run: (model: Model, engine: Engine) => Promise<void>, needsLease = false): Command => ({
  check: ({ leases }) => !needsLease || leases.length > 0,
  async run(model, engine) {
    await run(model, engine);
    await compare(model, engine);
  },
  toString: () => name,
});

let traces = 0;
const claim = (authCode: string, caller: string, appId: string, queryCode: string | undefined): Command =>
  step(`claim ${authCode} by ${caller} of ${appId} as ${queryCode}`, async (model, { store }) => {
    traces += 1;
    const common = {
      source: 'daxpay',
      upstreamAppId: 'upstream-app',
      channelId: 'ali_pay',
      traceId: `trace-${traces}`,
    };
    const wish = { ...common, authCode, caller, appId, queryCode };
    const verdict = await store.claim(claimOf(wish));
    const lease = verdict.kind === 'CLAIMED' ? verdict.lease : undefined;
    const expected = claimInModel(model, wish, lease);
    const redemptionId = verdict.kind === 'DUPLICATE' ? verdict.redemption.id : lease?.redemptionId;
    expect([verdict.kind, redemptionId].join(' ').trim()).toBe(expected);
    if (lease) model.leases.push(lease);
    if (verdict.kind === 'DUPLICATE')
      expectRedemption(
        verdict.redemption,
        model.entries.find(({ id }) => id === redemptionId),
      );
  });

/** The lease that a number picks, late ones first, and what it is still good for. */
const pick = (model: Model, number: number) => {
  const lease = model.leases.at(-1 - (number % model.leases.length)) as Lease;
  const entry = model.entries.find(({ id }) => id === lease.redemptionId);
  return { lease, entry, owned: entry?.owner === lease.owner };
};

const markSent = (number: number): Command =>
  step(
    `mark lease ${number} sent`,
    async (model, { store }) => {
      const { lease, entry, owned } = pick(model, number);
      const may = owned && entry?.state === 'CLAIMED';
      expect(await store.markSent(lease)).toBe(may);
      if (!may) return;
      entry.state = 'SENT';
      entry.leaseUntil = model.now + times.leaseMs;
    },
    true,
  );

const release = (number: number): Command =>
  step(
    `release lease ${number}`,
    async (model, { store }) => {
      const { lease, entry, owned } = pick(model, number);
      await store.release(lease);
      if (owned && (entry?.state === 'CLAIMED' || entry?.state === 'SENT')) drop(model, entry);
    },
    true,
  );

const settle = (number: number, outcome: Outcome): Command =>
  step(
    `settle lease ${number} as ${JSON.stringify(outcome)}`,
    async (model, { store }) => {
      const { lease, entry, owned } = pick(model, number);
      const answer = await store.settle(lease, outcome);
      if (owned && entry?.state === 'SENT') endEntry(model, entry, outcome);
      expectEnding(model, answer, entry);
    },
    true,
  );

const collect = (number: number, outcome: FinalOutcome): Command =>
  step(
    `collect redemption ${number} as ${JSON.stringify(outcome)}`,
    async (model, { store }) => {
      const { lease, entry } = pick(model, number);
      const answer = await store.collect(lease.redemptionId, outcome);
      if (entry?.state === 'HELD') endEntry(model, entry, outcome);
      expectEnding(model, answer, entry);
    },
    true,
  );

const advance = (seconds: number): Command =>
  step(`advance ${seconds} s`, async (model, engine) => {
    await engine.advance(seconds * 1_000);
    model.now += seconds * 1_000;
  });

const sweep = (): Command =>
  step('sweep', async (model, { store }) => {
    expect(await store.sweep()).toMatchObject(sweepInModel(model));
  });

const number = fc.nat({ max: 4 });
const payer = fc.constantFrom('alice', 'bob');
const finalOutcome: fc.Arbitrary<FinalOutcome> = fc.oneof(
  payer.map((openId) => ({ state: 'SUCCEEDED', subject: { openId } }) as const),
  payer.map(
    (openId) => ({ state: 'SUCCEEDED', subject: { openId }, accessToken: { value: `token of ${openId}` } }) as const,
  ),
  fc.constant({ state: 'REJECTED', failureCode: 'AUTH_CODE_USED' } as const),
  fc.constant({ state: 'INDETERMINATE', failureCode: 'REPLY_MALFORMED' } as const),
);
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 4, arbitrary: finalOutcome },
  { weight: 1, arbitrary: fc.constant({ state: 'HELD' } as const) },
);
const oneOf = fc.constantFrom;
const commands = [
  fc.tuple(oneOf(...authCodes), oneOf('router', 'page'), oneOf('demo', 'other'), oneOf(undefined, ...queryCodes)),
  // Mostly the same few calls over and over, as retries are.
  fc.tuple(oneOf(...authCodes), fc.constant('router'), fc.constant('demo'), fc.constant(queryCodes[0])),
].map((claims) => claims.map((parts) => claim(...parts)));

const histories = fc.commands(
  [
    ...commands,
    number.map(markSent),
    number.map(markSent),
    number.map(release),
    fc.tuple(number, outcome).map(([index, how]) => settle(index, how)),
    fc.tuple(number, outcome).map(([index, how]) => settle(index, how)),
    fc.tuple(number, finalOutcome).map(([index, how]) => collect(index, how)),
    oneOf(1, 9, 11, 20, 31, 81).map(advance),
    fc.constant(sweep()),
  ],
  { maxCommands: MAX_COMMANDS, size: 'max' },
);

const engines = {
  SQLite: async (): Promise<Open> => openTemporarySqlite,
  PostgreSQL: startEmptyPostgres,
};

test.each(Object.keys(engines) as (keyof typeof engines)[])(
  '%s does what the model of a redemption does',
  { timeout: 600_000 },
  async (name) => {
    const open = await engines[name]();
    const numRuns = Number(process.env.MODEL_RUNS ?? RUNS[name]);
    const seen = { histories: 0, steps: 0, longest: 0, states: new Set<string>() };
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const engine = await open();
        const model: Model = { now: 0, entries: [], sessions: new Map(), leases: [] };
        try {
          await fc.asyncModelRun(() => ({ model, real: engine }), history);
        } finally {
          await engine.close();
        }
        const steps = [...history].length;
        seen.histories += 1;
        seen.steps += steps;
        seen.longest = Math.max(seen.longest, steps);
        for (const { state } of model.entries) seen.states.add(state);
      }),
      { numRuns },
    );
    console.log(`${name}: ${seen.histories} histories, ${seen.steps} steps, the longest ${seen.longest}`);
    expect(seen.longest).toBeGreaterThan(MAX_COMMANDS / 2);
    expect([...seen.states].sort()).toEqual(['CLAIMED', 'HELD', 'INDETERMINATE', 'REJECTED', 'SENT', 'SUCCEEDED']);
  },
);
