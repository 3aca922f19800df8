/** An expected failure, as every room but lib may throw it. */
import { retryAfterSeconds as defaultRetryAfter, type FailureCode, failureMessage } from './failure-codes.ts';

/** A field of an input that has to change. Neither text holds the value. */
export interface InvalidField {
  readonly path: string;
  readonly message: string;
}

interface FailureDetails {
  /** The upstream code, for operators. */
  readonly upstreamCode?: string | undefined;
  /** The code in a reply whose signature does not hold: for the operator's log, never acted on. */
  readonly claimedCode?: string | undefined;
  /** The upstream's id of the exchange, which its support requires. */
  readonly upstreamTraceId?: string | undefined;
  /** The scope that the caller lacks. */
  readonly missingScope?: string | undefined;
  readonly fields?: readonly InvalidField[] | undefined;
  /** The trace id of the call that failed, when that was an earlier call. */
  readonly traceId?: string | undefined;
  /** Overrides the default of the code. */
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Upstream codes: words and short numbers, such as isv.code-invalid, 20080.40029 or HTTP_502. An upstream may echo
 * what it was sent; no token, payer's id or document number has this form.
 */
const REASON = /^(?=.{1,64}$)-?(?:[A-Za-z]+\d{0,7}|\d{1,7})(?:[._-](?:[A-Za-z]+\d{0,7}|\d{1,7}))*$/;

/**
 * An upstream's id of an exchange: hexadecimal digits, decimal digits and hyphens only, or the 12 letters and digits of
 * DaxPay, which are shorter than any payer's id.
 */
const TRACE_ID = /^(?:[0-9a-f-]{8,64}|[0-9a-z]{12})$/i;

const matching = (pattern: RegExp, text: string | undefined): string | undefined =>
  text !== undefined && pattern.test(text) ? text : undefined;

/**
 * An expected failure. Switch on `code`; the message comes from the table, so it can hold no secret. `upstreamCode` and
 * `claimedCode` are dropped unless they have the form of an upstream code, `upstreamTraceId` unless it has that of an
 * id.
 */
export class PayerIdentityError extends Error {
  override readonly name = 'PayerIdentityError';
  readonly code: FailureCode;
  readonly upstreamCode: string | undefined;
  readonly claimedCode: string | undefined;
  readonly upstreamTraceId: string | undefined;
  readonly missingScope: string | undefined;
  readonly fields: readonly InvalidField[];
  readonly traceId: string | undefined;
  /** Seconds after which the same call may succeed; undefined when repeating it does not help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: FailureCode,
    {
      upstreamCode,
      claimedCode,
      upstreamTraceId,
      missingScope,
      fields = [],
      traceId,
      retryAfterSeconds,
      cause,
    }: FailureDetails = {},
  ) {
    super(failureMessage(code), { cause });
    this.code = code;
    this.upstreamCode = matching(REASON, upstreamCode);
    this.claimedCode = matching(REASON, claimedCode);
    this.upstreamTraceId = matching(TRACE_ID, upstreamTraceId);
    this.missingScope = missingScope;
    this.fields = fields;
    this.traceId = traceId;
    this.retryAfterSeconds = retryAfterSeconds ?? defaultRetryAfter(code);
  }
}
