import { type DestinationStream, pino } from 'pino';

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
  /** Of an unexpected error only its class and the places in our code: messages may quote what they choked on. */
  readonly error?: unknown;
}

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const describeError = (error: unknown): { name: string; at: string[] } => {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  // The stack begins with the message, which may have lines that look like places.
  const stack = error.stack ?? '';
  const head = stack.indexOf(error.message);
  const places = head < 0 ? '' : stack.slice(head + error.message.length);
  const at = places.split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.name, at: at.slice(0, 5).map((line) => line.trim()) };
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
