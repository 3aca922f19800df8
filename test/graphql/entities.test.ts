/** Entity references over real HTTP: keys and malformed representations; references.test.ts has their number. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import type { IdentityRef } from '../../src/model.ts';
import { AUTHENTICATE, type Service, startService } from '../support/services/service.ts';

const ENTITIES = `
  query($representations: [_Any!]!) {
    _entities(representations: $representations) {
      __typename
      ... on PayerIdentity { id appId openId userId unionId channel { id title } }
      ... on PayerChannel { id title }
    }
  }`;

interface Payer {
  readonly id: string;
  readonly openId: string | null;
  readonly userId: string | null;
}

let service: Service;
/** The references of every call of `store.identities`, call by call. */
const lookups: (readonly IdentityRef[])[] = [];
let alice: Payer;
let bob: Payer;

beforeAll(async () => {
  service = await startService();
  const { identities } = service.store;
  service.store.identities = (refs) => {
    lookups.push(refs);
    return identities(refs);
  };
  const authenticated = async (channel: string, payer: string): Promise<Payer> => {
    const { data } = await service.graphql(AUTHENTICATE, {
      input: { channelId: channel, authCode: `test_ok_${payer}` },
    });
    return data.authenticate.identity;
  };
  alice = await authenticated('wechat_pay', 'alice');
  bob = await authenticated('ali_pay', 'bob');
});
afterAll(() => service.close());
beforeEach(() => {
  lookups.length = 0;
});

const entities = (representations: readonly unknown[]) => service.graphql(ENTITIES, { representations });

const typed = (fields: object) => ({ __typename: 'PayerIdentity', ...fields });
const aliceById = () => typed({ id: alice.id });
const aliceByRef = () => typed({ ref: `wechat_pay/demo/openId/${idsOf('alice').openid}` });
const bobById = () => typed({ id: bob.id });
const bobByRef = () => typed({ ref: `ali_pay/demo/userId/${idsOf('bob').userId}` });

const isAlice = () => ({
  __typename: 'PayerIdentity',
  id: alice.id,
  appId: 'demo',
  openId: idsOf('alice').openid,
  userId: null,
  unionId: null,
  channel: { id: 'wechat_pay', title: '微信支付' },
});
const isBob = () => ({
  __typename: 'PayerIdentity',
  id: bob.id,
  appId: 'demo',
  openId: null,
  userId: idsOf('bob').userId,
  unionId: null,
  channel: { id: 'ali_pay', title: '支付宝' },
});
const isAliPay = { __typename: 'PayerChannel', id: 'ali_pay', title: '支付宝' };

const badSlot = (slot: number) => ({
  message: expect.stringMatching(/\w/),
  locations: expect.any(Array),
  path: ['_entities', slot],
  extensions: { code: 'BAD_REPRESENTATION' },
});

/** Errors come in the order in which they happened. */
const inOrder = (errors: readonly { readonly path: readonly [string, number] }[]) =>
  errors.toSorted((left, right) => left.path[1] - right.path[1]);

describe('a payer is found', () => {
  test('a payer is found by id', async () => {
    const { data, errors } = await entities([aliceById()]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isAlice()]);
  });

  test('a payer is found by a ref with openId', async () => {
    const { data, errors } = await entities([aliceByRef()]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isAlice()]);
  });

  test('a payer is found by a ref with userId', async () => {
    const { data, errors } = await entities([bobByRef()]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isBob()]);
  });

  test('payers are found by every key in one request, in order and with repetitions, with one lookup', async () => {
    const missing = typed({ id: 'pid_nobody' });
    const asked = [bobByRef(), aliceById(), missing, aliceByRef(), bobById(), aliceById(), bobByRef()];
    const { data, errors } = await entities(asked);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isBob(), isAlice(), null, isAlice(), isBob(), isAlice(), isBob()]);
    expect(lookups).toHaveLength(1);
    expect(lookups[0]).toHaveLength(5);
  });

  test('entities, queries and aliases of a request share one lookup', async () => {
    const query = `query($a: [_Any!]!, $b: [_Any!]!, $id: ID!) {
      a: _entities(representations: $a) { ... on PayerIdentity { id } }
      b: _entities(representations: $b) { ... on PayerIdentity { id } }
      payerIdentity(id: $id) { id }
    }`;
    const { data } = await service.graphql(query, { a: [aliceById()], b: [bobByRef()], id: bob.id });
    expect(data).toEqual({ a: [{ id: alice.id }], b: [{ id: bob.id }], payerIdentity: { id: bob.id } });
    expect(lookups).toHaveLength(1);
  });

  test('every request looks a payer up anew', async () => {
    await entities([aliceById()]);
    await entities([aliceById()]);
    expect(lookups).toHaveLength(2);
  });
});

