/**
 * The closed list of failures, and the one table that says what each means to the caller.
 * Visible to every room, like the model; knows none of them.
 */

/** The union members of the contract, named after what the caller does next. */
export type FailureMember =
  | 'AuthCodeRejected'
  | 'AuthenticationIndeterminate'
  | 'CertificationRejected'
  | 'JobworthRejected'
  | 'ChannelUnavailable'
  | 'InvalidInput'
  | 'NotAllowed';

const table = {
  AUTH_CODE_INVALID: ['AuthCodeRejected', 'The channel does not know this auth code. Let the payer authorize again.'],
  AUTH_CODE_USED: ['AuthCodeRejected', 'This auth code was used before. Let the payer authorize again.'],
  AUTH_CODE_EXPIRED: ['AuthCodeRejected', 'This auth code has expired. Let the payer authorize again.'],
  AUTH_CODE_REFUSED: ['AuthCodeRejected', 'The channel refused this auth code. Let the payer authorize again.'],
  OUTCOME_UNKNOWN: [
    'AuthenticationIndeterminate',
    'How the exchange ended is not known; the one-time code may be used up. Let the payer authorize again.',
  ],
  OUTCOME_PENDING: [
    'AuthenticationIndeterminate',
    'This auth code is being redeemed by another call. Repeat the same call to read its outcome.',
  ],
  REPLY_UNVERIFIED: [
    'AuthenticationIndeterminate',
    "The channel's answer is not signed by the channel; the auth code may be used up. Let the payer authorize again.",
  ],
  REPLY_MALFORMED: [
    'AuthenticationIndeterminate',
    "The channel's answer makes no sense; the auth code may be used up. Let the payer authorize again.",
  ],
  CERTIFY_ID_UNKNOWN: ['CertificationRejected', 'The channel knows no such certification. Initialize a new one.'],
  CERTIFY_ID_EXPIRED: ['CertificationRejected', 'The certification has expired. Initialize a new one.'],
  CERTIFICATION_REFUSED: ['CertificationRejected', 'The channel refuses to certify this payer with this input.'],
  ONCE_TOKEN_INVALID: ['JobworthRejected', 'The once token is not valid or was used up. Start the authorization anew.'],
  ONCE_TOKEN_USED: ['JobworthRejected', 'The once token was used with other parameters. Start the authorization anew.'],
  JOBWORTH_NOT_AUTHORIZED: ['JobworthRejected', 'The payer has not authorized the query. Let the payer authorize it.'],
  JOBWORTH_NOT_OPENED: ['JobworthRejected', 'The payer has not opened the service. Let the payer open it.'],
  JOBWORTH_BLOCKED: ['JobworthRejected', 'Zhima does not serve this payer or merchant.'],
  JOBWORTH_MISMATCH: ['JobworthRejected', 'The payer, document or identity type is not the one of the authorization.'],
  JOBWORTH_REFUSED: ['JobworthRejected', 'Zhima refuses the parameters of the query.'],
  CHANNEL_UNREACHABLE: ['ChannelUnavailable', 'The channel could not be reached; nothing was sent. Repeat the call.'],
  CHANNEL_NO_ANSWER: ['ChannelUnavailable', 'The channel gave no usable answer. Repeat the call.'],
  CHANNEL_BUSY: [
    'ChannelUnavailable',
    'The channel limits the number of calls; nothing was used up. Repeat the call later.',
  ],
  CHANNEL_MISCONFIGURED: ['ChannelUnavailable', 'The channel refuses the credentials or settings of this app.'],
  CHANNEL_UNSUPPORTED: ['ChannelUnavailable', 'The channel cannot authenticate payers for this app.'],
  CHANNEL_SUSPENDED: [
    'ChannelUnavailable',
    'The channel has been failing and gets a rest; nothing was sent. Repeat the call later.',
  ],
  RATE_LIMITED: ['ChannelUnavailable', 'Too many calls; nothing was done. Repeat the call later.'],
  OVERLOADED: ['ChannelUnavailable', 'Too many calls are under way; nothing was sent. Repeat the call later.'],
  SERVICE_UNAVAILABLE: [
    'ChannelUnavailable',
    'The service cannot keep or read results now; nothing was used up. Repeat the call.',
  ],
  INPUT_INVALID: ['InvalidInput', 'The input is not valid; see fields.'],
  APP_UNKNOWN: ['InvalidInput', 'There is no such app.'],
  CHANNEL_UNKNOWN: ['InvalidInput', 'The app has no such channel.'],
  QUERY_CODE_TAKEN: ['InvalidInput', 'The query code belongs to another authentication. Choose a new one.'],
  NOT_ALLOWED: ['NotAllowed', "The caller's scopes or the app's policy do not allow this."],
  SIGNATURE_MISSING: ['NotAllowed', 'The app signs its calls: sign, nonceStr and reqTime have to be given.'],
  SIGNATURE_INVALID: ['NotAllowed', "The signature is not one of the app's over this call."],
  REQUEST_TIME_INVALID: ['NotAllowed', 'The call was signed for another time: reqTime may be 5 minutes off at most.'],
  NONCE_USED: ['NotAllowed', 'The nonceStr was used before. Sign the call anew, with a new one.'],
} as const satisfies Record<string, readonly [FailureMember, string]>;

