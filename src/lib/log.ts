import { type DestinationStream, pino } from 'pino';
import { ExchangeError } from './exchange-error.ts';
import { codeOf } from './reasons.ts';

/**
 * Everything a log line may hold. Codes, tokens, ids of payers and free text from outside have no field here,
 * so they cannot be logged by mistake.
 */
export interface LogFields {
  readonly traceId?: string | undefined;
  readonly appId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly source?: string | undefined;
  readonly state?: string | undefined;
  readonly code?: string | undefined;
  readonly upstreamCode?: string | undefined;
  /** What a reply that could not be verified claims. */
  readonly claimedCode?: string | undefined;
  readonly upstreamTraceId?: string | undefined;
  readonly missingScope?: string | undefined;
  /** The root field of the contract. */
  readonly operation?: string | undefined;
  /** The call bears a valid signature of the app. */
  readonly signed?: boolean | undefined;
  readonly durationMs?: number | undefined;
  readonly count?: number | undefined;
  readonly url?: string | undefined;
  /** Of a source: the name of one of its options, and when the certificate there is valid. */
  readonly setting?: string | undefined;
  readonly validFrom?: string | undefined;
  readonly validTo?: string | undefined;
  /** Why a configuration is refused, in our own words, which repeat no value. */
  readonly reason?: string | undefined;
  /**
   * Of an error its class, the codes along its causes, why and with which upstream an exchange failed, and the places in
   * our code; no message, since messages may quote what they choked on.
   */
  readonly error?: unknown;
}

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Causes that are looked at, each with the errors that it gathers. */
const MAX_CAUSES = 8;

const causesOf = (error: Error): Error[] => {
  const found: Error[] = [];
  let next: unknown = error;
  while (next instanceof Error && !found.includes(next) && found.length < MAX_CAUSES) {
    found.push(next);
    if (next instanceof AggregateError) found.push(...next.errors.filter((each) => each instanceof Error).slice(0, 4));
    next = next.cause;
  }
  return found;
};

/** The system's call that failed, such as connect; and SQLite's result code, a number. */
const detailsOf = (error: Error): (string | undefined)[] => [
  codeOf(error),
  'syscall' in error && /^[A-Za-z]{1,20}$/.test(`${error.syscall}`) ? `${error.syscall}` : undefined,
  'errcode' in error && Number.isInteger(error.errcode) ? `SQLITE_${error.errcode}` : undefined,
];

interface ErrorFields {
  readonly name: string;
  readonly reason?: string;
  readonly origin?: string;
  readonly codes?: string[];
  readonly at: string[];
}

const describeError = (error: unknown): ErrorFields => {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const causes = causesOf(error);
  const codes = [...new Set(causes.flatMap(detailsOf))].filter((code) => code !== undefined);
  const exchange = causes.find((cause) => cause instanceof ExchangeError);
  // The stack begins with the message, which may have lines that look like places.
  const stack = error.stack ?? '';
  const head = stack.indexOf(error.message);
  const places = head < 0 ? '' : stack.slice(head + error.message.length);
  const at = places.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    ...(exchange?.reason && { reason: exchange.reason }),
    ...(exchange?.origin && { origin: exchange.origin }),
    ...(codes.length > 0 && { codes }),
    at: at.slice(0, 5).map((line) => line.trim()),
  };
};

/** Logs JSON lines to standard output, or to the destination given. */
export const createLog = (level: string, destination?: DestinationStream): Log => {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = destination ? pino(options, destination) : pino(options);
  const at =
    (severity: 'info' | 'warn' | 'error') =>
    (event: string, { error, ...fields }: LogFields = {}) =>
      logger[severity](error === undefined ? fields : { ...fields, error: describeError(error) }, event);
  return { info: at('info'), warn: at('warn'), error: at('error') };
};
