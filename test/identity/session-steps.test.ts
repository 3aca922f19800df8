/**
 * Steps, cancellations and the end of a session, over HTTP: on SQLite at one instance, on PostgreSQL at two. Readers
 * wait at the other instance, where there is one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { storeTimes } from '../../src/config/load.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { startPostgres } from '../support/databases/postgres.ts';
import { operationFor, type Root } from '../support/schema/contract.ts';
import { completeSource } from '../support/services/complete-source.ts';
import { loadWithMadeSources } from '../support/services/made-sources.ts';

const log = createLog('silent');
const returnUrl = 'https://shop.example/payer';
/** Long enough for a call, short enough to wait for. */
const SHORT_MS = 2_500;

/** Codes that begin with `held` are answered when the test says so. */
const gatedSource = () => {
  const plain = completeSource('upstream-app');
  const sent: string[] = [];
  let open = () => {};
  let gate = Promise.resolve();
  return {
    sent,
    close: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    open: () => open(),
    source: {
      ...plain,
      channels: ['ali_pay', 'wechat_pay'],
      redeem: async (...call: Parameters<typeof plain.redeem>) => {
        const [code] = call;
        sent.push(code);
        if (code.startsWith('held')) await gate;
        return plain.redeem(code.replace('held_', ''), call[1], call[2]);
      },
    },
  };
};

type Variables = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
type Answer = any;

const openInstance = async (
  engine: Engine,
  keys: ReturnType<typeof generateVaultKeys>,
  gated: Gated,
  ttlMs?: number,
) => {
  const channels = { ali_pay: 'complete', wechat_pay: 'complete' };
  const short = ttlMs && { times: { deadlineMs: 500, leaseMs: 1_500, resultTtlMs: ttlMs } };
  const config = await loadWithMadeSources(
    { PORT: '0' },
    {
      defaultApp: 'demo',
      apps: [
        { id: 'demo', channels, returnUrls: [returnUrl] },
        { id: 'other', channels, returnUrls: [returnUrl], attempts: 2 },
        { id: 'strict', channels, returnUrls: [returnUrl], attempts: 1 },
      ],
      sources: {},
      ...(short || {}),
    },
  );
  const vault = openVault(keys);
  const store = createStore(engine, { vault, times: storeTimes(config), log });
  const app = await createApp(config, { store, sources: { get: () => gated.source }, vault, log });
  const server = await listen(app.handle, { host: '127.0.0.1', port: 0, log });
  return {
    async ask(root: Root, field: string, variables: Variables): Promise<Answer> {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: operationFor(root, field), variables }),
      });
      const { data, errors } = (await response.json()) as { data: Record<string, Answer>; errors: unknown };
      expect(errors).toBeUndefined();
      return data[field];
    },
    async close() {
      await server.close(1_000);
      await app.close();
      await store.close();
    },
  };
};
type Gated = ReturnType<typeof gatedSource>;
type Instance = Awaited<ReturnType<typeof openInstance>>;

interface Engines {
  /** Another one for every instance, of the database with this name. */
  open(database: string): Promise<Engine>;
  close(): Promise<void>;
}

