/** Clauses on what a request asks for: methods, versions of HTTP, upgrades. RFC 9110 and RFC 9112. */
import { hello } from '../../support/http/raw-http.ts';
import { clauses, fault, get, message, ok, post, refused } from './clause.ts';

const live = { statuses: [200], body: '{"status":"live"}' };
const badRequest = refused(400, 'BAD_REQUEST');
const readOnly = refused(405, 'METHOD_NOT_ALLOWED', { allow: 'GET, HEAD' });
const postOnly = refused(405, 'METHOD_NOT_ALLOWED', { allow: 'POST' });
const notImplemented = refused(501, 'NOT_IMPLEMENTED');
const first = (method: string, target: string, version = 'HTTP/1.1') => message(`${method} ${target} ${version}`);

export const methods = clauses([
  ...['/livez', '/readyz', '/metrics', '/explorer', '/cashier', '/payer'].flatMap((path) => [
    [
      'RFC 9110, 9.3.2',
      `HEAD ${path} is answered as GET, without the body`,
      first('HEAD', path),
      { statuses: [200], body: '', headers: { 'content-length': /^[1-9]/ } },
    ] as const,
    ['RFC 9110, 15.5.6', `POST ${path} is 405 and names the methods`, post([], hello, path), readOnly] as const,
  ]),
  [
    'RFC 9110, 9.3.2',
    'HEAD of the landing page is answered as GET, without the body',
    message('HEAD / HTTP/1.1', ['accept: text/html']),
    { statuses: [200], body: '', headers: { 'content-type': 'text/html; charset=utf-8', 'content-length': /^[1-9]/ } },
  ],
  [
    'RFC 9110, 9.3.2',
    'HEAD of what is not there is 404 without a body',
    first('HEAD', '/nothing'),
    { statuses: [404], body: '', headers: { 'content-length': /^[1-9]/ } },
  ],
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY'].map(
    (method) =>
      ['RFC 9110, 15.5.6', `${method} /graphql is 405 and names POST`, first(method, '/graphql'), postOnly] as const,
  ),
  [
    'RFC 9110, 9.3.8',
    'TRACE returns nothing of the request',
    message('TRACE /livez HTTP/1.1', ['authorization: Bearer a-secret']),
    { ...readOnly, body: /^(?!.*a-secret)/ },
  ],
  ...['PROPFIND', 'PURGE', 'M-SEARCH'].map(
    (method) =>
      [
        'RFC 9110, 15.6.2',
        `${method}, which no resource has, is 501`,
        first(method, '/graphql'),
        notImplemented,
      ] as const,
  ),
  ...['BREW', 'TRACK', 'post', 'Get', "X-!#$%&'*+.^_`|~"].map(
    (method) =>
      [
        'RFC 9110, 9.1',
        `the method ${method}, which is not registered, is 501`,
        first(method, '/graphql'),
        fault(501),
      ] as const,
  ),
  ['RFC 9112, 3', 'a method that is not a token is refused', first('G(T', '/livez'), fault(400)],
  ['RFC 9110, 9.3.6', 'CONNECT is 501', first('CONNECT', 'x:443'), fault(501)],
]);

export const versions = clauses([
  [
    'RFC 9112, 2.3',
    'HTTP/1.0 is answered, and the connection closed',
    'GET /livez HTTP/1.0\r\n\r\n',
    { ...live, headers: { connection: 'close' } },
  ],
  [
    'RFC 9112, C.2.2',
    'HTTP/1.0 is answered on a connection that stays open if the client asks',
    message('POST /graphql HTTP/1.0', ['connection: keep-alive'], hello),
    { ...ok, open: true, headers: { connection: 'keep-alive' } },
  ],
  [
    'RFC 9112, 6.1',
    'HTTP/1.0 with Transfer-Encoding is refused, and the connection closed',
    message('POST /graphql HTTP/1.0', ['connection: keep-alive', 'transfer-encoding: chunked'], '0\r\n\r\n'),
    { ...badRequest, headers: { connection: 'close' } },
  ],
  ...['HTTP/2.0', 'HTTP/0.9'].map(
    (version) =>
      [
        'RFC 9110, 15.6.6',
        `${version} is 505`,
        first('GET', '/livez', version),
        refused(505, 'VERSION_NOT_SUPPORTED', { connection: 'close' }),
      ] as const,
  ),
  ...['HTTP/3.0', 'HTTP/1.2'].map(
    (version) =>
      [
        'RFC 9110, 15.6.6',
        `${version}, which the parser does not know, is 505`,
        first('GET', '/livez', version),
        fault(505),
      ] as const,
  ),
  ['RFC 9112, 2.3', 'a version in lower case is refused', first('GET', '/livez', 'http/1.1'), fault(400)],
  ['RFC 9113, 3.3', 'the preface of HTTP/2 by prior knowledge is 505', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', fault(505)],
  [
    'RFC 9110, 7.8',
    'an Upgrade to h2c with a body is ignored, and the request answered',
    post(['connection: upgrade, http2-settings, close', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAoAAAAAIAAAAA']),
    { ...ok, headers: { upgrade: null } },
  ],
  [
    'RFC 9110, 7.8',
    'an Upgrade to a web socket is ignored, and the request answered',
    get('/livez', ['connection: upgrade', 'upgrade: websocket']),
    live,
  ],
]);
