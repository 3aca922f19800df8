/** Compares all reads of a store with its model. */
import { expect } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { bestCertifications, certificationAsRead, entryAsRead, payerAsRead, sessionAsRead } from './reads.ts';
import type { Model } from './state.ts';

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

/** In turns, for speed; a difference is found two steps later at the latest. */
export const compareSome: Comparison = async (model, store) => {
  await comparisons[model.steps % comparisons.length]?.(model, store);
};
