/** What a repeated call answers when the payer has authenticated again in between. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Subject } from '../../src/model.ts';
import { completeSource } from '../support/services/complete-source.ts';
import {
  AUTH_RESULT,
  AUTHENTICATE,
  AUTHENTICATE_AND_SET,
  type Service,
  startService,
} from '../support/services/service.ts';

const channel = 'ali_pay';
let subjects: Readonly<Record<string, Subject>> = {};
let service: Service;
beforeAll(async () => {
  const complete = completeSource('upstream');
  const named = {
    ...complete,
    redeem: async (authCode: string, request: Parameters<typeof complete.redeem>[1], until: never) => {
      const { subject: _, ...redeemed } = await complete.redeem(authCode, request, until);
      return { ...redeemed, subject: subjects[authCode] ?? {}, accessToken: { value: `token of ${authCode}` } };
    },
  };
  service = await startService({
    sources: { complete: named },
    config: { defaultApp: 'shop', apps: [{ id: 'shop', channels: { [channel]: 'complete' } }] },
  });
});
afterAll(() => service.close());

const authenticate = async (authCode: string) =>
  (await service.graphql(AUTHENTICATE, { input: { channelId: channel, authCode } })).data.authenticate;

describe('an answer that is repeated after the payer has authenticated again', () => {
  test('a repeated answer names the same payer and token, with the ids and times of the moment', async () => {
    subjects = {
      first: { openId: 'open', userId: 'old user', unionId: 'old union' },
      second: { openId: 'open', userId: 'new user', unionId: 'new union' },
    };
    const first = await authenticate('first');
    const second = await authenticate('second');
    const repeated = await authenticate('first');
    const { id, appId, channel: at, firstAuthenticatedAt } = first.identity;
    expect(repeated).toMatchObject({
      accessToken: { value: 'token of first', expiresAt: first.accessToken.expiresAt },
      identity: { id, appId, channel: at, openId: 'open', firstAuthenticatedAt },
    });
    expect(second.accessToken).toMatchObject({ value: 'token of second' });
    expect(repeated.identity).toEqual(second.identity);
    expect(repeated.identity).toMatchObject({ userId: 'new user', unionId: 'new union' });
  });

  test('a repeated answer is the same as a whole while nothing has happened in between', async () => {
    subjects = { alone: { openId: 'alone' } };
    expect(await authenticate('alone')).toEqual(await authenticate('alone'));
  });

  test('a repeated answer through a query code names the same payer', async () => {
    subjects = { kept: { openId: 'k', userId: 'old' }, later: { openId: 'k', userId: 'new' } };
    const { data } = await service.graphql(AUTHENTICATE_AND_SET, { input: { channelId: channel, authCode: 'kept' } });
    const read = async () =>
      (await service.graphql(AUTH_RESULT, { queryCode: data.authenticateAndSet.queryCode })).data.authResult;
    const before = await read();
    await authenticate('later');
    expect(await read()).toMatchObject({
      __typename: 'PayerAuthSucceeded',
      identity: { id: before.identity.id, userId: 'new' },
    });
  });

  test('a repeated failure has the code and the traceId of the first', async () => {
    const refused = await authenticate('refused_1');
    subjects = { other: { openId: 'other' } };
    await authenticate('other');
    expect(refused.__typename).toBe('PayerAuthorizationRejected');
    expect(await authenticate('refused_1')).toEqual(refused);
  });
});
