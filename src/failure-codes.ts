/** The closed list of failures: what each is in the contract, and its message for the developer who calls the API. */

/** The types of failure in the contract. Each states what the caller has to do next. */
export type FailureMember =
  | 'PayerAuthorizationRejected'
  | 'PayerOutcomeUnknown'
  | 'PayerOutcomePending'
  | 'PayerCertificationRejected'
  | 'PayerJobworthRejected'
  | 'PayerChannelUnavailable'
  | 'PayerChannelMisconfigured'
  | 'PayerServiceBusy'
  | 'PayerInvalidInput'
  | 'PayerNotAllowed'
  | 'PayerSessionEnded'
  | 'PayerAuthNotFound';

const table = {
  AUTH_CODE_INVALID: [
    'PayerAuthorizationRejected',
    'The channel does not know this auth code. Let the payer authorize again.',
  ],
  AUTH_CODE_USED: ['PayerAuthorizationRejected', 'This auth code was used before. Let the payer authorize again.'],
  AUTH_CODE_EXPIRED: ['PayerAuthorizationRejected', 'This auth code has expired. Let the payer authorize again.'],
  AUTH_CODE_REFUSED: [
    'PayerAuthorizationRejected',
    'The channel refused this auth code. Let the payer authorize again.',
  ],
  AUTH_CODE_SNAPSHOT: [
    'PayerAuthorizationRejected',
    'The payer sees a preview of the page (WeChat snapshot), which has no identity. Ask the payer to use the full service.',
  ],
  OUTCOME_UNKNOWN: [
    'PayerOutcomeUnknown',
    'It is not known whether the one-time code was redeemed; it may be used up. Let the payer authorize again.',
  ],
  OUTCOME_PENDING: [
    'PayerOutcomePending',
    'Another call is redeeming this auth code, or another one of the session. Repeat the same call to read its outcome.',
  ],
  REPLY_UNVERIFIED: [
    'PayerOutcomeUnknown',
    "The signature of the channel's reply is not valid; the auth code may be used up. Let the payer authorize again.",
  ],
  REPLY_MALFORMED: [
    'PayerOutcomeUnknown',
    "The channel's reply cannot be parsed; the auth code may be used up. Let the payer authorize again.",
  ],
  CERTIFY_ID_UNKNOWN: [
    'PayerCertificationRejected',
    'The channel does not know this certification. Initialize a new one.',
  ],
  CERTIFY_ID_EXPIRED: ['PayerCertificationRejected', 'The certification has expired. Initialize a new one.'],
  CERTIFICATION_REFUSED: ['PayerCertificationRejected', 'The channel refused to certify this payer with this input.'],
  ONCE_TOKEN_INVALID: [
    'PayerAuthorizationRejected',
    'The once token is not valid or was used before. Let the payer authorize again.',
  ],
  ONCE_TOKEN_USED: [
    'PayerAuthorizationRejected',
    'The once token was used with other parameters. Let the payer authorize again.',
  ],
  JOBWORTH_NOT_AUTHORIZED: [
    'PayerAuthorizationRejected',
    'The payer has not authorized the job query. Let the payer authorize it.',
  ],
  JOBWORTH_NOT_OPENED: [
    'PayerJobworthRejected',
    'The payer has not activated the Zhima service. Let the payer activate it.',
  ],
  JOBWORTH_BLOCKED: ['PayerJobworthRejected', 'Zhima does not serve this payer or this merchant.'],
  JOBWORTH_MISMATCH: [
    'PayerJobworthRejected',
    'The payer, document or identity type differs from the one that was authorized.',
  ],
  JOBWORTH_REFUSED: ['PayerJobworthRejected', 'Zhima refused the parameters of the job query.'],
  CHANNEL_UNREACHABLE: [
    'PayerChannelUnavailable',
    'The channel could not be reached; nothing was sent. Repeat the call.',
  ],
  CHANNEL_NO_ANSWER: ['PayerChannelUnavailable', 'The channel sent no usable reply. Repeat the call.'],
  CHANNEL_BUSY: [
    'PayerChannelUnavailable',
    'The channel limits the rate of calls; nothing was used up. Repeat the call later.',
  ],
  CHANNEL_MISCONFIGURED: [
    'PayerChannelMisconfigured',
    'The channel refused the credentials or settings of this app. The operator has to correct them.',
  ],
  CHANNEL_UNSUPPORTED: [
    'PayerInvalidInput',
    'No channel of this app can do this. The capabilities of its channels are in payerChannels.',
  ],
  CHANNEL_SUSPENDED: [
    'PayerChannelUnavailable',
    'The channel is suspended because too many calls to it have failed; nothing was sent. Repeat the call later.',
  ],
  RATE_LIMITED: ['PayerServiceBusy', 'Too many calls; nothing was done. Repeat the call later.'],
  OVERLOADED: ['PayerServiceBusy', 'Too many calls are in progress; nothing was sent. Repeat the call later.'],
  SERVICE_UNAVAILABLE: [
    'PayerServiceBusy',
    'The service cannot store or read results now; nothing was used up. Repeat the call.',
  ],
  INPUT_INVALID: ['PayerInvalidInput', 'The input is not valid; see fields.'],
  APP_UNKNOWN: ['PayerInvalidInput', 'No app has this id.'],
  CHANNEL_UNKNOWN: ['PayerInvalidInput', 'The app has no such channel.'],
  QUERY_CODE_TAKEN: [
    'PayerInvalidInput',
    'The query code belongs to another authentication, or as many auth codes as it takes have failed. Choose a new one.',
  ],
  QUERY_CODE_UNKNOWN: [
    'PayerAuthNotFound',
    'The query code is unknown, has expired, or is not for this caller to read.',
  ],
  SESSION_EXPIRED: ['PayerSessionEnded', 'The session has expired. Start a new one with startAuthentication.'],
  SESSION_SPENT: [
    'PayerSessionEnded',
    'As many auth codes as the session takes have failed. Start a new one with startAuthentication.',
  ],
  SESSION_CANCELLED: [
    'PayerSessionEnded',
    'The session was cancelled by the caller who holds its query code. Start a new one with startAuthentication.',
  ],
  NOT_ALLOWED: ['PayerNotAllowed', "The caller's scopes or the app's policy do not allow this."],
  SIGNATURE_MISSING: ['PayerNotAllowed', 'This app has to sign its calls: signature is required.'],
  SIGNATURE_INVALID: ['PayerNotAllowed', 'The signature does not match this call and a key of the app.'],
  REQUEST_TIME_INVALID: ['PayerNotAllowed', 'signedAt differs from the time of the service by more than 5 minutes.'],
  NONCE_USED: ['PayerNotAllowed', 'This nonce was used before. Sign the call again with a new one.'],
} as const satisfies Record<string, readonly [FailureMember, string]>;

export type FailureCode = keyof typeof table;
export const isFailureCode = (text: string): text is FailureCode => Object.hasOwn(table, text);

export const failureMember = (code: FailureCode): FailureMember => table[code][0];
export const failureMessage = (code: FailureCode): string => table[code][1];

/** Seconds after which a call that failed with this code may succeed; undefined when repeating it does not help. */
export const retryAfterSeconds = (code: FailureCode): number | undefined => retryAfter[code];

const retryAfter: Readonly<Partial<Record<FailureCode, number>>> = {
  CHANNEL_UNREACHABLE: 2,
  CHANNEL_NO_ANSWER: 2,
  CHANNEL_BUSY: 30,
  CHANNEL_SUSPENDED: 2,
  RATE_LIMITED: 1,
  OVERLOADED: 1,
  OUTCOME_PENDING: 2,
  SERVICE_UNAVAILABLE: 2,
};

/** Whether nothing was sent: the code is as it was, and another call may redeem it. */
export const leftUnsent = (code: FailureCode): boolean =>
  code === 'CHANNEL_UNREACHABLE' || code === 'CHANNEL_SUSPENDED' || code === 'OVERLOADED';
