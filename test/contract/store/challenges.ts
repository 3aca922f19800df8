/** The challenge of a session (RFC 7636), and its caller's reference: what a claim by state needs and what it shows. */
import { describe, expect, test } from 'vitest';
import type { Claim, NewSession, Outcome } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreEngine } from '../store.ts';
import { leaseOver, rejected, succeeded, testClaim, times } from './fixtures.ts';

/** The store compares challenges and makes none: any texts stand for them. */
const codeChallenge = 'challenge of the browser that started';
const queryCode = 'issued-query-code';
const session: NewSession = {
  queryCode,
  stateId: 'issued-state',
  appId: 'demo',
  channelId: 'wechat_pay',
  attempts: 3,
  codeChallenge,
};
const wrong: [how: string, codeChallenge: string | undefined][] = [
  ['another challenge', 'challenge of another browser...........'],
  ['a challenge that differs in its last character', `${codeChallenge.slice(0, -1)}D`],
  ['a challenge that is longer', `${codeChallenge} `],
  ['an empty challenge', ''],
  ['no challenge', undefined],
];

const claimOf = (authCode: string, challenge: string | undefined = codeChallenge): Claim => ({
  ...testClaim({ authCode, traceId: `trace of ${authCode}` }),
  session: { stateId: session.stateId, codeChallenge: challenge },
});
const without = (authCode: string): Claim => ({ ...claimOf(authCode), session: { stateId: session.stateId } });
const claimWith = (authCode: string, challenge: string | undefined) =>
  challenge === undefined ? without(authCode) : claimOf(authCode, challenge);

const send = async (store: Store, authCode: string) => {
  const verdict = await store.claim(claimOf(authCode));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  await store.markSent(verdict.lease);
  return verdict.lease;
};
const end = async (store: Store, authCode: string, outcome: Outcome) =>
  store.settle(await send(store, authCode), outcome);

