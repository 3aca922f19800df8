/** The log: JSON lines whose fields are a closed list, so that no secret can be logged by mistake. */
import { type DestinationStream, pino } from 'pino';
import { ExchangeError } from './exchange-error.ts';
import { textLines } from './log-text.ts';
import { codeOf } from './reasons.ts';

/**
 * The fields of a log line. Auth codes, tokens, ids of payers and texts from outside have no field here.
 */
export interface LogFields {
  readonly traceId?: string | undefined;
  readonly appId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly source?: string | undefined;
  readonly state?: string | undefined;
  readonly code?: string | undefined;
  readonly upstreamCode?: string | undefined;
  /** The code in a reply whose signature does not hold. */
  readonly claimedCode?: string | undefined;
  readonly upstreamTraceId?: string | undefined;
  readonly missingScope?: string | undefined;
  /** What the caller calls the session; no secret. */
  readonly clientReferenceId?: string | undefined;
  /** The root field of the contract. */
  readonly operation?: string | undefined;
  /** Whether the call has a valid app signature. */
  readonly signed?: boolean | undefined;
  readonly durationMs?: number | undefined;
  readonly count?: number | undefined;
  readonly url?: string | undefined;
  /** Of this package; the configured apps and their channels; the store without its password; who may call. */
  readonly version?: string | undefined;
  readonly apps?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly store?: string | undefined;
  readonly callers?: readonly string[] | undefined;
  /** The option of a source that holds a certificate, and from when to when the certificate is valid. */
  readonly setting?: string | undefined;
  readonly validFrom?: string | undefined;
  readonly validTo?: string | undefined;
  /** The id of the key that seals. */
  readonly sealKey?: string | undefined;
  /** Why a configuration is refused; repeats no value of it. */
  readonly reason?: string | undefined;
  /**
   * Logged as the error's class, the codes of its causes, the reason and the origin of a failed exchange, and the stack
   * without the message: a message may quote input.
   */
  readonly error?: unknown;
}

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** How many causes of an error are logged. */
const MAX_CAUSES = 8;

const causesOf = (error: Error): Error[] => {
  const causes: Error[] = [];
  let next: unknown = error;
  while (next instanceof Error && !causes.includes(next) && causes.length < MAX_CAUSES) {
    causes.push(next);
    if (next instanceof AggregateError) causes.push(...next.errors.filter((each) => each instanceof Error).slice(0, 4));
    next = next.cause;
  }
  return causes;
};

/** An error's code, the system call that failed, such as connect, and SQLite's result code, a number. */
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
  // The stack begins with the message, whose lines may look like stack frames.
  const stack = error.stack ?? '';
  const head = stack.indexOf(error.message);
  const frames = head < 0 ? '' : stack.slice(head + error.message.length);
  const at = frames.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    ...(exchange?.reason && { reason: exchange.reason }),
    ...(exchange?.origin && { origin: exchange.origin }),
    ...(codes.length > 0 && { codes }),
    at: at.slice(0, 5).map((line) => line.trim()),
  };
};

/** Writes the lines of one turn of the event loop at once, at its end: calls whose commit is shared end together. */
export const writeByTurn = (stream: DestinationStream): DestinationStream => {
  let lines = '';
  const flush = () => {
    const text = lines;
    lines = '';
    if (text !== '') stream.write(text);
  };
  process.on('exit', flush);
  return {
    write(line) {
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
};

const opened = new Map<1 | 2, DestinationStream>();
const toStream = (descriptor: 1 | 2): DestinationStream => {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  const raw = pino.destination(descriptor);
  const destination =
    opened.get(descriptor) ?? writeByTurn(stream.isTTY ? textLines(raw, stream.getColorDepth() > 1) : raw);
  opened.set(descriptor, destination);
  return destination;
};

/** Of a command beside the service, whose standard output has its result alone. */
export const standardError = (): DestinationStream => toStream(2);

/** Logs JSON lines to standard output, readable ones on a terminal, or JSON to the destination given. */
export const createLog = (level: string, destination = toStream(1)): Log => {
  const formatters = { level: (label: string) => ({ level: label }) };
  const logger = pino({ level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  const at =
    (severity: 'info' | 'warn' | 'error') =>
    (event: string, { error, ...fields }: LogFields = {}) =>
      logger[severity](error === undefined ? fields : { ...fields, error: describeError(error) }, event);
  return { info: at('info'), warn: at('warn'), error: at('error') };
};
