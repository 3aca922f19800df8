/** Clauses on where a request goes: its target and its host. RFC 9110 and RFC 9112. */
import { hello } from '../../support/http/raw-http.ts';
import { clauses, fault, get, message, ok, post, refused } from './clause.ts';

const live = { statuses: [200], body: '{"status":"live"}' };
const badRequest = refused(400, 'BAD_REQUEST');
const notFound = refused(404, 'NOT_FOUND', { connection: 'close' });
const wholeService = {
  statuses: [204],
  body: '',
  headers: { allow: 'GET, HEAD, POST, OPTIONS', 'content-length': null },
};
const first = (method: string, target: string, version = 'HTTP/1.1') => message(`${method} ${target} ${version}`);

export const targets = clauses([
  ['RFC 9112, 3.2.1', 'a target in origin form is answered', post(), ok],
  ['RFC 9112, 3.2.1', 'a query is no part of the path', post([], hello, '/graphql?x=1'), ok],
  [
    'RFC 9112, 3.2.1',
    'a path that begins with two slashes has no host in it, and is not found',
    post([], hello, '//graphql'),
    notFound,
  ],
  ['RFC 9112, 3.2.2', 'a target in absolute form is answered', post([], hello, 'http://x/graphql'), ok],
  [
    'RFC 9112, 3.2.2',
    'a target in absolute form with a port and a query is answered',
    post([], hello, 'http://x:4001/graphql?x'),
    ok,
  ],
  [
    'RFC 9112, 3.2.2',
    'a target in absolute form with an address of IPv6 is answered',
    post([], hello, 'http://[::1]:4001/graphql'),
    ok,
  ],
  ['RFC 9112, 3.2.2', 'a target in absolute form without a path is that of the root', get('http://x'), notFound],
  ['RFC 9112, 3.2.2', 'a target in absolute form reaches the probes', get('http://x/livez'), live],
  ['RFC 9110, 4.2.3', 'the scheme of a target is the same in upper case', post([], hello, 'HTTP://x/graphql'), ok],
  [
    'RFC 9110, 7.4',
    'an https target is answered behind a proxy that ends TLS',
    post([], hello, 'https://x/graphql'),
    ok,
  ],
  ['RFC 9110, 4.2.4', 'a target with a user is refused', post([], hello, 'http://user:secret@x/graphql'), badRequest],
  ['RFC 9110, 4.2.1', 'a target with an empty host is refused', post([], hello, 'http:///graphql'), badRequest],
  ['RFC 9110, 4.2.1', 'a target with a port and no host is refused', post([], hello, 'http://:80/graphql'), badRequest],
  ['RFC 9112, 3.2', 'a target with a fragment is refused', post([], hello, 'http://x/graphql#x'), badRequest],
  ['RFC 9112, 3.2', 'a target of another scheme is refused', post([], hello, 'ftp://x/graphql'), badRequest],
  [
    'RFC 9110, 4.2.3',
    'a percent-encoded letter is not decoded, which servers may leave to the sender',
    post([], hello, '/%67raphql'),
    notFound,
  ],
  [
    'RFC 3986, 6.2.2.3',
    'dots are not resolved, which is left to the sender',
    post([], hello, '/x/../graphql'),
    notFound,
  ],
  [
    'RFC 3986, 6.2.2',
    'a path is another one with a slash behind it, and in capitals',
    post([], hello, '/graphql/'),
    notFound,
  ],
  ['RFC 9112, 3.2.4', 'OPTIONS * is answered for the service as a whole', first('OPTIONS', '*'), wholeService],
  [
    'RFC 9112, 3.2.4',
    'OPTIONS of an absolute target without a path is OPTIONS *',
    first('OPTIONS', 'http://x'),
    wholeService,
  ],
  ['RFC 9112, 3.2.4', 'an asterisk is no target of other methods', first('GET', '*'), badRequest],
  ['RFC 9112, 3', 'a target with a blank in it is refused', first('GET', '/livez x'), fault(400)],
]);

export const hosts = clauses([
  [
    'RFC 9112, 3.2',
    'a request without Host is refused',
    'GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n',
    badRequest,
  ],
  [
    'RFC 9112, 3.2',
    'a request in absolute form without Host is refused',
    'GET http://x/livez HTTP/1.1\r\nconnection: close\r\n\r\n',
    badRequest,
  ],
  ['RFC 9112, 3.2', 'a request with two Hosts is refused', get('/livez', ['host: a', 'Host: b']), badRequest],
  ['RFC 9112, 3.2', 'a request with the same Host twice is refused', get('/livez', ['host: a', 'host: a']), badRequest],
  ...['a b', 'a/b', 'user@a', 'http://a', 'a:x', '[::1', 'a?b', 'a\\b', '"a"'].map(
    (host) => ['RFC 9112, 3.2', `the Host ${host} is refused`, get('/livez', [`host: ${host}`]), badRequest] as const,
  ),
  ...['a', 'A.example:80', 'a_b.internal', '127.0.0.1:4001', '[::1]', '[::1]:4001', 'a:', ''].map(
    (host) => ['RFC 9110, 7.2', `the Host "${host}" is accepted`, get('/livez', [`host: ${host}`]), live] as const,
  ),
  ['RFC 9112, 3.2', 'HTTP/1.0 needs no Host', 'GET /livez HTTP/1.0\r\n\r\n', live],
  [
    'RFC 9112, 3.2',
    'two Hosts are refused in HTTP/1.0 too',
    'GET /livez HTTP/1.0\r\nhost: a\r\nhost: a\r\n\r\n',
    badRequest,
  ],
]);