describe('references without a payer', () => {
  test.each([
    ['under an unknown id', () => typed({ id: 'pid_nobody' })],
    ['under the id of a channel', () => typed({ id: 'wechat_pay' })],
    ['under an unknown openId', () => typed({ ref: 'wechat_pay/demo/openId/unknown' })],
    ['on another channel', () => typed({ ref: `ali_pay/demo/openId/${alice.openId}` })],
    ['on an unknown channel', () => typed({ ref: `union_pay/demo/openId/${alice.openId}` })],
    ['in another app', () => typed({ ref: `wechat_pay/other/openId/${alice.openId}` })],
    ['by an openId given as userId', () => typed({ ref: `wechat_pay/demo/userId/${alice.openId}` })],
    ['by a userId given as openId', () => typed({ ref: `ali_pay/demo/openId/${bob.userId}` })],
    ['by an unknown id and a ref that exists', () => ({ ...aliceByRef(), id: 'pid_nobody' })],
    ['by an id in other letters', () => typed({ id: alice.id.toUpperCase() })],
    ['by an id with a NUL in it', () => typed({ id: `${alice.id}\u0000` })],
    ['by an id of 128 characters', () => typed({ id: 'x'.repeat(128) })],
  ])('a reference %s resolves to null without an error', async (_, representation) => {
    const { data, errors } = await entities([bobById(), representation(), aliceById()]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isBob(), null, isAlice()]);
  });
});

