/** Calls of a store, each made at the store and at its model, and compared. */
import type fc from 'fast-check';
import { expect } from 'vitest';
import type { CertificationStatus } from '../../../src/model.ts';
import type {
  Claim,
  FinalOutcome,
  Lease,
  Outcome,
  Redemption,
  SessionClaim,
  StepReport,
} from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import { compareSome } from './comparisons.ts';
import {
  cancelInModel,
  claimInModel,
  collectInModel,
  countPollInModel,
  eraseInModel,
  markSentInModel,
  openInModel,
  releaseInModel,
  reportStepInModel,
  sessionNamed,
  settleInModel,
  sweepInModel,
} from './model.ts';
import { certificationAsRead, endingAsRead } from './reads.ts';
import { type Model, TOLERANCE_MS, wallOf } from './state.ts';

/** The store of one history. */
export interface ModelledStore {
  /** Another one after `reopen`. */
  readonly store: () => Store;
  advance(ms: number): Promise<void>;
  /** Sets the database's clock forward or back while no time passes, and runs a sweep. */
  jump(ms: number): Promise<void>;
  /** Opens what the store has written so far, and abandons the store itself. */
  reopen(): Promise<void>;
  /** Receives every step. */
  onStep(name: string): void;
}

export type Command = fc.AsyncCommand<Model, ModelledStore>;
type Step = (model: Model, store: Store, real: ModelledStore) => Promise<void>;

