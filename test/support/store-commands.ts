/** What can be done to a store, each done to the store and to the model of it, and compared. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { CertificationStatus, Subject } from '../../src/model.ts';
import type { Claim, FinalOutcome, Lease, Outcome, Redemption, SessionClaim, Store } from '../../src/store/store.ts';
import {
  claimInModel,
  collectInModel,
  countPollInModel,
  eraseInModel,
  type Model,
  markSentInModel,
  openInModel,
  releaseInModel,
  settleInModel,
  sweepInModel,
} from './store-model.ts';
import {
  bestCertifications,
  certificationAsRead,
  endingAsRead,
  entryAsRead,
  payerAsRead,
  sessionAsRead,
} from './store-model-reads.ts';

/** The store of one history. */
export interface ModelledStore {
  /** Another one after `reopen`. */
  readonly store: () => Store;
  advance(ms: number): Promise<void> | void;
  /** Opens what the store has written so far once more, and abandons the store. */
  reopen(): Promise<void>;
  /** Told of every step. */
  onStep(name: string): void;
}

type Command = fc.AsyncCommand<Model, ModelledStore>;
type Step = (model: Model, store: Store, real: ModelledStore) => Promise<void>;

type Comparison = (model: Model, store: Store) => Promise<void>;

const compareRedemptions: Comparison = async (model, store) => {
  const ids = [...new Set(model.leases.map(({ redemptionId }) => redemptionId))];
  const redemptions = await Promise.all(ids.map((id) => store.redemption(id)));
  expect(redemptions).toEqual(ids.map((id) => entryAsRead(model, id)));
};

const compareSessions: Comparison = async (model, store) => {
  const queryCodes = [...model.queryCodes];
  const sessions = await Promise.all(queryCodes.map((queryCode) => store.session(queryCode)));
  expect(sessions).toEqual(queryCodes.map((queryCode) => sessionAsRead(model, queryCode)));
};

const comparePayers: Comparison = async (model, store) => {
  const ids = [...model.payerIds];
  const byId = ids.map((id) => ({ ref: { id }, payer: model.payers.find((payer) => payer.id === id) }));
  const byKey = model.payers.flatMap((payer) => {
    const { appId, channelId, subject } = payer;
    const { openId, userId } = subject;
    const keys = [openId !== undefined && { openId }, userId !== undefined && { userId }];
    return keys.flatMap((key) => (key ? [{ ref: { appId, channelId, ...key }, payer }] : []));
  });
  const wanted = [...byId, ...byKey];
  const payers = await store.identities(wanted.map(({ ref }) => ref));
  expect(payers).toEqual(wanted.map(({ payer }) => payer && payerAsRead(payer)));
  for (const [index, certification] of (await store.certificationsOf(ids)).entries())
    expect(bestCertifications(model, ids[index] ?? '')).toContainEqual(certification);
  for (const certifyId of model.certifyIds)
    expect(await store.certification(certifyId)).toEqual(certificationAsRead(model, certifyId));
};

const comparisons = [compareRedemptions, compareSessions, comparePayers];

/** Everything that can be read, at once. */
export const compareAll: Comparison = async (model, store) => {
  for (const compare of comparisons) await compare(model, store);
};

/** Can always be done, so that a history has as many steps as commands. */
const step = (name: string, run: Step): Command => ({
  check: () => true,
  async run(model, real) {
    await run(model, real.store(), real);
    // By turns, for speed; what went wrong is seen two steps later at the latest.
    await comparisons[model.steps % comparisons.length]?.(model, real.store());
    model.steps += 1;
    real.onStep(name.split(' ', 1)[0] ?? '');
  },
  toString: () => name,
});

/** The one that a number picks, late ones first. */
const pick = <T>(all: readonly T[], number: number): T | undefined =>
  all.length === 0 ? undefined : all.at(-1 - (number % all.length));
const leaseAt = ({ leases }: Model, number: number): Lease =>
  pick(leases, number) ?? { redemptionId: 'red_unknown', owner: 'own_unknown' };
const payerIdOf = (ended: Redemption | undefined) => (ended?.state === 'SUCCEEDED' ? ended.identity.id : undefined);

type SessionWish =
  | { readonly own: string }
  | { readonly issued: number; readonly by: 'query code' | 'state' }
  | undefined;

const sessionClaim = (model: Model, wish: SessionWish, issuedOnly: boolean): SessionClaim | undefined => {
  if (!wish) return undefined;
  if ('own' in wish) return { queryCode: wish.own, issuedOnly };
  const issued = [...model.queryCodes].filter((queryCode) => queryCode.startsWith('issued'));
  const queryCode = pick(issued, wish.issued) ?? 'issued never';
  return wish.by === 'state' ? { stateId: `state of ${queryCode}` } : { queryCode, issuedOnly };
};