describe('malformed representations', () => {
  const canary = 'canary7f3a';
  const ref = (text: unknown) => () => typed({ ref: text });
  test.each<[string, () => unknown]>([
    ['id is an object', () => typed({ id: { id: canary } })],
    ['id is an array', () => typed({ id: [canary] })],
    ['id is a number', () => typed({ id: 42 })],
    ['id is a boolean', () => typed({ id: true })],
    ['id is null', () => typed({ id: null })],
    ['id is empty', () => typed({ id: '' })],
    ['id is over-long', () => typed({ id: canary.repeat(13) })],
    ['no key at all', () => typed({})],
    ['only fields that are no key', () => typed({ unionId: canary, subOpenId: canary })],
    ['ref is null', ref(null)],
    ['ref is empty', ref('')],
    ['ref is an object', ref({ $ne: canary })],
    ['ref is an array', ref([canary])],
    ['ref is a number', ref(7)],
    ['ref has three parts', ref(`wechat_pay/demo/${canary}`)],
    ['ref has five parts', ref(`wechat_pay/demo/openId/${canary}/x`)],
    ['ref has an empty part', ref(`wechat_pay//openId/${canary}`)],
    ['ref names another kind of id', ref(`wechat_pay/demo/unionId/${canary}`)],
    ['ref is encoded wrongly', ref(`wechat_pay/demo/openId/%${canary}`)],
    ['ref has a lone surrogate', ref(`wechat_pay/demo/openId/${canary}\ud800`)],
    ['a part of ref is over-long', ref(`wechat_pay/demo/openId/${canary.repeat(13)}`)],
    ['ref is over-long', ref(`wechat_pay/demo/openId/${canary.repeat(200)}`)],
    ['the keys of contract 0', () => typed({ channel: { id: 'wechat_pay' }, appId: 'demo', openId: canary })],
    ['the key hides in __proto__', () => JSON.parse(`{"__typename":"PayerIdentity","__proto__":{"id":"${canary}"}}`)],
    ['the type hides in __proto__', () => JSON.parse(`{"id":"${canary}","__proto__":{"__typename":"PayerIdentity"}}`)],
    ['__typename is missing', () => ({ id: canary })],
    ['__typename is unknown', () => ({ __typename: canary, id: canary })],
    ['__typename is a type that is no entity', () => ({ __typename: 'PayerAuthResultStored', id: canary })],
    ['__typename is Query', () => ({ __typename: 'Query' })],
    ['__typename is __proto__', () => ({ __typename: '__proto__', id: canary })],
    ['__typename is constructor', () => ({ __typename: 'constructor', id: canary })],
    ['__typename is in other letters', () => ({ __typename: 'payeridentity', id: canary })],
    ['__typename is an array', () => ({ __typename: ['PayerIdentity'], id: canary })],
    ['__typename is a number', () => ({ __typename: 1, id: canary })],
    ['__typename is null', () => ({ __typename: null, id: canary })],
    ['it is a string', () => canary],
    ['it is a number', () => 5],
    ['it is a boolean', () => false],
    ['it is an array', () => [{ __typename: 'PayerIdentity', id: canary }]],
    ['a channel without id', () => ({ __typename: 'PayerChannel', title: canary })],
    ['a channel whose id is a number', () => ({ __typename: 'PayerChannel', id: 1 })],
    ['a channel whose id is over-long', () => ({ __typename: 'PayerChannel', id: canary.repeat(13) })],
  ])('a malformed representation is an error at its own place only: %s', async (_, representation) => {
    const { status, data, errors } = await entities([aliceById(), representation(), bobByRef()]);
    expect(status).toBe(200);
    expect(data._entities).toEqual([isAlice(), null, isBob()]);
    expect(errors).toEqual([badSlot(1)]);
    expect(JSON.stringify(errors)).not.toContain(canary);
    expect(lookups).toHaveLength(1);
  });

  test('a list of malformed representations has an error for each, and the store is not called', async () => {
    const { data, errors } = await entities([typed({}), 'x', { __typename: 'Nope' }]);
    expect(data._entities).toEqual([null, null, null]);
    expect(inOrder(errors)).toEqual([badSlot(0), badSlot(1), badSlot(2)]);
    expect(lookups).toEqual([]);
  });

  test('null among the representations is against the schema and rejects the whole request', async () => {
    const { status, data, errors } = await entities([aliceById(), null]);
    expect(status).toBe(200);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  test('an empty list of representations gives an empty list', async () => {
    const { data, errors } = await entities([]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([]);
  });

  test('P6: while the store fails, payers are SERVICE_UNAVAILABLE and channels resolve', async () => {
    const { identities } = service.store;
    service.store.identities = () => Promise.reject(new Error(`disk of ${canary} is full`));
    try {
      const { status, data, errors } = await entities([aliceById(), { __typename: 'PayerChannel', id: 'ali_pay' }]);
      expect(status).toBe(200);
      expect(data._entities).toEqual([null, isAliPay]);
      expect(errors).toMatchObject([
        { path: ['_entities', 0], extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 } },
      ]);
      expect(JSON.stringify(errors)).not.toContain(canary);
    } finally {
      service.store.identities = identities;
    }
  });
});

describe('fields of a representation', () => {
  const claims = {
    appId: 'attacker',
    openId: 'attacker',
    userId: 'attacker',
    unionId: 'attacker',
    title: 'attacker',
    capabilities: ['AUTHENTICATE'],
    secret: 'attacker',
  };

  test('a field in a reference by id is not echoed', async () => {
    const { data } = await entities([{ ...claims, channel: { id: 'ali_pay', title: 'attacker' }, ...aliceById() }]);
    expect(data._entities).toEqual([isAlice()]);
  });

  test('a field in a reference by ref is not echoed', async () => {
    const { data } = await entities([{ ...claims, ...aliceByRef() }]);
    expect(data._entities).toEqual([isAlice()]);
  });

  test('a field in a reference to an unknown payer is not echoed', async () => {
    const { data } = await entities([typed({ ...claims, id: 'pid_nobody' })]);
    expect(data._entities).toEqual([null]);
  });

  test('a field in a reference to a channel is not echoed', async () => {
    const { data } = await entities([{ ...claims, __typename: 'PayerChannel', id: 'ali_pay' }]);
    expect(data._entities).toEqual([isAliPay]);
  });
});

describe('a channel', () => {
  test('a channel is found by its id without a call of the store', async () => {
    const { data, errors } = await entities([{ __typename: 'PayerChannel', id: 'ali_pay' }]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isAliPay]);
    expect(lookups).toEqual([]);
  });

  test.each(['card_pay', 'ALI_PAY', '__proto__', 'constructor'])('an unknown channel is null: %s', async (id) => {
    const { data, errors } = await entities([{ __typename: 'PayerChannel', id }]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([null]);
  });

  test('channels and payers resolve in one list', async () => {
    const { data } = await entities([aliceById(), { __typename: 'PayerChannel', id: 'ali_pay' }, bobById()]);
    expect(data._entities).toEqual([isAlice(), isAliPay, isBob()]);
    expect(lookups).toHaveLength(1);
  });
});

describe('generated representations', () => {
  interface Sample {
    readonly representation: unknown;
    /** The entity expected; 'bad' for an error in its place. */
    readonly expected: object | null | 'bad';
  }
  const known = fc.constantFrom<() => Sample>(
    () => ({ representation: aliceById(), expected: isAlice() }),
    () => ({ representation: aliceByRef(), expected: isAlice() }),
    () => ({ representation: bobById(), expected: isBob() }),
    () => ({ representation: bobByRef(), expected: isBob() }),
    () => ({ representation: { __typename: 'PayerChannel', id: 'ali_pay' }, expected: isAliPay }),
  );
  const name = fc.string({ minLength: 1, maxLength: 128, unit: 'grapheme-ascii' });
  const unknown = fc
    .oneof(
      name.map((id) => typed({ id })),
      name.map((id) => ({ __typename: 'PayerChannel', id: `no-${id}`.slice(0, 128) })),
      fc
        .tuple(name, name, fc.constantFrom('openId', 'userId'), name)
        .map((parts) => typed({ ref: parts.map(encodeURIComponent).join('/') })),
    )
    .map((representation) => (): Sample => ({ representation, expected: null }));
  const bad = fc
    .oneof(
      fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null),
      fc.record({
        __typename: fc.constantFrom('PayerIdentity', 'PayerChannel'),
        id: fc.constantFrom(null, 1, '', [], {}),
      }),
      fc
        .record({ __typename: name, id: name })
        .filter(({ __typename }) => !/^(PayerIdentity|PayerChannel)$/.test(__typename)),
    )
    .map((representation) => (): Sample => ({ representation, expected: 'bad' }));

  test('for generated representations the answer has their length and order, errors only at malformed ones, and one lookup at most', async () => {
    const lists = fc.array(fc.oneof(known, unknown, bad), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(lists, async (makers) => {
        lookups.length = 0;
        const samples = makers.map((make) => make());
        const { status, data, errors = [] } = await entities(samples.map(({ representation }) => representation));
        expect(status).toBe(200);
        expect(data._entities).toEqual(samples.map(({ expected }) => (expected === 'bad' ? null : expected)));
        const badSlots = samples.flatMap(({ expected }, slot) => (expected === 'bad' ? [badSlot(slot)] : []));
        expect(inOrder(errors)).toEqual(badSlots);
        expect(lookups.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 150 },
    );
  });
});