/** Always possible, so that a history has as many steps as commands. */
const step = (name: string, run: Step): Command => ({
  check: () => true,
  async run(model, real) {
    await run(model, real.store(), real);
    await compareSome(model, real.store());
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

export type SessionChoice =
  | { readonly own: string; readonly attempts: number }
  | { readonly issued: number; readonly by: 'query code' | 'state'; readonly codeChallenge?: string | undefined }
  | undefined;

const issuedAt = ({ queryCodes }: Model, number: number): string =>
  pick(
    [...queryCodes].filter((queryCode) => queryCode.startsWith('issued')),
    number,
  ) ?? 'issued never';

const sessionClaim = (model: Model, choice: SessionChoice, issuedOnly: boolean): SessionClaim | undefined => {
  if (!choice) return undefined;
  if ('own' in choice) return { queryCode: choice.own, issuedOnly, attempts: choice.attempts };
  const queryCode = issuedAt(model, choice.issued);
  return choice.by === 'state'
    ? { stateId: `state of ${queryCode}`, codeChallenge: choice.codeChallenge }
    : { queryCode, issuedOnly, attempts: 3 };
};

interface ClaimChoice extends Pick<Claim, 'code' | 'kind' | 'appId' | 'channelId' | 'marks'> {
  readonly caller: string;
  readonly session: SessionChoice;
  readonly issuedOnly: boolean;
}

let traces = 0;
const runClaim = async (model: Model, store: Store, { caller, session, issuedOnly, ...choice }: ClaimChoice) => {
  traces += 1;
  const common = { source: 'daxpay', upstreamAppId: 'upstream-app', binding: [caller], traceId: `trace-${traces}` };
  const whole: Claim = { ...common, ...choice, session: sessionClaim(model, session, issuedOnly) };
  const named = whole.session && sessionNamed(model, whole.session);
  const verdict = await store.claim(whole);
  // An expired session is shown until something deletes it.
  if (!named || named.expiresAt > model.now) expect(verdict.clientReferenceId).toBe(named?.clientReferenceId);
  const lease = 'lease' in verdict ? verdict.lease : undefined;
  const redemptionId = 'redemption' in verdict ? verdict.redemption.id : lease?.redemptionId;
  const expected = claimInModel(model, whole, lease);
  expect([verdict.kind, redemptionId].join(' ').trim()).toBe(expected);
  if (lease) model.leases.push(lease);
  if ('redemption' in verdict)
    expect(verdict.redemption).toEqual(
      endingAsRead(
        model,
        model.entries.find(({ id }) => id === redemptionId),
      ),
    );
};

const runMarkSent = async (model: Model, store: Store, lease: Lease) =>
  expect(await store.markSent(lease)).toBe(markSentInModel(model, lease));

const runSettle = async (model: Model, store: Store, lease: Lease, outcome: Outcome) => {
  const ended = await store.settle(lease, outcome);
  settleInModel(model, lease, outcome, payerIdOf(ended));
  expect(ended).toEqual(
    endingAsRead(
      model,
      model.entries.find(({ id }) => id === lease.redemptionId),
    ),
  );
};

export const claim = (choice: ClaimChoice): Command =>
  step(`claim ${JSON.stringify(choice)}`, (model, store) => runClaim(model, store, choice));

export const markSent = (number: number): Command =>
  step(`mark lease ${number} sent`, (model, store) => runMarkSent(model, store, leaseAt(model, number)));

export const settle = (number: number, outcome: Outcome): Command =>
  step(`settle lease ${number} as ${JSON.stringify(outcome)}`, (model, store) =>
    runSettle(model, store, leaseAt(model, number), outcome),
  );

/** A claim, and the next calls of a service that got it: most redemptions succeed. */
export const exchange = (choice: ClaimChoice, outcome: Outcome): Command =>
  step(`exchange ${JSON.stringify(choice)} for ${JSON.stringify(outcome)}`, async (model, store) => {
    await runClaim(model, store, choice);
    await runMarkSent(model, store, leaseAt(model, 0));
    await runSettle(model, store, leaseAt(model, 0), outcome);
  });

export const openSession = (appId: string, channelId?: string, codeChallenge?: string): Command =>
  step(`open a session of ${appId} for ${channelId ?? 'any channel'} with ${codeChallenge}`, async (model, store) => {
    const queryCode = `issued ${model.queryCodes.size}`;
    const place = { appId, channelId, stateId: `state of ${queryCode}` };
    const session = { queryCode, ...place, attempts: 3, codeChallenge, clientReferenceId: codeChallenge && queryCode };
    const { expiresAt } = await store.openSession(session);
    expect(expiresAt.getTime()).toBe(openInModel(model, session).expiresAt + model.skew);
  });

/** Mostly of the channel that it was issued for. */
export const reportStep = (number: number, stepOf: Pick<StepReport, 'appId' | 'channelId' | 'step'>): Command =>
  step(`report ${JSON.stringify(stepOf)} of session ${number}`, async (model, store) => {
    const report = { stateId: `state of ${issuedAt(model, number)}`, ...stepOf };
    expect(await store.reportStep(report)).toEqual(reportStepInModel(model, report));
  });

export const cancel = (number: number, appId: string): Command =>
  step(`cancel query code ${number} of ${appId}`, async (model, store) => {
    traces += 1;
    const queryCode = pick([...model.queryCodes], number) ?? 'unknown';
    const cancellation = { queryCode, appId, traceId: `trace-${traces}` };
    await store.cancel(cancellation);
    cancelInModel(model, cancellation);
  });

export const countPoll = (number: number): Command =>
  step(`poll query code ${number}`, async (model, store) => {
    const queryCode = pick([...model.queryCodes], number) ?? 'unknown';
    expect(await store.countPoll(queryCode)).toEqual({ pollAfterMs: countPollInModel(model, queryCode) });
  });

export const release = (number: number): Command =>
  step(`release lease ${number}`, async (model, store) => {
    const lease = leaseAt(model, number);
    expect(await store.release(lease)).toBe(releaseInModel(model, lease));
  });

export const collect = (number: number, outcome: FinalOutcome): Command =>
  step(`collect redemption ${number} as ${JSON.stringify(outcome)}`, async (model, store) => {
    const { redemptionId } = leaseAt(model, number);
    const ended = await store.collect(redemptionId, outcome);
    collectInModel(model, redemptionId, outcome, payerIdOf(ended));
    expect(ended).toEqual(
      endingAsRead(
        model,
        model.entries.find(({ id }) => id === redemptionId),
      ),
    );
  });

export const erase = (number: number): Command =>
  step(`erase payer ${number}`, async (model, store) => {
    const payerId = pick([...model.payerIds], number) ?? 'pid_unknown';
    expect(await store.erase(payerId)).toEqual(eraseInModel(model, payerId));
  });

export const addCertification = (certifyId: string, number: number | undefined): Command =>
  step(`certify payer ${number} as ${certifyId}`, async (model, store) => {
    const identityId = number === undefined ? null : (pick([...model.payerIds], number) ?? 'pid_unknown');
    const certification = { certifyId, appId: 'demo', channelId: 'ali_pay', identityId };
    const isKnown = identityId === null || model.payers.some(({ id }) => id === identityId);
    expect(await store.addCertification(certification)).toBe(isKnown);
    model.certifyIds.add(certifyId);
    if (isKnown && !model.certifications.some((one) => one.certifyId === certifyId))
      model.certifications.push({ ...certification, status: 'STARTED', startedAt: wallOf(model), checkedAt: null });
  });

export const updateCertification = (certifyId: string, status: CertificationStatus): Command =>
  step(`find ${certifyId} ${status}`, async (model, store) => {
    const updated = await store.updateCertification(certifyId, status);
    const found = model.certifications.find((one) => one.certifyId === certifyId);
    if (found && found.status !== 'PASSED') Object.assign(found, { status, checkedAt: wallOf(model) });
    expect(updated).toEqual(certificationAsRead(model, certifyId));
  });

export const advance = (seconds: number): Command =>
  step(`advance ${seconds} s`, async (model, _, real) => {
    await real.advance(seconds * 1_000);
    model.now += seconds * 1_000;
  });

export const jump = (hours: number): Command =>
  step(`jump ${hours} h`, async (model, _, real) => {
    await real.jump(hours * 3_600_000);
    const counted = hours > 0 ? TOLERANCE_MS : 0;
    model.now += counted;
    model.skew += hours * 3_600_000 - counted;
  });

export const sweep: Command = step('sweep', async (model, store) => {
  expect(await store.sweep()).toEqual(sweepInModel(model));
});

export const reopen: Command = step('reopen', async (_model, _store, real) => real.reopen());
