/** Entity references over real HTTP: keys, malformed representations, limits. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import type { IdentityRef } from '../../src/model.ts';
import { AUTHENTICATE, type GraphqlAnswer, type Service, startService } from '../support/services/service.ts';

const ENTITIES = `
  query($representations: [_Any!]!) {
    _entities(representations: $representations) {
      __typename
      ... on PayerIdentity { id appId openId userId unionId channel { id title } }
      ... on Channel { id title capabilities }
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
const aliceByOpenId = () => typed({ channel: { id: 'wechat_pay' }, appId: 'demo', openId: idsOf('alice').openid });
const bobById = () => typed({ id: bob.id });
const bobByUserId = () => typed({ channel: { id: 'ali_pay' }, appId: 'demo', userId: idsOf('bob').userId });

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
const isAliPay = { __typename: 'Channel', id: 'ali_pay', title: '支付宝', capabilities: null };

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

  test('a payer is found by channel, app and openId', async () => {
    const { data, errors } = await entities([aliceByOpenId()]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isAlice()]);
  });

  test('a payer is found by channel, app and userId', async () => {
    const { data, errors } = await entities([bobByUserId()]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isBob()]);
  });

  test('payers are found by every key in one request, in order and with repetitions, with one lookup', async () => {
    const missing = typed({ id: 'pid_nobody' });
    const asked = [bobByUserId(), aliceById(), missing, aliceByOpenId(), bobById(), aliceById(), bobByUserId()];
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
    const { data } = await service.graphql(query, { a: [aliceById()], b: [bobByUserId()], id: bob.id });
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
    ['under an unknown openId', () => ({ ...aliceByOpenId(), openId: 'nobody' })],
    ['on another channel', () => ({ ...aliceByOpenId(), channel: { id: 'ali_pay' } })],
    ['on an unknown channel', () => ({ ...aliceByOpenId(), channel: { id: 'union_pay' } })],
    ['in another app', () => ({ ...aliceByOpenId(), appId: 'other' })],
    ['by an openId given as userId', () => typed({ ...aliceByOpenId(), openId: undefined, userId: alice.openId })],
    ['by a userId given as openId', () => typed({ ...bobByUserId(), userId: undefined, openId: bob.userId })],
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
  const openIdKey = (changes: object) => () => ({ ...aliceByOpenId(), ...changes });
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
    ['channel is missing', openIdKey({ channel: undefined })],
    ['channel is null', openIdKey({ channel: null })],
    ['channel is a string', openIdKey({ channel: canary })],
    ['channel is an array', openIdKey({ channel: [{ id: canary }] })],
    ['channel has no id', openIdKey({ channel: { title: canary } })],
    ['channel.id is an object', openIdKey({ channel: { id: { id: canary } } })],
    ['channel.id is over-long', openIdKey({ channel: { id: canary.repeat(13) } })],
    ['appId is missing', openIdKey({ appId: undefined })],
    ['appId is a number', openIdKey({ appId: 7 })],
    ['appId is null', openIdKey({ appId: null })],
    ['openId and userId are missing', openIdKey({ openId: undefined })],
    ['openId is an object', openIdKey({ openId: { $ne: canary } })],
    ['openId is null', openIdKey({ openId: null })],
    ['openId is over-long', openIdKey({ openId: canary.repeat(13) })],
    ['userId is an array', openIdKey({ openId: undefined, userId: [canary] })],
    ['the key hides in __proto__', () => JSON.parse(`{"__typename":"PayerIdentity","__proto__":{"id":"${canary}"}}`)],
    ['the type hides in __proto__', () => JSON.parse(`{"id":"${canary}","__proto__":{"__typename":"PayerIdentity"}}`)],
    ['__typename is missing', () => ({ id: canary })],
    ['__typename is unknown', () => ({ __typename: canary, id: canary })],
    ['__typename is a type that is no entity', () => ({ __typename: 'AuthResult', id: canary })],
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
    ['a channel without id', () => ({ __typename: 'Channel', title: canary })],
    ['a channel whose id is a number', () => ({ __typename: 'Channel', id: 1 })],
    ['a channel whose id is over-long', () => ({ __typename: 'Channel', id: canary.repeat(13) })],
  ])('a malformed representation is an error at its own place only: %s', async (_, representation) => {
    const { status, data, errors } = await entities([aliceById(), representation(), bobByUserId()]);
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
    expect(status).toBe(400);
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
      const { status, data, errors } = await entities([aliceById(), { __typename: 'Channel', id: 'ali_pay' }]);
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

  test('a field in a reference by openId is not echoed', async () => {
    const { data } = await entities([typed({ ...claims, ...aliceByOpenId(), userId: 'attacker' })]);
    expect(data._entities).toEqual([isAlice()]);
  });

  test('a field in a reference to an unknown payer is not echoed', async () => {
    const { data } = await entities([typed({ ...claims, id: 'pid_nobody' })]);
    expect(data._entities).toEqual([null]);
  });

  test('a field in a reference to a channel is not echoed', async () => {
    const { data } = await entities([{ ...claims, __typename: 'Channel', id: 'ali_pay' }]);
    expect(data._entities).toEqual([isAliPay]);
  });
});

describe('a channel', () => {
  test('a channel is found by its id without a call of the store', async () => {
    const { data, errors } = await entities([{ __typename: 'Channel', id: 'ali_pay' }]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([isAliPay]);
    expect(lookups).toEqual([]);
  });

  test.each(['card_pay', 'ALI_PAY', '__proto__', 'constructor'])('an unknown channel is null: %s', async (id) => {
    const { data, errors } = await entities([{ __typename: 'Channel', id }]);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([null]);
  });

  test('channels and payers resolve in one list', async () => {
    const { data } = await entities([aliceById(), { __typename: 'Channel', id: 'ali_pay' }, bobById()]);
    expect(data._entities).toEqual([isAlice(), isAliPay, isBob()]);
    expect(lookups).toHaveLength(1);
  });
});

describe('how many representations an operation may have', () => {
  const nobodies = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => typed({ id: `pid_${from + i}` }));

  const expectTooMany = ({ status, data, errors }: GraphqlAnswer) => {
    expect(status).toBe(400);
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'TOO_MANY_REPRESENTATIONS' } }]);
    expect(lookups).toEqual([]);
  };

  test('200 representations pass, with one lookup', async () => {
    const { status, data, errors } = await entities([...nobodies(199), aliceById()]);
    expect(status).toBe(200);
    expect(errors).toBeUndefined();
    expect(data._entities).toHaveLength(200);
    expect(data._entities[199]).toEqual(isAlice());
    expect(lookups.map(({ length }) => length)).toEqual([200]);
  });

  test('200 representations of one payer pass, and are one reference in the lookup', async () => {
    const { data } = await entities(Array.from({ length: 200 }, aliceByOpenId));
    expect(data._entities).toHaveLength(200);
    expect(lookups.map(({ length }) => length)).toEqual([1]);
  });

  test('201 representations in a variable are refused', async () => {
    expectTooMany(await entities(nobodies(201)));
  });

  test('201 representations of one payer are refused', async () => {
    expectTooMany(await entities(Array.from({ length: 201 }, aliceById)));
  });

  test('201 inline representations are refused', async () => {
    const list = Array(201).fill('{}').join(' ');
    expectTooMany(await service.graphql(`{ _entities(representations: [${list}]) { __typename } }`));
  });

  test('201 representations spread over aliases are refused', async () => {
    const query = `query($a: [_Any!]!, $b: [_Any!]!, $c: [_Any!]!) {
      a: _entities(representations: $a) { __typename }
      b: _entities(representations: $b) { __typename }
      c: _entities(representations: $c) { __typename }
    }`;
    const variables = { a: nobodies(67), b: nobodies(67, 67), c: nobodies(67, 134) };
    expectTooMany(await service.graphql(query, variables));
    const fewer = await service.graphql(query, { ...variables, c: nobodies(66, 134) });
    expect(fewer.status).toBe(200);
  });

  test('a list of representations counts once for each alias that uses it', async () => {
    const query = `query($r: [_Any!]!) {
      a: _entities(representations: $r) { __typename }
      b: _entities(representations: $r) { __typename }
    }`;
    expectTooMany(await service.graphql(query, { r: nobodies(101) }));
  });

  test('201 representations in a fragment are refused', async () => {
    const query = `query($r: [_Any!]!) { ...Payers }
      fragment Payers on Query { _entities(representations: $r) { __typename } }`;
    expectTooMany(await service.graphql(query, { r: nobodies(201) }));
  });

  test('201 representations in an inline fragment are refused', async () => {
    const query = 'query($r: [_Any!]!) { ... on Query { _entities(representations: $r) { __typename } } }';
    expectTooMany(await service.graphql(query, { r: nobodies(201) }));
  });

  test('201 representations in the default of a variable are refused', async () => {
    const list = Array(201).fill('{}').join(' ');
    const query = `query($r: [_Any!]! = [${list}]) { _entities(representations: $r) { __typename } }`;
    expectTooMany(await service.graphql(query));
  });

  test("a variable's default counts once for each alias that uses it", async () => {
    const list = Array(20).fill(`{ __typename: "PayerIdentity", id: "${alice.id}" }`).join(' ');
    const aliases = Array.from({ length: 20 }, (_, i) => `a${i}: _entities(representations: $r) { __typename }`);
    expectTooMany(await service.graphql(`query($r: [_Any!]! = [${list}]) { ${aliases.join(' ')} }`));
  });

  test('representations of an operation that does not run are not counted', async () => {
    const query = `
      query A($a: [_Any!]!) { _entities(representations: $a) { __typename } }
      query B($b: [_Any!]!) { _entities(representations: $b) { __typename } }`;
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, operationName: 'A', variables: { a: nobodies(150), b: nobodies(150) } }),
    });
    expect(response.status).toBe(200);
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
    () => ({ representation: aliceByOpenId(), expected: isAlice() }),
    () => ({ representation: bobById(), expected: isBob() }),
    () => ({ representation: bobByUserId(), expected: isBob() }),
    () => ({ representation: { __typename: 'Channel', id: 'ali_pay' }, expected: isAliPay }),
  );
  const name = fc.string({ minLength: 1, maxLength: 128, unit: 'grapheme-ascii' });
  const unknown = fc
    .oneof(
      name.map((id) => typed({ id })),
      name.map((id) => ({ __typename: 'Channel', id: `no-${id}`.slice(0, 128) })),
      fc.tuple(name, name, name).map(([id, appId, openId]) => typed({ channel: { id }, appId, openId })),
      fc.tuple(name, name, name).map(([id, appId, userId]) => typed({ channel: { id }, appId, userId })),
    )
    .map((representation) => (): Sample => ({ representation, expected: null }));
  const bad = fc
    .oneof(
      fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null),
      fc.record({ __typename: fc.constantFrom('PayerIdentity', 'Channel'), id: fc.constantFrom(null, 1, '', [], {}) }),
      fc
        .record({ __typename: name, id: name })
        .filter(({ __typename }) => !/^(PayerIdentity|Channel)$/.test(__typename)),
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
