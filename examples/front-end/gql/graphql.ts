/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How a payer comes to an auth code. New kinds may be added: for one that you do not know, startAuthentication says how. */
export type PayerAuthCodeKind =
  /** The merchant's mini program gets the auth code from the channel's application. */
  | 'MINI_PROGRAM'
  /** The merchant's own app gets the auth code from the channel's SDK. */
  | 'NATIVE_APP'
  /** A page of the channel, usually within its application, sends the payer back to the payer page with the auth code. */
  | 'PAGE'
  /** The auth code is the payment code that the payer shows and a cashier's scanner reads. */
  | 'PAYMENT_CODE'
  /** A page of the channel for browsers on computers shows a QR code, which the payer scans with the channel's application; then the page sends the browser back with the auth code. */
  | 'WEBSITE_QR';

/** What a payer did at the channel's page, as the payer page reported it. It decides nothing. */
export type PayerAuthStep =
  /** The payer has declined, or closed the channel's page. The payer may open it again, and authorize. */
  | 'DECLINED'
  /** The payer has opened the channel's page. */
  | 'OPENED';

/** The input of authenticateAndSet. */
export type PayerAuthenticateAndSetInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  appId?: string | null | undefined;
  /** The one-time code that the channel gave to the payer's page. 1 to 200 characters of ASCII without blanks. */
  authCode: string;
  /** The channel that issued the auth code: a PayerChannel.id, such as ali_pay. At most 32 characters. */
  channelId: string;
  /** What some channels require beside the auth code. */
  channelOptions?: PayerChannelOptionsInput | null | undefined;
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  clientIp?: string | null | undefined;
  /**
   * The verifier of the codeChallenge that the session of the state was started with: 43 to 128 characters of
   * A-Z a-z 0-9 - . _ ~ Without it, or with another one, nothing is sent and no attempt is used up. Only with a state.
   */
  codeVerifier?: string | null | undefined;
  /** A random secret of 16 to 128 characters of A-Z a-z 0-9 _ - . ~ With neither queryCode nor state, one is generated and returned. Give one of the two at most. */
  queryCode?: string | null | undefined;
  /** The state that the channel returned to the payer page with the auth code. At most 128 characters. The result goes to the session that the state was issued for, and to no other. */
  state?: string | null | undefined;
};

/** The input of cancelAuthentication. */
export type PayerCancelAuthenticationInput = {
  /** The secret from startAuthentication, or the one of the call with the auth code. At most 128 characters. */
  queryCode: string;
};

/** What some channels require beside the auth code. A channel ignores what it does not need. */
export type PayerChannelOptionsInput = {
  /** The merchant's order number. 5 to 30 characters of A-Z a-z 0-9 _ */
  orderId?: string | null | undefined;
  /** The sub-merchant's application at the channel, in which the payer is to be identified. At most 32 characters. Refused by channels that have none. */
  subAppId?: string | null | undefined;
  /** The number of the terminal where the payer pays. At most 32 characters. */
  terminalId?: string | null | undefined;
};

