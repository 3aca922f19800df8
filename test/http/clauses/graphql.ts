/** Clauses of GraphQL over HTTP, and of the reports of other subgraphs. */
import { hello } from '../../support/http/raw-http.ts';
import { type Answer, clauses, get, ok, post, postJson, type Row, refused } from './clause.ts';

const query = '{ __typename }';
const badRequest = refused(400, 'BAD_REQUEST');
const noData: Answer = { statuses: [200], body: /^\{"errors":\[/ };
const response = 'application/graphql-response+json';

/** A fault of a well-formed request: 200 as JSON, and 400 as a type of GraphQL's own. */
const faults: readonly [title: string, request: object, code: string][] = [
  ['a document that cannot be parsed', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ['a document that is not valid', { query: '{ nope }' }, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'an operation that is not named among several',
    { query: 'query A { __typename } query B { __typename }' },
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['the name of no operation', { query, operationName: 'Nope' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['an empty operationName', { query, operationName: '' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['a missing variable', { query: 'query($id: ID!) { payerIdentity(id: $id) { id } }' }, 'BAD_USER_INPUT'],
];
const hash = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
const waits = (value: unknown) =>
  postJson({
    query:
      'query($w: Int) { authResult(queryCode: "0000000000000000000000", waitSeconds: $w) { __typename ... on PayerFailure { code } } }',
    variables: { w: value },
  });
const answers = (code: string): Answer => ({ statuses: [200], like: { data: { authResult: { code } } } });

export const overHttp = clauses([
  ...faults.flatMap(([title, request, code]): Row[] => [
    ['GraphQL over HTTP, 6.4.1', `${title} is 200 as application/json`, postJson(request), { ...noData, code }],
    [
      'GraphQL over HTTP, 6.4.2',
      `${title} is 400 as application/graphql-response+json`,
      postJson(request, [`accept: ${response}`]),
      { ...refused(400, code), headers: { 'content-type': `${response}; charset=utf-8` } },
    ],
  ]),
  ...[
    '',
    '{',
    'null',
    '5',
    '"x"',
    '{ __typename }',
    '{}',
    '{"qeury":"{ __typename }"}',
    '{"query":5}',
    '{"query":null}',
    `{"query":"${query}","variables":[7]}`,
    `{"query":"${query}","variables":"{}"}`,
    `{"query":"${query}","operationName":5}`,
    `{"query":"${query}","extensions":[]}`,
    `{"query":"${query}","extensions":"x"}`,
  ].flatMap((body): Row[] => [
    [
      'GraphQL over HTTP, 6.4.1',
      `the body ${JSON.stringify(body)} is not a GraphQL request, and 400`,
      post([], body),
      badRequest,
    ],
    [
      'GraphQL over HTTP, 6.4.2',
      `the body ${JSON.stringify(body)} is 400 as ${response}`,
      post([`accept: ${response}`], body),
      badRequest,
    ],
  ]),
  [
    'GraphQL over HTTP, 6.4.1',
    'an error in a field leaves the others, and 200',
    postJson({ query: '{ __typename payerChannels(appId: "nowhere") { channel { id } } }' }),
    {
      statuses: [200],
      like: {
        data: { __typename: 'Query', payerChannels: null },
        errors: [{ path: ['payerChannels'], extensions: { code: 'APP_UNKNOWN' } }],
      },
    },
  ],
  [
    'GraphQL over HTTP, 6.4.2',
    'an error in a field leaves the others, and 200 as GraphQL',
    postJson({ query: '{ __typename payerChannels(appId: "nowhere") { channel { id } } }' }, [`accept: ${response}`]),
    { statuses: [200], like: { data: { __typename: 'Query', payerChannels: null } } },
  ],
  [
    'GraphQL over HTTP, 5.1',
    'operationName, variables and extensions may be null',
    postJson({ query, operationName: null, variables: null, extensions: null }),
    ok,
  ],
  [
    'GraphQL over HTTP, 5.1',
    'operationName chooses among several',
    postJson({ query: 'query A { a: __typename } query B { __typename }', operationName: 'B' }),
    ok,
  ],
  [
    'GraphQL over HTTP, 5.4.1',
    'other members are ignored',
    postJson({ query, id: 1, documentId: 'x', __proto__: null }),
    ok,
  ],
  [
    'GraphQL over HTTP, 5.1',
    'variables that the operation does not have are ignored',
    postJson({ query, variables: { a: 1, b: { c: [2] } } }),
    ok,
  ],
  [
    'GraphQL over HTTP, 5.1',
    'extensions of others are ignored',
    postJson({ query, extensions: { tracing: {}, 'hmac-signature': 'x', router: [1] } }),
    ok,
  ],
  [
    'GraphQL over HTTP, 5',
    'GET is not offered, with a query and without',
    get(`/graphql?query=${encodeURIComponent(query)}`),
    refused(405, 'METHOD_NOT_ALLOWED', { allow: 'POST' }),
  ],
  [
    'GraphQL over HTTP, 5.3',
    'GET does not run a mutation',
    get(`/graphql?query=${encodeURIComponent('mutation { __typename }')}`, ['apollo-require-preflight: 1']),
    refused(405, 'METHOD_NOT_ALLOWED', { allow: 'POST' }),
  ],
  [
    'apollographql/router#4661',
    'an array of operations is refused, and the answer names batching',
    post([], `[${hello}]`),
    { ...badRequest, body: /turn off batching/ },
  ],
  [
    'apollographql/router#4661',
    'an empty array is refused',
    post([], '[]'),
    { ...badRequest, body: /turn off batching/ },
  ],
  ...[
    { extensions: hash },
    { query: null, extensions: hash },
    { query: '', extensions: hash },
    { query, extensions: hash },
  ].map(
    (request): Row => [
      'apollographql/router#567',
      `the hash of a persisted query is not supported, with query ${JSON.stringify(request.query)}`,
      postJson(request),
      refused(200, 'PERSISTED_QUERY_NOT_SUPPORTED'),
    ],
  ),
  [
    'apollographql/router#3361',
    'a subscription by callback is refused',
    postJson({ query: 'subscription { authResult(queryCode: "x") { __typename } }' }, [
      'accept: application/json;callbackSpec=1.0',
    ]),
    { ...noData, code: 'BAD_USER_INPUT' },
  ],
  [
    'grafbase/grafbase#2228',
    'a success has no errors',
    post(),
    { statuses: [200], body: '{"data":{"__typename":"Query"}}\n' },
  ],
  [
    'apollographql/apollo-server#7203',
    'apollo-require-preflight changes nothing',
    post(['apollo-require-preflight: true']),
    ok,
  ],
  ...[99_999_999_999, 1.5, '5', true].map(
    (value): Row => [
      'GraphQL, 3.5.1',
      `waitSeconds of ${JSON.stringify(value)} is not an Int`,
      waits(value),
      { ...noData, code: 'BAD_USER_INPUT' },
    ],
  ),
  ...[-1, 26, 2_147_483_647].map(
    (value): Row => [
      'GraphQL, 3.5.1',
      `waitSeconds of ${value} is an input that is refused`,
      waits(value),
      answers('INPUT_INVALID'),
    ],
  ),
  ...[0, null].map(
    (value): Row => [
      'GraphQL, 3.5.1',
      `waitSeconds of ${value} is accepted`,
      waits(value),
      answers('QUERY_CODE_UNKNOWN'),
    ],
  ),
]);
