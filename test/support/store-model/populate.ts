/** A store with every kind of row in every state, made by the store itself. */
import type { Lease, Outcome } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import { claimOf, type TestClaim } from '../../contract/store/fixtures.ts';

const app = { appId: 'demo', channelId: 'ali_pay' };
const place = { source: 'daxpay', upstreamAppId: 'upstream', ...app };

const outcomes: readonly Outcome[] = [
  {
    state: 'SUCCEEDED',
    subject: { openId: 'open-1', userId: 'user-1', unionId: '联合' },
    accessToken: { value: 'token' },
  },
  { state: 'SUCCEEDED', subject: { openId: 'open-2' } },
  { state: 'SUCCEEDED', subject: { userId: 'user-3' } },
  { state: 'HELD' },
  { state: 'ANSWERED', answer: '{"jobworth":true}' },
  { state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED', upstreamCode: '42003' },
  { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' },
];

/** Claims with a query code of its own. */
export const populatedClaim = (name: string): TestClaim => ({
  ...place,
  authCode: `code-${name}`,
  queryCode: `query-${name}`,
  caller: 'router',
  traceId: `trace-${name}`,
});

const take = async (store: Store, name: string): Promise<Lease> => {
  const verdict = await store.claim(claimOf(populatedClaim(name)));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  return verdict.lease;
};

/** Returns the names of the claims that it made. */
export const populate = async (store: Store): Promise<string[]> => {
  const names = ['claimed', 'sent', ...outcomes.map((_, index) => `outcome-${index}`)];
  await store.openSession({ queryCode: 'query-open', stateId: 'state', appId: 'demo', channelId: 'ali_pay' });
  await take(store, 'claimed');
  await store.markSent(await take(store, 'sent'));
  for (const [index, outcome] of outcomes.entries()) {
    const lease = await take(store, `outcome-${index}`);
    await store.markSent(lease);
    const ended = await store.settle(lease, outcome);
    if (ended?.state !== 'SUCCEEDED') continue;
    const certifyId = `certify-${index}`;
    await store.addCertification({ certifyId, appId: 'demo', channelId: 'ali_pay', identityId: ended.identity.id });
    if (index === 0) await store.updateCertification(certifyId, 'PASSED');
    if (index === 1) await store.updateCertification(certifyId, 'NOT_PASSED');
  }
  await store.addCertification({
    certifyId: 'certify-without-payer',
    appId: 'demo',
    channelId: 'ali_pay',
    identityId: null,
  });
  const announced = { clientReferenceId: 'order-1', announced: true };
  await store.openSession({
    queryCode: 'query-announced',
    stateId: 'state-2',
    appId: 'demo',
    channelId: 'ali_pay',
    ...announced,
  });
  const lease = await take(store, 'announced');
  await store.markSent(lease);
  await store.settle(lease, { state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' });
  await store.useNonce({ appId: 'demo', nonce: 'nonce', fingerprint: 'fingerprint' });
  return names;
};

/** All that callers can read of it. */
export const readAll = async (store: Store, names: readonly string[]) => {
  return {
    claims: await Promise.all(names.map((name) => store.claim(claimOf(populatedClaim(name))))),
    sessions: await Promise.all([...names, 'open'].map((name) => store.session(`query-${name}`))),
    identities: await store.identities([
      ...['open-1', 'open-2'].map((openId) => ({ ...app, openId })),
      ...['user-1', 'user-3'].map((userId) => ({ ...app, userId })),
    ]),
    certifications: await Promise.all(
      ['certify-0', 'certify-1', 'certify-2', 'certify-without-payer'].map((id) => store.certification(id)),
    ),
  };
};
