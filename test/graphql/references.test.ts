/** References as gateways send them: whole pages, merged and repeated, up to the ceiling and beyond, on both databases. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import type { IdentityRef } from '../../src/model.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import type { Store } from '../../src/store/store.ts';
import { startPostgres } from '../support/databases/postgres.ts';
import { AUTHENTICATE, type Service, type ServiceOptions, startService } from '../support/services/service.ts';

const CEILING = 1_000;

interface Payer {
  readonly id: string;
  readonly ref: string;
}

/** A service whose calls of `store.identities` are recorded, call by call, and two payers of each channel. */
const startRecorded = async ({ store, ...options }: ServiceOptions & { readonly store?: Store } = {}) => {
  const lookups: (readonly IdentityRef[])[] = [];
  const service = await startService({
    ...options,
    wrap: (sqlite) => {
      const used = store ?? sqlite;
      return {
        ...used,
        identities: (refs) => {
          lookups.push(refs);
          return used.identities(refs);
        },
      };
    },
  });
  const authenticated = async (channelId: string, payer: string): Promise<Payer> => {
    const { data } = await service.graphql(AUTHENTICATE, {
      input: { channelId, authCode: `test_ok_${payer}~${channelId}` },
    });
    const { id } = data.authenticate.identity;
    const read = await service.graphql('query ($id: ID!) { payerIdentity(id: $id) { id ref } }', { id });
    return read.data.payerIdentity;
  };
  const payers: Payer[] = [];
  for (const channel of ['wechat_pay', 'ali_pay'])
    for (const payer of ['alice', 'bob']) payers.push(await authenticated(channel, payer));
  return { ...service, lookups, payers };
};
type Recorded = Awaited<ReturnType<typeof startRecorded>>;

const typed = (fields: object) => ({ __typename: 'PayerIdentity', ...fields });
const channel = (id: string) => ({ __typename: 'PayerChannel', id });
const strangers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => typed({ id: `pid_${from + i}` }));
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');

const FIELDS = '__typename ... on PayerIdentity { id } ... on PayerChannel { id }';
const ENTITIES = `query ($r: [_Any!]!) { _entities(representations: $r) { ${FIELDS} } }`;

/** Several lists in one operation, each under an alias and with a variable of its own, as Hive sends them. */
const merged = (
  lists: readonly (readonly unknown[])[],
  select: (index: number) => string,
  alias: (index: number) => string,
) => ({
  query: `query (${times(lists.length, (i) => `$r${i}: [_Any!]!`)}) {
    ${times(lists.length, (i) => `${alias(i)}: _entities(representations: $r${i}) { ${select(i)} }`)}
  }`,
  variables: Object.fromEntries(lists.map((list, i) => [`r${i}`, list])),
});
const hiveJs = (index: number) => `_v${index}__entities`;
const hiveRust = (index: number) => `_e${index}`;

const tooMany = (...path: (string | number)[]) => ({
  message: `At most ${CEILING} different references per operation`,
  locations: expect.any(Array),
  path,
  extensions: { code: 'TOO_MANY_REPRESENTATIONS' },
});
const found = ({ id }: { id: string }) => ({ __typename: 'PayerIdentity', id });

interface PlacedError {
  readonly path: readonly (string | number)[];
  readonly extensions: { readonly code: string };
}

/** Errors come in the order in which they happened. */
const byPlace = (errors: readonly PlacedError[] = []): PlacedError[] =>
  errors.toSorted((left, right) => `${left.path}`.localeCompare(`${right.path}`, 'en', { numeric: true }));

let service: Recorded;
beforeAll(async () => {
  service = await startRecorded();
});
afterAll(() => service.close());
beforeEach(() => {
  service.lookups.length = 0;
});
const ask = ({ query, variables }: { query: string; variables: Record<string, unknown> }) =>
  service.graphql(query, variables);
const entities = (r: readonly unknown[]) => service.graphql(ENTITIES, { r });
const lookedUp = () => service.lookups.map(({ length }) => length);

