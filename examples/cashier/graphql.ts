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
  readonly appId?: string | null | undefined;
  /** The one-time code that the channel gave to the payer's page. 1 to 200 characters of ASCII without blanks. */
  readonly authCode: string;
  /** The channel that issued the auth code: a PayerChannel.id, such as ali_pay. At most 32 characters. */
  readonly channelId: string;
  /** What some channels require beside the auth code. */
  readonly channelOptions?: PayerChannelOptionsInput | null | undefined;
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  readonly clientIp?: string | null | undefined;
  /**
   * The verifier of the codeChallenge that the session of the state was started with: 43 to 128 characters of
   * A-Z a-z 0-9 - . _ ~ Without it, or with another one, nothing is sent and no attempt is used up. Only with a state.
   */
  readonly codeVerifier?: string | null | undefined;
  /** A random secret of 16 to 128 characters of A-Z a-z 0-9 _ - . ~ With neither queryCode nor state, one is generated and returned. Give one of the two at most. */
  readonly queryCode?: string | null | undefined;
  /** The state that the channel returned to the payer page with the auth code. At most 128 characters. The result goes to the session that the state was issued for, and to no other. */
  readonly state?: string | null | undefined;
};

/** The input of cancelAuthentication. */
export type PayerCancelAuthenticationInput = {
  /** The secret from startAuthentication, or the one of the call with the auth code. At most 128 characters. */
  readonly queryCode: string;
};

/** A document of the payer, for a certification. */
export type PayerCertificationDocumentInput = {
  /** The name on the document. At most 128 characters. */
  readonly holderName: string;
  /**
   * The document's number. At most 64 characters. It is sent as it is printed on the document: letters become upper-case,
   * blanks are removed, and full-width characters become ASCII.
   */
  readonly number: string;
  /** The kind of document. */
  readonly type: PayerCertificationDocumentType;
};

/** A document that a payer can be certified with. */
export type PayerCertificationDocumentType =
  /** Mainland travel permit for Hong Kong and Macao residents. */
  | 'HOME_VISIT_PERMIT_HK_MC'
  /** Mainland travel permit for Taiwan residents. */
  | 'HOME_VISIT_PERMIT_TAIWAN'
  /** Chinese resident identity card. */
  | 'IDENTITY_CARD'
  /** Permanent residence card for foreigners. */
  | 'PERMANENT_RESIDENCE_FOREIGNER'
  /** Residence permit for Hong Kong and Macao residents. */
  | 'RESIDENCE_PERMIT_HK_MC'
  /** Residence permit for Taiwan residents. */
  | 'RESIDENCE_PERMIT_TAIWAN';

/** How a payer proves their identity. */
export type PayerCertificationMethod =
  /** By a picture of the document. */
  | 'CERT_PHOTO'
  /** By a picture of the document and the face. */
  | 'CERT_PHOTO_FACE'
  /** By the face, compared with the authority's picture. */
  | 'FACE'
  /** By the face or by another means; the channel chooses. */
  | 'SMART_FACE';

/** How far a certification is. New states may be added: ask again when you do not know the state. */
export type PayerCertificationStatus =
  /** Failed, or not finished yet: the channel does not distinguish the two. Ask again. */
  | 'NOT_PASSED'
  /** The channel confirms the payer's name and document. */
  | 'PASSED'
  /** Initialized; the channel has not been asked yet whether the payer has passed. */
  | 'STARTED';

/** Something that can be done on a channel. New capabilities may be added: ignore one that you do not know. */
export type PayerChannelCapability =
  /** Auth codes of this channel can be redeemed with authenticate and authenticateAndSet. */
  | 'AUTHENTICATE'
  /** startAuthentication can send payers to an authorization page of this channel. */
  | 'AUTHORIZE'
  /** Payers can be certified by real name, from initializeIdentityCertification on. */
  | 'CERTIFY'
  /** Job identities can be queried with jobworthAuthentication. */
  | 'JOBWORTH';

/** What some channels require beside the auth code. A channel ignores what it does not need. */
export type PayerChannelOptionsInput = {
  /** The merchant's order number. 5 to 30 characters of A-Z a-z 0-9 _ */
  readonly orderId?: string | null | undefined;
  /** The sub-merchant's application at the channel, in which the payer is to be identified. At most 32 characters. Refused by channels that have none. */
  readonly subAppId?: string | null | undefined;
  /** The number of the terminal where the payer pays. At most 32 characters. */
  readonly terminalId?: string | null | undefined;
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

/** The input of initializeIdentityCertification. */
export type PayerInitializeCertificationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: string | null | undefined;
  /** The document to certify the payer with. */
  readonly document: PayerCertificationDocumentInput;
  /** The payer to certify: a PayerIdentity.id of the same app. When given, PayerIdentity.certification shows the outcome. */
  readonly identityId?: string | null | undefined;
  /** How the payer is to prove their identity. */
  readonly method: PayerCertificationMethod;
  /** The page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. */
  readonly returnUrl?: string | null | undefined;
};

