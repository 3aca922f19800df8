/** Claims to the millisecond, on the engine whose clock a test can stop. What every engine promises: test/contract. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claim } from '../../src/store/claims.ts';
import { createStoreClock } from '../../src/store/clock.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { createKeyCheck } from '../../src/store/key-check.ts';
import type { Claim, Outcome, SessionClaim } from '../../src/store/model.ts';
import { createTestKeys } from '../support/services/keys.ts';

const times = { leaseMs: 1_000, resultTtlMs: 60_000, codeTtlMs: 600_000 };
const succeeded: Outcome = { state: 'SUCCEEDED', subject: { openId: 'alice' } };

const newClaim = (session?: SessionClaim, changes: Partial<Claim> = {}): Claim => ({
  source: 's',
  upstreamAppId: 'u',
  appId: 'demo',
  channelId: 'a',
  traceId: 't',
  kind: 'authCode',
  code: 'code',
  binding: ['caller'],
  session,
  ...changes,
});

const open = () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-claims-'));
  const startMs = 1_800_000_000_000;
  const clock = { ms: 0 };
  const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: () => startMs + clock.ms });
  const vault = createTestKeys().open();
  // The clock that a test stops is the one that instances and database have.
  const options = {
    vault,
    times,
    clock: createStoreClock({ elapsed: () => clock.ms, mostMs: Number.POSITIVE_INFINITY }),
  };
  const store = createStore(engine, options);
  const tools = { ...options, keys: createKeyCheck(vault) };
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const claimAs = (owner: string, wanted = newClaim()) =>
    engine.write(async (db) => {
      tools.keys.confirm(await tools.keys.check(db));
      return claim(db, tools, wanted, owner);
    });
  const claimed = async (wanted = newClaim()) => (await store.claim(wanted)).kind;
  const lease = async (owner: string) => {
    const verdict = await claimAs(owner);
    if (verdict.kind !== 'CLAIMED') throw new Error(verdict.kind);
    return verdict.lease;
  };
  const sessions = async () => (await engine.read.all('SELECT 1 FROM sessions')).length;
  const tick = () => engine.write((db) => options.clock.tick(db));
  return { store, clock, tick, startMs, claimAs, claimed, lease, sessions };
};

const another = newClaim(undefined, { binding: ['another caller'] });
const duplicate = (state: string) => ({ kind: 'DUPLICATE', redemption: { state } });

describe('an owner whose claim is run again', () => {
  test('P1: an owner whose claim runs again has its lease still, and no other owner has it', async () => {
    const { claimAs, lease } = open();
    const mine = await lease('own_1');
    expect(mine).toEqual({ owner: 'own_1', redemptionId: expect.stringMatching(/^red_/) });
    expect(await claimAs('own_1')).toEqual({ kind: 'CLAIMED', lease: mine });
    expect(await claimAs('own_2')).toMatchObject(duplicate('CLAIMED'));
    expect(await claimAs('own_1', another)).toEqual({ kind: 'CODE_USED' });
  });

  test('an owner whose claim runs again after it was sent gets the outcome as a DUPLICATE', async () => {
    const { store, clock, claimAs, lease } = open();
    const mine = await lease('own_1');
    await store.markSent(mine);
    expect(await claimAs('own_1')).toMatchObject(duplicate('SENT'));
    await store.settle(mine, succeeded);
    clock.ms = times.leaseMs;
    expect(await claimAs('own_1')).toMatchObject(duplicate('SUCCEEDED'));
  });

  test('P1: an owner whose claim has marked and runs again has its lease still, and no other owner has it', async () => {
    const { store, claimAs } = open();
    const marking = newClaim(undefined, { marks: true });
    const first = await claimAs('own_1', marking);
    expect(first).toEqual({ kind: 'MARKED', lease: { owner: 'own_1', redemptionId: expect.stringMatching(/^red_/) } });
    expect(await claimAs('own_1', marking)).toEqual(first);
    expect(await claimAs('own_2', marking)).toMatchObject(duplicate('SENT'));
    expect(await claimAs('own_1', { ...another, marks: true })).toEqual({ kind: 'CODE_USED' });
    if (first.kind === 'MARKED') await store.settle(first.lease, succeeded);
    expect(await claimAs('own_1', marking)).toMatchObject(duplicate('SUCCEEDED'));
  });

  test('every owner has a name of its own', async () => {
    const { store } = open();
    expect(await store.claim(newClaim())).toMatchObject({
      kind: 'CLAIMED',
      lease: { owner: expect.stringMatching(/^own_/) },
    });
  });
});

describe('a lease ends after leaseMs', () => {
  test('a lease ends after leaseMs and not before: then another owner gets it', async () => {
    const { clock, claimAs, lease } = open();
    const { redemptionId } = await lease('own_1');
    clock.ms = times.leaseMs - 1;
    expect(await claimAs('own_2')).toMatchObject(duplicate('CLAIMED'));
    clock.ms = times.leaseMs;
    expect(await claimAs('own_2', another)).toEqual({ kind: 'CODE_USED' });
    expect(await claimAs('own_2')).toEqual({ kind: 'CLAIMED', lease: { owner: 'own_2', redemptionId } });
  });

  test('P3: a send is INDETERMINATE after leaseMs, and CODE_USED for another caller', async () => {
    const { store, clock, claimAs, lease } = open();
    await store.markSent(await lease('own_1'));
    clock.ms = times.leaseMs - 1;
    expect(await claimAs('own_2')).toMatchObject(duplicate('SENT'));
    clock.ms = times.leaseMs;
    expect(await claimAs('own_2', another)).toEqual({ kind: 'CODE_USED' });
    expect(await claimAs('own_2')).toMatchObject(duplicate('INDETERMINATE'));
  });
});

test('an outcome is readable for resultTtlMs, and its code CODE_USED for codeTtlMs', async () => {
  const { store, clock, tick, claimed, lease } = open();
  const mine = await lease('own_1');
  await store.markSent(mine);
  await store.settle(mine, succeeded);
  const kinds: string[] = [];
  for (const ms of [times.resultTtlMs - 1, times.resultTtlMs, times.codeTtlMs - 1, times.codeTtlMs]) {
    clock.ms = ms;
    await tick();
    kinds.push(await claimed());
  }
  expect(kinds).toEqual(['DUPLICATE', 'CODE_USED', 'CODE_USED', 'CLAIMED']);
});

describe('a session that was opened', () => {
  const session = { queryCode: 'query-1', stateId: 'state-1', appId: 'demo', channelId: 'a' };
  const byState = { stateId: 'state-1' };
  const opened = async () => {
    const all = open();
    const { expiresAt } = await all.store.openSession(session);
    expect(expiresAt.getTime()).toBe(all.startMs + times.resultTtlMs);
    return all;
  };

  test.each<[string, SessionClaim]>([
    ['its state', byState],
    ['its query code', { queryCode: 'query-1' }],
    ['its query code, where only opened ones count', { queryCode: 'query-1', issuedOnly: true }],
  ])('P4: an opened session is taken by the first code that arrives with %s', async (_, by) => {
    const { store, claimed } = await opened();
    expect(await claimed(newClaim(by))).toBe('CLAIMED');
    expect(await claimed(newClaim(by))).toBe('DUPLICATE');
    expect(await claimed(newClaim(by, { code: 'another' }))).toBe('stateId' in by ? 'SESSION_BUSY' : 'SESSION_TAKEN');
    expect(await store.session('query-1')).toMatchObject({ redemption: { state: 'CLAIMED' } });
  });

  test.each<[Partial<Claim>]>([[{ appId: 'other' }], [{ channelId: 'b' }]])(
    'an opened session is SESSION_TAKEN for %j',
    async (changes) => {
      const { claimed } = await opened();
      expect(await claimed(newClaim(byState, changes))).toBe('SESSION_TAKEN');
      expect(await claimed(newClaim(byState))).toBe('CLAIMED');
    },
  );

  test('an opened session expires after resultTtlMs', async () => {
    const verdicts: string[] = [];
    for (const ms of [times.resultTtlMs - 1, times.resultTtlMs]) {
      const { clock, claimed } = await opened();
      clock.ms = ms;
      verdicts.push(await claimed(newClaim(byState)));
    }
    expect(verdicts).toEqual(['CLAIMED', 'NO_SESSION']);
  });

  test('a state and a query code of the same spelling name two sessions', async () => {
    const { claimed, sessions } = await opened();
    expect(await claimed(newClaim({ stateId: 'query-1' }))).toBe('NO_SESSION');
    expect(await claimed(newClaim({ stateId: 'state-2' }))).toBe('NO_SESSION');
    expect(await sessions()).toBe(1);
    expect(await claimed(newClaim(byState))).toBe('CLAIMED');
    for (const other of [undefined, { stateId: 'state-2' }, { queryCode: 'state-1' }])
      expect(await claimed(newClaim(other))).toBe('CODE_USED');
  });

  test('issuedOnly refuses a session that was not opened', async () => {
    const { claimed, sessions } = open();
    const issuedOnly = { queryCode: 'mine', issuedOnly: true };
    expect(await claimed(newClaim(issuedOnly))).toBe('NO_SESSION');
    expect(await sessions()).toBe(0);
    expect(await claimed(newClaim({ queryCode: 'mine' }))).toBe('CLAIMED');
    expect(await claimed(newClaim(issuedOnly, { code: 'another' }))).toBe('NO_SESSION');
    expect(await claimed(newClaim({ queryCode: 'mine' }, { code: 'another' }))).toBe('SESSION_TAKEN');
  });

  test('a poll that comes too soon makes the interval 5 seconds longer, up to a minute', async () => {
    const { store, clock } = await opened();
    const poll = async () => (await store.countPoll('query-1')).pollAfterMs;
    expect(await poll()).toBe(5_000);
    clock.ms = 5_000;
    expect(await poll()).toBe(5_000);
    clock.ms = 9_999;
    expect(await poll()).toBe(10_000);
    const waits: number[] = [];
    for (let polls = 0; polls < 12; polls += 1) waits.push(await poll());
    expect(waits.slice(-3)).toEqual([60_000, 60_000, 60_000]);
    expect((await store.countPoll('unknown')).pollAfterMs).toBe(5_000);
  });
});