describe('fed-page-of-250: a page of 250 orders', () => {
  const orders = <T>(of: (index: number) => T) => Array.from({ length: 250 }, (_, index) => of(index));

  test('250 different payers resolve, with one call of the store', async () => {
    const [alice] = service.payers;
    const { status, data, errors } = await entities([...strangers(249), typed({ id: alice?.id })]);
    expect([status, errors]).toEqual([200, undefined]);
    expect(data._entities).toEqual([...orders(() => null).slice(1), found(alice!)]);
    expect(lookedUp()).toEqual([250]);
  });

  test('250 references to one payer resolve, and are one reference in the store', async () => {
    const [alice] = service.payers;
    const { data, errors } = await entities(orders(() => typed({ id: alice?.id })));
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual(orders(() => found(alice!)));
    expect(lookedUp()).toEqual([1]);
  });

  test('250 references to channels resolve without the store', async () => {
    const ids = ['ali_pay', 'wechat_pay'];
    const { data, errors } = await entities(orders((index) => channel(ids[index % 2] ?? '')));
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual(orders((index) => ({ __typename: 'PayerChannel', id: ids[index % 2] })));
    expect(lookedUp()).toEqual([]);
  });

  test('250 references by ref with further fields resolve', async () => {
    const refs = orders((index) => typed({ ref: service.payers[index % 4]?.ref, appId: 'x', note: 'y' }));
    const { data, errors } = await entities(refs);
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual(orders((index) => found(service.payers[index % 4]!)));
    expect(lookedUp()).toEqual([4]);
  });
});

describe('fed-merged-root-fields: lists that a gateway has merged', () => {
  const select = (index: number) =>
    `... on PayerIdentity { ${['openId', 'userId', 'unionId', 'appId', 'subAppId', 'subOpenId'][index % 6]} }`;

  test.each([
    ['6 lists of Hive’s JavaScript planner', 6, hiveJs],
    ['6 lists of Hive’s Rust planner', 6, hiveRust],
    ['36 lists', 36, hiveJs],
  ])('%s are answered, with one call of the store', async (_, count, alias) => {
    const lists = Array.from({ length: count }, (_, i) => [typed({ id: service.payers[i % 4]?.id }), ...strangers(3)]);
    const { status, data, errors } = await ask(merged(lists, select, alias));
    expect([status, errors]).toEqual([200, undefined]);
    expect(Object.keys(data)).toEqual(lists.map((_, i) => alias(i)));
    for (const list of Object.values<unknown[]>(data)) expect(list).toEqual([expect.any(Object), null, null, null]);
    expect(lookedUp()).toEqual([7]);
  });

  test('lists of 150 orders and 100 wallets, repeated with other fields, are 250 references', async () => {
    const orders = strangers(150);
    const wallets = Array.from({ length: 100 }, (_, i) => typed({ ref: `ali_pay/demo/userId/2088${i}` }));
    const { status, errors } = await ask(merged([orders, wallets, orders, wallets, orders], select, hiveRust));
    expect([status, errors]).toEqual([200, undefined]);
    expect(lookedUp()).toEqual([250]);
  });

  test('payers, channels and a field of the client are answered beside merged lists', async () => {
    const { query, variables } = merged(
      [[typed({ id: service.payers[0]?.id })], [channel('ali_pay')]],
      () => FIELDS,
      hiveJs,
    );
    const whole = query.replace(/\}\s*$/, 'payerIdentity(id: "pid_0") { id } payerChannels { channel { id } } }');
    const { data, errors } = await service.graphql(whole, variables);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ _v0__entities: [found(service.payers[0]!)], payerIdentity: null });
    expect(lookedUp()).toEqual([2]);
  });
});

