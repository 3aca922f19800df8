/** Claims, outcomes and times that the contract of a store uses. */
import { expect } from 'vitest';
import type { Watch } from '../../../src/lib/wakeups.ts';
import type { PayerIdentity, Subject } from '../../../src/model.ts';
import type { Claim, FinalOutcome, Lease, Outcome, Redemption, StoreTimes } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';

export const contractTimes: StoreTimes = { leaseMs: 10_000, resultTtlMs: 60_000, codeTtlMs: 600_000 };
/** The distance of the contract from instants at which rows expire: a database's clock goes on during a test. */
export const MARGIN_MS = 5_000;
export const leaseOver = contractTimes.leaseMs + MARGIN_MS;
export const resultOver = contractTimes.resultTtlMs + MARGIN_MS;
export const codeOver = contractTimes.codeTtlMs + MARGIN_MS;

/** A dump of PostgreSQL begins with a checkpoint, which writes what all tests before it have changed. */
export const DUMP = { timeout: 90_000 };

/** A claim of an auth code, with one caller for the binding. */
export interface TestClaim extends Pick<Claim, 'source' | 'upstreamAppId' | 'appId' | 'channelId' | 'traceId'> {
  readonly authCode: string;
  readonly caller: string;
  readonly queryCode?: string | undefined;
}

export const claimOf = ({ authCode, caller, queryCode, ...claim }: TestClaim): Claim => ({
  ...claim,
  kind: 'authCode',
  code: authCode,
  binding: [caller],
  session: queryCode === undefined ? undefined : { queryCode },
});

export const testClaim = (changes: Partial<TestClaim> = {}): Claim =>
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

/** Claims, and expects CLAIMED. */
export const take = async (store: Store, changes: Partial<TestClaim> = {}): Promise<Lease> => {
  const verdict = await store.claim(testClaim(changes));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  return verdict.lease;
};

export const send = async (store: Store, changes: Partial<TestClaim> = {}): Promise<Lease> => {
  const lease = await take(store, changes);
  expect(await store.markSent(lease)).toBe(true);
  return lease;
};

export const end = async (store: Store, outcome: Outcome, changes: Partial<TestClaim> = {}): Promise<Redemption> => {
  const ended = await store.settle(await send(store, changes), outcome);
  if (!ended) throw new Error('Expected an outcome');
  return ended;
};

/** As a session shows a redemption: no reader of a query code gets the access token. */
export const inSession = (redemption: Redemption): Redemption =>
  'accessToken' in redemption ? { ...redemption, accessToken: undefined } : redemption;

export const succeeded = (subject: Subject = { openId: 'open-1' }): Outcome => ({ state: 'SUCCEEDED', subject });
export const rejected = {
  state: 'REJECTED' as const,
  failureCode: 'AUTH_CODE_EXPIRED' as const,
  upstreamCode: '42003',
} satisfies FinalOutcome;

let codes = 0;
/** Authenticates a payer with a new auth code, and returns its identity. */
export const authenticate = async (
  store: Store,
  subject: Subject,
  changes: Partial<TestClaim> = {},
): Promise<PayerIdentity> => {
  codes += 1;
  const ended = await end(store, succeeded(subject), { authCode: `payer-code-${codes}`, ...changes });
  if (ended.state !== 'SUCCEEDED') throw new Error(`Expected SUCCEEDED, not ${ended.state}`);
  return ended.identity;
};

export const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

export const count = <T>(values: readonly T[], value: T): number => values.filter((other) => other === value).length;

export const PATIENCE_MS = 4_000;
export const wakes = async (watch: Watch): Promise<boolean> => {
  const startedAt = performance.now();
  await watch.changed(PATIENCE_MS);
  watch.close();
  return performance.now() - startedAt < PATIENCE_MS / 2;
};