/** A document of the payer, for a job query. */
export type PayerJobworthDocumentInput = {
  /**
   * The document's number. At most 64 characters. It is sent as it is printed on the document: letters become upper-case,
   * blanks are removed, and full-width characters become ASCII.
   */
  readonly number: string;
  /** The kind of document. */
  readonly type: PayerJobworthDocumentType;
};

/** A document by which Zhima knows a payer. */
export type PayerJobworthDocumentType =
  /** Document of Hong Kong or Macao (港澳证件). */
  | 'DOCUMENT_HK_MC'
  /** Home return permit (回乡证). */
  | 'HOME_RETURN_PERMIT'
  /** Chinese resident identity card. */
  | 'IDENTITY_CARD'
  /** Passport. */
  | 'PASSPORT'
  /** Travel permit to Hong Kong and Macao (港澳往来通行证). */
  | 'TRAVEL_PERMIT_HK_MC'
  /** Travel permit to Taiwan (台湾往来通行证). */
  | 'TRAVEL_PERMIT_TAIWAN';

/** The input of jobworthAuthentication. */
export type PayerJobworthInput = {
  /** The merchant's number of the agreement that the payer authorized: Zhima's out_agreement_no. At most 128 characters. */
  readonly agreementId: string;
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: string | null | undefined;
  /** The job identity to confirm: 04 for teachers, or another code agreed with Zhima. At most 32 characters. */
  readonly jobIdentityType: string;
  /** How closely the query has to match. */
  readonly match: PayerJobworthMatch;
  /** The one-time token of the authorization. 1 to 128 characters of ASCII without blanks. */
  readonly onceToken: string;
  /** The credit service's id. At most 64 characters. */
  readonly serviceId: string;
  /** The payer. Give exactly one of its fields. */
  readonly subject: PayerJobworthSubjectInput;
};

/** How closely a query of job identities has to match. */
export type PayerJobworthMatch =
  /** Exact query. */
  | 'EXACT'
  /** Fuzzy query. */
  | 'FUZZY';

/** The payer of a job query, by exactly one of the fields. */
export type PayerJobworthSubjectInput = {
  /** A document of the payer. It is sent to Zhima and not stored here. */
  readonly document?: PayerJobworthDocumentInput | null | undefined;
  /** The payer's Alipay open_id. At most 128 characters. */
  readonly openId?: string | null | undefined;
  /** The payer's Alipay user_id. At most 64 characters. */
  readonly userId?: string | null | undefined;
};

/** The input of reportAuthenticationStep. */
export type PayerReportAuthenticationStepInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: string | null | undefined;
  /** The channel that the state was issued for: a PayerChannel.id, such as ali_pay. At most 32 characters. */
  readonly channelId: string;
  /** The state of startAuthentication, which the channel returns to the payer page. At most 128 characters. */
  readonly state: string;
  /** What the payer did. */
  readonly step: PayerAuthStep;
};

/** The input of startAuthentication. */
export type PayerStartAuthenticationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: string | null | undefined;
  /** A PayerChannel.id, such as ali_pay. At most 32 characters. Omitted: authorizeUrl is one address for every wallet, and the payer's wallet chooses a channel of the app; only where the operator has configured a door. */
  readonly channelId?: string | null | undefined;
  /** What you call this authentication, such as an order's number: 1 to 128 characters of ASCII without blanks. authResult returns it. It is logged: no secret, and nothing about the payer. */
  readonly clientReferenceId?: string | null | undefined;
  /**
   * For a payer who authorizes in this browser: the S256 challenge of a verifier that stays here, 43 characters of
   * base64url (RFC 7636; there is no other method). Only a call with the codeVerifier can write an auth code into the
   * session by its state. Some apps require it. A payer with another device cannot answer it.
   */
  readonly codeChallenge?: string | null | undefined;
  /** The payer page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. Required for a channel with the capability AUTHORIZE and without a channel; refused for other channels, which send no payer back. By the door the payer comes back with the parameters code, state and channel, or with error instead of code. */
  readonly returnUrl?: string | null | undefined;
};