interface ClaimWish extends Pick<Claim, 'code' | 'kind' | 'appId' | 'channelId'> {
  readonly caller: string;
  readonly session: SessionWish;
  readonly issuedOnly: boolean;
}

let traces = 0;
const runClaim = async (model: Model, store: Store, { caller, session, issuedOnly, ...wish }: ClaimWish) => {
  traces += 1;
  const common = { source: 'daxpay', upstreamAppId: 'upstream-app', binding: [caller], traceId: `trace-${traces}` };
  const whole: Claim = { ...common, ...wish, session: sessionClaim(model, session, issuedOnly) };
  const verdict = await store.claim(whole);
  const lease = verdict.kind === 'CLAIMED' ? verdict.lease : undefined;
  const redemptionId = verdict.kind === 'DUPLICATE' ? verdict.redemption.id : lease?.redemptionId;
  const expected = claimInModel(model, whole, lease);
  expect([verdict.kind, redemptionId].join(' ').trim()).toBe(expected);
  if (lease) model.leases.push(lease);
  if (verdict.kind === 'DUPLICATE')
    expect(verdict.redemption).toEqual(endingAsRead(model.entries.find(({ id }) => id === redemptionId)));
};

const runMarkSent = async (model: Model, store: Store, lease: Lease) =>
  expect(await store.markSent(lease)).toBe(markSentInModel(model, lease));

const runSettle = async (model: Model, store: Store, lease: Lease, outcome: Outcome) => {
  const ended = await store.settle(lease, outcome);
  settleInModel(model, lease, outcome, payerIdOf(ended));
  expect(ended).toEqual(endingAsRead(model.entries.find(({ id }) => id === lease.redemptionId)));
};

const claim = (wish: ClaimWish): Command =>
  step(`claim ${JSON.stringify(wish)}`, (model, store) => runClaim(model, store, wish));

const markSent = (number: number): Command =>
  step(`mark lease ${number} sent`, (model, store) => runMarkSent(model, store, leaseAt(model, number)));

const settle = (number: number, outcome: Outcome): Command =>
  step(`settle lease ${number} as ${JSON.stringify(outcome)}`, (model, store) =>
    runSettle(model, store, leaseAt(model, number), outcome),
  );

/** A claim, and whatever a service does next with what it holds then: most exchanges just go well. */
const exchange = (wish: ClaimWish, outcome: Outcome): Command =>
  step(`exchange ${JSON.stringify(wish)} for ${JSON.stringify(outcome)}`, async (model, store) => {
    await runClaim(model, store, wish);
    await runMarkSent(model, store, leaseAt(model, 0));
    await runSettle(model, store, leaseAt(model, 0), outcome);
  });

const openSession = (appId: string): Command =>
  step(`open a session of ${appId}`, async (model, store) => {
    const queryCode = `issued ${model.queryCodes.size}`;
    const session = { queryCode, stateId: `state of ${queryCode}`, appId, channelId: 'ali_pay' };
    const { expiresAt } = await store.openSession(session);
    expect(expiresAt.getTime()).toBe(openInModel(model, session).expiresAt);
  });

const countPoll = (number: number): Command =>
  step(`poll query code ${number}`, async (model, store) => {
    const queryCode = pick([...model.queryCodes], number) ?? 'unknown';
    expect(await store.countPoll(queryCode)).toEqual({ pollAfterMs: countPollInModel(model, queryCode) });
  });

const release = (number: number): Command =>
  step(`release lease ${number}`, async (model, store) => {
    const lease = leaseAt(model, number);
    await store.release(lease);
    releaseInModel(model, lease);
  });

const collect = (number: number, outcome: FinalOutcome): Command =>
  step(`collect redemption ${number} as ${JSON.stringify(outcome)}`, async (model, store) => {
    const { redemptionId } = leaseAt(model, number);
    const ended = await store.collect(redemptionId, outcome);
    collectInModel(model, redemptionId, outcome, payerIdOf(ended));
    expect(ended).toEqual(endingAsRead(model.entries.find(({ id }) => id === redemptionId)));
  });

const erase = (number: number): Command =>
  step(`erase payer ${number}`, async (model, store) => {
    const payerId = pick([...model.payerIds], number) ?? 'pid_unknown';
    expect(await store.erase(payerId)).toEqual(eraseInModel(model, payerId));
  });

const addCertification = (certifyId: string, number: number | undefined): Command =>
  step(`certify payer ${number} as ${certifyId}`, async (model, store) => {
    const identityId = number === undefined ? null : (pick([...model.payerIds], number) ?? 'pid_unknown');
    const certification = { certifyId, appId: 'demo', channelId: 'ali_pay', identityId };
    const isKnown = identityId === null || model.payers.some(({ id }) => id === identityId);
    expect(await store.addCertification(certification)).toBe(isKnown);
    model.certifyIds.add(certifyId);
    if (isKnown && !model.certifications.some((one) => one.certifyId === certifyId))
      model.certifications.push({ ...certification, status: 'STARTED', startedAt: model.now, checkedAt: null });
  });

