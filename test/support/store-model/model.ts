/** The store as a model of plain values, with which random histories are compared. */
import type { Subject } from '../../../src/model.ts';
import type {
  Cancellation,
  Claim,
  Lease,
  NewSession,
  Outcome,
  SessionClaim,
  StepReport,
  StepVerdict,
} from '../../../src/store/model.ts';
import type { EraseReport, SweepReport } from '../../../src/store/reports.ts';
import { entryAsRead } from './reads.ts';
import {
  type Bound,
  type Entry,
  hasFailed,
  isPending,
  type Model,
  modelTimes,
  type Payer,
  type Place,
  wallOf,
} from './state.ts';

const samePlace = (left: Place, right: Place) => left.appId === right.appId && left.channelId === right.channelId;
const isOf = (session: Bound, { appId, channelId }: Place) =>
  session.appId === appId && [undefined, channelId].includes(session.channelId);
const sessionKey = ({ session }: Claim) =>
  session && ('stateId' in session ? `state ${session.stateId} ${session.codeChallenge}` : `code ${session.queryCode}`);
const sameBinding = (left: Claim, right: Claim) =>
  left.binding.join() === right.binding.join() && samePlace(left, right) && sessionKey(left) === sessionKey(right);

const drop = (model: Model, entry: Entry) => {
  model.entries = model.entries.filter((other) => other !== entry);
  for (const session of model.sessions) if (session.entry === entry) session.entry = undefined;
};

/** After a release the session is as it was before the claim. */
const free = (model: Model, entry: Entry) => {
  for (const session of model.sessions) if (session.entry === entry) session.expiresAt = session.codesUntil;
  drop(model, entry);
};

const keepForAWhile = (model: Model, entry: Entry) => {
  entry.outcomeUntil = model.now + modelTimes.resultTtlMs;
  for (const session of model.sessions) if (session.entry === entry) session.expiresAt = entry.outcomeUntil;
};

/** One payer for each open id and each user id of an app; an id that is another payer's already stays there. */
const recognize = (model: Model, place: Place, subject: Subject, newPayerId: string | undefined): Payer => {
  const by = (kind: 'openId' | 'userId') =>
    model.payers.find((one) => samePlace(one, place) && subject[kind] && one.subject[kind] === subject[kind]);
  const [byOpenId, byUserId] = [by('openId'), by('userId')];
  const known = byOpenId ?? byUserId;
  if (!known) {
    if (newPayerId === undefined || model.payerIds.has(newPayerId)) throw new Error('A new payer needs a new id');
    const { appId, channelId } = place;
    const payer = { id: newPayerId, appId, channelId, subject, firstAt: wallOf(model), lastAt: wallOf(model) };
    model.payers.push(payer);
    model.payerIds.add(newPayerId);
    return payer;
  }
  const userId = byUserId && byUserId !== known ? known.subject.userId : (subject.userId ?? known.subject.userId);
  const incoming = Object.fromEntries(Object.entries(subject).filter(([, value]) => value !== undefined));
  known.subject = { ...known.subject, ...incoming, userId };
  known.lastAt = wallOf(model);
  return known;
};

const end = (model: Model, entry: Entry, outcome: Outcome, payerId?: string) => {
  entry.state = outcome.state;
  entry.outcome = outcome;
  if (outcome.state === 'SUCCEEDED') entry.payer = recognize(model, entry.claim, outcome.subject, payerId);
  entry.hasAnswer = 'answer' in outcome || ('accessToken' in outcome && outcome.accessToken !== undefined);
  keepForAWhile(model, entry);
  if (!('failureCode' in outcome)) return;
  for (const session of model.sessions.filter((one) => one.entry === entry)) {
    session.attemptsLeft = Math.max(0, session.attemptsLeft - 1);
    session.lastFailure = { failureCode: outcome.failureCode, traceId: entry.traceId };
  }
};