const engines: Readonly<Record<string, { readonly instances: number; readonly start: () => Promise<Engines> }>> = {
  SQLite: {
    instances: 1,
    async start() {
      const folder = mkdtempSync(join(tmpdir(), 'payer-identity-session-steps-'));
      return {
        open: async (database) => openSqlite({ file: join(folder, `${database}.sqlite`), now: Date.now }),
        close: async () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  },
  PostgreSQL: {
    instances: 2,
    async start() {
      const server = await startPostgres();
      const databases = new Map<string, Awaited<ReturnType<typeof server.createDatabase>>>();
      return {
        async open(name) {
          const database = databases.get(name) ?? (await server.createDatabase());
          databases.set(name, database);
          return openPostgres({ url: database.url, log });
        },
        async close() {
          for (const database of databases.values()) await database.drop();
          await server.close();
        },
      };
    },
  },
};

describe.each(Object.keys(engines))('%s', (name) => {
  const gated = gatedSource();
  const all: Instance[] = [];
  let started: Engines | undefined;
  let here: Instance;
  let there: Instance;
  let brief: Instance;

  beforeAll(async () => {
    const engine = engines[name];
    if (!engine) throw new Error('No such engine');
    started = await engine.start();
    const keys = generateVaultKeys();
    for (let count = 0; count < engine.instances; count += 1)
      all.push(await openInstance(await started.open('long'), keys, gated));
    [here, there] = [all[0], all.at(-1)] as [Instance, Instance];
    brief = await openInstance(await started.open('brief'), keys, gated, SHORT_MS);
    all.push(brief);
  }, 60_000);
  afterAll(async () => {
    gated.open();
    for (const instance of all) await instance.close();
    await started?.close();
  }, 30_000);

  let codes = 0;
  const newCode = (kind: string) => {
    codes += 1;
    return `${kind}_${codes}`;
  };
  const start = async (at: Instance = here): Promise<{ queryCode: string; state: string }> =>
    at.ask('Mutation', 'startAuthentication', { input: { channelId: 'ali_pay', returnUrl } });
  const set = (state: string, authCode: string, at: Instance = here): Promise<Answer> =>
    at.ask('Mutation', 'authenticateAndSet', { input: { channelId: 'ali_pay', state, authCode } });
  const report = (state: string, step: string, at: Instance = here): Promise<Answer> =>
    at.ask('Mutation', 'reportAuthenticationStep', { input: { channelId: 'ali_pay', state, step } });
  const cancel = (queryCode: string, at: Instance = here): Promise<Answer> =>
    at.ask('Mutation', 'cancelAuthentication', { input: { queryCode } });
  const read = (queryCode: string, waitSeconds = 0, at: Instance = there): Promise<Answer> =>
    at.ask('Query', 'authResult', { queryCode, waitSeconds });
  /** The answer of a reader at the other instance, and how long after the event it came. */
  const wait = async (queryCode: string, event: () => Promise<unknown>) => {
    const waiting = read(queryCode, 20);
    await delay(300);
    await event();
    const happenedAt = performance.now();
    const answer = await waiting;
    return { answer, tookMs: performance.now() - happenedAt };
  };
  const ended = { __typename: 'PayerSessionEnded', code: 'SESSION_CANCELLED' };
  const cancelled = { __typename: 'PayerAuthFailed', failure: ended };

  test('a waiting reader is answered at once when the payer opens the page, declines, or a code is refused', async () => {
    const { queryCode, state } = await start();
    const events: [() => Promise<unknown>, object][] = [
      [() => report(state, 'OPENED'), { step: 'OPENED', attemptsLeft: 5, lastFailure: null }],
      [() => report(state, 'DECLINED'), { step: 'DECLINED', attemptsLeft: 5, lastFailure: null }],
      [
        () => set(state, newCode('refused')),
        { step: 'OPENED', attemptsLeft: 4, lastFailure: { code: 'AUTH_CODE_REFUSED' } },
      ],
    ];
    for (const [event, shown] of events) {
      const { answer, tookMs } = await wait(queryCode, event);
      expect(answer).toMatchObject({ __typename: 'PayerAuthWaiting', ...shown });
      expect(tookMs).toBeLessThan(2_000);
    }
  });

  test.each([
    ['other', 2],
    ['strict', 1],
    ['demo', 5],
  ])(
    'a session of the app %s, and a query code of its caller, take %i codes that fail, and no other one',
    async (appId, attempts) => {
      const place = { appId, channelId: 'ali_pay' };
      const { state, queryCode } = await here.ask('Mutation', 'startAuthentication', {
        input: { ...place, returnUrl },
      });
      const own = newCode('a-query-code-of-the-caller');
      for (const [by, shown, end] of [
        [{ state }, queryCode, 'SESSION_SPENT'],
        [{ queryCode: own }, own, 'QUERY_CODE_TAKEN'],
      ] as const) {
        const setAt = (at: Instance, kind: string) =>
          at.ask('Mutation', 'authenticateAndSet', { input: { ...place, ...by, authCode: newCode(kind) } });
        for (let left = attempts - 1; left >= 0; left -= 1) {
          expect(await setAt(left % 2 ? here : there, 'refused')).toMatchObject({ code: 'AUTH_CODE_REFUSED' });
          const failure = { code: 'AUTH_CODE_REFUSED' };
          const waiting = { __typename: 'PayerAuthWaiting', attemptsLeft: left, lastFailure: failure };
          expect(await read(shown)).toMatchObject(left ? waiting : { __typename: 'PayerAuthFailed', failure });
        }
        const before = gated.sent.length;
        expect(await setAt(there, 'ok')).toMatchObject({ code: end });
        expect(gated.sent.length).toBe(before);
        expect(await read(shown)).toMatchObject({ __typename: 'PayerAuthFailed' });
      }
    },
  );

  test('P4: of a code that is refused and one that succeeds, at once, the success is stored and stays', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { queryCode, state } = await start();
      const [refused, stored] = await Promise.all([
        delay(round % 3).then(() => set(state, newCode('refused'))),
        delay(round % 2).then(() => set(state, newCode('ok'), there)),
      ]);
      expect(stored).toMatchObject({ __typename: 'PayerAuthResultStored' });
      // In one order the refused one took an attempt, in the other it was not sent and is answered with the success.
      expect([refused.code, refused.__typename]).toContainEqual(
        expect.stringMatching(/^(?:AUTH_CODE_REFUSED|PayerAuthResultStored)$/),
      );
      expect(await read(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    }
  });

  test('a state that is given as a query code is refused with its place, and nothing is sent', async () => {
    const { queryCode, state } = await start();
    const before = gated.sent.length;
    const input = { channelId: 'ali_pay', queryCode: state, authCode: newCode('ok') };
    for (const field of ['authenticate', 'authenticateAndSet'])
      expect(await here.ask('Mutation', field, { input })).toMatchObject({
        __typename: 'PayerInvalidInput',
        fields: [{ path: 'queryCode', message: expect.stringContaining('not the state') }],
      });
    expect(gated.sent.length).toBe(before);
    expect(await read(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 5 });
  });

  test('a payer who declined may still authorize: the answer to the report says until when', async () => {
    const { queryCode, state } = await start();
    const { expiresAt } = await read(queryCode);
    expect(await report(state, 'DECLINED')).toEqual({ __typename: 'PayerAuthStepReported', expiresAt });
    expect(await read(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', step: 'DECLINED', attemptsLeft: 5 });
    expect(await set(state, newCode('ok'), there)).toMatchObject({ __typename: 'PayerAuthResultStored' });
    expect(await read(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('a payer who declines after a success changes nothing, also when both come at once', async () => {
    const { queryCode, state } = await start();
    await set(state, newCode('ok'));
    expect(await report(state, 'DECLINED')).toMatchObject({ __typename: 'PayerAuthStepReported' });
    expect(await read(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    for (let round = 0; round < 5; round += 1) {
      const next = await start();
      const steps = ['OPENED', 'DECLINED', 'DECLINED'];
      const [stored] = await Promise.all([
        set(next.state, newCode('ok')),
        ...steps.map((step, index) => report(next.state, step, index % 2 ? here : there)),
      ]);
      expect(stored).toMatchObject({ __typename: 'PayerAuthResultStored' });
      expect(await read(next.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    }
  });

  test('a session that is cancelled before a code ends at once for its waiting reader, and sends no code', async () => {
    const { queryCode, state } = await start();
    let answered: Answer;
    const { answer, tookMs } = await wait(queryCode, async () => {
      answered = await cancel(queryCode);
    });
    expect(answered).toMatchObject({ ...cancelled, failure: { ...ended, traceId: expect.stringMatching(/^\w{32}$/) } });
    expect(answer).toEqual(answered);
    expect(tookMs).toBeLessThan(2_000);
    const before = gated.sent.length;
    expect(await set(state, newCode('ok'), there)).toMatchObject(ended);
    expect(await report(state, 'OPENED')).toMatchObject(ended);
    const input = { channelId: 'ali_pay', queryCode, authCode: newCode('ok') };
    expect(await here.ask('Mutation', 'authenticate', { input })).toMatchObject({ code: 'QUERY_CODE_TAKEN' });
    expect(gated.sent.length).toBe(before);
    expect(await read(queryCode)).toEqual(answered);
  });

  test('a session that is cancelled after a refused code takes no other one', async () => {
    const { queryCode, state } = await start();
    await set(state, newCode('refused'));
    expect(await cancel(queryCode)).toMatchObject(cancelled);
    expect(await set(state, newCode('ok'))).toMatchObject(ended);
  });

  test.each([
    ['succeeds', 'held_ok', { __typename: 'PayerAuthSucceeded' }],
    ['fails', 'held_refused', { __typename: 'PayerAuthFailed', failure: { code: 'AUTH_CODE_REFUSED' } }],
    ['is not sent', 'held_unreachable', cancelled],
  ])(
    'a session that is cancelled while a code is under way ends as that one does, when it %s',
    async (_, kind, end) => {
      const { queryCode, state } = await start();
      gated.close();
      const authCode = newCode(kind);
      const redeeming = set(state, authCode);
      await expect.poll(() => gated.sent).toContain(authCode);
      const pending = { __typename: 'PayerAuthWaiting', attemptsLeft: 0, lastFailure: ended, step: null };
      expect(await cancel(queryCode, there)).toMatchObject(pending);
      expect(await read(queryCode)).toMatchObject(pending);
      const { answer, tookMs } = await wait(queryCode, async () => {
        gated.open();
        await redeeming;
      });
      expect(answer).toMatchObject(end);
      expect(tookMs).toBeLessThan(2_000);
      const before = gated.sent.length;
      const late = await set(state, newCode('ok'));
      expect(late).toMatchObject(kind === 'held_ok' ? { __typename: 'PayerAuthResultStored' } : ended);
      expect(gated.sent.length).toBe(before);
    },
  );

  test('a cancel that comes too late answers what there is: the success, or the last failure', async () => {
    const { queryCode, state } = await start();
    const input = { channelId: 'ali_pay', state, authCode: newCode('ok') };
    await here.ask('Mutation', 'authenticateAndSet', { input });
    const { identity } = await read(queryCode);
    expect(identity.id).toMatch(/^pid_/);
    expect(await cancel(queryCode, there)).toMatchObject({ __typename: 'PayerAuthSucceeded', identity });

    const spent = await start();
    for (let count = 0; count < 5; count += 1) await set(spent.state, newCode('refused'));
    const before = await read(spent.queryCode);
    expect(before).toMatchObject({ __typename: 'PayerAuthFailed', failure: { code: 'AUTH_CODE_REFUSED' } });
    expect(await cancel(spent.queryCode)).toEqual(before);
    expect(await read(spent.queryCode)).toEqual(before);
    expect(await report(spent.state, 'DECLINED')).toMatchObject({ code: 'SESSION_SPENT' });
  });

  test('a second cancel is answered like the first, with its traceId, also when several come at once', async () => {
    const one = await start();
    const first = await cancel(one.queryCode);
    expect(await cancel(one.queryCode, there)).toEqual(first);
    const two = await start();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => cancel(two.queryCode, index % 2 ? here : there)),
    );
    expect(new Set(answers.map(({ failure }) => failure.traceId)).size).toBe(1);
    for (const answer of answers) expect(answer).toMatchObject(cancelled);
  });

  test('a cancel and a code at once: the code is stored and shown, or refused and not sent', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { queryCode, state } = await start();
      const authCode = newCode('ok');
      const [stored, first] = await Promise.all([
        delay(round % 3).then(() => set(state, authCode)),
        delay(round % 2).then(() => cancel(queryCode, there)),
      ]);
      const isStored = stored.__typename === 'PayerAuthResultStored';
      if (!isStored) expect(stored).toMatchObject(ended);
      expect(gated.sent.includes(authCode)).toBe(isStored);
      expect(await read(queryCode)).toMatchObject(isStored ? { __typename: 'PayerAuthSucceeded' } : cancelled);
      // While the code was under way, the cancel could not say how it ends.
      if (first.__typename === 'PayerAuthWaiting') continue;
      // Another instance answers; its clock may differ by milliseconds.
      const { expiresAt: _, ...shown } = first;
      expect(await read(queryCode)).toMatchObject(shown);
    }
  });

  test('an unknown query code is not cancelled, and its answer is that of authResult', async () => {
    const unknown = { __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' };
    expect(await cancel('a-query-code-that-nobody-has')).toMatchObject(unknown);
    expect(await cancel('')).toMatchObject(unknown);
    const { state, queryCode } = await start();
    expect(await cancel(state), 'a state is no query code').toMatchObject(unknown);
    expect(await read(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting' });
  });

  test.each([
    ['of another app', { appId: 'other' }],
    ['of another channel', { channelId: 'wechat_pay' }],
    ['that is cut', { state: 'a'.repeat(71) }],
    ['that is empty', { state: '' }],
    ['of 129 characters', { state: 'a'.repeat(129) }],
  ])('a report with a state %s is PayerInvalidInput with path state, and is not shown', async (_, changes) => {
    const { queryCode, state } = await start();
    const input = { channelId: 'ali_pay', state, step: 'DECLINED', ...changes };
    const answer = await here.ask('Mutation', 'reportAuthenticationStep', { input });
    expect(answer).toMatchObject({ __typename: 'PayerInvalidInput', fields: [{ path: 'state' }] });
    expect(await read(queryCode)).toMatchObject({ step: null });
  });

  test('a session that expires says so to its waiting reader, to the payer page and to a cancel, and later is unknown', async () => {
    const { queryCode, state } = await start(brief);
    await report(state, 'DECLINED', brief);
    const expired = { __typename: 'PayerAuthFailed', failure: { code: 'SESSION_EXPIRED' } };
    expect(await read(queryCode, 10, brief)).toMatchObject(expired);
    expect(await read(queryCode, 0, brief)).toMatchObject(expired);
    expect(await cancel(queryCode, brief)).toMatchObject(expired);
    const over = { __typename: 'PayerSessionEnded', code: 'SESSION_EXPIRED' };
    const before = gated.sent.length;
    const answers = async () => [await set(state, newCode('ok'), brief), await report(state, 'OPENED', brief)];
    expect(await answers()).toMatchObject([over, over]);
    const unknown = { __typename: 'PayerAuthNotFound' };
    await expect.poll(() => read(queryCode, 0, brief), { timeout: 3 * SHORT_MS, interval: 200 }).toMatchObject(unknown);
    expect(await cancel(queryCode, brief)).toMatchObject(unknown);
    expect(await answers()).toMatchObject([over, over]);
    expect(gated.sent.length).toBe(before);
  });

  test('a cancel and the end of the time at once leave one of the two ends', async () => {
    const { queryCode, state } = await start(brief);
    await delay(SHORT_MS - 60);
    const answers: Answer[] = [];
    for (let count = 0; count < 12; count += 1) answers.push(await cancel(queryCode, brief), await delay(10));
    const codesSeen = answers.filter(Boolean).map(({ failure }) => failure.code);
    expect(['SESSION_CANCELLED', 'SESSION_EXPIRED']).toEqual(expect.arrayContaining(codesSeen));
    expect(await read(queryCode, 10, brief)).toMatchObject({ __typename: 'PayerAuthFailed' });
    const late = await set(state, newCode('ok'), brief);
    expect(['SESSION_CANCELLED', 'SESSION_EXPIRED']).toContain(late.code);
  });
});
