/** Every promise of src/store/store.ts, once. An engine's own test plugs the engine in. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { resealAll } from '../../scripts/lib/reseal-all.ts';
import type { Watch } from '../../src/lib/wakeups.ts';
import type { IdentityRef, PayerIdentity, Subject } from '../../src/model.ts';
import { type Vault, VaultError } from '../../src/security/vault.ts';
import type { Claim, Lease, Outcome, Redemption, Store, StoreTimes } from '../../src/store/store.ts';
import type { TestKeys } from '../support/keys.ts';

export interface OpenedStore {
  /** What the store seals with. */
  readonly keys: TestKeys;
  readonly store: Store;
  /** Moves the store's own clock forward, wherever it stands. */
  readonly clock: { advance(ms: number): Promise<void> | void };
  /** Closes the store and opens what it left behind, with the same keys. */
  reopen(): Promise<Store>;
  /** Opens the same database once more, as another instance does. `close` closes it too. */
  join(vault: Vault): Promise<Store> | Store;
  /** Runs a statement past the store. */
  query<Row>(sql: string): Promise<Row[]> | Row[];
  /** Everything that the engine has written, as it lies on disk. */
  dump(): Promise<Buffer> | Buffer;
  /** Closes the store and removes what it left behind; any number of times. */
  close(): Promise<void>;
}

export interface StoreEngine {
  readonly name: string;
  open(times?: StoreTimes): Promise<OpenedStore>;
}

export const contractTimes: StoreTimes = { leaseMs: 10_000, resultTtlMs: 60_000, codeTtlMs: 600_000 };
/** The contract stays this far from every instant at which something ends: a database's clock runs on meanwhile. */
const MARGIN_MS = 5_000;
const leaseOver = contractTimes.leaseMs + MARGIN_MS;
const resultOver = contractTimes.resultTtlMs + MARGIN_MS;
const codeOver = contractTimes.codeTtlMs + MARGIN_MS;

/** A claim of an auth code, in the words of these tests. */
export interface Wish extends Pick<Claim, 'source' | 'upstreamAppId' | 'appId' | 'channelId' | 'traceId'> {
  readonly authCode: string;
  readonly caller: string;
  readonly queryCode?: string | undefined;
}

export const claimOf = ({ authCode, caller, queryCode, ...claim }: Wish): Claim => ({
  ...claim,
  kind: 'authCode',
  code: authCode,
  binding: [caller],
  session: queryCode === undefined ? undefined : { queryCode },
});

const wish = (changes: Partial<Wish> = {}): Claim =>
  claimOf({
    source: 'daxpay',
    upstreamAppId: 'upstream-app',
    authCode: 'auth-code-1',
    caller: 'router',
    appId: 'demo',
    channelId: 'wechat_pay',
    traceId: 'trace-1',
    ...changes,
  });

/** Claims, and expects to be the one. */
const take = async (store: Store, changes: Partial<Wish> = {}): Promise<Lease> => {
  const verdict = await store.claim(wish(changes));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  return verdict.lease;
};

const send = async (store: Store, changes: Partial<Wish> = {}): Promise<Lease> => {
  const lease = await take(store, changes);
  expect(await store.markSent(lease)).toBe(true);
  return lease;
};

const end = async (store: Store, outcome: Outcome, changes: Partial<Wish> = {}): Promise<Redemption> => {
  const ended = await store.settle(await send(store, changes), outcome);
  if (!ended) throw new Error('Expected an outcome');
  return ended;
};