export type FailureCode = keyof typeof table;
export const isFailureCode = (text: string): text is FailureCode => Object.hasOwn(table, text);

/** A field of an input that has to change; never carries the value. */
export interface InvalidField {
  readonly path: string;
  readonly message: string;
}

interface FailureDetails {
  /** The upstream's own code, for operators. */
  readonly upstreamCode?: string | undefined;
  /** The code that an unverified reply claims: for the operator's log only, never a basis for a decision. */
  readonly claimedCode?: string | undefined;
  /** The upstream's id of the exchange, which its support asks for. */
  readonly upstreamTraceId?: string | undefined;
  /** The scope that the caller lacks. */
  readonly missingScope?: string | undefined;
  readonly fields?: readonly InvalidField[] | undefined;
  /** Of the call that the failure happened in, when that was an earlier one. */
  readonly traceId?: string | undefined;
  /** When it is known better than by the code. */
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Reasons as upstreams write them: words and short numbers, such as isv.code-invalid, 20080.40029 or HTTP_502. An
 * upstream may echo what it was sent, and no random text, payer's id or document's number looks like this.
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
 * An expected failure. Switch on `code`; the message comes from our own table, so it can hold no secret.
 * `upstreamCode` and `claimedCode` are kept only when they look like a reason, `upstreamTraceId` only when it looks
 * like an id.
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
  /** Seconds after which repeating the same call is worth it; undefined when only the operator can help. */
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
    super(table[code][1], { cause });
    this.code = code;
    this.upstreamCode = matching(REASON, upstreamCode);
    this.claimedCode = matching(REASON, claimedCode);
    this.upstreamTraceId = matching(TRACE_ID, upstreamTraceId);
    this.missingScope = missingScope;
    this.fields = fields;
    this.traceId = traceId;
    this.retryAfterSeconds = retryAfterSeconds ?? retryAfter[code];
  }
}

export const failureMember = (code: FailureCode): FailureMember => table[code][0];
export const failureMessage = (code: FailureCode): string => table[code][1];

/** The same for a failure that is only known by its code. */
export const retryAfterSeconds = (code: FailureCode): number | undefined => retryAfter[code];

const retryAfter: Readonly<Partial<Record<FailureCode, number>>> = {
  CHANNEL_UNREACHABLE: 2,
  CHANNEL_NO_ANSWER: 2,
  CHANNEL_BUSY: 30,
  CHANNEL_SUSPENDED: 2,
  RATE_LIMITED: 1,
  OVERLOADED: 1,
  SERVICE_UNAVAILABLE: 2,
};

/** Whether a failed exchange has left the code as it was: then it may be exchanged by another call. */
export const leftUnsent = (code: FailureCode): boolean =>
  code === 'CHANNEL_UNREACHABLE' || code === 'CHANNEL_SUSPENDED' || code === 'OVERLOADED';