/** The input of startIdentityCertification. */
export type PayerStartCertificationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: string | null | undefined;
  /** The certifyId that initializeIdentityCertification returned. 1 to 32 letters and digits. */
  readonly certifyId: string;
  /** The page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. */
  readonly returnUrl?: string | null | undefined;
};

export type ChannelsQueryVariables = Exact<{
  appId?: string | null | undefined;
}>;


export type ChannelsQuery = { readonly payerChannels: ReadonlyArray<{ readonly capabilities: ReadonlyArray<PayerChannelCapability>, readonly authCodeKind: PayerAuthCodeKind, readonly channel: { readonly id: string, readonly title: string | null } }> | null };

export type StartMutationVariables = Exact<{
  input: PayerStartAuthenticationInput;
}>;


export type StartMutation = { readonly started:
    | { readonly __typename: 'PayerAuthenticationStarted', readonly queryCode: string, readonly state: string, readonly authorizeUrl: string, readonly authorizeQr: string | null, readonly expiresAt: string }
    | { readonly __typename: 'PayerAuthenticationStartedWithoutPage', readonly queryCode: string, readonly state: string, readonly authCodeKind: PayerAuthCodeKind, readonly instruction: string, readonly infoStr: string | null, readonly expiresAt: string }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
   };

export type ResultQueryVariables = Exact<{
  queryCode: string;
  waitSeconds: number;
}>;


