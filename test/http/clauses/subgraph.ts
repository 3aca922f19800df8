/** Clauses of the Apollo Federation subgraph specification, and of what gateways and composers ask. */
import { oldSecret } from '../../support/services/configured.ts';
import { type Answer, clauses, get, message, ok, post, postJson, type Row, refused } from './clause.ts';

const representations = [
  { __typename: 'PayerIdentity', id: 'missing' },
  { __typename: 'PayerChannel', id: 'ali_pay' },
  { __typename: 'PayerIdentity', id: 'x'.repeat(129) },
  { __typename: 'Order', id: '1' },
  { __typename: 'PayerFailure', id: '1' },
  { id: '1' },
  'text',
  { __typename: 'PayerChannel', id: 'ali_pay', title: 'of another' },
];
const channel = { __typename: 'PayerChannel', id: 'ali_pay', title: '支付宝' };
const bad = (index: number) => ({ path: ['_entities', index], extensions: { code: 'BAD_REPRESENTATION' } });
const entities = (list: readonly unknown[]) =>
  postJson({
    query:
      'query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on PayerIdentity { id } ... on PayerChannel { id title } } }',
    variables: { r: list },
  });
const sdl: Answer = { statuses: [200], body: /^\{"data":\{"_service":\{"sdl":".*type PayerIdentity.*@key.*"\}\}\}\n$/ };
const introspect =
  '# rover\nquery SubgraphIntrospectQuery {\n    # eslint-disable-next-line\n    _service {\n        sdl\n    }\n}';

export const subgraph = clauses([
  [
    'Apollo subgraph specification, _service',
    'the schema is answered as text',
    postJson({ query: '{ _service { sdl } }' }),
    sdl,
  ],
  [
    'apollographql/rover#852',
    "Rover's query for the schema is answered",
    postJson({ query: introspect, operationName: 'SubgraphIntrospectQuery' }),
    sdl,
  ],
  [
    'Apollo subgraph specification, _entities',
    'entities keep order and length, and errors stand in their places',
    entities(representations),
    {
      statuses: [200],
      like: {
        data: { _entities: [null, channel, null, null, null, null, null, channel] },
        errors: [2, 3, 4, 5, 6].map(bad),
      },
    },
  ],
  [
    'Apollo subgraph specification, _entities',
    'an empty list is answered with an empty list',
    entities([]),
    { statuses: [200], data: { _entities: [] } },
  ],
  [
    'hive/router#1539',
    'fields beside the key are not taken from the reference',
    entities([{ ...channel, title: 'forged', capabilities: ['X'] }]),
    { statuses: [200], data: { _entities: [channel] } },
  ],
  [
    'apollographql/router#9058',
    'no trace is added to an answer',
    post(['apollo-federation-include-trace: ftv1']),
    { ...ok, body: /^(?!.*ftv1)/ },
  ],
  [
    'Apollo Router, health checks',
    '__ApolloServiceHealthCheck__ is answered',
    postJson({
      query: 'query __ApolloServiceHealthCheck__ { __typename }',
      operationName: '__ApolloServiceHealthCheck__',
    }),
    ok,
  ],
  ...['/health', '/healthz', '/.well-known/apollo/server-health'].map(
    (path): Row => [
      'study, row 36',
      `${path}, which is promised nowhere, is 404`,
      get(path),
      refused(404, 'NOT_FOUND'),
    ],
  ),
]);

const secret = `router-authorization: ${oldSecret}`;
export const guardedSubgraph = clauses(
  [
    [
      'Apollo subgraph specification, security',
      'the schema is for the router only',
      postJson({ query: '{ _service { sdl } }' }),
      refused(401, 'UNAUTHENTICATED', { 'www-authenticate': 'Router' }),
    ],
    [
      'apollographql/rover#573',
      'the schema is answered to a composer that sends the secret',
      postJson({ query: introspect }, [secret]),
      sdl,
    ],
    ['RFC 9110, 15.5.2', 'the secret twice is 401', post([secret, secret]), refused(401, 'UNAUTHENTICATED')],
    [
      'RFC 9110, 5.1',
      'the name of the secret is the same in capitals',
      post([secret.replace('router-authorization', 'ROUTER-AUTHORIZATION')]),
      ok,
    ],
    [
      'RFC 9110, 15.5.6',
      'a wrong method is 405 before the credentials count',
      message('GET /graphql HTTP/1.1'),
      refused(405, 'METHOD_NOT_ALLOWED', { allow: 'POST' }),
    ],
  ],
  true,
);