const abandon = (model: Model, entry: Entry) =>
  end(model, entry, { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' });

/** What a claim does to the entry of a session whose lease is over, as a sweep would. */
const endOverdue = (model: Model, session: Bound): void => {
  const { entry } = session;
  if (!entry || !isPending(entry) || entry.leaseUntil > model.now) return;
  if (entry.state === 'CLAIMED') free(model, entry);
  else abandon(model, entry);
};

/** Why the session takes no code beside its entry; empty: because of that one. Undefined: it takes one. */
const endOf = ({ now }: Model, { step, entry, attemptsLeft, codesUntil }: Bound): string | undefined => {
  if (entry && !hasFailed(entry)) return '';
  if (step === 'CANCELLED') return 'SESSION_CANCELLED';
  if (entry && attemptsLeft === 0) return 'SESSION_SPENT';
  return codesUntil <= now ? 'NO_SESSION' : undefined;
};

export const sessionNamed = (model: Model, session: SessionClaim): Bound | undefined =>
  model.sessions.find((one) =>
    'stateId' in session ? one.stateId === session.stateId : one.queryCode === session.queryCode,
  );

/** The session that a new claim is bound to, or the verdict without one; an expired one is deleted. */
const bind = (model: Model, { session, appId, channelId }: Claim): Bound | string | undefined => {
  if (!session) return undefined;
  const byState = 'stateId' in session;
  const issuedOnly = !byState && session.issuedOnly === true;
  const named = sessionNamed(model, session);
  const isOver = named !== undefined && named.expiresAt <= model.now;
  if (isOver && !byState && !issuedOnly) model.sessions = model.sessions.filter((one) => one !== named);
  if (named && !isOver) {
    if (issuedOnly && named.stateId === undefined) return 'NO_SESSION';
    if (!isOf(named, { appId, channelId })) return 'SESSION_TAKEN';
    if (byState && named.codeChallenge !== session.codeChallenge) return 'VERIFIER_WRONG';
    endOverdue(model, named);
    const { entry } = named;
    const end = endOf(model, named);
    if (end === undefined) return named;
    if (!byState) return 'SESSION_TAKEN';
    if (end || !entry) return end || 'NO_SESSION';
    if (!entryAsRead(model, entry.id)) return 'NO_SESSION';
    return `${isPending(entry) ? 'SESSION_BUSY' : 'SESSION_DONE'} ${entry.id}`;
  }
  if (byState || issuedOnly) return 'NO_SESSION';
  const { queryCode, attempts = 1 } = session;
  return openInModel(model, { queryCode, stateId: undefined, appId, channelId, attempts });
};

export const openInModel = (
  model: Model,
  {
    queryCode,
    stateId,
    appId,
    channelId,
    attempts = 1,
    codeChallenge,
    clientReferenceId,
  }: Pick<Bound, 'queryCode' | 'stateId' | 'appId' | 'channelId'> &
    Pick<NewSession, 'attempts' | 'codeChallenge' | 'clientReferenceId'>,
): Bound => {
  const expiresAt = model.now + modelTimes.resultTtlMs;
  const bound: Bound = {
    queryCode,
    stateId,
    codeChallenge,
    clientReferenceId,
    appId,
    channelId,
    expiresAt,
    codesUntil: expiresAt,
    attemptsLeft: attempts,
    lastFailure: undefined,
    step: undefined,
    entry: undefined,
    pollAfterMs: 5_000,
    polledAt: undefined,
  };
  model.sessions.push(bound);
  model.queryCodes.add(queryCode);
  return bound;
};

export const reportStepInModel = (model: Model, { stateId, step, ...place }: StepReport): StepVerdict => {
  const session = model.sessions.find((one) => one.stateId === stateId);
  if (!session || !isOf(session, place) || session.codesUntil <= model.now) return { kind: 'NO_SESSION' };
  if (session.step === 'CANCELLED') return { kind: 'SESSION_CANCELLED' };
  if (session.attemptsLeft === 0) return { kind: 'SESSION_SPENT' };
  session.step = step;
  model.stepsSeen.add(step);
  return { kind: 'REPORTED', codesUntil: new Date(session.codesUntil + model.skew) };
};

export const cancelInModel = (model: Model, { queryCode, appId, traceId }: Cancellation): void => {
  const session = model.sessions.find((one) => one.queryCode === queryCode && one.appId === appId);
  if (!session || session.step === 'CANCELLED') return;
  if (session.attemptsLeft === 0 || session.codesUntil <= model.now) return;
  session.step = 'CANCELLED';
  model.stepsSeen.add('CANCELLED');
  session.lastFailure = { failureCode: 'SESSION_CANCELLED', traceId };
};

/** The verdict that the store has to return, and the change of the model; ids and owners come from the store. */
export const claimInModel = (model: Model, claim: Claim, lease: Lease | undefined): string => {
  const { now } = model;
  const known = model.entries.find((one) => one.claim.code === claim.code && one.claim.kind === claim.kind);
  if (known && known.forgetAt > now) {
    if (!sameBinding(known.claim, claim)) return 'CODE_USED';
    const isLeaseOver = known.leaseUntil <= now;
    if (known.state === 'CLAIMED' && isLeaseOver) {
      known.owner = lease?.owner ?? '';
      known.traceId = claim.traceId;
      known.leaseUntil = now + modelTimes.leaseMs;
      keepForAWhile(model, known);
      return `CLAIMED ${known.id}`;
    }
    if (known.state === 'SENT' && isLeaseOver) abandon(model, known);
    return known.outcomeUntil <= now && !isPending(known) ? 'CODE_USED' : `DUPLICATE ${known.id}`;
  }
  if (known) drop(model, known);
  const session = bind(model, claim);
  if (typeof session === 'string') return session;
  const entry: Entry = {
    id: lease?.redemptionId ?? '',
    owner: lease?.owner ?? '',
    claim,
    traceId: claim.traceId,
    state: claim.marks ? 'SENT' : 'CLAIMED',
    outcome: undefined,
    payer: undefined,
    hasAnswer: false,
    leaseUntil: now + modelTimes.leaseMs,
    outcomeUntil: now + modelTimes.resultTtlMs,
    forgetAt: now + modelTimes.codeTtlMs,
  };
  model.entries.push(entry);
  if (session) {
    session.entry = entry;
    session.expiresAt = entry.outcomeUntil;
    const own = claim.session && 'queryCode' in claim.session ? (claim.session.attempts ?? 1) : session.attemptsLeft;
    session.attemptsLeft = Math.min(session.attemptsLeft, own);
    if (session.step === 'DECLINED') session.step = 'OPENED';
  }
  return `${claim.marks ? 'MARKED' : 'CLAIMED'} ${entry.id}`;
};

const owned = (model: Model, lease: Lease, ...states: Entry['state'][]): Entry | undefined =>
  model.entries.find((one) => one.id === lease.redemptionId && one.owner === lease.owner && states.includes(one.state));

export const markSentInModel = (model: Model, lease: Lease): boolean => {
  const entry = owned(model, lease, 'CLAIMED');
  if (!entry) return false;
  entry.state = 'SENT';
  entry.leaseUntil = model.now + modelTimes.leaseMs;
  return true;
};

export const releaseInModel = (model: Model, lease: Lease): boolean => {
  const entry = owned(model, lease, 'CLAIMED', 'SENT');
  if (entry) free(model, entry);
  return entry !== undefined;
};

/** `payerId` is the id that the store gave to a new payer. */
export const settleInModel = (model: Model, lease: Lease, outcome: Outcome, payerId: string | undefined): void => {
  const entry = owned(model, lease, 'SENT');
  if (entry) end(model, entry, outcome, payerId);
};

export const collectInModel = (model: Model, id: string, outcome: Outcome, payerId: string | undefined): void => {
  const entry = model.entries.find((one) => one.id === id && one.state === 'HELD');
  if (entry) end(model, entry, outcome, payerId);
};

export const countPollInModel = (model: Model, queryCode: string): number => {
  const session = model.sessions.find((one) => one.queryCode === queryCode);
  if (!session) return 5_000;
  const tooSoon = session.polledAt !== undefined && model.now < session.polledAt + session.pollAfterMs;
  session.polledAt = model.now;
  if (tooSoon) session.pollAfterMs = Math.min(session.pollAfterMs + 5_000, 60_000);
  return session.pollAfterMs;
};

const forget = (model: Model, payer: Payer): number => {
  const remaining = model.certifications.filter(({ identityId }) => identityId !== payer.id);
  const certifications = model.certifications.length - remaining.length;
  model.certifications = remaining;
  model.payers = model.payers.filter((other) => other !== payer);
  for (const entry of model.entries) if (entry.payer === payer) entry.payer = undefined;
  return certifications;
};

export const eraseInModel = (model: Model, id: string): EraseReport => {
  const payer = model.payers.find((one) => one.id === id);
  if (!payer) return { identities: 0, certifications: 0, outcomes: 0, tokens: 0 };
  const shown = model.entries.filter((entry) => entry.payer === payer);
  const tokens = shown.filter(({ hasAnswer }) => hasAnswer).length;
  for (const entry of shown) Object.assign(entry, { hasAnswer: false, outcomeUntil: 0 });
  return { identities: 1, certifications: forget(model, payer), outcomes: shown.length, tokens };
};

export const sweepInModel = (model: Model): SweepReport => {
  const { now } = model;
  const left = model.entries.filter(({ leaseUntil }) => leaseUntil <= now);
  const released = left.filter(({ state }) => state === 'CLAIMED');
  const abandoned = left.filter(({ state }) => state === 'SENT');
  for (const entry of released) free(model, entry);
  for (const entry of abandoned) abandon(model, entry);

  const sessions = model.sessions.filter(({ expiresAt }) => expiresAt + modelTimes.resultTtlMs <= now);
  model.sessions = model.sessions.filter((session) => !sessions.includes(session));
  const scrubbed = model.entries.filter(({ hasAnswer, outcomeUntil }) => hasAnswer && outcomeUntil <= now);
  for (const entry of scrubbed) entry.hasAnswer = false;
  const forgotten = model.entries.filter(({ forgetAt }) => forgetAt <= now);
  for (const entry of forgotten) drop(model, entry);
  const certifications = model.certifications.filter(
    ({ startedAt }) => startedAt + modelTimes.certificationTtlMs <= Math.min(now, wallOf(model)),
  );
  model.certifications = model.certifications.filter((one) => !certifications.includes(one));
  const isShown = (payer: Payer) => model.entries.some((one) => one.payer === payer && one.outcomeUntil > now);
  const payers = model.payers.filter(
    (one) => one.lastAt + modelTimes.identityTtlMs <= Math.min(now, wallOf(model)) && !isShown(one),
  );
  for (const payer of payers) forget(model, payer);
  const purged = [sessions, scrubbed, forgotten, certifications, payers].reduce((sum, { length }) => sum + length, 0);
  return { released: released.length, abandoned: abandoned.length, purged };
};