/** Why a call failed. New codes may be added: handle an unknown code by the type of the failure that carries it. */
export type PayerFailureCode =
  /** There is no such app. */
  | 'APP_UNKNOWN'
  /** The auth code is too old. */
  | 'AUTH_CODE_EXPIRED'
  /** The channel does not know the auth code. */
  | 'AUTH_CODE_INVALID'
  /** The channel refused the auth code without saying why. */
  | 'AUTH_CODE_REFUSED'
  /** The payer sees a preview of the page (WeChat snapshot), which has no identity. Ask the payer to use the full service: the page gets a new auth code then, for the same session. */
  | 'AUTH_CODE_SNAPSHOT'
  /** The auth code was redeemed before, here or elsewhere. */
  | 'AUTH_CODE_USED'
  /** The channel refuses to certify with this input. */
  | 'CERTIFICATION_REFUSED'
  /** The payer did not finish the certification in time. */
  | 'CERTIFY_ID_EXPIRED'
  /** The channel has no such certification, or it belongs to another app. */
  | 'CERTIFY_ID_UNKNOWN'
  /** The channel has reached its own limit of calls. */
  | 'CHANNEL_BUSY'
  /** The channel refuses the app's configuration or credentials. */
  | 'CHANNEL_MISCONFIGURED'
  /** The channel was reached and gave no usable reply. The call used nothing up: repeat it. */
  | 'CHANNEL_NO_ANSWER'
  /** The channel has been failing, and calls to it are suspended for some seconds. Nothing was sent. */
  | 'CHANNEL_SUSPENDED'
  /** The app has no such channel. */
  | 'CHANNEL_UNKNOWN'
  /** The channel could not be reached. Nothing was sent. */
  | 'CHANNEL_UNREACHABLE'
  /** The channel cannot do this for the app: see PayerAppChannel.capabilities. */
  | 'CHANNEL_UNSUPPORTED'
  /** A field is missing, too long or malformed. */
  | 'INPUT_INVALID'
  /** Zhima does not serve the payer or the merchant. */
  | 'JOBWORTH_BLOCKED'
  /** The payer, the document or the identity type is not the one that was authorized. */
  | 'JOBWORTH_MISMATCH'
  /** The payer has not authorized the query. */
  | 'JOBWORTH_NOT_AUTHORIZED'
  /** The payer has not opened Zhima or its job service. */
  | 'JOBWORTH_NOT_OPENED'
  /** Zhima refuses the parameters. */
  | 'JOBWORTH_REFUSED'
  /** The signature is valid, and its nonce was used before: by another call, or by this one more than 60 seconds ago. */
  | 'NONCE_USED'
  /** The caller lacks the scope for the app, or the app's policy forbids it. */
  | 'NOT_ALLOWED'
  /** The once token is unknown, has expired or was used. */
  | 'ONCE_TOKEN_INVALID'
  /** The once token was redeemed here before, with other parameters or by another caller. */
  | 'ONCE_TOKEN_USED'
  /** Another call is redeeming this code or token and has no reply yet. Repeat the same call. */
  | 'OUTCOME_PENDING'
  /** The code was sent, and the channel's reply did not arrive in time or was cut off. */
  | 'OUTCOME_UNKNOWN'
  /** Too many calls are running in this service. Nothing was sent. */
  | 'OVERLOADED'
  /** The query code belongs to another authentication, or as many auth codes as it takes have failed. Choose a new one. */
  | 'QUERY_CODE_TAKEN'
  /** The query code is unknown, has expired, or is not for this caller to read. */
  | 'QUERY_CODE_UNKNOWN'
  /** Too many calls of the caller, the address, the app or the channel. Nothing was done. */
  | 'RATE_LIMITED'
  /** The channel's reply cannot be parsed. */
  | 'REPLY_MALFORMED'
  /** The channel's reply has no valid signature, so its content is not trusted. */
  | 'REPLY_UNVERIFIED'
  /** The signature is valid, and signedAt is more than 5 minutes off. */
  | 'REQUEST_TIME_INVALID'
  /** This service cannot read or store results now. Nothing was sent. */
  | 'SERVICE_UNAVAILABLE'
  /** The caller who holds the query code has cancelled the session. */
  | 'SESSION_CANCELLED'
  /** The session has expired before a code succeeded. */
  | 'SESSION_EXPIRED'
  /** As many auth codes as the session takes have failed. */
  | 'SESSION_SPENT'
  /** The signature does not match the call. The answer does not say which part differs. */
  | 'SIGNATURE_INVALID'
  /** The app signs its calls, and the signature is missing. */
  | 'SIGNATURE_MISSING';

/** The input of reportAuthenticationStep. */
export type PayerReportAuthenticationStepInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  appId?: string | null | undefined;
  /** The channel that the state was issued for: a PayerChannel.id, such as ali_pay. At most 32 characters. */
  channelId: string;
  /** The state of startAuthentication, which the channel returns to the payer page. At most 128 characters. */
  state: string;
  /** What the payer did. */
  step: PayerAuthStep;
};

