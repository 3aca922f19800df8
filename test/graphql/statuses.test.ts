/** fed-status-hides-code: a GraphQL request is answered with 200 as application/json, and its code stands in the answer. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { acceptedType } from '../../src/http/accepted-type.ts';
import { KeysUnavailable } from '../../src/security/issuer-keys.ts';
import { AUTH_RESULT, type Service, startService } from '../support/services/service.ts';
import { audience, startIssuer } from '../support/signers/issuer.ts';

const GRAPHQL = 'application/graphql-response+json';
const issuer = await startIssuer();
/** An issuer that does not answer, at a port of this machine where nothing listens. */
const absent = {
  issuer: 'https://absent.example',
  audience,
  algorithms: ['ES256' as const],
  jwksUrl: 'http://127.0.0.1:9/jwks',
};

let service: Service;
let keyless: Service;
beforeAll(async () => {
  const jwt = { issuer: issuer.issuer, audience, algorithms: ['ES256' as const], jwks: issuer.jwks() };
  const times = { operationMs: 300, deadlineMs: 200 };
  service = await startService({ sandbox: false, config: { callers: { jwt }, times } });
  keyless = await startService({ sandbox: false, config: { callers: { jwt: absent } } });
});
afterAll(() => Promise.all([service.close(), keyless.close(), issuer.close()]));

