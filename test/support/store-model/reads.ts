/** What the store has to return, according to its model. */
import type { Certification, PayerIdentity } from '../../../src/model.ts';
import { type Entry, hasFailed, isPending, type Model, modelTimes, type Payer } from './state.ts';

/** As `identities` has to return it. */
export const payerAsRead = ({ id, appId, channelId, subject, firstAt, lastAt }: Payer): PayerIdentity => {
  const { openId = null, userId = null, unionId = null, subAppId = null, subOpenId = null } = subject;
  const seen = { firstAuthenticatedAt: new Date(firstAt), lastAuthenticatedAt: new Date(lastAt) };
  return { id, appId, channelId, openId, userId, unionId, subAppId, subOpenId, ...seen };
};

/** As `settle` and `collect` have to return it at any time; undefined when its payer was erased. */
export const endingAsRead = ({ skew }: Model, entry: Entry | undefined): object | undefined => {
  if (!entry || (entry.state === 'SUCCEEDED' && !entry.payer)) return undefined;
  const { id, traceId, state, outcome, payer, hasAnswer, claim } = entry;
  const { source, appId, channelId } = claim;
  return {
    id,
    source,
    appId,
    channelId,
    traceId,
    state,
    expiresAt: new Date(entry.outcomeUntil + skew),
    ...(payer && { identity: payerAsRead(payer) }),
    ...(hasAnswer && outcome && 'accessToken' in outcome && { accessToken: outcome.accessToken }),
    ...(outcome && 'answer' in outcome && { answer: hasAnswer ? outcome.answer : '' }),
    ...(outcome && 'failureCode' in outcome && { failureCode: outcome.failureCode }),
  };
};

/** As `redemption` has to return it. */
export const entryAsRead = (model: Model, id: string): object | undefined =>
  endingAsRead(
    model,
    model.entries.find((one) => one.id === id && (one.outcomeUntil > model.now || isPending(one))),
  );

/** As `session` has to return it. */
export const sessionAsRead = (model: Model, queryCode: string): object | undefined => {
  const found = model.sessions.find((one) => one.queryCode === queryCode);
  const graceMs = modelTimes.resultTtlMs;
  if (!found || found.expiresAt + graceMs <= model.now) return undefined;
  const { appId, channelId, expiresAt, entry, step, lastFailure } = found;
  const isExpired = expiresAt <= model.now && !(entry && isPending(entry));
  if (isExpired && entry && !hasFailed(entry)) return undefined;
  const shown = entry && !isExpired ? entryAsRead(model, entry.id) : undefined;
  // No reader of a query code gets the access token.
  const redemption = shown && { ...shown, ...('accessToken' in shown && { accessToken: undefined }) };
  // Its payer was erased: the query code stays taken and shows no session.
  if (entry && !redemption && !isExpired) return undefined;
  return {
    appId,
    channelId: redemption ? entry?.claim.channelId : channelId,
    clientReferenceId: found.clientReferenceId,
    expiresAt: new Date(expiresAt + (isExpired ? graceMs : 0) + model.skew),
    isExpired,
    redemption,
    step,
    attemptsLeft: found.codesUntil > model.now && step !== 'CANCELLED' ? found.attemptsLeft : 0,
    lastFailure,
  };
};

/** As `certification` has to return it. */
export const certificationAsRead = (model: Model, certifyId: string): Certification | undefined => {
  const found = model.certifications.find((one) => one.certifyId === certifyId);
  if (!found) return undefined;
  const { startedAt, checkedAt } = found;
  return { ...found, startedAt: new Date(startedAt), checkedAt: checkedAt === null ? null : new Date(checkedAt) };
};

/** What `certificationsOf` may choose from: passed ones, else the latest; undefined without any. */
export const bestCertifications = (model: Model, payerId: string): (Certification | undefined)[] => {
  const all = model.certifications.filter(({ identityId }) => identityId === payerId);
  const passed = all.filter(({ status }) => status === 'PASSED');
  const candidates = passed.length > 0 ? passed : all;
  const latest = Math.max(...candidates.map(({ startedAt }) => startedAt));
  if (candidates.length === 0) return [undefined];
  return candidates
    .filter(({ startedAt }) => startedAt === latest)
    .map(({ certifyId }) => certificationAsRead(model, certifyId));
};
