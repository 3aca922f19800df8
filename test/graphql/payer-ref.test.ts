/** PayerIdentity.ref over HTTP: what it shows, to which callers, and which references it resolves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Redeemed } from '../../src/model.ts';
import { completeSource } from '../support/services/complete-source.ts';
import { type ScopedService, startScopedService, type Who } from '../support/services/scoped-service.ts';
import { type Service, startService } from '../support/services/service.ts';

const AUTHENTICATE = `mutation ($input: PayerAuthenticateInput!) {
  authenticate(input: $input) { ... on PayerAuthenticated { identity { id ref openId userId } } } }`;
const ENTITIES = `query ($of: [_Any!]!) {
  _entities(representations: $of) { ... on PayerIdentity { id ref openId userId } } }`;

/** Payers by their auth codes. */
const subjects: Readonly<Record<string, Redeemed['subject']>> = {
  both: { openId: 'open-of-both', userId: 'user-of-both' },
  userOnly: { userId: '2088000000000001' },
  odd: { openId: 'a/b %2F+ü😀?#"\\&' },
  longest: { openId: '中'.repeat(128) },
};
type Name = keyof typeof subjects;

let service: Service;
const payers: Record<Name, { readonly id: string; readonly ref: string }> = {};
beforeAll(async () => {
  const source = completeSource('upstream');
  service = await startService({
    sources: { complete: { ...source, redeem: async (code) => ({ subject: subjects[code] ?? { openId: code } }) } },
    config: { defaultApp: 'shop', apps: [{ id: 'shop', channels: { ali_pay: 'complete' } }] },
  });
  for (const authCode of Object.keys(subjects)) {
    const { data } = await service.graphql(AUTHENTICATE, { input: { channelId: 'ali_pay', authCode } });
    payers[authCode] = data.authenticate.identity;
  }
});
afterAll(() => service.close());

const typed = (ref: unknown) => ({ __typename: 'PayerIdentity', ref });
const find = async (...refs: unknown[]) => service.graphql(ENTITIES, { of: refs.map(typed) });

describe('the ref of a payer', () => {
  test.each([
    ['both', 'ali_pay/shop/openId/open-of-both'],
    ['userOnly', 'ali_pay/shop/userId/2088000000000001'],
    ['odd', 'ali_pay/shop/openId/a%2Fb%20%252F%2B%C3%BC%F0%9F%98%80%3F%23%22%5C%26'],
    ['longest', `ali_pay/shop/openId/${'%E4%B8%AD'.repeat(128)}`],
  ])('the payer %s shows its ref, which finds it', async (name, ref) => {
    expect(payers[name]).toMatchObject({ ref });
    const { data, errors } = await find(ref);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([payers[name]]);
  });

  test('either id finds a payer that has both, and the ref that is shown has its openId', async () => {
    const { data } = await find('ali_pay/shop/userId/user-of-both', 'ali_pay/shop/openId/open-of-both');
    expect(data._entities).toEqual([payers.both, payers.both]);
  });

  test('a ref whose parts are encoded more than is needed finds its payer', async () => {
    const everything = [...'2088000000000001'].map((digit) => `%3${digit}`).join('');
    const { data } = await find(`%61li_pay/sh%6fp/user%49d/${everything}`);
    expect(data._entities).toEqual([payers.userOnly]);
  });

  test('an id and a ref in one list find the same payer', async () => {
    const of = [{ __typename: 'PayerIdentity', id: payers.odd?.id }, typed(payers.odd?.ref), typed(payers.both?.ref)];
    const { data } = await service.graphql(ENTITIES, { of });
    expect(data._entities).toEqual([payers.odd, payers.odd, payers.both]);
  });
});

describe('a ref that finds no payer', () => {
  test.each([
    ['of an unknown payer', 'ali_pay/shop/openId/nobody'],
    ['of an openId as userId', 'ali_pay/shop/userId/open-of-both'],
    ['of another channel', 'wechat_pay/shop/openId/open-of-both'],
    ['of another app', 'ali_pay/demo/openId/open-of-both'],
    ['of an id in other case', 'ali_pay/shop/openId/OPEN-OF-BOTH'],
    ['that is encoded twice', 'ali_pay/shop/openId/a%252Fb%2520%25252F'],
  ])('a ref %s is null without an error', async (_, ref) => {
    const { status, data, errors } = await find(ref, payers.both?.ref);
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data._entities).toEqual([null, payers.both]);
  });

  test.each([
    ['without parts', 'open-of-both'],
    ['of three parts', 'ali_pay/shop/open-of-both'],
    ['of five parts', 'ali_pay/shop/openId/open-of-both/'],
    ['of another kind', 'ali_pay/shop/unionId/open-of-both'],
    ['that is not percent-encoded', 'ali_pay/shop/openId/a/b'],
    ['with half an escape', 'ali_pay/shop/openId/open%'],
    ['that is empty', ''],
    ['that is null', null],
    ['that is a number', 7],
    ['that is a list', ['ali_pay/shop/openId/open-of-both']],
  ])(
    'a ref %s is BAD_REPRESENTATION in its place, without being repeated, and leaves the others whole',
    async (_, ref) => {
      const { status, data, errors } = await find(payers.both?.ref, ref, payers.userOnly?.ref);
      expect(status).toBe(200);
      expect(data._entities).toEqual([payers.both, null, payers.userOnly]);
      expect(errors).toEqual([
        {
          message: 'The representation has none of the keys of PayerIdentity',
          ...{ path: ['_entities', 1], locations: expect.any(Array), extensions: { code: 'BAD_REPRESENTATION' } },
        },
      ]);
    },
  );
});

describe('a caller without payer:read', () => {
  let scoped: ScopedService;
  beforeAll(async () => {
    scoped = await startScopedService();
  });
  afterAll(() => scoped.close());
  const ask = async (query: string, variables: Record<string, unknown>, who: Who) =>
    scoped.service.graphql(query, variables, await scoped.as(who));

  test('a caller without payer:read gets no ref of the payer whose code it redeems, and none by a reference', async () => {
    const input = { channelId: 'ali_pay', authCode: 'ok_without_read' };
    const { data, errors } = await ask(AUTHENTICATE, { input }, { scopes: ['payer:authenticate'] });
    expect(errors).toBeUndefined();
    const { id, ...rest } = data.authenticate.identity;
    expect(rest).toEqual({ ref: null, openId: null, userId: null });
    const of = [{ __typename: 'PayerIdentity', id }, typed('ali_pay/shop/openId/open')];
    const entities = await ask(ENTITIES, { of }, { scopes: ['payer:authenticate'] });
    expect(entities).toMatchObject({ errors: undefined, data: { _entities: [null, null] } });
    const whole = { id, ref: 'ali_pay/shop/openId/open', openId: 'open', userId: 'user' };
    expect((await ask(ENTITIES, { of }, {})).data._entities).toEqual([whole, whole]);
  });
});