const post = async (body: unknown, headers: Readonly<Record<string, string>> = {}, at = service) => {
  const response = await fetch(`${at.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape
  const answer = (await response.json()) as any;
  const type = response.headers.get('content-type')?.split(';')[0];
  return { status: response.status, type, headers: response.headers, ...answer };
};

/** Until the test is over, no session is found. */
const hangSessions = () => {
  const { session } = service.store;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  service.store.session = () => promise;
  onTestFinished(() => {
    service.store.session = session;
    resolve(undefined);
  });
};

const badToken = { authorization: 'Bearer x.y.z' };
const someToken = { authorization: `Bearer ${await issuer.sign({ sub: 'a', exp: 4_000_000_000 })}` };
interface Fault {
  readonly fault: string;
  readonly code: string;
  /** As application/graphql-response+json. */
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
  readonly prepare?: () => void;
  readonly keyless?: true;
}
const query = '{ __typename }';
const faults: readonly Fault[] = [
  { fault: 'a document that is not GraphQL', code: 'GRAPHQL_PARSE_FAILED', status: 400, body: { query: '{' } },
  { fault: 'an empty document', code: 'BAD_REQUEST', status: 400, body: { query: '' } },
  { fault: 'an unknown field', code: 'GRAPHQL_VALIDATION_FAILED', status: 400, body: { query: '{ nope }' } },
  { fault: 'a missing variable', code: 'BAD_USER_INPUT', status: 400, body: { query: AUTH_RESULT } },
  {
    fault: 'an unknown operation',
    code: 'OPERATION_RESOLUTION_FAILURE',
    status: 400,
    body: { query, operationName: 'A' },
  },
  {
    fault: 'an operation over a limit',
    code: 'TOO_MANY_SENSITIVE_FIELDS',
    status: 400,
    body: {
      query: `{ ${Array.from({ length: 11 }, (_, i) => `a${i}: authResult(queryCode: "x") { __typename }`).join(' ')} }`,
    },
  },
  { fault: 'an invalid token', code: 'UNAUTHENTICATED', status: 401, body: { query }, headers: badToken },
  {
    fault: 'keys that cannot be fetched',
    code: 'CALLER_KEYS_UNAVAILABLE',
    status: 503,
    body: { query },
    headers: someToken,
    keyless: true,
  },
  {
    fault: 'an operation whose time is over',
    code: 'DEADLINE_EXCEEDED',
    status: 503,
    body: { query: AUTH_RESULT, variables: { queryCode: 'a-query-code-of-a-hanging-store' } },
    prepare: hangSessions,
  },
];

describe('a GraphQL request that is refused as a whole', () => {
  test.each(faults)(
    '$fault is $code with status 200 as application/json',
    async ({ code, body, headers, prepare, keyless: isKeyless }) => {
      prepare?.();
      const answer = await post(body, headers, isKeyless ? keyless : service);
      expect(answer).toMatchObject({ status: 200, type: 'application/json', errors: [{ extensions: { code } }] });
      expect(answer.data).toBeUndefined();
    },
  );

  test.each(faults)(
    '$fault is $code with status $status as application/graphql-response+json',
    async ({ code, status, body, headers, prepare, keyless: isKeyless }) => {
      prepare?.();
      const answer = await post(body, { ...headers, accept: GRAPHQL }, isKeyless ? keyless : service);
      expect(answer).toMatchObject({ status, type: GRAPHQL, errors: [{ extensions: { code } }] });
      expect(answer.data).toBeUndefined();
    },
  );

  test('a fault of time says when to repeat the call, in the answer and in Retry-After', async () => {
    hangSessions();
    const late = await post({ query: AUTH_RESULT, variables: { queryCode: 'a-query-code-of-a-hanging-store' } });
    expect(late.errors[0].extensions).toEqual({ code: 'DEADLINE_EXCEEDED', retryAfterSeconds: 2 });
    expect(late.headers.get('retry-after')).toBe('2');
    const undetermined = await post({ query }, someToken, keyless);
    const { retryAfterSeconds } = undetermined.errors[0].extensions;
    expect(retryAfterSeconds).toBe(new KeysUnavailable('').retryAfterSeconds);
    expect(undetermined.headers.get('retry-after')).toBe(`${retryAfterSeconds}`);
  });

  test('an invalid token is answered with the challenge of its scheme', async () => {
    const { headers } = await post({ query }, badToken);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });
});

describe('a request that is not GraphQL, or that is not for this service', () => {
  test.each<[string, unknown]>([
    ['an empty object', {}],
    ['a query that is an object', { query: {} }],
    ['a query that is null', { query: null }],
    ['variables in a text', { query, variables: '{}' }],
    ['variables in a list', { query, variables: [] }],
    ['extensions in a text', { query, extensions: 'x' }],
    ['an operationName that is a number', { query, operationName: 1 }],
    ['a batch', [{ query }]],
  ])('%s is BAD_REQUEST with status 400', async (_, body) => {
    expect(await post(body)).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('null members count as absent', async () => {
    const body = { query, variables: null, extensions: null, operationName: null };
    expect(await post(body)).toMatchObject({ status: 200, data: { __typename: 'Query' } });
  });

  test('an invalid token with a body that is not GraphQL is 401', async () => {
    expect(await post({}, badToken)).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test('a request that accepts neither media type is 406, and its operation does not run', async () => {
    const sessions: unknown[] = [];
    const { session } = service.store;
    service.store.session = (queryCode) => {
      sessions.push(queryCode);
      return session(queryCode);
    };
    onTestFinished(() => {
      service.store.session = session;
    });
    const body = { query: AUTH_RESULT, variables: { queryCode: 'a-query-code' } };
    expect(await post(body, { accept: 'text/html' })).toMatchObject({
      status: 406,
      errors: [{ extensions: { code: 'NOT_ACCEPTABLE' } }],
    });
    expect(sessions).toEqual([]);
    expect((await post(body)).status).toBe(200);
    expect(sessions).toEqual(['a-query-code']);
  });
});

describe('a failure of one field', () => {
  test('an unknown app is APP_UNKNOWN at its field, with status 200', async () => {
    const answer = await post({ query: '{ payerChannels(appId: "nowhere") { channel { id } } __typename }' });
    expect(answer).toMatchObject({
      status: 200,
      data: { payerChannels: null, __typename: 'Query' },
      errors: [{ path: ['payerChannels'], message: expect.stringMatching(/\w/), extensions: { code: 'APP_UNKNOWN' } }],
    });
    expect(answer.errors[0].message).not.toMatch(/went wrong/);
  });

  test('a field that may not wait longer says what to change, and its neighbours are answered', async () => {
    const body = {
      query:
        '{ authResult(queryCode: "x", waitSeconds: 26) { ... on PayerInvalidInput { fields { path } } } payerChannels { channel { id } } }',
    };
    const { status, data, errors } = await post(body);
    expect([status, errors]).toEqual([200, undefined]);
    expect(data).toMatchObject({ authResult: { fields: [{ path: 'waitSeconds' }] }, payerChannels: [{}, {}] });
  });
});

describe('fed-operation-name-empty: the operation of a document', () => {
  const two = 'query A { __typename } query B { __typename }';
  test.each([
    [
      'an empty name',
      { query, operationName: '' },
      'operationName is empty: omit it, or name an operation of the document.',
    ],
    [
      'an empty name beside named operations',
      { query: two, operationName: '' },
      'operationName is empty: omit it, or name an operation of the document.',
    ],
    [
      'a name that the document does not have',
      { query: two, operationName: 'C' },
      'The document has no operation of that name.',
    ],
    ['a name of quotes', { query, operationName: '""' }, 'The document has no operation of that name.'],
    [
      'no name of several',
      { query: two },
      'The document has several operations, and operationName names none of them.',
    ],
  ])('%s is described as such', async (_, body, message) => {
    const { errors } = await post(body);
    expect(errors).toMatchObject([{ message, extensions: { code: expect.any(String) } }]);
  });
});

describe('the media type that a client accepts', () => {
  const json = 'application/json';
  test.each<[string | undefined, string | undefined]>([
    [undefined, json],
    ['', json],
    ['*/*', json],
    ['application/*', json],
    [json, json],
    [GRAPHQL, GRAPHQL],
    [`${json}, ${GRAPHQL}`, json],
    [`${GRAPHQL}, ${json}`, GRAPHQL],
    [`${GRAPHQL};q=0.9, ${json}`, json],
    [`${json};q=0.9,${GRAPHQL};q=1.0`, GRAPHQL],
    [`*/*, ${GRAPHQL}`, GRAPHQL],
    [`multipart/mixed;deferSpec=20220824, ${json}`, json],
    [`${GRAPHQL}; charset=utf-8, ${json}; charset=utf-8`, GRAPHQL],
    ['APPLICATION/JSON; Q=0.5', json],
    [`${json};q=0, */*`, GRAPHQL],
    [`${json}; q = 0.2 , application/*;q=0.4`, GRAPHQL],
    [`${json};q=0`, undefined],
    ['text/html', undefined],
    ['text/*', undefined],
    ['image/png, multipart/mixed', undefined],
  ])('of "%s" the answer is %s', (accept, type) => {
    expect(acceptedType(accept)).toBe(type);
  });
});
