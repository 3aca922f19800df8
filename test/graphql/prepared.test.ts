/**
 * Prepared operations answer as Apollo Server does, byte for byte: two services over equal stores, of which one prepares
 * none. 10,000 generated operations with `CORPUS=full`, 1,000 otherwise; the seed is fixed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EdgeRequest } from '../../src/http/edge.ts';
import type { PayerIdentity } from '../../src/model.ts';
import { VaultError } from '../../src/security/vault.ts';
import type { Session } from '../../src/store/model.ts';
import type { Store } from '../../src/store/store.ts';
import { coordinates } from '../support/schema/coordinates.ts';
import { type RouterRequest, routerRequests } from '../support/schema/router-queries.ts';
import { oldSecret, startConfigured } from '../support/services/configured.ts';

const numRuns = process.env.CORPUS === 'full' ? 10_000 : 1_000;

const at = new Date('2026-01-01T00:00:00Z');
const unknown = { userId: null, unionId: null, subAppId: null, subOpenId: null };
const payer = (id: string, more: Partial<PayerIdentity> = {}): PayerIdentity => ({
  ...{ id, channelId: 'ali_pay', appId: 'shop', openId: `open-${id}`, ...unknown },
  ...{ firstAuthenticatedAt: at, lastAuthenticatedAt: at, ...more },
});
const alice = payer('alice');
const payers = new Map<string, PayerIdentity | VaultError>(
  [alice, payer('bob', { openId: null, userId: 'user-bob' })].map((one) => [one.id, one]),
);
payers.set('sealed', new VaultError('cannot be opened'));
// The contract has no such null.
payers.set('null', payer('null', { id: null as never }));

const session = (more: Partial<Session>): Session =>
  ({
    ...{ appId: 'shop', channelId: 'ali_pay', expiresAt: at, isExpired: false, attemptsLeft: 5 },
    ...{ clientReferenceId: undefined, lastFailure: undefined, step: undefined, redemption: undefined },
    ...more,
  }) as Session;
const ended = (more: object) => ({ source: 'upstream', state: 'SUCCEEDED', ...more }) as never;
const failure = { failureCode: 'AUTH_CODE_REFUSED', traceId: 'of-the-redemption' } as const;
const sessions: Readonly<Record<string, Session>> = {
  waiting: session({ clientReferenceId: 'order-1', step: 'OPENED' }),
  declined: session({ lastFailure: failure, step: 'DECLINED', attemptsLeft: 2 }),
  known: session({ redemption: ended({ identity: alice }) }),
  unknowable: session({ redemption: ended({ identity: payers.get('null') }) }),
  refused: session({ redemption: ended({ state: 'REJECTED', ...failure }), attemptsLeft: 0 }),
  over: session({ isExpired: true }),
  malformed: session({ attemptsLeft: Number.NaN }),
};

const stub = (): Partial<Store> => ({
  identities: async (refs) => {
    if (refs.some((ref) => 'id' in ref && ref.id === 'down')) throw new Error('the store is down');
    return refs.map((ref) =>
      payers.get('id' in ref ? ref.id : ('openId' in ref ? ref.openId : ref.userId).replace('open-', '')),
    );
  },
  certificationsOf: async (ids) =>
    ids.map((id) => (id === 'alice' ? ({ certifyId: 'c', status: 'PASSED' } as never) : undefined)),
  session: async (queryCode) => {
    if (queryCode === 'down') throw new Error('the store is down');
    return sessions[queryCode];
  },
  countPoll: async () => ({ pollAfterMs: 5_000 }) as never,
});

const known = {
  queryCodes: [...Object.keys(sessions), 'down', 'nope'],
  ids: [...payers.keys(), 'alice', 'alice', 'down', 'nope', ''],
  refs: ['ali_pay/shop/openId/open-alice', 'ali_pay/shop/openId/nope', 'no ref'],
};

const many = { perSecond: 1e9, burst: 1e9 };
const rates = { caller: many, address: many, app: many, channel: many };

type Running = Awaited<ReturnType<typeof startConfigured>>;
let prepared: Running;
let plain: Running;
const start = (preparedOperations: number, scopes: 'all' | 'none' = 'all') =>
  startConfigured(stub, {
    limits: { rates, preparedOperations, representations: 5, depth: 6 },
    callers: { router: scopes === 'all' ? ['payer:read'] : [] },
  });
beforeAll(async () => {
  [prepared, plain] = [await start(500), await start(0)];
});
afterAll(async () => {
  await Promise.all([prepared.close(), plain.close()]);
});

type Headers = Readonly<Record<string, string>>;

const peer = { certificateNames: [], encrypted: false };
const never = new AbortController();

const ask = async ({ app }: Running, request: unknown, headers: Headers = {}) => {
  const head: Omit<EdgeRequest, 'readBody'> = {
    ...{ method: 'POST', target: '/graphql', path: '/graphql', signal: never.signal, peer },
    headers: {
      'content-type': 'application/json',
      'router-authorization': oldSecret,
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      ...headers,
    },
  };
  const body = Buffer.from(JSON.stringify(request));
  const { status, headers: answered, body: text, refusal } = await app.handle({ ...head, readBody: async () => body });
  return { status, headers: Object.entries(answered), text, refusal };
};

/** The values of a counter, or of a histogram's count, by their labels. */
const counted = async ({ app }: Running, metric: string): Promise<Record<string, number>> => {
  const get = { method: 'GET', target: '/metrics', path: '/metrics', headers: {}, peer, signal: never.signal };
  const { body } = await app.operations({ ...get, readBody: async () => Buffer.alloc(0) });
  const lines = body.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return Object.fromEntries(lines.map((line) => [/\{(.*)\}/.exec(line)?.[1], Number(line.split(' ').at(-1))]));
};