/** The input of startAuthentication. */
export type PayerStartAuthenticationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  appId?: string | null | undefined;
  /** A PayerChannel.id, such as ali_pay. At most 32 characters. Omitted: authorizeUrl is one address for every wallet, and the payer's wallet chooses a channel of the app; only where the operator has configured a door. */
  channelId?: string | null | undefined;
  /** What you call this authentication, such as an order's number: 1 to 128 characters of ASCII without blanks. authResult returns it. It is logged: no secret, and nothing about the payer. */
  clientReferenceId?: string | null | undefined;
  /**
   * For a payer who authorizes in this browser: the S256 challenge of a verifier that stays here, 43 characters of
   * base64url (RFC 7636; there is no other method). Only a call with the codeVerifier can write an auth code into the
   * session by its state. Some apps require it. A payer with another device cannot answer it.
   */
  codeChallenge?: string | null | undefined;
  /** The payer page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. Required for a channel with the capability AUTHORIZE and without a channel; refused for other channels, which send no payer back. By the door the payer comes back with the parameters code, state and channel, or with error instead of code. */
  returnUrl?: string | null | undefined;
};

export type AuthenticateAndSetMutationVariables = Exact<{
  input: PayerAuthenticateAndSetInput;
}>;


export type AuthenticateAndSetMutation = { authenticateAndSet:
    | { __typename: 'PayerAuthResultStored', expiresAt: string }
    | { __typename: 'PayerAuthorizationRejected', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerChannelMisconfigured', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerChannelUnavailable', code: PayerFailureCode, traceId: string, retryAfterSeconds: number }
    | { __typename: 'PayerInvalidInput', code: PayerFailureCode, traceId: string, fields: Array<{ path: string, message: string }> }
    | { __typename: 'PayerNotAllowed', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerOutcomePending', code: PayerFailureCode, traceId: string, retryAfterSeconds: number }
    | { __typename: 'PayerOutcomeUnknown', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerServiceBusy', code: PayerFailureCode, traceId: string, retryAfterSeconds: number }
    | { __typename: 'PayerSessionEnded', code: PayerFailureCode, traceId: string }
   };

export type ReportStepMutationVariables = Exact<{
  input: PayerReportAuthenticationStepInput;
}>;


export type ReportStepMutation = { reportAuthenticationStep:
    | { __typename: 'PayerAuthStepReported' }
    | { __typename: 'PayerInvalidInput', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerServiceBusy', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerSessionEnded', code: PayerFailureCode, traceId: string }
   };

export type FollowResultSubscriptionVariables = Exact<{
  queryCode: string;
}>;


export type FollowResultSubscription = { authResult:
    | { __typename: 'PayerAuthFailed', failure:
        | { __typename: 'PayerAuthNotFound', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerAuthorizationRejected', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerCertificationRejected', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerChannelMisconfigured', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerChannelUnavailable', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerInvalidInput', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerJobworthRejected', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerNotAllowed', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerOutcomePending', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerOutcomeUnknown', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerServiceBusy', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerSessionEnded', code: PayerFailureCode, traceId: string }
       }
    | { __typename: 'PayerAuthNotFound', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerAuthSucceeded', expiresAt: string }
    | { __typename: 'PayerAuthWaiting', step: PayerAuthStep | null, attemptsLeft: number, pollAfterSeconds: number, expiresAt: string, lastFailure:
        | { __typename: 'PayerAuthNotFound', code: PayerFailureCode }
        | { __typename: 'PayerAuthorizationRejected', code: PayerFailureCode }
        | { __typename: 'PayerCertificationRejected', code: PayerFailureCode }
        | { __typename: 'PayerChannelMisconfigured', code: PayerFailureCode }
        | { __typename: 'PayerChannelUnavailable', code: PayerFailureCode }
        | { __typename: 'PayerInvalidInput', code: PayerFailureCode }
        | { __typename: 'PayerJobworthRejected', code: PayerFailureCode }
        | { __typename: 'PayerNotAllowed', code: PayerFailureCode }
        | { __typename: 'PayerOutcomePending', code: PayerFailureCode }
        | { __typename: 'PayerOutcomeUnknown', code: PayerFailureCode }
        | { __typename: 'PayerServiceBusy', code: PayerFailureCode }
        | { __typename: 'PayerSessionEnded', code: PayerFailureCode }
       | null }
    | { __typename: 'PayerInvalidInput', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerServiceBusy', code: PayerFailureCode, traceId: string, retryAfterSeconds: number }
   | null };

export type StartAuthenticationMutationVariables = Exact<{
  input: PayerStartAuthenticationInput;
}>;


export type StartAuthenticationMutation = { startAuthentication:
    | { __typename: 'PayerAuthenticationStarted', queryCode: string, state: string, authorizeUrl: string, authorizeQr: string | null, expiresAt: string }
    | { __typename: 'PayerAuthenticationStartedWithoutPage', queryCode: string, state: string, authCodeKind: PayerAuthCodeKind, infoStr: string | null, expiresAt: string }
    | { __typename: 'PayerInvalidInput', code: PayerFailureCode, traceId: string, fields: Array<{ path: string, message: string }> }
    | { __typename: 'PayerServiceBusy', code: PayerFailureCode, traceId: string, retryAfterSeconds: number }
   };

export type AuthResultQueryVariables = Exact<{
  queryCode: string;
  waitSeconds: number;
}>;


export type AuthResultQuery = { authResult:
    | { __typename: 'PayerAuthFailed', failure:
        | { __typename: 'PayerAuthNotFound', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerAuthorizationRejected', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerCertificationRejected', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerChannelMisconfigured', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerChannelUnavailable', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerInvalidInput', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerJobworthRejected', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerNotAllowed', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerOutcomePending', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerOutcomeUnknown', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerServiceBusy', code: PayerFailureCode, traceId: string }
        | { __typename: 'PayerSessionEnded', code: PayerFailureCode, traceId: string }
       }
    | { __typename: 'PayerAuthNotFound', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerAuthSucceeded', expiresAt: string }
    | { __typename: 'PayerAuthWaiting', step: PayerAuthStep | null, attemptsLeft: number, pollAfterSeconds: number, expiresAt: string, lastFailure:
        | { __typename: 'PayerAuthNotFound', code: PayerFailureCode }
        | { __typename: 'PayerAuthorizationRejected', code: PayerFailureCode }
        | { __typename: 'PayerCertificationRejected', code: PayerFailureCode }
        | { __typename: 'PayerChannelMisconfigured', code: PayerFailureCode }
        | { __typename: 'PayerChannelUnavailable', code: PayerFailureCode }
        | { __typename: 'PayerInvalidInput', code: PayerFailureCode }
        | { __typename: 'PayerJobworthRejected', code: PayerFailureCode }
        | { __typename: 'PayerNotAllowed', code: PayerFailureCode }
        | { __typename: 'PayerOutcomePending', code: PayerFailureCode }
        | { __typename: 'PayerOutcomeUnknown', code: PayerFailureCode }
        | { __typename: 'PayerServiceBusy', code: PayerFailureCode }
        | { __typename: 'PayerSessionEnded', code: PayerFailureCode }
       | null }
    | { __typename: 'PayerInvalidInput', code: PayerFailureCode, traceId: string }
    | { __typename: 'PayerServiceBusy', code: PayerFailureCode, traceId: string, retryAfterSeconds: number }
   | null };

export type CancelAuthenticationMutationVariables = Exact<{
  input: PayerCancelAuthenticationInput;
}>;


export type CancelAuthenticationMutation = { cancelAuthentication:
    | { __typename: 'PayerAuthFailed' }
    | { __typename: 'PayerAuthNotFound' }
    | { __typename: 'PayerAuthSucceeded' }
    | { __typename: 'PayerAuthWaiting' }
    | { __typename: 'PayerInvalidInput' }
    | { __typename: 'PayerServiceBusy' }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const AuthenticateAndSetDocument = new TypedDocumentString(`
    mutation AuthenticateAndSet($input: PayerAuthenticateAndSetInput!) {
  authenticateAndSet(input: $input) {
    __typename
    ... on PayerAuthResultStored {
      expiresAt
    }
    ... on PayerFailure {
      code
      traceId
    }
    ... on PayerInvalidInput {
      fields {
        path
        message
      }
    }
    ... on PayerOutcomePending {
      retryAfterSeconds
    }
    ... on PayerChannelUnavailable {
      retryAfterSeconds
    }
    ... on PayerServiceBusy {
      retryAfterSeconds
    }
  }
}
    `) as unknown as TypedDocumentString<AuthenticateAndSetMutation, AuthenticateAndSetMutationVariables>;
export const ReportStepDocument = new TypedDocumentString(`
    mutation ReportStep($input: PayerReportAuthenticationStepInput!) {
  reportAuthenticationStep(input: $input) {
    __typename
    ... on PayerFailure {
      code
      traceId
    }
  }
}
    `) as unknown as TypedDocumentString<ReportStepMutation, ReportStepMutationVariables>;
export const FollowResultDocument = new TypedDocumentString(`
    subscription FollowResult($queryCode: String!) {
  authResult(queryCode: $queryCode) {
    __typename
    ... on PayerAuthWaiting {
      step
      attemptsLeft
      pollAfterSeconds
      expiresAt
      lastFailure {
        __typename
        code
      }
    }
    ... on PayerAuthSucceeded {
      expiresAt
    }
    ... on PayerAuthFailed {
      failure {
        __typename
        code
        traceId
      }
    }
    ... on PayerFailure {
      code
      traceId
    }
    ... on PayerServiceBusy {
      retryAfterSeconds
    }
  }
}
    `) as unknown as TypedDocumentString<FollowResultSubscription, FollowResultSubscriptionVariables>;
export const StartAuthenticationDocument = new TypedDocumentString(`
    mutation StartAuthentication($input: PayerStartAuthenticationInput!) {
  startAuthentication(input: $input) {
    __typename
    ... on PayerAuthenticationStarted {
      queryCode
      state
      authorizeUrl
      authorizeQr
      expiresAt
    }
    ... on PayerAuthenticationStartedWithoutPage {
      queryCode
      state
      authCodeKind
      infoStr
      expiresAt
    }
    ... on PayerFailure {
      code
      traceId
    }
    ... on PayerInvalidInput {
      fields {
        path
        message
      }
    }
    ... on PayerServiceBusy {
      retryAfterSeconds
    }
  }
}
    `) as unknown as TypedDocumentString<StartAuthenticationMutation, StartAuthenticationMutationVariables>;
export const AuthResultDocument = new TypedDocumentString(`
    query AuthResult($queryCode: String!, $waitSeconds: Int!) {
  authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) {
    __typename
    ... on PayerAuthWaiting {
      step
      attemptsLeft
      pollAfterSeconds
      expiresAt
      lastFailure {
        __typename
        code
      }
    }
    ... on PayerAuthSucceeded {
      expiresAt
    }
    ... on PayerAuthFailed {
      failure {
        __typename
        code
        traceId
      }
    }
    ... on PayerFailure {
      code
      traceId
    }
    ... on PayerServiceBusy {
      retryAfterSeconds
    }
  }
}
    `) as unknown as TypedDocumentString<AuthResultQuery, AuthResultQueryVariables>;
export const CancelAuthenticationDocument = new TypedDocumentString(`
    mutation CancelAuthentication($input: PayerCancelAuthenticationInput!) {
  cancelAuthentication(input: $input) {
    __typename
  }
}
    `) as unknown as TypedDocumentString<CancelAuthenticationMutation, CancelAuthenticationMutationVariables>;