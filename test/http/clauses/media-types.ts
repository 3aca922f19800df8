/** Clauses on media types: of bodies, and of answers by Accept. RFC 9110, 8259, GraphQL over HTTP. */
import { hello } from '../../support/http/raw-http.ts';
import { type Answer, clauses, ok, post, refused } from './clause.ts';

const json = 'application/json';
const response = 'application/graphql-response+json';
const unsupportedType = refused(415, 'UNSUPPORTED_MEDIA_TYPE', { accept: json });
const typed = (type: string) => post([`content-type: ${type}`]);

export const mediaTypes = clauses([
  ...[
    json,
    'Application/JSON',
    `${json};charset=utf-8`,
    `${json}; charset=UTF-8`,
    `${json}; charset="utf-8"`,
    `${json}; charset="ut\\f-8"`,
    `${json} ; CHARSET=Utf-8`,
    `${json}\t;\tcharset=utf-8`,
    `${json};`,
    `${json}; ;charset=utf-8;`,
    `${json}; charset=utf-8; charset=utf-8`,
  ].map((type) => ['RFC 9110, 8.3.1', `the content type ${JSON.stringify(type)} is read`, typed(type), ok] as const),
  ...[
    `${json}; version=2`,
    `${json}; profile="a;charset=latin1"; charset=utf-8`,
    `${json};odata=verbose;charset=utf-8`,
  ].map((type) => ['RFC 6838, 4.3', `unknown parameters as in ${type} are ignored`, typed(type), ok] as const),
  ...['iso-8859-1', 'utf-16', 'us-ascii', 'utf8', '"utf 8"'].map(
    (charset) =>
      [
        'RFC 8259, 8.1',
        `the charset ${charset} is 415`,
        typed(`${json}; charset=${charset}`),
        unsupportedType,
      ] as const,
  ),
  [
    'RFC 8259, 8.1',
    'two charsets that differ are 415',
    typed(`${json}; charset=utf-8; charset=utf-16`),
    unsupportedType,
  ],
  ...[
    `${json}; charset`,
    `${json}; charset=`,
    `${json}; charset = utf-8`,
    `${json}; charset="utf-8`,
    `${json} charset=utf-8`,
    `${json}, ${json}`,
    'json',
    '',
  ].map(
    (type) =>
      [
        'RFC 9110, 5.6.6',
        `the malformed content type ${JSON.stringify(type)} is 415`,
        typed(type),
        unsupportedType,
      ] as const,
  ),
  ...[
    'application/graphql',
    'text/plain',
    'text/json',
    'application/jsonp',
    response,
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ].map(
    (type) =>
      [
        'GraphQL over HTTP, 5.4',
        `the content type ${type} is 415 and the answer names what is accepted`,
        typed(type),
        unsupportedType,
      ] as const,
  ),
  [
    'GraphQL over HTTP, 5.4',
    'a body without a content type is 415',
    `POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${hello.length}\r\n\r\n${hello}`,
    unsupportedType,
  ],
  [
    'RFC 9110, 5.3',
    'two Content-Type headers are 415, since proxies read one or the other',
    post([`content-type: ${json}`, 'content-type: text/plain']),
    unsupportedType,
  ],
]);

const accepting = (accept: string) => post([`accept: ${accept}`]);
const as = (type: string): Answer => ({ ...ok, headers: { 'content-type': `${type}; charset=utf-8` } });

export const negotiation = clauses([
  ['RFC 9110, 12.5.1', 'without Accept the answer is application/json', post(), as(json)],
  ...[
    json,
    '*/*',
    'application/*',
    `${json};q=0.1`,
    `text/html, ${json};q=0.9`,
    `${response};q=0.5, ${json}`,
    `${response};q=0, */*`,
    'APPLICATION/JSON',
    `${json}; charset=utf-8`,
    `multipart/mixed;deferSpec=20220824, ${json}`,
    `${json};callbackSpec=1.0; charset=utf-8, ${json}`,
    `${json}, ${response}`,
    '',
  ].map(
    (accept) =>
      [
        'RFC 9110, 12.5.1',
        `Accept ${JSON.stringify(accept)} is answered as application/json`,
        accepting(accept),
        as(json),
      ] as const,
  ),
  ...[
    response,
    `${response}, ${json};q=0.9`,
    `${response}; charset=utf-8, ${json}; charset=utf-8`,
    `${json};q=0.8, ${response}`,
    `text/event-stream, ${response}`,
  ].map(
    (accept) =>
      [
        'GraphQL over HTTP, 6.1',
        `Accept ${accept} is answered as application/graphql-response+json`,
        accepting(accept),
        as(response),
      ] as const,
  ),
  ...['image/png', 'text/*', `${json};q=0`, '*/*;q=0', 'text/html, image/*'].map(
    (accept) =>
      ['RFC 9110, 15.5.7', `Accept ${accept} is 406`, accepting(accept), refused(406, 'NOT_ACCEPTABLE')] as const,
  ),
  ...['gzip, br, zstd', 'identity;q=0, gzip', '*;q=0', ''].map(
    (coding) =>
      [
        'RFC 9110, 12.5.3',
        `Accept-Encoding ${JSON.stringify(coding)} is answered without a coding`,
        post([`accept-encoding: ${coding}`]),
        { ...ok, headers: { 'content-encoding': null } },
      ] as const,
  ),
]);