export const challengeContract = ({ name, open }: StoreEngine): void => {
  const opened = async (changes: Partial<NewSession> = {}) => {
    const all = await open();
    await all.store.openSession({ ...session, ...changes });
    return all;
  };

  describe(`${name}: the challenge of a session`, () => {
    test.each(wrong)('%s claims nothing and costs no attempt, and the right one claims', async (_, challenge) => {
      const { store } = await opened();
      const before = await store.session(queryCode);
      expect(await store.claim(claimWith('code', challenge))).toEqual({ kind: 'VERIFIER_WRONG' });
      expect(await store.session(queryCode)).toEqual(before);
      expect(before).toMatchObject({ attemptsLeft: 3, redemption: undefined });
      expect((await store.claim(claimOf('code'))).kind).toBe('CLAIMED');
    });

    test.each(wrong)('%s learns nothing of a session that is busy, has succeeded or is spent', async (_, challenge) => {
      const { store } = await opened();
      const refusedFor = async () => (await store.claim(claimWith('another code', challenge))).kind;
      const lease = await send(store, 'first');
      expect(await refusedFor()).toBe('VERIFIER_WRONG');
      await store.settle(lease, rejected);
      expect(await refusedFor()).toBe('VERIFIER_WRONG');
      await end(store, 'second', rejected);
      await end(store, 'third', rejected);
      expect(await refusedFor()).toBe('VERIFIER_WRONG');
      expect((await store.claim(claimOf('another code'))).kind).toBe('SESSION_SPENT');
    });

    test.each(wrong)('%s is no duplicate: the code counts as used, and shows no outcome', async (_, challenge) => {
      const { store } = await opened();
      const lease = await send(store, 'code');
      expect(await store.claim(claimWith('code', challenge))).toEqual({ kind: 'CODE_USED' });
      const redemption = await store.settle(lease, succeeded());
      expect(await store.claim(claimWith('code', challenge))).toEqual({ kind: 'CODE_USED' });
      expect(await store.claim(claimOf('code'))).toEqual({ kind: 'DUPLICATE', redemption });
      expect(await store.claim(claimWith('another code', challenge))).toEqual({ kind: 'VERIFIER_WRONG' });
      expect(await store.claim(claimOf('another code'))).toEqual({ kind: 'SESSION_DONE', redemption });
    });

    test('P1, P3: a wrong challenge neither takes over nor ends a code whose owner has stopped', async () => {
      const { store, clock } = await opened();
      const { redemptionId } = await send(store, 'code');
      await clock.advance(leaseOver);
      for (const [, challenge] of wrong) {
        expect(await store.claim(claimWith('code', challenge))).toEqual({ kind: 'CODE_USED' });
        expect(await store.claim(claimWith('other', challenge))).toEqual({ kind: 'VERIFIER_WRONG' });
      }
      const left = { attemptsLeft: 3, redemption: { id: redemptionId, state: 'SENT' } };
      expect(await store.session(queryCode)).toMatchObject(left);
      expect(await store.claim(claimOf('code'))).toMatchObject({ kind: 'DUPLICATE', redemption: { id: redemptionId } });
      expect(await store.session(queryCode)).toMatchObject({ attemptsLeft: 2 });
    });

    test('a challenge is refused by a session that was opened without one', async () => {
      const { store } = await opened({ codeChallenge: undefined });
      for (const [, challenge] of wrong.filter(([, one]) => one))
        expect(await store.claim(claimWith('code', challenge))).toEqual({ kind: 'VERIFIER_WRONG' });
      expect((await store.claim(without('code'))).kind).toBe('CLAIMED');
    });

    test('the challenge of another session is refused', async () => {
      const { store } = await opened();
      const other = { ...session, queryCode: 'other', stateId: 'other-state', codeChallenge: 'other challenge' };
      await store.openSession(other);
      expect(await store.claim(claimOf('code', 'other challenge'))).toEqual({ kind: 'VERIFIER_WRONG' });
      const claim = { ...claimOf('code'), session: { stateId: 'other-state', codeChallenge } };
      expect(await store.claim(claim)).toEqual({ kind: 'VERIFIER_WRONG' });
    });

    test('the holder of the query code needs no challenge', async () => {
      const { store } = await opened();
      const claim = { ...claimOf('code'), session: { queryCode, issuedOnly: true, attempts: 3 } };
      expect((await store.claim(claim)).kind).toBe('CLAIMED');
    });

    test('P11: of 20 codes at once, every second with a wrong challenge, one is CLAIMED and ten are refused', async () => {
      const { store } = await opened();
      const verdicts = await times(20, (index) =>
        store.claim(claimOf(`code ${index}`, index % 2 ? codeChallenge : 'another')),
      );
      const kinds = verdicts.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'CLAIMED')).toHaveLength(1);
      expect(kinds.filter((_, index) => index % 2 === 0)).toEqual(Array(10).fill('VERIFIER_WRONG'));
    });

    test('P2: the challenge survives a restart', async () => {
      const { reopen } = await opened();
      const again = await reopen();
      expect(await again.claim(without('code'))).toEqual({ kind: 'VERIFIER_WRONG' });
      expect((await again.claim(claimOf('code'))).kind).toBe('CLAIMED');
    });
  });

  describe(`${name}: the reference of a session`, () => {
    const clientReferenceId = 'order/2026-11-26#1';

    test('the session shows it, and every verdict of a claim for the session', async () => {
      const { store } = await opened({ clientReferenceId });
      expect(await store.session(queryCode)).toMatchObject({ clientReferenceId });
      const byQueryCode = { ...claimOf('other'), session: { queryCode, issuedOnly: true } };
      expect(await store.claim(without('first'))).toEqual({ kind: 'VERIFIER_WRONG', clientReferenceId });
      const lease = await send(store, 'first');
      const seen = async (claim: Claim) => {
        const { kind, clientReferenceId: reference } = await store.claim(claim);
        expect(reference).toBe(clientReferenceId);
        return kind;
      };
      expect(await seen(claimOf('first'))).toBe('DUPLICATE');
      expect(await seen(without('first'))).toBe('CODE_USED');
      expect(await seen(claimOf('second'))).toBe('SESSION_BUSY');
      expect(await seen(byQueryCode)).toBe('SESSION_TAKEN');
      await store.settle(lease, rejected);
      expect(await seen(claimOf('second'))).toBe('CLAIMED');
    });

    test('a session without one, a query code of the caller and a code without a session show none', async () => {
      const { store } = await opened();
      expect((await store.session(queryCode))?.clientReferenceId).toBeUndefined();
      for (const own of [
        claimOf('first'),
        testClaim({ authCode: 'b', queryCode: 'own' }),
        testClaim({ authCode: 'c' }),
      ])
        expect((await store.claim(own)).clientReferenceId).toBeUndefined();
    });
  });
};