export type ResultQuery = { readonly result:
    | { readonly __typename: 'PayerAuthFailed', readonly failure:
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
       }
    | { readonly __typename: 'PayerAuthNotFound', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerAuthSucceeded', readonly identity: { readonly id: string, readonly openId: string | null, readonly userId: string | null, readonly channel: { readonly id: string, readonly title: string | null } | null } | null }
    | { readonly __typename: 'PayerAuthWaiting', readonly step: PayerAuthStep | null, readonly attemptsLeft: number, readonly expiresAt: string, readonly lastFailure:
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
       | null }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
   | null };

export type CancelMutationVariables = Exact<{
  input: PayerCancelAuthenticationInput;
}>;


export type CancelMutation = { readonly result:
    | { readonly __typename: 'PayerAuthFailed', readonly failure:
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
       }
    | { readonly __typename: 'PayerAuthNotFound', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerAuthSucceeded', readonly identity: { readonly id: string, readonly openId: string | null, readonly userId: string | null, readonly channel: { readonly id: string, readonly title: string | null } | null } | null }
    | { readonly __typename: 'PayerAuthWaiting', readonly step: PayerAuthStep | null, readonly attemptsLeft: number, readonly expiresAt: string, readonly lastFailure:
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
        | { readonly code: PayerFailureCode }
       | null }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
   };

export type ReportStepMutationVariables = Exact<{
  input: PayerReportAuthenticationStepInput;
}>;


export type ReportStepMutation = { readonly reported:
    | { readonly __typename: 'PayerAuthStepReported' }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerSessionEnded', readonly code: PayerFailureCode, readonly traceId: string }
   };

export type HandOverMutationVariables = Exact<{
  input: PayerAuthenticateAndSetInput;
}>;


export type HandOverMutation = { readonly stored:
    | { readonly __typename: 'PayerAuthResultStored' }
    | { readonly __typename: 'PayerAuthorizationRejected', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelMisconfigured', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelUnavailable', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerNotAllowed', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerOutcomePending', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerOutcomeUnknown', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerSessionEnded', readonly code: PayerFailureCode, readonly traceId: string }
   };

export type InitializeCertificationMutationVariables = Exact<{
  input: PayerInitializeCertificationInput;
}>;


export type InitializeCertificationMutation = { readonly initialized:
    | { readonly __typename: 'PayerCertificationInitialized', readonly certifyId: string }
    | { readonly __typename: 'PayerCertificationRejected', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelMisconfigured', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelUnavailable', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerNotAllowed', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
   };

export type StartCertificationMutationVariables = Exact<{
  input: PayerStartCertificationInput;
}>;


export type StartCertificationMutation = { readonly started:
    | { readonly __typename: 'PayerCertificationRejected', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerCertificationStarted', readonly url: string, readonly qr: string | null }
    | { readonly __typename: 'PayerChannelMisconfigured', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelUnavailable', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerNotAllowed', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
   };

export type CertificationQueryVariables = Exact<{
  certifyId: string;
}>;


export type CertificationQuery = { readonly certification:
    | { readonly __typename: 'PayerCertification', readonly status: PayerCertificationStatus }
    | { readonly __typename: 'PayerCertificationRejected', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelMisconfigured', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelUnavailable', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerNotAllowed', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
   | null };

export type JobIdentityQueryVariables = Exact<{
  input: PayerJobworthInput;
}>;


export type JobIdentityQuery = { readonly answer:
    | { readonly __typename: 'PayerAuthorizationRejected', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelMisconfigured', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerChannelUnavailable', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerJobworthAnswered', readonly confirmed: boolean }
    | { readonly __typename: 'PayerJobworthPending', readonly pollAfterSeconds: number }
    | { readonly __typename: 'PayerJobworthRejected', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerNotAllowed', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerOutcomePending', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerOutcomeUnknown', readonly code: PayerFailureCode, readonly traceId: string }
    | { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string }
   | null };

type Failure_PayerAuthNotFound_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerAuthorizationRejected_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerCertificationRejected_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerChannelMisconfigured_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerChannelUnavailable_Fragment = { readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerInvalidInput_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerJobworthRejected_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerNotAllowed_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerOutcomePending_Fragment = { readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerOutcomeUnknown_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerServiceBusy_Fragment = { readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string };

type Failure_PayerSessionEnded_Fragment = { readonly code: PayerFailureCode, readonly traceId: string };

export type FailureFragment =
  | Failure_PayerAuthNotFound_Fragment
  | Failure_PayerAuthorizationRejected_Fragment
  | Failure_PayerCertificationRejected_Fragment
  | Failure_PayerChannelMisconfigured_Fragment
  | Failure_PayerChannelUnavailable_Fragment
  | Failure_PayerInvalidInput_Fragment
  | Failure_PayerJobworthRejected_Fragment
  | Failure_PayerNotAllowed_Fragment
  | Failure_PayerOutcomePending_Fragment
  | Failure_PayerOutcomeUnknown_Fragment
  | Failure_PayerServiceBusy_Fragment
  | Failure_PayerSessionEnded_Fragment
;

type Outcome_PayerAuthFailed_Fragment = { readonly __typename: 'PayerAuthFailed', readonly failure:
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
   };

type Outcome_PayerAuthNotFound_Fragment = { readonly __typename: 'PayerAuthNotFound', readonly code: PayerFailureCode, readonly traceId: string };

type Outcome_PayerAuthSucceeded_Fragment = { readonly __typename: 'PayerAuthSucceeded', readonly identity: { readonly id: string, readonly openId: string | null, readonly userId: string | null, readonly channel: { readonly id: string, readonly title: string | null } | null } | null };

type Outcome_PayerAuthWaiting_Fragment = { readonly __typename: 'PayerAuthWaiting', readonly step: PayerAuthStep | null, readonly attemptsLeft: number, readonly expiresAt: string, readonly lastFailure:
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
    | { readonly code: PayerFailureCode }
   | null };

type Outcome_PayerInvalidInput_Fragment = { readonly __typename: 'PayerInvalidInput', readonly code: PayerFailureCode, readonly traceId: string };

type Outcome_PayerServiceBusy_Fragment = { readonly __typename: 'PayerServiceBusy', readonly retryAfterSeconds: number, readonly code: PayerFailureCode, readonly traceId: string };

export type OutcomeFragment =
  | Outcome_PayerAuthFailed_Fragment
  | Outcome_PayerAuthNotFound_Fragment
  | Outcome_PayerAuthSucceeded_Fragment
  | Outcome_PayerAuthWaiting_Fragment
  | Outcome_PayerInvalidInput_Fragment
  | Outcome_PayerServiceBusy_Fragment
;

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
export const FailureFragmentDoc = new TypedDocumentString(`
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}
    `, {"fragmentName":"Failure"}) as unknown as TypedDocumentString<FailureFragment, unknown>;
export const OutcomeFragmentDoc = new TypedDocumentString(`
    fragment Outcome on PayerAuthResult {
  __typename
  ... on PayerAuthWaiting {
    step
    attemptsLeft
    lastFailure {
      code
    }
    expiresAt
  }
  ... on PayerAuthSucceeded {
    identity {
      id
      openId
      userId
      channel {
        id
        title
      }
    }
  }
  ... on PayerAuthFailed {
    failure {
      code
    }
  }
  ...Failure
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`, {"fragmentName":"Outcome"}) as unknown as TypedDocumentString<OutcomeFragment, unknown>;
export const ChannelsDocument = new TypedDocumentString(`
    query Channels($appId: ID) {
  payerChannels(appId: $appId) {
    channel {
      id
      title
    }
    capabilities
    authCodeKind
  }
}
    `) as unknown as TypedDocumentString<ChannelsQuery, ChannelsQueryVariables>;
export const StartDocument = new TypedDocumentString(`
    mutation Start($input: PayerStartAuthenticationInput!) {
  started: startAuthentication(input: $input) {
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
      instruction
      infoStr
      expiresAt
    }
    ...Failure
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`) as unknown as TypedDocumentString<StartMutation, StartMutationVariables>;
export const ResultDocument = new TypedDocumentString(`
    query Result($queryCode: String!, $waitSeconds: Int!) {
  result: authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) {
    ...Outcome
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}
fragment Outcome on PayerAuthResult {
  __typename
  ... on PayerAuthWaiting {
    step
    attemptsLeft
    lastFailure {
      code
    }
    expiresAt
  }
  ... on PayerAuthSucceeded {
    identity {
      id
      openId
      userId
      channel {
        id
        title
      }
    }
  }
  ... on PayerAuthFailed {
    failure {
      code
    }
  }
  ...Failure
}`) as unknown as TypedDocumentString<ResultQuery, ResultQueryVariables>;
export const CancelDocument = new TypedDocumentString(`
    mutation Cancel($input: PayerCancelAuthenticationInput!) {
  result: cancelAuthentication(input: $input) {
    ...Outcome
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}
fragment Outcome on PayerAuthResult {
  __typename
  ... on PayerAuthWaiting {
    step
    attemptsLeft
    lastFailure {
      code
    }
    expiresAt
  }
  ... on PayerAuthSucceeded {
    identity {
      id
      openId
      userId
      channel {
        id
        title
      }
    }
  }
  ... on PayerAuthFailed {
    failure {
      code
    }
  }
  ...Failure
}`) as unknown as TypedDocumentString<CancelMutation, CancelMutationVariables>;
export const ReportStepDocument = new TypedDocumentString(`
    mutation ReportStep($input: PayerReportAuthenticationStepInput!) {
  reported: reportAuthenticationStep(input: $input) {
    __typename
    ...Failure
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`) as unknown as TypedDocumentString<ReportStepMutation, ReportStepMutationVariables>;
export const HandOverDocument = new TypedDocumentString(`
    mutation HandOver($input: PayerAuthenticateAndSetInput!) {
  stored: authenticateAndSet(input: $input) {
    __typename
    ...Failure
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`) as unknown as TypedDocumentString<HandOverMutation, HandOverMutationVariables>;
export const InitializeCertificationDocument = new TypedDocumentString(`
    mutation InitializeCertification($input: PayerInitializeCertificationInput!) {
  initialized: initializeIdentityCertification(input: $input) {
    __typename
    ... on PayerCertificationInitialized {
      certifyId
    }
    ...Failure
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`) as unknown as TypedDocumentString<InitializeCertificationMutation, InitializeCertificationMutationVariables>;
export const StartCertificationDocument = new TypedDocumentString(`
    mutation StartCertification($input: PayerStartCertificationInput!) {
  started: startIdentityCertification(input: $input) {
    __typename
    ... on PayerCertificationStarted {
      url
      qr
    }
    ...Failure
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`) as unknown as TypedDocumentString<StartCertificationMutation, StartCertificationMutationVariables>;
export const CertificationDocument = new TypedDocumentString(`
    query Certification($certifyId: ID!) {
  certification: identityCertification(certifyId: $certifyId) {
    __typename
    ... on PayerCertification {
      status
    }
    ...Failure
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`) as unknown as TypedDocumentString<CertificationQuery, CertificationQueryVariables>;
export const JobIdentityDocument = new TypedDocumentString(`
    query JobIdentity($input: PayerJobworthInput!) {
  answer: jobworthAuthentication(input: $input) {
    __typename
    ... on PayerJobworthAnswered {
      confirmed
    }
    ... on PayerJobworthPending {
      pollAfterSeconds
    }
    ...Failure
  }
}
    fragment Failure on PayerFailure {
  code
  traceId
  ... on PayerServiceBusy {
    retryAfterSeconds
  }
  ... on PayerChannelUnavailable {
    retryAfterSeconds
  }
  ... on PayerOutcomePending {
    retryAfterSeconds
  }
}`) as unknown as TypedDocumentString<JobIdentityQuery, JobIdentityQueryVariables>;