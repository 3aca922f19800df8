/** The level of a call's log line, and which lines callers without credentials can cause without limit. */
import type { FailureCode } from '../failure-codes.ts';
import type { CallNote } from '../identity/call.ts';

const severities = ['info', 'warn', 'error'] as const;
type Severity = (typeof severities)[number];

/** Typed as codes where they are listed, and as strings where they are looked up. */
const setOf = (codes: readonly FailureCode[]): ReadonlySet<string> => new Set(codes);

/** Failures that need the operator's attention; the others are what callers and payers ordinarily do. */
const alarming = setOf([
  'OUTCOME_UNKNOWN',
  'REPLY_UNVERIFIED',
  'REPLY_MALFORMED',
  'CHANNEL_UNREACHABLE',
  'CHANNEL_NO_ANSWER',
  'CHANNEL_BUSY',
  'CHANNEL_MISCONFIGURED',
  'CHANNEL_SUSPENDED',
  'RATE_LIMITED',
  'OVERLOADED',
  'SERVICE_UNAVAILABLE',
  'NOT_ALLOWED',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'REQUEST_TIME_INVALID',
  'NONCE_USED',
]);

export const severityOf = ({ code, isBug }: CallNote): Severity => {
  if (isBug || code === 'INTERNAL_SERVER_ERROR') return 'error';
  return code !== undefined && alarming.has(code) ? 'warn' : 'info';
};

export const isGraver = (one: CallNote, other: CallNote): boolean =>
  severities.indexOf(severityOf(one)) > severities.indexOf(severityOf(other));

/** Answered before anything is claimed or sent: nothing else bounds how often a caller without credentials gets them. */
const cheap = setOf([
  'QUERY_CODE_UNKNOWN',
  'SESSION_EXPIRED',
  'SESSION_SPENT',
  'SESSION_CANCELLED',
  'INPUT_INVALID',
  'APP_UNKNOWN',
  'CHANNEL_UNKNOWN',
  'CHANNEL_UNSUPPORTED',
  'NOT_ALLOWED',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'REQUEST_TIME_INVALID',
  'NONCE_USED',
  'RATE_LIMITED',
  'OVERLOADED',
  'SERVICE_UNAVAILABLE',
]);

export const isCheap = (code: string | undefined): boolean =>
  code !== undefined && (cheap.has(code) || code === 'INTERNAL_SERVER_ERROR');