/** The first time, the time at which it is compiled, and once compiled. */
const expectSame = async (request: unknown, headers?: Headers) => {
  const expected = await ask(plain, request, headers);
  for (const _ of [1, 2, 3]) expect(await ask(prepared, request, headers)).toEqual(expected);
  return expected;
};

const PREPARED = 'payer_identity_prepared_operations_total';

describe('answers', () => {
  test(`${numRuns} generated queries of a router are answered as by Apollo Server`, { timeout: 600_000 }, async () => {
    const codes: Record<string, number> = {};
    const before = await counted(prepared, PREPARED);
    await fc.assert(
      fc.asyncProperty(routerRequests(known), async (request: RouterRequest) => {
        const { text } = await expectSame(request);
        const { data, errors = [] } = JSON.parse(text);
        const code = data ? 'data' : errors[0].extensions.code;
        codes[code] = (codes[code] ?? 0) + 1;
        if (data && errors.length > 0) codes.both = (codes.both ?? 0) + 1;
      }),
      { numRuns, seed: 20_261_126 },
    );
    const after = await counted(prepared, PREPARED);
    console.log(`${numRuns} queries: ${JSON.stringify(codes)}; ${JSON.stringify({ before, after })}`);
    expect(codes.data).toBeGreaterThan(numRuns / 3);
    expect(codes.both).toBeGreaterThan(numRuns / 20);
    expect((after['result="hit"'] ?? 0) - (before['result="hit"'] ?? 0)).toBeGreaterThan(numRuns / 4);
    expect((after['result="left"'] ?? 0) - (before['result="left"'] ?? 0)).toBeGreaterThan(numRuns / 20);
  });
});

/** The operations of the examples, of every place for a text in the contract, and those that are refused or special. */
const table: readonly (readonly [string, RouterRequest])[] = [
  ...readdirSync(new URL('../../examples/', import.meta.url))
    .filter((name) => name.endsWith('.graphql'))
    .map(
      (name) => [name, { query: readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8') }] as const,
    ),
  ...coordinates.flatMap(({ name, usual, request }) => [
    [name, request(usual)] as const,
    [`${name} as a literal`, request(usual, 'literal')] as const,
    [`${name} of another type`, request({ nested: [usual] })] as const,
  ]),
];
const special: Readonly<Record<string, unknown>> = {
  'an empty document': { query: '' },
  'no document': { variables: {} },
  'the type of the root alone': { query: '{ __typename kind: __typename }' },
  'the key of a prototype': { query: '{ __proto__: __typename }' },
  introspection: { query: '{ __schema { queryType { name } } __type(name: "Query") { name } }' },
  'the text of the contract': { query: '{ _service { sdl } }' },
  'an operation that no name selects': { query: 'query A { __typename } query B { __typename }' },
  'the first of two operations': { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'A' },
  'the second of two operations': { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'B' },
  'a name that no operation has': { query: 'query A { a: __typename }', operationName: 'Nope' },
  'a name that is empty': { query: 'query A { a: __typename }', operationName: '' },
  'a name that holds a text': { query: '{ a: __typename }', operationName: 'query A ' },
  'a name that begins a text': { query: 'A\nquery A { a: __typename }', operationName: null },
  'a subscription': { query: 'subscription { authResult(queryCode: "known") { __typename } }' },
  'a query beside a subscription': {
    query: 'query A { __typename } subscription S { authResult(queryCode: "known") { __typename } }',
    operationName: 'A',
  },
  'variables of another type': { query: '{ __typename }', variables: [] },
  'extensions of another type': { query: '{ __typename }', extensions: 'text' },
  'a hash of the document': {
    query: '{ __typename }',
    extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } },
  },
  'members that are unknown': { query: '{ __typename }', more: 1 },
  'fields that merge': {
    query: '{ payerIdentity(id: "alice") { channel { id } } payerIdentity(id: "alice") { id channel { title id } } }',
  },
  'an answer of nothing': { query: '{ _entities(representations: []) { __typename } }' },
  'lists beyond the ceiling of references': {
    query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on PayerIdentity { id } } }',
    variables: { r: Array.from({ length: 7 }, (_, index) => ({ __typename: 'PayerIdentity', id: `alice${index}` })) },
  },
  'a list of lists of errors': {
    query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on PayerIdentity { id } } }',
    variables: {
      r: [{ __typename: 'PayerIdentity', id: 'down' }, null, 1, { __typename: 'PayerIdentity', id: 'bob' }],
    },
  },
  'an operation that is too deep': {
    query: '{ authResult(queryCode: "known") { ... on PayerAuthSucceeded { identity { channel { id } } } } }'.replace(
      'id }',
      'id ... on PayerChannel { id } }',
    ),
  },
};