const updateCertification = (certifyId: string, status: CertificationStatus): Command =>
  step(`find ${certifyId} ${status}`, async (model, store) => {
    const updated = await store.updateCertification(certifyId, status);
    const found = model.certifications.find((one) => one.certifyId === certifyId);
    if (found && found.status !== 'PASSED') Object.assign(found, { status, checkedAt: model.now });
    expect(updated).toEqual(certificationAsRead(model, certifyId));
  });

const advance = (seconds: number): Command =>
  step(`advance ${seconds} s`, async (model, _, real) => {
    await real.advance(seconds * 1_000);
    model.now += seconds * 1_000;
  });

const sweep: Command = step('sweep', async (model, store) => {
  expect(await store.sweep()).toEqual(sweepInModel(model));
});

const reopen: Command = step('reopen', async (_model, _store, real) => real.reopen());

const oneOf = fc.constantFrom;
/** Mostly the latest. */
const number = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) });
const subject: fc.Arbitrary<Subject> = fc
  .record({ openId: oneOf('open-a', 'open-b', undefined), userId: oneOf('user-a', 'user-b', undefined) })
  .filter(({ openId, userId }) => openId !== undefined || userId !== undefined)
  .chain((ids) => oneOf(ids, { ...ids, unionId: 'union' }));
const finalOutcome: fc.Arbitrary<FinalOutcome> = fc.oneof(
  subject.map((subject) => ({ state: 'SUCCEEDED', subject }) as const),
  subject.map((subject) => ({ state: 'SUCCEEDED', subject, accessToken: { value: 'token' } }) as const),
  oneOf<FinalOutcome>(
    { state: 'REJECTED', failureCode: 'AUTH_CODE_USED', upstreamCode: '42003' },
    { state: 'INDETERMINATE', failureCode: 'REPLY_MALFORMED' },
    { state: 'ANSWERED', answer: '{"trusted":true}' },
  ),
);
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 4, arbitrary: finalOutcome },
  { weight: 1, arbitrary: fc.constant({ state: 'HELD' } as const) },
);
const session: fc.Arbitrary<SessionWish> = fc.oneof(
  oneOf(undefined, { own: 'own-a' }, { own: 'own-b' }),
  fc.record({ issued: fc.nat({ max: 1 }), by: oneOf('query code' as const, 'state' as const) }),
);
const anyClaim = fc.record({
  ...{ code: oneOf('code-a', 'code-b', 'code-c'), kind: oneOf('authCode', 'authCode', 'onceToken'), session },
  ...{ caller: oneOf('router', 'page'), appId: oneOf('demo', 'demo', 'other'), issuedOnly: oneOf(false, false, true) },
  channelId: oneOf('ali_pay', 'ali_pay', 'ali_pay', 'wechat_pay'),
});
/** The same few calls over and over, as retries are. */
const usualClaim = fc.record({
  ...{ code: oneOf('code-a', 'code-b', 'code-c'), session: oneOf<SessionWish>(undefined, { own: 'own-a' }) },
  ...{ kind: fc.constant('authCode' as const), caller: fc.constant('router'), appId: fc.constant('demo') },
  ...{ issuedOnly: fc.constant(false), channelId: fc.constant('ali_pay') },
});
const certifyId = oneOf('certify-a', 'certify-b', 'certify-c');

/** Every command as often as life has it, more or less. */
export const commands: fc.Arbitrary<Command>[] = [
  ...[anyClaim.map(claim), anyClaim.map(claim), usualClaim.map(claim), usualClaim.map(claim)],
  ...[number.map(markSent), number.map(markSent), number.map(release)],
  ...[1, 2].map(() => fc.tuple(number, outcome).map(([index, how]) => settle(index, how))),
  ...[anyClaim, usualClaim].map((wish) => fc.tuple(wish, outcome).map(([what, how]) => exchange(what, how))),
  fc.tuple(number, finalOutcome).map(([index, how]) => collect(index, how)),
  oneOf('demo', 'other').map(openSession),
  number.map(countPoll),
  oneOf(1, 9, 10, 11, 20, 30, 31, 60, 80).map(advance),
  oneOf(1, 1, 2, 5, 10).map(advance),
  fc.constant(sweep),
  fc.oneof({ weight: 3, arbitrary: number.map(erase) }, { weight: 1, arbitrary: fc.constant(reopen) }),
  fc.tuple(certifyId, fc.option(number, { nil: undefined })).map(([id, payer]) => addCertification(id, payer)),
  fc
    .tuple(certifyId, oneOf<CertificationStatus>('NOT_PASSED', 'PASSED'))
    .map(([id, to]) => updateCertification(id, to)),
];
