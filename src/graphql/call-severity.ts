/** How loud a call's log line is, and which lines a stranger could cause without end. */
import type { FailureCode } from '../failure.ts';
import type { CallNote } from '../identity/call.ts';

const severities = ['info', 'warn', 'error'] as const;
type Severity = (typeof severities)[number];

const codes = (...list: FailureCode[]): ReadonlySet<string> => new Set<string>(list);

/** Answers that the operator should look at; the others are what callers and payers may well do. */
const alarming = codes(
  ...(['OUTCOME_UNKNOWN', 'REPLY_UNVERIFIED', 'REPLY_MALFORMED', 'CHANNEL_UNREACHABLE', 'CHANNEL_NO_ANSWER'] as const),
  ...(['CHANNEL_BUSY', 'CHANNEL_MISCONFIGURED', 'CHANNEL_SUSPENDED'] as const),
  ...(['RATE_LIMITED', 'OVERLOADED', 'SERVICE_UNAVAILABLE', 'NOT_ALLOWED'] as const),
  ...(['SIGNATURE_MISSING', 'SIGNATURE_INVALID', 'REQUEST_TIME_INVALID', 'NONCE_USED'] as const),
);

export const severityOf = ({ code, isBug }: CallNote): Severity => {
  if (isBug || code === 'INTERNAL_SERVER_ERROR') return 'error';
  return code !== undefined && alarming.has(code) ? 'warn' : 'info';
};

export const isGraver = (one: CallNote, other: CallNote): boolean =>
  severities.indexOf(severityOf(one)) > severities.indexOf(severityOf(other));

/** Given before anything is claimed or sent: nothing else bounds how often a caller without credentials gets them. */
const cheap = codes(
  ...(['INPUT_INVALID', 'APP_UNKNOWN', 'CHANNEL_UNKNOWN', 'CHANNEL_UNSUPPORTED', 'NOT_ALLOWED'] as const),
  ...(['SIGNATURE_MISSING', 'SIGNATURE_INVALID', 'REQUEST_TIME_INVALID', 'NONCE_USED'] as const),
  ...(['RATE_LIMITED', 'OVERLOADED', 'SERVICE_UNAVAILABLE'] as const),
);

export const isCheap = (code: string | undefined): boolean =>
  code !== undefined && (cheap.has(code) || code === 'INTERNAL_SERVER_ERROR');