describe('what is prepared', () => {
  const read = (name: string) => ({ query: `query ${name} { payerIdentity(id: "alice") { id openId } }` });
  /** How requests, one after the other, have met the prepared operations. */
  const resultsOf = async (service: Running, asked: readonly unknown[]) => {
    const results: string[] = [];
    for (const request of asked) {
      const before = await counted(service, PREPARED);
      await ask(service, request);
      const after = await counted(service, PREPARED);
      results.push(...Object.keys(after).filter((label) => after[label] !== before[label]));
    }
    return results.map((label) => /"(\w+)"/.exec(label)?.[1]);
  };

  test('a query is compiled when it is sent the second time', async () => {
    const service = await start(500);
    const one = read('A');
    expect(await resultsOf(service, [one, one, one, one])).toEqual(['miss', 'miss', 'hit', 'hit']);
    await service.close();
  });

  test('no more operations are prepared than limits.preparedOperations, and the latest of them', async () => {
    const service = await start(2);
    const [a, b, c] = [read('A'), read('B'), read('C')];
    expect(await resultsOf(service, [a, a, a, b, b, b])).toEqual(['miss', 'miss', 'hit', 'miss', 'miss', 'hit']);
    expect(await resultsOf(service, [a, c, c, a, c, b])).toEqual(['hit', 'miss', 'miss', 'hit', 'hit', 'miss']);
    await service.close();
  });

  test('with limits.preparedOperations of 0 none is prepared', async () => {
    expect(await resultsOf(plain, Array(4).fill(read('A')))).toEqual(Array(4).fill('miss'));
  });

  test.each([
    ['a mutation', 'mutation { cancelAuthentication(input: { queryCode: "known" }) { __typename } }'],
    ['a query that asks an upstream', '{ identityCertification(certifyId: "0123456789abcdef") { __typename } }'],
    ['a query with a directive', '{ payerIdentity(id: "alice") { id @include(if: true) } }'],
    ['introspection', '{ __type(name: "Query") { name } }'],
    ['a text of more than 8,192 characters', `{ payerIdentity(id: "alice") { id } } #${'x'.repeat(8_192)}`],
    [
      'a query of more than 500 fields',
      `{ ${Array.from({ length: 20 }, (_, index) => `r${index}: _entities(representations: []) { ...F }`).join(' ')} }
       fragment F on PayerIdentity { ${Array.from({ length: 30 }, (_, index) => `f${index}: id`).join(' ')} }`,
    ],
  ])('%s is not prepared', async (_, query) => {
    expect(await resultsOf(prepared, Array(3).fill({ query }))).toEqual(Array(3).fill('miss'));
  });

  test('an operation is counted and measured once, compiled or not, with an error or without', async () => {
    const service = await start(500);
    const query =
      'query ($q: String!) { authResult(queryCode: $q) { __typename ... on PayerAuthSucceeded { identity { id } } } }';
    const results = await resultsOf(
      service,
      ['known', 'known', 'known', 'unknowable', 'down', 'nope'].map((q) => ({ query, variables: { q } })),
    );
    expect(results).toEqual(['miss', 'miss', 'hit', 'left', 'hit', 'hit']);
    const field = 'field="authResult"';
    expect(await counted(service, 'payer_identity_operation_seconds_count')).toEqual({
      [`${field},outcome="PayerAuthSucceeded"`]: 4,
      [`${field},outcome="QUERY_CODE_UNKNOWN"`]: 1,
      [`${field},outcome="SERVICE_UNAVAILABLE"`]: 1,
    });
    await service.close();
  });
});

describe('every operation', () => {
  test.each([...table, ...Object.entries(special)])('%s is answered as by Apollo Server', async (_, request) => {
    await expectSame(request);
    for (const accept of ['application/graphql-response+json', '*/*', 'text/html'])
      await expectSame(request, { accept, 'apollo-federation-include-trace': 'ftv1' });
  });
});