const succeeded = (subject: Subject = { openId: 'open-1' }): Outcome => ({ state: 'SUCCEEDED', subject });
const rejected: Outcome = { state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED', upstreamCode: '42003' };

let codes = 0;
/** Authenticates a payer with a new auth code and answers who it is. */
const authenticate = async (store: Store, subject: Subject, changes: Partial<Wish> = {}): Promise<PayerIdentity> => {
  codes += 1;
  const ended = await end(store, succeeded(subject), { authCode: `payer-code-${codes}`, ...changes });
  if (ended.state !== 'SUCCEEDED') throw new Error(`Expected SUCCEEDED, not ${ended.state}`);
  return ended.identity;
};

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

const count = <T>(values: readonly T[], value: T): number => values.filter((other) => other === value).length;

const PATIENCE_MS = 4_000;
const wakes = async (watch: Watch): Promise<boolean> => {
  const startedAt = performance.now();
  await watch.changed(PATIENCE_MS);
  watch.close();
  return performance.now() - startedAt < PATIENCE_MS / 2;
};

export const storeContract = ({ name, open }: StoreEngine): void => {
  const opened = async (times = contractTimes): Promise<OpenedStore> => {
    const engine = await open(times);
    onTestFinished(() => engine.close());
    return engine;
  };

  describe(`${name}: claiming an auth code`, () => {
    test('of 50 concurrent claims of one code exactly one is CLAIMED and the others are DUPLICATE', async () => {
      const { store } = await opened();
      const verdicts = await times(50, () => store.claim(wish()));
      const kinds = verdicts.map(({ kind }) => kind);
      expect([count(kinds, 'CLAIMED'), count(kinds, 'DUPLICATE')]).toEqual([1, 49]);
      const ids = verdicts.flatMap((verdict) => {
        if (verdict.kind === 'CLAIMED') return [verdict.lease.redemptionId];
        return verdict.kind === 'DUPLICATE' ? [verdict.redemption.id] : [];
      });
      expect(new Set(ids).size).toBe(1);
    });

    test('50 concurrent claims of different codes are all CLAIMED', async () => {
      const { store } = await opened();
      const leases = await times(50, (index) => take(store, { authCode: `code-${index}` }));
      expect(new Set(leases.map(({ redemptionId }) => redemptionId)).size).toBe(50);
      expect(new Set(leases.map(({ owner }) => owner)).size).toBe(50);
    });

    test.each<[string, Partial<Wish>]>([
      ['caller', { caller: 'payer page' }],
      ['app', { appId: 'other-app' }],
      ['channel', { channelId: 'ali_pay' }],
      ['query code', { queryCode: 'query-code-2' }],
      ['absence of a query code', { queryCode: undefined }],
    ])('another %s with the same auth code is told CODE_USED, before and after the outcome', async (_, other) => {
      const { store, clock } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      expect(await store.claim(wish({ queryCode: 'query-code-1', ...other }))).toEqual({ kind: 'CODE_USED' });
      await store.settle(lease, succeeded());
      expect(await store.claim(wish({ queryCode: 'query-code-1', ...other }))).toEqual({ kind: 'CODE_USED' });
      await clock.advance(leaseOver);
      expect(await store.claim(wish({ queryCode: 'query-code-1', ...other }))).toEqual({ kind: 'CODE_USED' });
      if (other.queryCode) expect(await store.session(other.queryCode)).toBeUndefined();
    });

    test('an abandoned claim is not handed to somebody else while it is kept', async () => {
      const { store, clock } = await opened();
      await take(store);
      await clock.advance(leaseOver);
      expect(await store.claim(wish({ caller: 'payer page' }))).toEqual({ kind: 'CODE_USED' });
    });

    test.each<[string, Partial<Wish>]>([
      ['source', { source: 'wechat' }],
      ['upstream application', { upstreamAppId: 'other-upstream-app' }],
      ['spelling', { authCode: 'AUTH-CODE-1' }],
    ])('the same code of another %s is another code', async (_, other) => {
      const { store } = await opened();
      await take(store);
      await take(store, other);
    });

    test('a duplicate reads the outcome', async () => {
      const { store } = await opened();
      const ended = await end(store, succeeded(), { queryCode: 'query-code-1' });
      const verdict = await store.claim(wish({ queryCode: 'query-code-1', traceId: 'trace-2' }));
      expect(verdict).toEqual({ kind: 'DUPLICATE', redemption: ended });
    });
  });

  describe(`${name}: the lease`, () => {
    test('markSent succeeds once, and only for the owner', async () => {
      const { store } = await opened();
      const lease = await take(store);
      expect(await store.markSent({ ...lease, owner: 'somebody else' })).toBe(false);
      expect(await store.markSent({ ...lease, redemptionId: 'unknown' })).toBe(false);
      const marks = await times(20, () => store.markSent(lease));
      expect([count(marks, true), count(marks, false)]).toEqual([1, 19]);
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'SENT' });
    });

    test('an expired claim is taken over by one of 20 duplicates, and the lost lease can do nothing', async () => {
      const { store, clock } = await opened();
      const lost = await take(store);
      await clock.advance(leaseOver);
      const verdicts = await times(20, () => store.claim(wish({ traceId: 'trace-2' })));
      const winners = verdicts.flatMap((verdict) => (verdict.kind === 'CLAIMED' ? [verdict.lease] : []));
      expect(winners).toHaveLength(1);
      const [won] = winners as [Lease];
      expect(await store.markSent(lost)).toBe(false);
      await store.release(lost);
      expect(await store.markSent(won)).toBe(true);
      await store.settle(lost, rejected);
      await store.release(lost);
      expect(await store.redemption(won.redemptionId)).toMatchObject({ state: 'SENT', traceId: 'trace-2' });
      expect(await store.settle(won, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
    });

    test('a claim that is taken over late is kept like a new one', async () => {
      const { store, clock } = await opened();
      await take(store, { queryCode: 'query-code-1' });
      await clock.advance(resultOver);
      const lease = await take(store, { queryCode: 'query-code-1' });
      expect(await store.claim(wish({ queryCode: 'query-code-1' }))).toMatchObject({ kind: 'DUPLICATE' });
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'CLAIMED' });
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'CLAIMED' } });
    });

    test('a live claim is not taken over', async () => {
      const { store, clock } = await opened();
      await take(store);
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      expect(await store.claim(wish())).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'CLAIMED' } });
    });

    test('markSent begins the lease anew', async () => {
      const { store, clock } = await opened();
      const lease = await take(store);
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      await store.markSent(lease);
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      expect(await store.claim(wish())).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'SENT' } });
      expect(await store.sweep()).toMatchObject({ abandoned: 0 });
    });

    test('an expired send becomes INDETERMINATE when it is claimed again, never CLAIMED', async () => {
      const { store, clock } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      await clock.advance(leaseOver);
      const verdicts = await times(20, () => store.claim(wish({ queryCode: 'query-code-1' })));
      const lost = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };
      for (const verdict of verdicts) expect(verdict).toMatchObject({ kind: 'DUPLICATE', redemption: lost });
      expect(await store.settle(lease, succeeded())).toMatchObject(lost);
      expect(await store.session('query-code-1')).toMatchObject({ redemption: lost });
    });

    test('an expired send becomes INDETERMINATE in a sweep, never CLAIMED', async () => {
      const { store, clock } = await opened();
      const lease = await send(store);
      await clock.advance(leaseOver);
      expect(await store.sweep()).toMatchObject({ released: 0, abandoned: 1 });
      expect(await store.sweep()).toMatchObject({ released: 0, abandoned: 0 });
      const lost = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };
      expect(await store.redemption(lease.redemptionId)).toMatchObject(lost);
      expect(await store.claim(wish())).toMatchObject({ kind: 'DUPLICATE', redemption: lost });
      expect(await store.markSent(lease)).toBe(false);
      expect(await store.settle(lease, succeeded())).toMatchObject(lost);
    });

    test('one sweep ends whatever was left behind, however much', async () => {
      const { store, clock } = await opened();
      for (let from = 0; from < 450; from += 50) {
        const leases = await times(50, (index) => take(store, { authCode: `code-${from + index}` }));
        if (from < 250) for (const lease of leases) expect(await store.markSent(lease)).toBe(true);
      }
      await clock.advance(leaseOver);
      expect(await store.sweep()).toEqual({ released: 200, abandoned: 250, purged: 0 });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
    });

    test('a sweep releases expired claims and leaves live ones alone', async () => {
      const { store, clock } = await opened();
      const expired = await take(store, { queryCode: 'query-code-1' });
      await clock.advance(leaseOver);
      const live = await take(store, { authCode: 'auth-code-2' });
      expect(await store.sweep()).toMatchObject({ released: 1, abandoned: 0 });
      expect(await store.redemption(expired.redemptionId)).toBeUndefined();
      expect(await store.markSent(expired)).toBe(false);
      expect(await store.markSent(live)).toBe(true);
      await take(store, { caller: 'somebody else', queryCode: 'query-code-1' });
    });
  });

  describe(`${name}: releasing`, () => {
    test.each(['CLAIMED', 'SENT'])('a release while %s frees the auth code and the query code', async (state) => {
      const { store } = await opened();
      const lease = await take(store, { queryCode: 'query-code-1' });
      if (state === 'SENT') await store.markSent(lease);
      await store.release(lease);
      expect(await store.redemption(lease.redemptionId)).toBeUndefined();
      expect(await store.settle(lease, succeeded())).toBeUndefined();
      expect(await store.session('query-code-1')).toMatchObject({ redemption: undefined });
      const next = await take(store, { caller: 'somebody else' });
      expect(next.redemptionId).not.toBe(lease.redemptionId);
      await take(store, { authCode: 'auth-code-2', queryCode: 'query-code-1' });
    });

    test('only the owner releases', async () => {
      const { store } = await opened();
      const lease = await send(store);
      await store.release({ ...lease, owner: 'somebody else' });
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'SENT' });
    });

    test.each<[string, Outcome]>([
      ['SUCCEEDED', succeeded()],
      ['HELD', { state: 'HELD' }],
      ['REJECTED', rejected],
      ['INDETERMINATE', { state: 'INDETERMINATE', failureCode: 'REPLY_MALFORMED' }],
    ])('a release after %s changes nothing', async (state, outcome) => {
      const { store } = await opened();
      const lease = await send(store);
      await store.settle(lease, outcome);
      await store.release(lease);
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state });
      expect(await store.claim(wish())).toMatchObject({ kind: 'DUPLICATE' });
    });
  });

  describe(`${name}: the outcome`, () => {
    const expiresAt = new Date(1_900_000_000_000);
    const everything: Subject = { openId: 'o', userId: 'u', unionId: 'n', subAppId: 'sa', subOpenId: 'so' };
    test.each<[string, Outcome, object]>([
      [
        'SUCCEEDED with everything',
        { state: 'SUCCEEDED', subject: everything, accessToken: { value: 'token', expiresAt } },
        { identity: everything, accessToken: { value: 'token', expiresAt } },
      ],
      [
        'SUCCEEDED with a token that does not say when it ends',
        { state: 'SUCCEEDED', subject: { userId: 'u' }, accessToken: { value: 'token' } },
        { identity: { openId: null, userId: 'u' }, accessToken: { value: 'token', expiresAt: undefined } },
      ],
      ['SUCCEEDED without a token', succeeded({ openId: '微信 "\\\u0000😀' }), { accessToken: undefined }],
      ['HELD', { state: 'HELD' }, {}],
      ['REJECTED', rejected, { failureCode: 'AUTH_CODE_EXPIRED' }],
      ['INDETERMINATE', { state: 'INDETERMINATE', failureCode: 'REPLY_UNVERIFIED' }, {}],
    ])('%s reads back equal, everywhere', async (_, outcome, told) => {
      const { store } = await opened();
      const ended = await end(store, outcome, { queryCode: 'query-code-1' });
      const common = { source: 'daxpay', appId: 'demo', channelId: 'wechat_pay', traceId: 'trace-1' };
      expect(ended).toMatchObject({ ...common, state: outcome.state, ...told });
      expect(await store.redemption(ended.id)).toEqual(ended);
      expect((await store.session('query-code-1'))?.redemption).toEqual(ended);
      const verdict = await store.claim(wish({ queryCode: 'query-code-1' }));
      expect(verdict).toEqual({ kind: 'DUPLICATE', redemption: ended });
      if (ended.state === 'SUCCEEDED')
        expect(await store.identities([{ id: ended.identity.id }])).toEqual([ended.identity]);
    });

    test('is final: a second one is answered with the first', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const first = await store.settle(lease, rejected);
      expect(first).toMatchObject({ state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' });
      expect(await store.settle(lease, succeeded({ openId: 'late' }))).toEqual(first);
      expect(await store.settle(lease, { state: 'HELD' })).toEqual(first);
      expect(await store.identities([{ channelId: 'wechat_pay', appId: 'demo', openId: 'late' }])).toEqual([undefined]);
    });

    test('is one, however many settle at once', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const answers = await times(20, (index) => store.settle(lease, succeeded({ openId: `open-${index}` })));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      const refs = answers.map((_, index) => ({ channelId: 'wechat_pay', appId: 'demo', openId: `open-${index}` }));
      expect((await store.identities(refs)).filter((identity) => identity !== undefined)).toHaveLength(1);
    });

    test('needs a send by the same owner', async () => {
      const { store } = await opened();
      const lease = await take(store);
      expect(await store.settle(lease, succeeded())).toMatchObject({ state: 'CLAIMED' });
      await store.markSent(lease);
      expect(await store.settle({ ...lease, owner: 'somebody else' }, rejected)).toMatchObject({ state: 'SENT' });
      expect(await store.settle({ ...lease, redemptionId: 'unknown' }, rejected)).toBeUndefined();
    });

    test('is still kept when it comes after the lease and before anybody noticed', async () => {
      const { store, clock } = await opened();
      const lease = await send(store);
      await clock.advance(leaseOver);
      expect(await store.settle(lease, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
    });

    test('HELD is collected once', async () => {
      const { store } = await opened();
      const held = await end(store, { state: 'HELD' }, { queryCode: 'query-code-1' });
      const outcomes = [succeeded({ openId: 'first' }), succeeded({ openId: 'second' }), rejected] as const;
      const answers = await times(9, (index) => store.collect(held.id, outcomes[index % 3] as typeof rejected));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(answers[0]).not.toMatchObject({ state: 'HELD' });
      expect((await store.session('query-code-1'))?.redemption).toEqual(answers[0]);
    });

    test('only HELD is collected', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const collected = { state: 'REJECTED', failureCode: 'AUTH_CODE_USED' } as const;
      expect(await store.collect(lease.redemptionId, collected)).toMatchObject({ state: 'SENT' });
      await store.settle(lease, succeeded());
      expect(await store.collect(lease.redemptionId, collected)).toMatchObject({ state: 'SUCCEEDED' });
      expect(await store.collect('unknown', collected)).toBeUndefined();
    });

    test('is told until its time is over; then the code is only known as used', async () => {
      const { store, clock } = await opened();
      const { id } = await end(store, succeeded());
      await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
      expect(await store.redemption(id)).toMatchObject({ state: 'SUCCEEDED' });
      expect(await store.claim(wish())).toMatchObject({ kind: 'DUPLICATE' });
      await clock.advance(2 * MARGIN_MS);
      expect(await store.redemption(id)).toBeUndefined();
      expect(await store.claim(wish())).toEqual({ kind: 'CODE_USED' });
      await store.sweep();
      expect(await store.claim(wish())).toEqual({ kind: 'CODE_USED' });
    });

    test.each(['swept', 'not swept'])('a code is forgotten when its time is over (%s)', async (swept) => {
      const { store, clock } = await opened();
      const { id } = await end(store, succeeded(), { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.codeTtlMs - MARGIN_MS);
      await store.sweep();
      expect(await store.claim(wish({ caller: 'somebody else' }))).toEqual({ kind: 'CODE_USED' });
      await clock.advance(2 * MARGIN_MS);
      if (swept === 'swept') expect((await store.sweep()).purged).toBe(1);
      const lease = await take(store, { caller: 'somebody else' });
      expect(lease.redemptionId).not.toBe(id);
    });

    test('a sweep scrubs the tokens of outcomes that are no longer told, once', async () => {
      const { store, clock } = await opened();
      await end(store, { state: 'SUCCEEDED', subject: { openId: 'o' }, accessToken: { value: 'token' } });
      await end(store, succeeded(), { authCode: 'auth-code-without-token' });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
      await clock.advance(resultOver);
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 1 });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
    });
  });

  describe(`${name}: the query code`, () => {
    test('of 50 concurrent codes for one query code the first writer wins, for good', async () => {
      const { store } = await opened();
      const claims = await times(50, (index) => store.claim(wish({ authCode: `code-${index}`, queryCode: 'shared' })));
      const kinds = claims.map(({ kind }) => kind);
      expect([count(kinds, 'CLAIMED'), count(kinds, 'SESSION_TAKEN')]).toEqual([1, 49]);
      const winner = claims.find((verdict) => verdict.kind === 'CLAIMED');
      if (winner?.kind !== 'CLAIMED') throw new Error('Nobody won');
      expect((await store.session('shared'))?.redemption?.id).toBe(winner.lease.redemptionId);
      await store.markSent(winner.lease);
      await store.settle(winner.lease, succeeded({ openId: 'the winner' }));
      expect(await store.claim(wish({ authCode: 'late', queryCode: 'shared' }))).toEqual({ kind: 'SESSION_TAKEN' });
      expect(await store.session('shared')).toMatchObject({ redemption: { identity: { openId: 'the winner' } } });
    });

    test('a code that lost a query code is not used up', async () => {
      const { store } = await opened();
      await take(store, { queryCode: 'shared' });
      const other = { authCode: 'auth-code-2' };
      expect(await store.claim(wish({ ...other, queryCode: 'shared' }))).toEqual({ kind: 'SESSION_TAKEN' });
      await take(store, { ...other, queryCode: 'another' });
    });

    test.each<[string, Partial<Wish>]>([
      ['app', { appId: 'other-app' }],
      ['channel', { channelId: 'ali_pay' }],
    ])('is taken for another %s, before an outcome and after', async (_, other) => {
      const { store } = await opened();
      const lease = await send(store, { queryCode: 'shared' });
      const foreign = wish({ authCode: 'auth-code-2', queryCode: 'shared', ...other });
      expect(await store.claim(foreign)).toEqual({ kind: 'SESSION_TAKEN' });
      await store.settle(lease, rejected);
      expect(await store.claim(foreign)).toEqual({ kind: 'SESSION_TAKEN' });
    });

    test.each<[string, Partial<Wish>]>([
      ['app', { appId: 'other-app' }],
      ['channel', { channelId: 'ali_pay' }],
    ])('stays with its app and channel after a release: another %s is refused', async (_, other) => {
      const { store } = await opened();
      await store.release(await take(store, { queryCode: 'shared' }));
      const foreign = wish({ authCode: 'auth-code-2', queryCode: 'shared', ...other });
      expect(await store.claim(foreign)).toEqual({ kind: 'SESSION_TAKEN' });
      await take(store, { authCode: 'auth-code-2', queryCode: 'shared' });
    });

    test('stands for nothing until somebody used it', async () => {
      const { store } = await opened();
      await take(store);
      expect(await store.session('unknown')).toBeUndefined();
      expect(await store.session('')).toBeUndefined();
    });

    test('says what it stands for while the redemption runs', async () => {
      const { store } = await opened();
      const lease = await take(store, { queryCode: 'query-code-1' });
      const session = { appId: 'demo', channelId: 'wechat_pay', redemption: { id: lease.redemptionId } };
      expect(await store.session('query-code-1')).toMatchObject({ ...session, redemption: { state: 'CLAIMED' } });
      await store.markSent(lease);
      expect(await store.session('query-code-1')).toMatchObject({ ...session, redemption: { state: 'SENT' } });
    });

    test.each(['swept', 'not swept'])('is gone and free for anybody when its time is over (%s)', async (swept) => {
      const { store, clock } = await opened();
      await end(store, succeeded(), { queryCode: 'query-code-1' });
      await clock.advance(resultOver);
      if (swept === 'swept') await store.sweep();
      expect(await store.session('query-code-1')).toBeUndefined();
      const other = { authCode: 'auth-code-2', appId: 'other-app', channelId: 'ali_pay', queryCode: 'query-code-1' };
      const lease = await take(store, other);
      expect(await store.session('query-code-1')).toMatchObject({
        appId: 'other-app',
        channelId: 'ali_pay',
        redemption: { id: lease.redemptionId },
      });
    });

    test('works for the whole time from the outcome on', async () => {
      const { store, clock } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      const ended = await store.settle(lease, succeeded());
      expect((await store.session('query-code-1'))?.expiresAt).toEqual(ended?.expiresAt);
      await clock.advance(contractTimes.resultTtlMs - 1_000);
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
    });

    test('works for the whole time from the collection on', async () => {
      const { store, clock } = await opened();
      const held = await end(store, { state: 'HELD' }, { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
      const collected = await store.collect(held.id, { state: 'SUCCEEDED', subject: { openId: 'o' } });
      expect((await store.session('query-code-1'))?.expiresAt).toEqual(collected?.expiresAt);
      await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
    });

    test.each(['claim', 'sweep'] as const)(
      'works for the whole time from when a %s gave a send up',
      async (noticed) => {
        const { store, clock } = await opened();
        const lease = await send(store, { queryCode: 'query-code-1' });
        await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
        await (noticed === 'sweep' ? store.sweep() : store.claim(wish({ queryCode: 'query-code-1' })));
        const ended = await store.redemption(lease.redemptionId);
        expect(ended).toMatchObject({ state: 'INDETERMINATE' });
        expect((await store.session('query-code-1'))?.expiresAt).toEqual(ended?.expiresAt);
        await clock.advance(2 * MARGIN_MS);
        expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'INDETERMINATE' } });
      },
    );
  });

  describe(`${name}: identities`, () => {
    test.each<[string, Subject]>([
      ['openId', { openId: 'same' }],
      ['userId', { userId: 'same' }],
    ])('the same %s is the same payer', async (_, subject) => {
      const { store, clock } = await opened();
      const first = await authenticate(store, subject);
      await clock.advance(1_000);
      const second = await authenticate(store, subject);
      expect(second.id).toBe(first.id);
      expect(second.firstAuthenticatedAt).toEqual(first.firstAuthenticatedAt);
      expect(second.lastAuthenticatedAt.getTime()).toBeGreaterThanOrEqual(first.lastAuthenticatedAt.getTime() + 1_000);
    });

    test('an openId and a userId of the same spelling are two payers', async () => {
      const { store } = await opened();
      const byOpenId = await authenticate(store, { openId: 'same' });
      const byUserId = await authenticate(store, { userId: 'same' });
      expect(byUserId.id).not.toBe(byOpenId.id);
    });

    test('20 concurrent first authentications of a payer make one identity', async () => {
      const { store } = await opened();
      const identities = await times(20, () => authenticate(store, { openId: 'new', userId: 'new too' }));
      expect(new Set(identities.map(({ id }) => id)).size).toBe(1);
    });

    test('an openId and a userId that come together belong together', async () => {
      const { store } = await opened();
      const { id } = await authenticate(store, { openId: 'o', userId: 'u' });
      expect(await authenticate(store, { userId: 'u' })).toMatchObject({ id, openId: 'o', userId: 'u' });
      expect(await authenticate(store, { openId: 'o' })).toMatchObject({ id, openId: 'o', userId: 'u' });
    });

    test.each<[string, Subject, Subject]>([
      ['userId', { openId: 'o' }, { userId: 'u' }],
      ['openId', { userId: 'u' }, { openId: 'o' }],
    ])('a %s learnt later finds the payer that is known already', async (_, known, learnt) => {
      const { store } = await opened();
      const { id } = await authenticate(store, known);
      await authenticate(store, { ...known, ...learnt });
      expect(await authenticate(store, learnt)).toMatchObject({ id, openId: 'o', userId: 'u' });
    });

    test.each<[string, Subject]>([
      ['without a userId', { openId: 'a' }],
      ['with a userId', { openId: 'a', userId: 'ua' }],
    ])('the openId of A %s with the userId of B answers A and keeps both', async (_, subject) => {
      const { store } = await opened();
      const a = await authenticate(store, subject);
      const b = await authenticate(store, { openId: 'b', userId: 'ub' });
      const answer = await authenticate(store, { openId: 'a', userId: 'ub', unionId: 'learnt' });
      expect(answer).toMatchObject({ id: a.id, openId: 'a', userId: subject.userId ?? null, unionId: 'learnt' });
      const place = { channelId: 'wechat_pay', appId: 'demo' };
      const found = await store.identities([
        { ...place, openId: 'a' },
        { ...place, openId: 'b' },
        { ...place, userId: 'ub' },
      ]);
      expect(found).toMatchObject([{ id: a.id }, { id: b.id }, { id: b.id }]);
      expect(found[1]).toEqual(b);
    });

    test.each<[string, Subject, Subject]>([
      ['openId', { openId: 'earlier', userId: 'u' }, { openId: 'later', userId: 'u' }],
      ['userId', { openId: 'o', userId: 'earlier' }, { openId: 'o', userId: 'later' }],
    ])('a new %s of a payer takes the place of the earlier one, which then is nobody', async (kind, first, then) => {
      const { store } = await opened();
      const { id } = await authenticate(store, first);
      expect(await authenticate(store, then)).toMatchObject({ id, ...then });
      const place = { channelId: 'wechat_pay', appId: 'demo' };
      const by = (value: string): IdentityRef =>
        kind === 'openId' ? { ...place, openId: value } : { ...place, userId: value };
      expect(await store.identities([{ id }, by('later'), by('earlier')])).toMatchObject([{ id }, { id }, undefined]);
      const alone = kind === 'openId' ? { openId: 'earlier' } : { userId: 'earlier' };
      const stranger = await authenticate(store, alone);
      expect(stranger.id).not.toBe(id);
      expect(await store.identities([{ id }, by('later'), by('earlier')])).toMatchObject([
        { id, ...then },
        { id },
        { id: stranger.id },
      ]);
    });

    test('fields learnt later are added and earlier ones kept', async () => {
      const { store } = await opened();
      const { id } = await authenticate(store, { openId: 'o', unionId: 'n' });
      await authenticate(store, { openId: 'o', subAppId: 'sa' });
      const identity = await authenticate(store, { openId: 'o', unionId: undefined, subOpenId: 'so' });
      expect(identity).toMatchObject({ id, unionId: 'n', subAppId: 'sa', subOpenId: 'so', userId: null });
      expect(await authenticate(store, { openId: 'o', unionId: 'newer' })).toMatchObject({ id, unionId: 'newer' });
    });

    test('the same ids in another app or on another channel are another payer', async () => {
      const { store } = await opened();
      const subject = { openId: 'o', userId: 'u' };
      const places = [{}, { appId: 'other-app' }, { channelId: 'ali_pay' }];
      const identities = await Promise.all(places.map((place) => authenticate(store, subject, place)));
      expect(new Set(identities.map(({ id }) => id)).size).toBe(3);
      const refs = [
        { channelId: 'wechat_pay', appId: 'demo', openId: 'o' },
        { channelId: 'wechat_pay', appId: 'other-app', userId: 'u' },
        { channelId: 'ali_pay', appId: 'demo', openId: 'o' },
        { channelId: 'ali_pay', appId: 'other-app', openId: 'o' },
      ];
      expect(await store.identities(refs)).toEqual([...identities, undefined]);
    });

    test('are found in the order asked, by any key, as often as asked', async () => {
      const { store } = await opened();
      const place = { channelId: 'wechat_pay', appId: 'demo' };
      const alice = await authenticate(store, { openId: 'alice', userId: '2088-alice' });
      const bob = await authenticate(store, { userId: '2088-bob' });
      const refs: IdentityRef[] = [
        { ...place, userId: '2088-bob' },
        { id: alice.id },
        { id: 'unknown' },
        { ...place, openId: 'alice' },
        { ...place, openId: '2088-bob' },
        { id: alice.id },
        { ...place, userId: '2088-alice' },
        { ...place, openId: "'; DROP TABLE identities; --" },
        { id: bob.id },
      ];
      const found = [bob, alice, undefined, alice, undefined, alice, alice, undefined, bob];
      expect(await store.identities(refs)).toEqual(found);
      expect(await store.identities([])).toEqual([]);
      const many = Array.from({ length: 1_000 }, (_, index) =>
        index % 2 ? { id: `unknown-${index}` } : { id: bob.id },
      );
      expect(await store.identities(many)).toEqual(many.map(({ id }) => (id === bob.id ? bob : undefined)));
    });

    test('outlive the redemptions they came from', async () => {
      const { store, clock } = await opened();
      const { id } = await authenticate(store, { openId: 'o' });
      await clock.advance(codeOver);
      await store.sweep();
      expect(await store.identities([{ id }])).toMatchObject([{ id, openId: 'o' }]);
      expect(await authenticate(store, { openId: 'o' })).toMatchObject({ id });
    });
  });

  describe(`${name}: rotating keys`, () => {
    const PACE = { batch: 2, pauseMs: 0 };
    const place = { appId: 'demo', channelId: 'wechat_pay' };

    /** 3 payers, 2 of them with tokens and 1 with a certification, and a certification of nobody. */
    const fill = async (store: Store) => {
      const accessToken = { value: 'token', expiresAt: new Date(1_900_000_000_000) };
      const ended = [
        await end(store, { ...succeeded({ openId: 'a' }), accessToken } as Outcome, { authCode: 'a' }),
        await end(store, { ...succeeded({ openId: 'b', userId: 'ub' }), accessToken } as Outcome, { authCode: 'b' }),
        await end(store, succeeded({ userId: 'uc' }), { authCode: 'c' }),
        await end(store, rejected, { authCode: 'd' }),
      ];
      const [payer] = ended.flatMap((one) => (one.state === 'SUCCEEDED' ? [one.identity.id] : []));
      await store.addCertification({ certifyId: 'certify-1', ...place, identityId: payer ?? null });
      await store.addCertification({ certifyId: 'certify-2', ...place, identityId: null });
      return async (other: Store) => {
        for (const one of ended) expect(await other.redemption(one.id)).toEqual(one);
        expect(await other.certification('certify-1')).toMatchObject({ certifyId: 'certify-1', identityId: payer });
        expect(await other.certification('certify-2')).toMatchObject({ certifyId: 'certify-2' });
      };
    };
    const VALUES = 3 + 2 + 2;

    test('everything that an older key sealed is sealed with the newest, and the older is needed no more', async () => {
      const { store, keys, join } = await opened();
      const expectAll = await fill(store);
      expect(await resealAll(store, PACE)).toEqual({ resealed: 0, unreadable: 0 });
      keys.rotate();
      const rotating = await join(keys.open());
      await expect(expectAll(await join(keys.openNewest()))).rejects.toThrow(VaultError);
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: VALUES, unreadable: 0 });
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: 0, unreadable: 0 });
      await expectAll(await join(keys.openNewest()));
      // The one that has been running all the time learns of the key when it meets it.
      await expectAll(store);
    });

    test('a pass that is broken off is begun again, and finds less to do', async () => {
      const { store, keys, join } = await opened();
      const expectAll = await fill(store);
      keys.rotate();
      const broken = await join(keys.open());
      expect(await broken.reseal(2)).toMatchObject({ resealed: 2, unreadable: 0 });
      expect(await resealAll(await join(keys.open()), PACE)).toEqual({ resealed: VALUES - 2, unreadable: 0 });
      await expectAll(await join(keys.openNewest()));
    });

    test('two at once do the work once', async () => {
      const { store, keys, join } = await opened();
      const expectAll = await fill(store);
      keys.rotate();
      const both = [await join(keys.open()), await join(keys.open())];
      const reports = await Promise.all(both.map((one) => resealAll(one, PACE)));
      expect(reports.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(VALUES);
      await expectAll(await join(keys.openNewest()));
    });

    test('what is learnt of payers meanwhile is not lost', async () => {
      const { store, keys, join } = await opened();
      const payers = Array.from({ length: 10 }, (_, index) => `payer-${index}`);
      for (const openId of payers) await authenticate(store, { openId });
      for (let round = 0; round < 5; round += 1) {
        keys.rotate();
        const rotating = await join(keys.open());
        const learnt = payers.map((openId) => authenticate(store, { openId, unionId: `union-${round}` }));
        await Promise.all([resealAll(rotating, PACE), ...learnt]);
        const refs = payers.map((openId) => ({ ...place, openId }));
        const found = payers.map((openId) => ({ openId, unionId: `union-${round}` }));
        expect(await store.identities(refs)).toMatchObject(found);
      }
    });

    test('a row that does not open is counted, stays as it is and holds up no other', async () => {
      const { store, keys, join, query } = await opened();
      await fill(store);
      await query(`UPDATE redemptions SET answer_sealed = (SELECT min(subject_sealed) FROM identities)
        WHERE id = (SELECT min(id) FROM redemptions WHERE answer_sealed IS NOT NULL)`);
      keys.rotate();
      const rotating = await join(keys.open());
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: VALUES - 1, unreadable: 1 });
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: 0, unreadable: 1 });
    });
  });

  describe(`${name}: what does not open`, () => {
    /** Puts what was sealed for one payer in the place of what was sealed for another. */
    const tamper = (query: OpenedStore['query'], { id }: PayerIdentity, other: PayerIdentity) =>
      query(`UPDATE identities SET subject_sealed = (SELECT subject_sealed FROM identities WHERE id = '${other.id}')
        WHERE id = '${id}'`);

    test('is an error in its own place, and the others are there', async () => {
      const { store, query } = await opened();
      const [a, bad, c] = [
        await authenticate(store, { openId: 'a' }),
        await authenticate(store, { openId: 'bad' }),
        await authenticate(store, { openId: 'c' }),
      ];
      const place = { appId: 'demo', channelId: 'wechat_pay' };
      for (const [certifyId, identityId] of [
        ['certify-a', a.id],
        ['certify-bad', bad.id],
      ] as const)
        await store.addCertification({ certifyId, ...place, identityId });
      await tamper(query, bad, a);
      await query(`UPDATE certifications SET certify_id_sealed = (SELECT subject_sealed FROM identities
        WHERE id = '${a.id}') WHERE identity_id = '${bad.id}'`);

      const error = expect.any(VaultError);
      const refs = [{ id: a.id }, { id: bad.id }, { ...place, openId: 'bad' }, { id: 'unknown' }, { id: c.id }];
      expect(await store.identities(refs)).toEqual([a, error, error, undefined, c]);
      const certifications = [expect.objectContaining({ certifyId: 'certify-a' }), error, undefined];
      expect(await store.certificationsOf([a.id, bad.id, c.id])).toEqual(certifications);
      await expect(store.certification('certify-bad')).rejects.toThrow(VaultError);
    });

    test('rejects whatever would have told it, and nothing else', async () => {
      const { store, query } = await opened();
      const bad = await authenticate(store, { openId: 'bad' }, { authCode: 'code', queryCode: 'query-code-1' });
      await tamper(query, bad, await authenticate(store, { openId: 'a' }));
      const again = { authCode: 'code', queryCode: 'query-code-1' };
      await expect(store.session('query-code-1')).rejects.toThrow(VaultError);
      await expect(store.claim(wish(again))).rejects.toThrow(VaultError);
      expect(await store.claim(wish({ ...again, caller: 'other' }))).toEqual({ kind: 'CODE_USED' });
      await expect(authenticate(store, { openId: 'bad' })).rejects.toThrow(VaultError);
      expect(await authenticate(store, { openId: 'a' })).toMatchObject({ openId: 'a' });
      // The way out: the payer is erased, and may come again.
      expect(await store.erase(bad.id)).toMatchObject({ identities: 1 });
      expect(await authenticate(store, { openId: 'bad' })).toMatchObject({ openId: 'bad' });
    });
  });

  describe(`${name}: the time that payers are kept`, () => {
    const keptMs = 3 * contractTimes.resultTtlMs;
    const limited = { ...contractTimes, identityTtlMs: keptMs, certificationTtlMs: keptMs };
    const certification = { appId: 'demo', channelId: 'wechat_pay' };

    test('begins anew when the payer authenticates; then the payer is gone, and the code stays used', async () => {
      const { store, clock, query } = await opened(limited);
      const payer = await authenticate(store, { openId: 'o' }, { authCode: 'first' });
      await clock.advance(keptMs - MARGIN_MS);
      await authenticate(store, { openId: 'o' }, { authCode: 'second' });
      await store.addCertification({ certifyId: 'certify-1', ...certification, identityId: payer.id });
      await clock.advance(keptMs - MARGIN_MS);
      await store.sweep();
      expect(await store.identities([{ id: payer.id }])).toMatchObject([{ id: payer.id }]);
      await clock.advance(2 * MARGIN_MS);
      expect((await store.sweep()).purged).toBeGreaterThan(0);
      expect(await store.identities([{ id: payer.id }])).toEqual([undefined]);
      for (const table of ['identities', 'certifications'])
        expect(await query(`SELECT * FROM ${table}`), table).toEqual([]);
      expect(await store.claim(wish({ authCode: 'second' }))).toEqual({ kind: 'CODE_USED' });
      expect((await authenticate(store, { openId: 'o' })).id).not.toBe(payer.id);
    });

    test('is never over before the outcome that shows the payer', async () => {
      const { store, clock } = await opened({ ...limited, identityTtlMs: contractTimes.resultTtlMs / 4 });
      const { id } = await end(store, succeeded(), { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.resultTtlMs / 2);
      await store.sweep();
      expect(await store.redemption(id)).toMatchObject({ state: 'SUCCEEDED', identity: { openId: 'open-1' } });
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
      await clock.advance(contractTimes.resultTtlMs / 2 + MARGIN_MS);
      await store.sweep();
      expect(await store.identities([{ channelId: 'wechat_pay', appId: 'demo', openId: 'open-1' }])).toEqual([
        undefined,
      ]);
    });

    test('has no end when none is set', async () => {
      const { store, clock } = await opened();
      const { id } = await authenticate(store, { openId: 'o' });
      await store.addCertification({ certifyId: 'certify-1', ...certification, identityId: id });
      await clock.advance(10 * 365 * 86_400_000);
      await store.sweep();
      expect(await store.identities([{ id }])).toMatchObject([{ id }]);
      expect(await store.certification('certify-1')).toMatchObject({ identityId: id });
    });

    test('ends for certifications by themselves, however many, in one sweep', async () => {
      const { store, clock, query } = await opened({ ...limited, identityTtlMs: undefined });
      const { id } = await authenticate(store, { openId: 'o' });
      // In portions: an engine may turn away more writers at once than it has places for.
      for (let from = 0; from < 1_100; from += 50)
        await times(50, (index) =>
          store.addCertification({ certifyId: `certify-${from + index}`, ...certification, identityId: id }),
        );
      await clock.advance(keptMs - 4 * MARGIN_MS);
      await store.sweep();
      expect(await query('SELECT status FROM certifications')).toHaveLength(1_100);
      await clock.advance(5 * MARGIN_MS);
      await store.sweep();
      expect(await query('SELECT status FROM certifications')).toEqual([]);
      expect(await store.identities([{ id }])).toMatchObject([{ id }]);
    });

    test('leaves nothing behind: 5 s after everything is over one sweep empties every table', async () => {
      const { store, clock, query } = await opened(limited);
      const payer = await authenticate(store, { openId: 'o' }, { queryCode: 'query-code-1' });
      await end(store, rejected, { authCode: 'refused', queryCode: 'query-code-2' });
      await store.addCertification({ certifyId: 'certify-1', ...certification, identityId: payer.id });
      await store.addCertification({ certifyId: 'certify-2', ...certification, identityId: null });
      await clock.advance(codeOver);
      await store.sweep();
      for (const table of ['identities', 'redemptions', 'sessions', 'certifications'])
        expect(await query(`SELECT * FROM ${table}`), table).toEqual([]);
    });
  });

  describe(`${name}: erasing a payer`, () => {
    const certification = { appId: 'demo', channelId: 'wechat_pay' };

    test('deletes the payer, its tokens and its certifications, and no other payer', async () => {
      const { store, query } = await opened();
      const withToken: Outcome = { state: 'SUCCEEDED', subject: { openId: 'o' }, accessToken: { value: 'token' } };
      const shown = await end(store, withToken, { authCode: 'first', queryCode: 'query-code-1' });
      const payer = await authenticate(store, { openId: 'o' }, { authCode: 'second' });
      const other = await authenticate(store, { openId: 'other' }, { queryCode: 'query-code-2' });
      for (const [certifyId, identityId] of [
        ['certify-1', payer.id],
        ['certify-2', payer.id],
        ['certify-other', other.id],
      ] as const)
        await store.addCertification({ certifyId, ...certification, identityId });

      expect(await store.erase(payer.id)).toEqual({ identities: 1, certifications: 2, outcomes: 2, tokens: 1 });
      expect(await store.identities([{ id: payer.id }, { ...certification, openId: 'o' }])).toEqual([
        undefined,
        undefined,
      ]);
      expect(await store.redemption(shown.id)).toBeUndefined();
      expect(await store.session('query-code-1')).toBeUndefined();
      expect(await store.certificationsOf([payer.id])).toEqual([undefined]);
      expect(await store.certification('certify-1')).toBeUndefined();
      expect(await query('SELECT id FROM redemptions WHERE answer_sealed IS NOT NULL')).toEqual([]);

      expect(await store.identities([{ id: other.id }])).toEqual([other]);
      expect(await store.session('query-code-2')).toMatchObject({ redemption: { identity: { id: other.id } } });
      expect(await store.certification('certify-other')).toMatchObject({ identityId: other.id });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
    });

    test('leaves codes used and the query code taken', async () => {
      const { store } = await opened();
      const claim = { authCode: 'first', queryCode: 'query-code-1' };
      const lease = await send(store, claim);
      const ended = await store.settle(lease, succeeded());
      if (ended?.state !== 'SUCCEEDED') throw new Error('Expected SUCCEEDED');
      await store.erase(ended.identity.id);
      expect(await store.claim(wish(claim))).toEqual({ kind: 'CODE_USED' });
      expect(await store.claim(wish({ ...claim, caller: 'other' }))).toEqual({ kind: 'CODE_USED' });
      expect(await store.claim(wish({ ...claim, authCode: 'new' }))).toEqual({ kind: 'SESSION_TAKEN' });
      expect(await store.settle(lease, succeeded())).toBeUndefined();
      const again = await authenticate(store, { openId: 'open-1' });
      expect(again.id).not.toBe(ended.identity.id);
    });

    test('of nobody deletes nothing, and neither does a second time', async () => {
      const { store } = await opened();
      const nothing = { identities: 0, certifications: 0, outcomes: 0, tokens: 0 };
      const { id } = await authenticate(store, { openId: 'o' });
      expect(await store.erase('unknown')).toEqual(nothing);
      expect(await store.erase(id)).toMatchObject({ identities: 1 });
      expect(await store.erase(id)).toEqual(nothing);
    });

    test('while the payer authenticates: every outcome shows a payer that is there, or is over', async () => {
      const { store, query } = await opened();
      for (let round = 0; round < 5; round += 1) {
        const { id } = await authenticate(store, { openId: 'o' });
        const authenticated = times(10, () => authenticate(store, { openId: 'o' }));
        const [report, identities] = await Promise.all([store.erase(id), authenticated]);
        expect(report).toMatchObject({ identities: 1 });
        expect(identities.map(({ openId }) => openId)).toEqual(Array(10).fill('o'));
      }
      const told = await query<{ id: string }>("SELECT id FROM redemptions WHERE state = 'SUCCEEDED'");
      for (const { id } of told) {
        const redemption = await store.redemption(id);
        if (redemption) expect(redemption).toMatchObject({ identity: { openId: 'o' } });
      }
    });
  });

  describe(`${name}: watching`, () => {
    const changes: readonly [string, (engine: OpenedStore, lease: Lease) => Promise<unknown>][] = [
      ['an outcome', ({ store }, lease) => store.settle(lease, rejected)],
      ['a release', ({ store }, lease) => store.release(lease)],
      [
        'a sweep',
        async ({ store, clock }) => {
          await clock.advance(leaseOver);
          await store.sweep();
        },
      ],
      [
        'a duplicate that finds the send abandoned',
        async ({ store, clock }) => {
          await clock.advance(leaseOver);
          await store.claim(wish({ queryCode: 'query-code-1' }));
        },
      ],
    ];

    for (const [what, change] of changes) {
      test(`${what} wakes whoever watches the redemption or its query code`, async () => {
        const engine = await opened();
        const lease = await send(engine.store, { queryCode: 'query-code-1' });
        const watches = [
          engine.store.watch({ redemptionId: lease.redemptionId }),
          engine.store.watch({ queryCode: 'query-code-1' }),
        ];
        const woken = watches.map(wakes);
        await change(engine, lease);
        expect(await Promise.all(woken)).toEqual([true, true]);
      });
    }

    test('the sweep of an expired claim wakes as well', async () => {
      const { store, clock } = await opened();
      const lease = await take(store, { queryCode: 'query-code-1' });
      const watches = [store.watch({ redemptionId: lease.redemptionId }), store.watch({ queryCode: 'query-code-1' })];
      await clock.advance(leaseOver);
      await store.sweep();
      expect(await Promise.all(watches.map(wakes))).toEqual([true, true]);
    });

    test('a collection wakes whoever watches the query code', async () => {
      const { store } = await opened();
      const held = await end(store, { state: 'HELD' }, { queryCode: 'query-code-1' });
      const woken = wakes(store.watch({ queryCode: 'query-code-1' }));
      await store.collect(held.id, { state: 'SUCCEEDED', subject: { openId: 'o' } });
      expect(await woken).toBe(true);
    });

    test('a change between watch and changed is not missed', async () => {
      const { store } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      const watches = [store.watch({ redemptionId: lease.redemptionId }), store.watch({ queryCode: 'query-code-1' })];
      await store.settle(lease, rejected);
      expect(await Promise.all(watches.map(wakes))).toEqual([true, true]);
    });

    test('nothing but a change of its own subject wakes a watcher before its time', async () => {
      const { store } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      const watch = store.watch({ redemptionId: lease.redemptionId });
      onTestFinished(watch.close);
      await end(store, rejected, { authCode: 'auth-code-2', queryCode: 'query-code-2' });
      const startedAt = performance.now();
      await watch.changed(150);
      expect(performance.now() - startedAt).toBeGreaterThan(140);
    });

    test('closing a watch ends its wait, and takes nothing from the next watcher, however often', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const first = store.watch({ redemptionId: lease.redemptionId });
      const waiting = first.changed(PATIENCE_MS);
      first.close();
      await waiting;
      const second = store.watch({ redemptionId: lease.redemptionId });
      first.close();
      const woken = wakes(second);
      await store.settle(lease, rejected);
      expect(await woken).toBe(true);
    });
  });

  describe(`${name}: what is written`, () => {
    test('survives a restart', async () => {
      const { store, clock, reopen } = await opened();
      await take(store, { authCode: 'claimed' });
      const sent = await send(store, { authCode: 'sent', queryCode: 'query-code-sent' });
      const token = { value: 'token', expiresAt: new Date(1_900_000_000_000) };
      const outcome: Outcome = { state: 'SUCCEEDED', subject: { openId: 'o', userId: 'u' }, accessToken: token };
      const done = await end(store, outcome, { authCode: 'done', queryCode: 'query-code-done' });
      const refused = await end(store, rejected, { authCode: 'refused' });
      const held = await end(store, { state: 'HELD' }, { authCode: 'held', queryCode: 'query-code-held' });

      const reopened = await reopen();
      expect(await reopened.claim(wish({ authCode: 'claimed' }))).toMatchObject({
        kind: 'DUPLICATE',
        redemption: { state: 'CLAIMED' },
      });
      expect(await reopened.redemption(done.id)).toEqual(done);
      expect((await reopened.session('query-code-done'))?.redemption).toEqual(done);
      expect(await reopened.redemption(refused.id)).toEqual(refused);
      expect((await reopened.session('query-code-held'))?.redemption).toEqual(held);
      expect(await reopened.identities([{ channelId: 'wechat_pay', appId: 'demo', userId: 'u' }])).toEqual([
        done.state === 'SUCCEEDED' ? done.identity : undefined,
      ]);
      expect(await reopened.session('query-code-sent')).toMatchObject({ redemption: { state: 'SENT' } });
      await clock.advance(leaseOver);
      await take(reopened, { authCode: 'claimed' });
      expect(await reopened.sweep()).toMatchObject({ released: 0, abandoned: 1 });
      expect(await reopened.redemption(sent.redemptionId)).toMatchObject({ state: 'INDETERMINATE' });
    });

    test('holds no auth code, query code, payer id or token, in any spelling', async () => {
      const { store, dump } = await opened();
      const canary = (kind: string) => `canary-of-${kind}-7c1f4b`;
      const claim = { authCode: canary('auth-code'), queryCode: canary('query-code'), caller: canary('caller') };
      const ids = { openId: canary('open-id'), userId: canary('user-id'), unionId: canary('union-id') };
      const subject = { ...ids, subAppId: canary('sub-app'), subOpenId: canary('sub-open-id') };
      const token = canary('token');
      const outcome: Outcome = { state: 'SUCCEEDED', subject, accessToken: { value: token } };
      await end(store, outcome, { ...claim, appId: 'plain-app-id' });
      await take(store, { ...claim, authCode: `${claim.authCode}2`, queryCode: `${claim.queryCode}2` });

      const written = await dump();
      expect(written.includes('plain-app-id'), 'the dump shows what may be seen').toBe(true);
      const found = [...Object.values(claim), ...Object.values(subject), token].flatMap((secret) => {
        const bytes = Buffer.from(secret);
        const encoded = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
        const spellings = [secret, secret.toUpperCase(), ...encoded, bytes.toString('hex').toUpperCase()];
        return [...spellings.map((text) => Buffer.from(text)), Buffer.from(secret, 'utf16le')].flatMap((spelling) =>
          written.includes(spelling) ? [spelling.toString()] : [],
        );
      });
      expect(found).toEqual([]);
    });

    test('can be kept: ready says so', async () => {
      const { store } = await opened();
      await expect(store.ready()).resolves.toBeUndefined();
    });

    test('is refused after the end: a closed store rejects', { timeout: 3_000 }, async () => {
      const { store, close } = await opened();
      await close();
      await expect(store.claim(wish())).rejects.toThrow();
      await expect(store.ready()).rejects.toThrow();
    });
  });
};
