/** The machine that redeems a code: what each transition answers, stores and notes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import type { CallNote } from '../../src/identity/call.ts';
import { createRedeemOnce } from '../../src/identity/redeem-once.ts';
import type { Redeem } from '../../src/identity/redeem-with-retry.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Claim, ClaimVerdict, Redemption } from '../../src/store/model.ts';
import type { Store } from '../../src/store/store.ts';
import { claimOf, contractTimes, testClaim } from '../contract/store/fixtures.ts';
import { claim, openSteps, rejected, send } from './redeem-steps.ts';

test('a duplicate whose wake-up got lost reads the outcome long before patienceMs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-once-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const vault = openVault(generateVaultKeys());
  // Two processes on one SQLite file do not wake each other: it is as if every notice got lost.
  const open = () => {
    const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: Date.now });
    const store = createStore(engine, { vault, times: contractTimes });
    onTestFinished(() => store.close());
    return store;
  };
  const [here, there] = [open(), open()];
  const place = { source: 'daxpay', upstreamAppId: 'upstream', appId: 'demo', channelId: 'ali_pay' };
  const claim = claimOf({ ...place, authCode: 'code', caller: 'router', traceId: 'trace' });
  const verdict = await there.claim(claim);
  if (verdict.kind !== 'CLAIMED') throw new Error('Expected CLAIMED');
  await there.markSent(verdict.lease);

  const times = { deadlineMs: 1_000, patienceMs: 60_000, leaseMs: contractTimes.leaseMs };
  const redeemOnce = createRedeemOnce({ store: here, log: createLog('silent'), metrics: createMetrics(), times });
  const awaited = redeemOnce(claim, () => Promise.reject(new Error('A duplicate sends nothing')), {
    clientGone: new AbortController().signal,
  });
  // It has to be asleep: what it sees when it first looks needs no wake-up.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await there.settle(verdict.lease, { state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' });
  const settledAt = performance.now();
  expect(await awaited).toMatchObject({ state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' });
  expect(performance.now() - settledAt).toBeLessThan(10_000);
});

describe('the machine', () => {
  const times = { deadlineMs: 1_000, patienceMs: 1_000, leaseMs: contractTimes.leaseMs };
  const neverSent: Redeem = () => Promise.reject(new Error('Nothing may be sent'));
  const start = (changes?: (store: Store) => Partial<Store>) => {
    const steps = openSteps(changes);
    const notes: CallNote[] = [];
    const redeemOnce = createRedeemOnce({ ...steps, times });
    const note = (fields: CallNote) => void notes.push(fields);
    const run = (redeem: Redeem, requireReady?: () => void, clientGone = new AbortController().signal) =>
      redeemOnce(testClaim(), redeem, { clientGone, requireReady, note });
    const runFor = (claimed: Claim) =>
      redeemOnce(claimed, neverSent, { clientGone: new AbortController().signal, note });
    const isFree = async () => (await steps.plain.claim(testClaim({ caller: 'other' }))).kind === 'CLAIMED';
    return { ...steps, notes, run, runFor, isFree };
  };
  const endedIn = async (store: Store): Promise<Redemption> => {
    const ended = await store.settle(await send(store), rejected);
    if (!ended) throw new Error('It was pending');
    return ended;
  };
  const succeeded: Redeem = async () => ({ state: 'SUCCEEDED', subject: { openId: 'o' } });
  /** Claims do not mark, as those of a channel that was suspended when the call began. */
  const unmarked = (store: Store): Pick<Store, 'claim'> => ({
    claim: (request) => store.claim({ ...request, marks: false }),
  });

  test('P1: a success is answered and noted, and a duplicate reads it without sending', async () => {
    const { run, notes } = start();
    expect(await run(succeeded)).toMatchObject({ state: 'SUCCEEDED', identity: { openId: 'o' } });
    expect(await run(neverSent)).toMatchObject({ state: 'SUCCEEDED', identity: { openId: 'o' } });
    expect(notes).toEqual([
      { event: 'a code was redeemed', state: 'SUCCEEDED' },
      { event: 'an earlier outcome was read', state: 'SUCCEEDED' },
    ]);
  });

  const byState: Claim = { ...testClaim(), session: { stateId: 'a state' } };
  const byQueryCode = testClaim({ queryCode: 'a-query-code' });
  const wrongVerifier = {
    path: 'codeVerifier',
    message: 'the verifier of the codeChallenge that the session was started with; none where it had none',
  };
  const refusals: [ClaimVerdict, Claim, object, CallNote[]][] = [
    [{ kind: 'CODE_USED' }, testClaim(), { code: 'AUTH_CODE_USED', fields: [] }, []],
    [{ kind: 'NO_SESSION' }, testClaim(), { code: 'NOT_ALLOWED', fields: [] }, []],
    [{ kind: 'NO_SESSION' }, byQueryCode, { code: 'NOT_ALLOWED', fields: [] }, []],
    [{ kind: 'NO_SESSION' }, byState, { code: 'SESSION_EXPIRED', fields: [] }, []],
    [{ kind: 'SESSION_SPENT' }, byState, { code: 'SESSION_SPENT', fields: [] }, []],
    [{ kind: 'SESSION_CANCELLED' }, byState, { code: 'SESSION_CANCELLED', fields: [] }, []],
    [
      { kind: 'VERIFIER_WRONG' },
      byState,
      { code: 'INPUT_INVALID', fields: [wrongVerifier] },
      [{ event: 'a code verifier was refused' }],
    ],
    [
      { kind: 'SESSION_TAKEN' },
      byQueryCode,
      { code: 'QUERY_CODE_TAKEN', fields: [{ path: 'queryCode', message: 'a new random value' }] },
      [],
    ],
    [
      { kind: 'SESSION_SPENT', clientReferenceId: 'order-1' },
      byState,
      { code: 'SESSION_SPENT' },
      [{ clientReferenceId: 'order-1' }],
    ],
  ];
  test.each(refusals)(
    'a claim that is refused as %j of %j fails as %j, and notes %j',
    async (verdict, of, failure, noted) => {
      const { runFor, notes } = start(() => ({ claim: async () => verdict }));
      await expect(runFor(of)).rejects.toMatchObject(failure);
      expect(notes).toEqual(noted);
    },
  );

  test('P4: a code for a session that has ended answers how the session ended', async () => {
    const { runFor, notes, plain } = start((store) => ({
      claim: async () => ({ kind: 'SESSION_DONE', redemption: await endedIn(store) }),
    }));
    expect(await runFor(byState)).toMatchObject(rejected);
    expect(notes).toEqual([{ event: 'an earlier outcome was read', state: 'REJECTED' }]);
    expect((await plain.claim(testClaim())).kind).toBe('DUPLICATE');
  });

  test('a code for a busy session waits for the code before it, and is claimed again then', async () => {
    const verdicts: string[] = [];
    const { runFor } = start((store) => ({
      async claim() {
        if (verdicts.length > 0) {
          verdicts.push('second');
          return { kind: 'SESSION_SPENT' };
        }
        const lease = await send(store);
        const pending = await store.redemption(lease.redemptionId);
        if (!pending) throw new Error('It is there');
        verdicts.push(pending.state);
        setTimeout(async () => {
          await store.settle(lease, rejected);
          verdicts.push('settled');
        }, 50);
        return { kind: 'SESSION_BUSY', redemption: pending };
      },
    }));
    await expect(runFor(byState)).rejects.toMatchObject({ code: 'SESSION_SPENT' });
    expect(verdicts).toEqual(['SENT', 'settled', 'second']);
  });

  test('a duplicate whose code is released while it waits gets CHANNEL_UNREACHABLE, since nothing was sent', async () => {
    const { run } = start((store) => ({
      async claim() {
        const lease = await claim(store);
        const pending = await store.redemption(lease.redemptionId);
        if (!pending) throw new Error('It is there');
        setTimeout(() => store.release(lease), 50);
        return { kind: 'DUPLICATE', redemption: pending };
      },
    }));
    await expect(run(neverSent)).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' });
  });

  test('a client that goes while the session is busy gets OUTCOME_PENDING, and no claim follows', async () => {
    const gone = new AbortController();
    let claims = 0;
    const { run } = start((store) => ({
      async claim() {
        claims += 1;
        const lease = await send(store);
        const pending = await store.redemption(lease.redemptionId);
        if (!pending) throw new Error('It is there');
        setTimeout(() => gone.abort(), 50);
        return { kind: 'SESSION_BUSY', redemption: pending };
      },
    }));
    await expect(run(neverSent, undefined, gone.signal)).rejects.toMatchObject({ code: 'OUTCOME_PENDING' });
    expect(claims).toBe(1);
  });

  test('P6: a store that rejects the claim is SERVICE_UNAVAILABLE, and nothing is sent', async () => {
    const { run } = start(() => ({ claim: () => Promise.reject(new Error('full')) }));
    await expect(run(neverSent)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('a client that has gone claims nothing', async () => {
    const { run, isFree } = start();
    await expect(run(neverSent, undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' });
    expect(await isFree()).toBe(true);
  });

  test('a suspended channel releases the code before it is marked as sent', async () => {
    const { run, isFree } = start(() => ({ markSent: () => Promise.reject(new Error('not marked')) }));
    const suspended = new PayerIdentityError('CHANNEL_SUSPENDED');
    const requireReady = () => {
      throw suspended;
    };
    await expect(run(neverSent, requireReady)).rejects.toBe(suspended);
    expect(await isFree()).toBe(true);
  });

  test('P6: a mark whose commit is in question sends nothing and releases the code', async () => {
    const { run, isFree } = start((store) => ({
      ...unmarked(store),
      async markSent(lease) {
        await store.markSent(lease);
        throw new Error('no answer');
      },
    }));
    await expect(run(neverSent)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await isFree()).toBe(true);
  });

  test('a lease that was lost before the mark sends nothing', async () => {
    const { run } = start((store) => ({ ...unmarked(store), markSent: async () => false }));
    await expect(run(neverSent)).rejects.toMatchObject({ code: 'OUTCOME_PENDING' });
  });

  const notMarkedAgain = () => Promise.reject(new Error('it was marked by its claim'));

  test('a code of a ready channel is marked by its claim, in one commit', async () => {
    const { run, plain } = start(() => ({ markSent: notMarkedAgain }));
    const states: string[] = [];
    const redeem: Redeem = async () => {
      const second = await plain.claim(testClaim());
      if (second.kind === 'DUPLICATE') states.push(second.redemption.state);
      return { state: 'SUCCEEDED', subject: { openId: 'o' } };
    };
    expect(await run(redeem, () => {})).toMatchObject({ state: 'SUCCEEDED' });
    expect(states).toEqual(['SENT']);
  });

  test('a code whose claim did not mark is marked before it is sent', async () => {
    const { run } = start(unmarked);
    expect(await run(succeeded)).toMatchObject({ state: 'SUCCEEDED', identity: { openId: 'o' } });
  });

  test('a code that another owner left unsent is marked by its next owner before it is sent', async () => {
    const marked: unknown[] = [];
    const { run } = start((store) => ({
      claim: async () => ({ kind: 'CLAIMED', lease: await claim(store) }),
      async markSent(lease) {
        marked.push(lease);
        return store.markSent(lease);
      },
    }));
    expect(await run(succeeded)).toMatchObject({ state: 'SUCCEEDED' });
    expect(marked).toHaveLength(1);
  });

  test('a channel that is suspended after the claim had marked leaves the code unsent and free', async () => {
    const { run, isFree } = start(() => ({ markSent: notMarkedAgain }));
    const suspended = new PayerIdentityError('CHANNEL_SUSPENDED');
    await expect(run(() => Promise.reject(suspended))).rejects.toBe(suspended);
    expect(await isFree()).toBe(true);
  });

  test('a client that goes while its code is claimed and marked leaves the code unsent and free', async () => {
    const gone = new AbortController();
    const { run, isFree } = start((store) => ({
      async claim(request) {
        const verdict = await store.claim(request);
        gone.abort();
        return verdict;
      },
    }));
    await expect(run(neverSent, undefined, gone.signal)).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' });
    expect(await isFree()).toBe(true);
  });

  test('a code that the upstream did not consume is released, and answers nothing', async () => {
    const { run, isFree } = start();
    expect(await run(async () => undefined)).toBeUndefined();
    expect(await isFree()).toBe(true);
  });

  test('an overloaded channel releases the code, and the caller gets that failure', async () => {
    const { run, isFree, notes } = start();
    const overloaded = new PayerIdentityError('OVERLOADED');
    await expect(run(() => Promise.reject(overloaded))).rejects.toBe(overloaded);
    expect(await isFree()).toBe(true);
    expect(notes).toEqual([]);
  });

  test('P4: an unsent code whose lease was lost answers how its redemption ended', async () => {
    const { run } = start((store) => ({
      async release(lease) {
        await store.settle(lease, rejected);
        return store.release(lease);
      },
    }));
    expect(await run(() => Promise.reject(new PayerIdentityError('OVERLOADED')))).toMatchObject(rejected);
  });

  test('a refusal is REJECTED, and its upstream code is noted', async () => {
    const { run, notes } = start();
    const refused = new PayerIdentityError('AUTH_CODE_EXPIRED', { upstreamCode: '40029' });
    expect(await run(() => Promise.reject(refused))).toMatchObject({
      state: 'REJECTED',
      failureCode: 'AUTH_CODE_EXPIRED',
    });
    expect(notes[0]).toMatchObject({ code: 'AUTH_CODE_EXPIRED', upstreamCode: '40029' });
    expect(notes[0]?.isBug).toBeUndefined();
  });

  test('P3: an unexpected error is INDETERMINATE, and noted as a fault of the service', async () => {
    const { run, notes, isFree } = start();
    const error = new Error('a bug');
    expect(await run(() => Promise.reject(error))).toMatchObject({
      state: 'INDETERMINATE',
      failureCode: 'OUTCOME_UNKNOWN',
    });
    expect(notes[0]).toMatchObject({ error, isBug: true });
    expect(await isFree()).toBe(false);
  });
});