describe('more references than limits.representations', () => {
  test('of 1,001 different references the last is refused in its place, and the others resolve', async () => {
    const [alice] = service.payers;
    const { status, data, errors } = await entities([typed({ id: alice?.id }), ...strangers(1_000)]);
    expect(status).toBe(200);
    expect(data._entities).toEqual([found(alice!), ...Array(1_000).fill(null)]);
    expect(errors).toEqual([tooMany('_entities', 1_000)]);
    expect(lookedUp()).toEqual([1_000]);
  });

  test('1,000 different references resolve, each repeated', async () => {
    const { errors } = await entities([...strangers(1_000), ...strangers(1_000)]);
    expect(errors).toBeUndefined();
    expect(lookedUp()).toEqual([1_000]);
  });

  test('places beyond the ceiling are refused, and those equal to earlier ones resolve, in all lists together', async () => {
    const [alice, bob] = service.payers;
    const lists = [
      [typed({ id: alice?.id }), ...strangers(600)],
      [...strangers(399, 600), typed({ id: bob?.id }), typed({ id: alice?.id }), channel('ali_pay')],
      [channel('ali_pay'), ...strangers(2)],
    ];
    const { data, errors } = await ask(merged(lists, () => FIELDS, hiveJs));
    expect(byPlace(errors)).toEqual([
      tooMany('_v1__entities', 399),
      tooMany('_v1__entities', 401),
      tooMany('_v2__entities', 0),
    ]);
    expect(data._v1__entities.slice(399)).toEqual([null, found(alice!), null]);
    expect(data._v2__entities).toEqual([null, null, null]);
  });

  test('a ref is one reference, however it is percent-encoded', async () => {
    const [{ ref } = { ref: '' }] = service.payers;
    const encoded = ref.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
    const { data, errors } = await entities([typed({ ref }), ...strangers(999), typed({ ref: encoded })]);
    expect(errors).toBeUndefined();
    expect(data._entities.at(-1)).toEqual(found(service.payers[0]!));
  });

  test('payerIdentity is one reference of the same budget', async () => {
    const query = `query ($r: [_Any!]!) {
      first: payerIdentity(id: "pid_a") { id }
      _entities(representations: $r) { __typename }
      equal: payerIdentity(id: "pid_7") { id }
      last: payerIdentity(id: "pid_b") { id }
    }`;
    const within = await service.graphql(query, { r: strangers(998) });
    expect(within.errors).toBeUndefined();
    const { status, data, errors } = await service.graphql(query, { r: strangers(1_000) });
    expect(status).toBe(200);
    expect(data).toMatchObject({ first: null, equal: null, last: null });
    expect(byPlace(errors)).toEqual([tooMany('_entities', 999), tooMany('last')]);
  });

  test('malformed representations are refused as such, also beyond the ceiling, and take no place of it', async () => {
    const malformed = [typed({ id: '' }), { __typename: 'Order', id: '1' }, 7];
    const { errors } = await entities([...malformed, ...strangers(1_001), ...malformed]);
    const codes = byPlace(errors).map(({ path, extensions }) => [path[1], extensions.code]);
    const bad = (at: number) => [at, 'BAD_REPRESENTATION'];
    expect(codes).toEqual([
      bad(0),
      bad(1),
      bad(2),
      [1_003, 'TOO_MANY_REPRESENTATIONS'],
      bad(1_004),
      bad(1_005),
      bad(1_006),
    ]);
  });

  test('references in literals, fragments and defaults of variables count alike', async () => {
    const narrow = await startRecorded({ config: { limits: { representations: 3 } } });
    onTestFinished(() => narrow.close());
    const literal = (count: number) => times(count, (i) => `{ __typename: "PayerIdentity", id: "pid_${i}" }`);
    const refused = async (document: string) => (await narrow.graphql(document)).errors?.length ?? 0;
    expect(await refused(`{ _entities(representations: [${literal(3)}]) { __typename } }`)).toBe(0);
    expect(await refused(`{ _entities(representations: [${literal(5)}]) { __typename } }`)).toBe(2);
    expect(
      await refused(`{ ...F } fragment F on Query { _entities(representations: [${literal(5)}]) { __typename } }`),
    ).toBe(2);
    const byDefault = `query ($r: [_Any!]! = [${literal(5)}]) { a: _entities(representations: $r) { __typename } b: _entities(representations: $r) { __typename } }`;
    expect(await refused(byDefault)).toBe(4);
  });

  test('references of an operation that does not run are not counted', async () => {
    const query = `query A($a: [_Any!]!) { _entities(representations: $a) { __typename } }
      query B($b: [_Any!]!) { _entities(representations: $b) { __typename } }`;
    const body = { query, operationName: 'A', variables: { a: strangers(600), b: strangers(600, 600) } };
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(await response.json()).toEqual({ data: { _entities: Array(600).fill(null) } });
  });
});

