import { expect, test } from 'vitest';
import { codeOf, reasonOf, type Stage, timedOut } from '../../src/lib/reasons.ts';

test.each([
  ['NAME', 'ENOTFOUND', 'NAME_NOT_FOUND'],
  ['NAME', 'ENODATA', 'NAME_NOT_FOUND'],
  ['NAME', 'EBADNAME', 'NAME_NOT_FOUND'],
  ['NAME', 'ETIMEOUT', 'NAME_TIMED_OUT'],
  ['NAME', 'ECANCELLED', 'NAME_TIMED_OUT'],
  ['NAME', 'EAI_AGAIN', 'NAME_TIMED_OUT'],
  ['NAME', 'ESERVFAIL', 'NAME_FAILED'],
  ['NAME', undefined, 'NAME_FAILED'],
  ['CONNECT', 'ECONNREFUSED', 'CONNECT_REFUSED'],
  ['CONNECT', 'ETIMEDOUT', 'CONNECT_TIMED_OUT'],
  ['CONNECT', 'ENETUNREACH', 'CONNECT_FAILED'],
  ['CONNECT', undefined, 'CONNECT_FAILED'],
  ['PROXY', 'ECONNREFUSED', 'PROXY_FAILED'],
  ['TLS', 'CERT_HAS_EXPIRED', 'TLS_EXPIRED'],
  ['TLS', 'CERT_NOT_YET_VALID', 'TLS_EXPIRED'],
  ['TLS', 'ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_HOST_MISMATCH'],
  ['TLS', 'ERR_TLS_CERT_ALTNAME_FORMAT', 'TLS_HOST_MISMATCH'],
  ['TLS', 'HOSTNAME_MISMATCH', 'TLS_HOST_MISMATCH'],
  ['TLS', 'SELF_SIGNED_CERT_IN_CHAIN', 'TLS_UNTRUSTED'],
  ['TLS', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_UNTRUSTED'],
  ['TLS', 'CERT_REVOKED', 'TLS_UNTRUSTED'],
  ['TLS', 'EE_KEY_TOO_SMALL', 'TLS_UNTRUSTED'],
  ['TLS', 'ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_PROTOCOL'],
  ['TLS', 'ECONNRESET', 'TLS_PROTOCOL'],
  ['TLS', undefined, 'TLS_PROTOCOL'],
  ['REPLY', 'ECONNRESET', 'CLOSED_BEFORE_REPLY'],
  ['REQUEST', 'ECONNRESET', 'CLOSED_BEFORE_REQUEST'],
  ['START', undefined, 'CLOSED_BEFORE_REQUEST'],
] as const)('a failure at the stage %s with the code %s has the reason %s', (stage, code, reason) => {
  expect(reasonOf(stage, code)).toBe(reason);
});

test.each<[Stage, string]>([
  ['START', 'NOT_BEGUN'],
  ['NAME', 'NAME_TIMED_OUT'],
  ['CONNECT', 'CONNECT_TIMED_OUT'],
  ['PROXY', 'PROXY_TIMED_OUT'],
  ['TLS', 'TLS_TIMED_OUT'],
  ['REQUEST', 'NOT_BEGUN'],
  ['REPLY', 'REPLY_TIMED_OUT'],
])('a deadline at the stage %s has the reason %s', (stage, reason) => {
  expect(timedOut[stage]).toBe(reason);
});

test.each([
  ['ENOTFOUND', true],
  ['23505', true],
  ['57P01', true],
  ['HTTP_407', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true],
  ['s3cret', false],
  ['S3-CRET', false],
  ['_A', false],
  ['A', false],
  ['A b', false],
  ['AB\n', false],
  [`A${'B'.repeat(64)}`, false],
  [42, false],
  [undefined, false],
])('codeOf returns the code %j: %s', (code, repeated) => {
  expect(codeOf(Object.assign(new Error('x'), { code }))).toBe(repeated ? code : undefined);
  expect(codeOf({ code })).toBeUndefined();
});