describe('the body of a request (limits.bodyBytes)', () => {
  const post = (at: Service, bytes: number) => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { padding: '' } });
    return fetch(`${at.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body.replace('""', `"${'x'.repeat(bytes - body.length)}"`),
    });
  };

  test('a body of limits.bodyBytes passes, one of a byte more is 413', async () => {
    const narrow = await startService({ config: { limits: { representations: 10, bodyBytes: 5_000 } } });
    onTestFinished(() => narrow.close());
    for (const [at, limit] of [
      [service, 321_536],
      [narrow, 5_000],
    ] as const) {
      expect((await post(at, limit)).status).toBe(200);
      const refused = await post(at, limit + 1);
      expect(refused.status).toBe(413);
      expect(await refused.json()).toMatchObject({
        errors: [{ message: `At most ${limit} bytes`, extensions: { code: 'BODY_TOO_LARGE' } }],
      });
    }
  });

  test('a body has room for 1,000 references of 256 bytes each', async () => {
    const representations = Array.from({ length: CEILING }, (_, index) => {
      const ref = `wechat_pay/demo/openId/${`${index}`.padEnd(128, 'x')}`;
      const bytes = JSON.stringify([typed({ id: '', ref })]).length - 1;
      return typed({ id: `${index}`.padEnd(256 - bytes, 'x'), ref });
    });
    expect(JSON.stringify(representations).length).toBe(256 * CEILING + 1);
    const { status, errors } = await entities(representations);
    expect([status, errors]).toEqual([200, undefined]);
  });
});

interface Sample {
  readonly representation: unknown;
  /** The entity expected, null, or 'bad' for a malformed representation. */
  readonly expected: object | null | 'bad';
  /** Equal for equal references. */
  readonly key?: string;
}

/** One of all kinds of representations, by a number: a generated list is many numbers, and so quick to generate and to shrink. */
const sampleOf = (payers: readonly Payer[], number: number): Sample => {
  const index = Math.floor(number / 8);
  const payer = payers[index % payers.length]!;
  const malformed = [
    7,
    'x',
    [],
    {},
    typed({}),
    typed({ id: '' }),
    typed({ ref: 'a/b' }),
    { __typename: 'Order', id: '1' },
  ];
  switch (number % 8) {
    case 0:
      return { representation: typed({ id: payer.id }), expected: found(payer), key: payer.id };
    case 1:
      return { representation: typed({ ref: payer.ref }), expected: found(payer), key: payer.ref };
    case 2:
      return { representation: typed({ ref: payer.ref, id: null }), expected: found(payer), key: payer.ref };
    case 3:
      return {
        representation: channel('ali_pay'),
        expected: { __typename: 'PayerChannel', id: 'ali_pay' },
        key: 'ali_pay',
      };
    case 4:
      return { representation: malformed[index % malformed.length], expected: 'bad' };
    case 5: {
      const ref = `wechat_pay/demo/openId/${index}`;
      return { representation: typed({ ref }), expected: null, key: ref };
    }
    default:
      return { representation: typed({ id: `pid_${index}` }), expected: null, key: `pid_${index}` };
  }
};

/** What each place shows: within the ceiling, in the order of the operation, what is expected of it. */
const placesOf = (samples: readonly Sample[]): (object | null | string)[] => {
  const counted = new Set<string>();
  return samples.map(({ expected, key }) => {
    if (key === undefined) return 'BAD_REPRESENTATION';
    if (!counted.has(key) && counted.size >= CEILING) return 'TOO_MANY_REPRESENTATIONS';
    counted.add(key);
    return expected;
  });
};

const openStores = {
  SQLite: async () => ({ store: undefined, close: async () => {} }),
  async PostgreSQL() {
    const postgres = await startPostgres();
    const { url } = await postgres.createDatabase();
    const log = createLog('silent');
    const times = {
      leaseMs: 10_000,
      resultTtlMs: 300_000,
      codeTtlMs: 86_400_000,
      identityTtlMs: undefined,
      certificationTtlMs: 86_400_000,
    };
    const store = createStore(await openPostgres({ url, log }), { vault: openVault(generateVaultKeys()), times });
    return { store, close: () => store.close().then(() => postgres.close()) };
  },
} as const;

describe.each(Object.keys(openStores) as (keyof typeof openStores)[])('any references, on %s', (database) => {
  let recorded: Recorded;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const opened = await openStores[database]();
    recorded = await startRecorded(opened.store ? { store: opened.store } : {});
    close = () => recorded.close().then(opened.close);
  }, 60_000);
  afterAll(() => close());

  /** Asks for samples, split into as many lists as a gateway has merged, and compares every place. */
  const check = async (samples: readonly Sample[], lists: number) => {
    recorded.lookups.length = 0;
    const size = Math.ceil(samples.length / lists);
    const parts = Array.from({ length: lists }, (_, i) => samples.slice(i * size, (i + 1) * size));
    const representations = parts.map((part) => part.map(({ representation }) => representation));
    const { query, variables } = merged(representations, () => FIELDS, hiveJs);
    const { status, data, errors } = await recorded.graphql(query, variables);
    expect(status).toBe(200);
    const places: unknown[][] = parts.map((_, i) => [...data[hiveJs(i)]]);
    for (const { path, extensions } of errors ?? []) {
      const list = places[parts.findIndex((_, i) => hiveJs(i) === path[0])];
      expect(list?.[path[1]]).toBeNull();
      if (list) list[path[1]] = extensions.code;
    }
    expect(places.map(({ length }) => length)).toEqual(parts.map(({ length }) => length));
    expect(places.flat()).toEqual(placesOf(samples));
    const shown = placesOf(samples);
    const asked = samples.filter(
      ({ key }, i) => key !== undefined && key !== 'ali_pay' && typeof shown[i] !== 'string',
    );
    expect(recorded.lookups.length).toBe(asked.length > 0 ? 1 : 0);
  };

  test('any list of 0 to 1,200 references keeps its order and length, spoils no neighbour and makes one call of the store', async () => {
    const numbers = fc.array(fc.nat({ max: 20_000 }), { maxLength: 1_200, size: 'max' });
    await fc.assert(
      fc.asyncProperty(numbers, fc.integer({ min: 1, max: 8 }), (list, lists) =>
        check(
          list.map((number) => sampleOf(recorded.payers, number)),
          lists,
        ),
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  test('a list of 1,200 different references, 200 more than the ceiling, is such a list', async () => {
    const different = Array.from({ length: 1_200 }, (_, index) => sampleOf(recorded.payers, index * 8 + 6));
    await check(different, 1);
    await check(different, 5);
  });

  test('null in a list is against its type, which no place of the list survives', async () => {
    recorded.lookups.length = 0;
    const { status, data, errors } = await recorded.graphql(ENTITIES, {
      r: [typed({ id: recorded.payers[0]?.id }), null],
    });
    expect([status, data]).toEqual([200, undefined]);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(recorded.lookups).toEqual([]);
  });
});
