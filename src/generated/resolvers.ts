import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { VisibleIdentity } from '../identity/permission.ts';
import type { Channel, Certification } from '../model.ts';
import type { Started, StartedWithoutPage } from '../identity/authentication.ts';
import type { CertifyPage } from '../channels/source.ts';
import type { Form } from '../lib/form.ts';
import type { Context } from '../graphql/context.ts';
export type Maybe<T> = T | null | undefined;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An instant: an RFC 3339 string with a time zone, such as 2026-11-22T16:37:00.000Z. */
  DateTime: { input: Date; output: Date; }
  _FieldSet: { input: string; output: string; }
};

/** What a client can do. The fields of one operation run one after the other. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Redeems a one-time auth code and returns the payer's identity. For servers: without the scope payer:authenticate for
   * the app, or a valid signature of the app, the answer is PayerNotAllowed and nothing is sent.
   * A code is sent to its channel at most once. The same call repeated within 5 minutes returns the same payer and access
   * token, with the payer's other fields as they are then; another caller gets AUTH_CODE_USED.
   */
  readonly authenticate: PayerAuthenticateResult;
  /**
   * Redeems a one-time auth code and stores the result under a query code, with which authResult reads it. For payer
   * pages: needs no scope, and the answer does not show who the payer is.
   */
  readonly authenticateAndSet: PayerAuthenticateAndSetResult;
  /**
   * Ends the wait for the payer: the session of the query code takes no other auth code. Answers what authResult answers
   * from now on: PayerAuthFailed with SESSION_CANCELLED; PayerAuthWaiting while an auth code is being redeemed, whose
   * success is still the result; PayerAuthSucceeded when it came too late. Holding the query code is enough. Charged as
   * authResult.
   */
  readonly cancelAuthentication: PayerAuthResult;
  /**
   * Begins a real-name certification of a payer. The document's number is sent to the channel and not stored here.
   * PayerNotAllowed without the scope payer:certify for the app.
   */
  readonly initializeIdentityCertification: PayerInitializeCertificationResult;
  /**
   * Reports, by the state, what the payer does at the channel's page: for payer pages. It ends nothing, so that the payer
   * may still authorize: authResult shows it as PayerAuthWaiting.step, and a call that waits there is answered at once.
   * Needs no scope.
   */
  readonly reportAuthenticationStep: PayerReportAuthenticationStepResult;
  /**
   * Opens a session for a payer who has no auth code yet, and returns the page where the payer gets one, or how the payer
   * gets one without a page. The query code reads the result and stays with you; the payer's browser or app carries only
   * the state, which can write the result and not read it. Needs no scope.
   */
  readonly startAuthentication: PayerStartAuthenticationResult;
  /**
   * Returns the channel's page where the payer certifies: as a link, a form, a deep link and a QR code.
   * PayerNotAllowed without the scope payer:certify for the app.
   */
  readonly startIdentityCertification: PayerStartCertificationResult;
};


/** What a client can do. The fields of one operation run one after the other. */
export type MutationAuthenticateArgs = {
  input: PayerAuthenticateInput;
};


/** What a client can do. The fields of one operation run one after the other. */
export type MutationAuthenticateAndSetArgs = {
  input: PayerAuthenticateAndSetInput;
};


/** What a client can do. The fields of one operation run one after the other. */
export type MutationCancelAuthenticationArgs = {
  input: PayerCancelAuthenticationInput;
};


/** What a client can do. The fields of one operation run one after the other. */
export type MutationInitializeIdentityCertificationArgs = {
  input: PayerInitializeCertificationInput;
};


/** What a client can do. The fields of one operation run one after the other. */
export type MutationReportAuthenticationStepArgs = {
  input: PayerReportAuthenticationStepInput;
};


/** What a client can do. The fields of one operation run one after the other. */
export type MutationStartAuthenticationArgs = {
  input: PayerStartAuthenticationInput;
};


/** What a client can do. The fields of one operation run one after the other. */
export type MutationStartIdentityCertificationArgs = {
  input: PayerStartCertificationInput;
};

/** A token of the channel for further calls about a payer. */
export type PayerAccessToken = {
  readonly __typename?: 'PayerAccessToken';
  /** When it expires. Null where the channel does not say. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** The token. Keep it secret. */
  readonly value: Scalars['String']['output'];
};

/** A channel of an app, and what the app can do on it. */
export type PayerAppChannel = {
  readonly __typename?: 'PayerAppChannel';
  /** Which kind of auth code the channel takes, and so how the payer gets one. */
  readonly authCodeKind: PayerAuthCodeKind;
  /** What the app can do on the channel. */
  readonly capabilities: ReadonlyArray<PayerChannelCapability>;
  /** The channel. */
  readonly channel: PayerChannel;
};

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

/** The authentication has ended without an identity: no attempt is left, the time is over, or it was cancelled. It stays so until the session expires. */
export type PayerAuthFailed = {
  readonly __typename?: 'PayerAuthFailed';
  /** What the caller that started the session calls it: its clientReferenceId. Null where it gave none. */
  readonly clientReferenceId?: Maybe<Scalars['ID']['output']>;
  /** When the query code stops working. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** Why, and by its type what to do next: PayerAuthorizationRejected, PayerOutcomeUnknown or PayerSessionEnded. New types may be added. Its traceId is that of the call that redeemed the auth code or cancelled the session. */
  readonly failure: PayerFailure;
};

/** The query code is unknown, has expired, or is not for this caller to read; the answer does not distinguish these. Start again. */
export type PayerAuthNotFound = PayerFailure & {
  readonly __typename?: 'PayerAuthNotFound';
  /** QUERY_CODE_UNKNOWN. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/**
 * How far an authentication is. PayerAuthWaiting is the only member that changes: poll until another one comes. New
 * members may be added: end the wait when you do not know the member.
 */
export type PayerAuthResult = PayerAuthFailed | PayerAuthNotFound | PayerAuthSucceeded | PayerAuthWaiting | PayerInvalidInput | PayerServiceBusy;

/** The auth code was redeemed, and authResult reads the identity with the query code. */
export type PayerAuthResultStored = {
  readonly __typename?: 'PayerAuthResultStored';
  /** When the query code stops working and the result can no longer be read. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The secret to read the result with. Pass it to the reader, and never in a URL. Null when the input had a state: startAuthentication has returned it then. */
  readonly queryCode?: Maybe<Scalars['String']['output']>;
};

/** What a payer did at the channel's page, as the payer page reported it. It decides nothing. */
export type PayerAuthStep =
  /** The payer has declined, or closed the channel's page. The payer may open it again, and authorize. */
  | 'DECLINED'
  /** The payer has opened the channel's page. */
  | 'OPENED';

/** The session shows the step while it waits. */
export type PayerAuthStepReported = {
  readonly __typename?: 'PayerAuthStepReported';
  /** Until when the session takes an auth code. */
  readonly expiresAt: Scalars['DateTime']['output'];
};

/** The channel has identified the payer. It stays so until the query code expires. */
export type PayerAuthSucceeded = {
  readonly __typename?: 'PayerAuthSucceeded';
  /** What the caller that started the session calls it: its clientReferenceId. Null where it gave none. */
  readonly clientReferenceId?: Maybe<Scalars['ID']['output']>;
  /** When the query code stops working. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** Who the payer is. Null without the scope payer:read for the app: the query code alone shows only that the payer is known. */
  readonly identity?: Maybe<PayerIdentity>;
};

/**
 * There is no outcome yet: no auth code has arrived, the channel has not answered, or an auth code has failed or the payer
 * has declined, and the payer may authorize again. Poll again.
 */
export type PayerAuthWaiting = {
  readonly __typename?: 'PayerAuthWaiting';
  /** How many auth codes may still fail: 5 at first, unless the app has another number. The first that succeeds ends the wait. 0 when the one that is being redeemed is the last. */
  readonly attemptsLeft: Scalars['Int']['output'];
  /** What the caller that started the session calls it: its clientReferenceId. Null where it gave none. */
  readonly clientReferenceId?: Maybe<Scalars['ID']['output']>;
  /** When the query code stops working. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** Why the last auth code failed, with the traceId of the call with that auth code; null while none has. PayerSessionEnded when the session was cancelled while an auth code is being redeemed. */
  readonly lastFailure?: Maybe<PayerFailure>;
  /** Seconds to wait before the next poll: 5 at first. A poll that comes sooner adds 5, up to 60. */
  readonly pollAfterSeconds: Scalars['Int']['output'];
  /** What the payer did last, as the payer page reported it. Null while nothing was reported. */
  readonly step?: Maybe<PayerAuthStep>;
};

/** The input of authenticateAndSet. */
export type PayerAuthenticateAndSetInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The one-time code that the channel gave to the payer's page. 1 to 200 characters of ASCII without blanks. */
  readonly authCode: Scalars['String']['input'];
  /** The channel that issued the auth code: a PayerChannel.id, such as ali_pay. At most 32 characters. */
  readonly channelId: Scalars['ID']['input'];
  /** What some channels require beside the auth code. */
  readonly channelOptions?: InputMaybe<PayerChannelOptionsInput>;
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  readonly clientIp?: InputMaybe<Scalars['String']['input']>;
  /**
   * The verifier of the codeChallenge that the session of the state was started with: 43 to 128 characters of
   * A-Z a-z 0-9 - . _ ~ Without it, or with another one, nothing is sent and no attempt is used up. Only with a state.
   */
  readonly codeVerifier?: InputMaybe<Scalars['String']['input']>;
  /** A random secret of 16 to 128 characters of A-Z a-z 0-9 _ - . ~ With neither queryCode nor state, one is generated and returned. Give one of the two at most. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
  /** The state that the channel returned to the payer page with the auth code. At most 128 characters. The result goes to the session that the state was issued for, and to no other. */
  readonly state?: InputMaybe<Scalars['String']['input']>;
};

/** PayerAuthResultStored on success; every other member is a PayerFailure whose type says what to do. New members may be added. */
export type PayerAuthenticateAndSetResult = PayerAuthResultStored | PayerAuthorizationRejected | PayerChannelMisconfigured | PayerChannelUnavailable | PayerInvalidInput | PayerNotAllowed | PayerOutcomePending | PayerOutcomeUnknown | PayerServiceBusy | PayerSessionEnded;

/** The input of authenticate. */
export type PayerAuthenticateInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The one-time code that the channel gave to the payer's page. 1 to 200 characters of ASCII without blanks. */
  readonly authCode: Scalars['String']['input'];
  /** The channel that issued the auth code: a PayerChannel.id, such as ali_pay. At most 32 characters. */
  readonly channelId: Scalars['ID']['input'];
  /** What some channels require beside the auth code. */
  readonly channelOptions?: InputMaybe<PayerChannelOptionsInput>;
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  readonly clientIp?: InputMaybe<Scalars['String']['input']>;
  /** A random secret of 16 to 128 characters of A-Z a-z 0-9 _ - . ~ When given, authResult can read the result with it as well. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
  /** For apps that sign their calls: the app's signature over all other fields of this input. */
  readonly signature?: InputMaybe<PayerCallSignatureInput>;
};

/** PayerAuthenticated on success; every other member is a PayerFailure whose type says what to do. New members may be added. */
export type PayerAuthenticateResult = PayerAuthenticated | PayerAuthorizationRejected | PayerChannelMisconfigured | PayerChannelUnavailable | PayerInvalidInput | PayerNotAllowed | PayerOutcomePending | PayerOutcomeUnknown | PayerServiceBusy;

/** The auth code was redeemed, and the payer is known. */
export type PayerAuthenticated = {
  readonly __typename?: 'PayerAuthenticated';
  /** The channel's token for further calls about this payer. Null where the channel gives none, and without the scope payer:token. */
  readonly accessToken?: Maybe<PayerAccessToken>;
  /** Who the payer is. Without the scope payer:read only its id, channel and appId are not null. */
  readonly identity: PayerIdentity;
};

/** A session is open. Send the payer to authorizeUrl, and poll authResult with queryCode. */
export type PayerAuthenticationStarted = {
  readonly __typename?: 'PayerAuthenticationStarted';
  /** authorizeUrl as a QR code, for a payer with another device: an SVG document of at most 64 KiB. Null when authorizeUrl has more than 2,953 bytes, the most that a QR code holds. */
  readonly authorizeQr?: Maybe<Scalars['String']['output']>;
  /** The channel's page where the payer authorizes, or the door's address. Open it in the payer's browser or in the channel's application. */
  readonly authorizeUrl: Scalars['String']['output'];
  /** When the session ends: queryCode and state stop working then. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The secret to read the result with, by authResult. Never give it to the payer's browser. */
  readonly queryCode: Scalars['String']['output'];
  /** The channel returns it to the payer page with the auth code, and the page passes both to authenticateAndSet. */
  readonly state: Scalars['String']['output'];
};

/**
 * A session is open on a channel without a page: the payer gets the auth code in your mini program or app, at a page that
 * you open yourself, or as a payment code. Poll authResult with queryCode.
 */
export type PayerAuthenticationStartedWithoutPage = {
  readonly __typename?: 'PayerAuthenticationStartedWithoutPage';
  /** Which kind of auth code the channel takes. */
  readonly authCodeKind: PayerAuthCodeKind;
  /** When the session ends: queryCode and state stop working then. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** For NATIVE_APP on Alipay: the signed text that your app calls Alipay's SDK with, unchanged. A new one for each session. Null for other channels. */
  readonly infoStr?: Maybe<Scalars['String']['output']>;
  /** How the payer gets the auth code, as one English sentence for developers. Its wording may change. */
  readonly instruction: Scalars['String']['output'];
  /** The secret to read the result with, by authResult. Never give it to the payer's browser or app. */
  readonly queryCode: Scalars['String']['output'];
  /** What authenticateAndSet takes with the auth code. The payer's browser or app may carry it. */
  readonly state: Scalars['String']['output'];
};

/** The one-time code or token was refused, and would be refused again. Let the payer authorize again. */
export type PayerAuthorizationRejected = PayerFailure & {
  readonly __typename?: 'PayerAuthorizationRejected';
  /** One that begins with AUTH_CODE or ONCE_TOKEN, or JOBWORTH_NOT_AUTHORIZED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** The signature of a merchant application over its call. docs/signing.md states what is signed. */
export type PayerCallSignatureInput = {
  /** A random value, new for every call. 16 to 32 characters of A-Z a-z 0-9 _ - . ~ */
  readonly nonce: Scalars['String']['input'];
  /** When the call was signed, to the second. At most 5 minutes off. */
  readonly signedAt: Scalars['DateTime']['input'];
  /** The signature: 64 characters of 0-9 a-f. */
  readonly value: Scalars['String']['input'];
};

/** The input of cancelAuthentication. */
export type PayerCancelAuthenticationInput = {
  /** The secret from startAuthentication, or the one of the call with the auth code. At most 128 characters. */
  readonly queryCode: Scalars['String']['input'];
};

/** The state of a real-name certification. Never holds the document. */
export type PayerCertification = {
  readonly __typename?: 'PayerCertification';
  /** The channel's handle for the certification. 1 to 32 letters and digits. */
  readonly certifyId: Scalars['ID']['output'];
  /** When the channel was last asked. Null when it has not been asked yet. */
  readonly checkedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was initialized. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** How far the certification is. Decide by it what to do next. */
  readonly status: PayerCertificationStatus;
};

/** A document of the payer, for a certification. */
export type PayerCertificationDocumentInput = {
  /** The name on the document. At most 128 characters. */
  readonly holderName: Scalars['String']['input'];
  /**
   * The document's number. At most 64 characters. It is sent as it is printed on the document: letters become upper-case,
   * blanks are removed, and full-width characters become ASCII.
   */
  readonly number: Scalars['String']['input'];
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

/** A form to submit by POST. */
export type PayerCertificationForm = {
  readonly __typename?: 'PayerCertificationForm';
  /** The form's action: a URL of the channel's gateway. */
  readonly action: Scalars['String']['output'];
  /** The form's hidden fields. */
  readonly fields: ReadonlyArray<PayerCertificationFormField>;
  /** The same form as an HTML document that submits itself. Serve it unchanged. */
  readonly html: Scalars['String']['output'];
};

/** A hidden field of a form. */
export type PayerCertificationFormField = {
  readonly __typename?: 'PayerCertificationFormField';
  /** The field's name. */
  readonly name: Scalars['String']['output'];
  /** The field's value. Escape it when you write it into HTML. */
  readonly value: Scalars['String']['output'];
};

/** The certification exists at the channel. Pass certifyId to startIdentityCertification. */
export type PayerCertificationInitialized = {
  readonly __typename?: 'PayerCertificationInitialized';
  /** The channel's handle for the certification. 1 to 32 letters and digits. */
  readonly certifyId: Scalars['ID']['output'];
};

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

/** The channel refuses the certification. Initialize a new one; with the code CERTIFICATION_REFUSED, correct the input first. */
export type PayerCertificationRejected = PayerFailure & {
  readonly __typename?: 'PayerCertificationRejected';
  /** CERTIFY_ID_UNKNOWN, CERTIFY_ID_EXPIRED or CERTIFICATION_REFUSED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** PayerCertification, passed or not, when the channel answered; every other member is a PayerFailure whose type says what to do. New members may be added. */
export type PayerCertificationResult = PayerCertification | PayerCertificationRejected | PayerChannelMisconfigured | PayerChannelUnavailable | PayerInvalidInput | PayerNotAllowed | PayerServiceBusy;

/** The page where the payer certifies. Every field leads to the same page; use the one that fits the payer's device. */
export type PayerCertificationStarted = {
  readonly __typename?: 'PayerCertificationStarted';
  /** For a phone's browser outside the channel's application: opens the application. */
  readonly deepLink: Scalars['String']['output'];
  /** For a page of yours that submits a form by POST. */
  readonly form: PayerCertificationForm;
  /** For a payer at a computer, to scan with the channel's application: an SVG document of at most 64 KiB. The return page then opens on the phone, so poll identityCertification. Null when url has more than 2,953 bytes, the most that a QR code holds. */
  readonly qr?: Maybe<Scalars['String']['output']>;
  /** For a browser inside the channel's application. */
  readonly url: Scalars['String']['output'];
};

/** How far a certification is. New states may be added: ask again when you do not know the state. */
export type PayerCertificationStatus =
  /** Failed, or not finished yet: the channel does not distinguish the two. Ask again. */
  | 'NOT_PASSED'
  /** The channel confirms the payer's name and document. */
  | 'PASSED'
  /** Initialized; the channel has not been asked yet whether the payer has passed. */
  | 'STARTED';

/** What a payer pays with. Channels are data: new ones appear without a change of this schema. */
export type PayerChannel = {
  readonly __typename?: 'PayerChannel';
  /** The channel's code, such as ali_pay, wechat_pay or union_pay. */
  readonly id: Scalars['ID']['output'];
  /** The channel's name for payers, in Chinese. Null where no name is configured. */
  readonly title?: Maybe<Scalars['String']['output']>;
};

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

/**
 * The channel refuses the app's configuration or credentials, until the operator has corrected them. Repeating does not
 * help, and the code may be used up: offer another channel.
 */
export type PayerChannelMisconfigured = PayerFailure & {
  readonly __typename?: 'PayerChannelMisconfigured';
  /** CHANNEL_MISCONFIGURED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** What some channels require beside the auth code. A channel ignores what it does not need. */
export type PayerChannelOptionsInput = {
  /** The merchant's order number. 5 to 30 characters of A-Z a-z 0-9 _ */
  readonly orderId?: InputMaybe<Scalars['ID']['input']>;
  /** The sub-merchant's application at the channel, in which the payer is to be identified. At most 32 characters. Refused by channels that have none. */
  readonly subAppId?: InputMaybe<Scalars['ID']['input']>;
  /** The number of the terminal where the payer pays. At most 32 characters. */
  readonly terminalId?: InputMaybe<Scalars['ID']['input']>;
};

/** The channel cannot serve the call now. Nothing was used up: repeat the same call after retryAfterSeconds, or offer another channel. */
export type PayerChannelUnavailable = PayerFailure & {
  readonly __typename?: 'PayerChannelUnavailable';
  /** CHANNEL_UNREACHABLE, CHANNEL_NO_ANSWER, CHANNEL_BUSY or CHANNEL_SUSPENDED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Seconds to wait before repeating the same call. */
  readonly retryAfterSeconds: Scalars['Int']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/**
 * An expected failure. Decide by __typename what to do next, and by code what to show to the payer. Log traceId: the
 * operator finds the call by it. The message is for people, may change, and never repeats your input. New types may be
 * added: handle one that you do not know by its message.
 */
export type PayerFailure = {
  /** The reason, for programs. It does not change. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
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

/**
 * Who a payer is to one merchant application on one channel.
 * Every field but id may be null: where the channel does not give the value, and for a caller without the scope payer:read
 * for the app. Such a caller gets id, channel and appId only, and a reference from another subgraph resolves to null.
 * id, channel and appId never change. The other fields hold what the channel returned last, in repeated answers as well:
 * they change when the payer authenticates again.
 */
export type PayerIdentity = {
  readonly __typename?: 'PayerIdentity';
  /** The merchant application that the payer authenticated for. */
  readonly appId?: Maybe<Scalars['ID']['output']>;
  /** The real-name certification that the payer has passed, or else the latest one. Null when none was initialized for this payer. */
  readonly certification?: Maybe<PayerCertification>;
  /** The channel that identified the payer. */
  readonly channel?: Maybe<PayerChannel>;
  /** When this payer's first auth code was redeemed. */
  readonly firstAuthenticatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Opaque, and stable for the same payer of the same app on the same channel. Reference payers by this id. */
  readonly id: Scalars['ID']['output'];
  /** When this payer's latest auth code was redeemed. */
  readonly lastAuthenticatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The channel's id of the payer within one upstream application (WeChat openid, Alipay open_id). Not comparable between applications. */
  readonly openId?: Maybe<Scalars['ID']['output']>;
  /**
   * A key for teams that know a payer by the channel's id and not by ours. Four parts, joined by slashes: the channel's
   * code, the app's id, openId or userId, and that id, each percent-encoded as by encodeURIComponent:
   * wechat_pay/demo/openId/oABC123. Either id finds the payer; this field shows the one with openId where there is one.
   */
  readonly ref?: Maybe<Scalars['ID']['output']>;
  /** The sub-merchant's application at the channel, to which subOpenId belongs, where an aggregator gives one. */
  readonly subAppId?: Maybe<Scalars['ID']['output']>;
  /** The payer's id within subAppId. */
  readonly subOpenId?: Maybe<Scalars['ID']['output']>;
  /**
   * The channel's id of the payer across the upstream applications of one owner (WeChat unionid). WeChat gives none with
   * snsapi_base, nor for applications that are not bound to one Open Platform account. A payer of two apps is two
   * PayerIdentity: join them by unionId yourself.
   */
  readonly unionId?: Maybe<Scalars['ID']['output']>;
  /** The channel's id of the payer across upstream applications (Alipay user_id, UnionPay user id). Newer Alipay applications give openId instead. */
  readonly userId?: Maybe<Scalars['ID']['output']>;
};

/** The input of initializeIdentityCertification. */
export type PayerInitializeCertificationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The document to certify the payer with. */
  readonly document: PayerCertificationDocumentInput;
  /** The payer to certify: a PayerIdentity.id of the same app. When given, PayerIdentity.certification shows the outcome. */
  readonly identityId?: InputMaybe<Scalars['ID']['input']>;
  /** How the payer is to prove their identity. */
  readonly method: PayerCertificationMethod;
  /** The page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. */
  readonly returnUrl?: InputMaybe<Scalars['String']['input']>;
};

/** PayerCertificationInitialized on success; every other member is a PayerFailure whose type says what to do. New members may be added. */
export type PayerInitializeCertificationResult = PayerCertificationInitialized | PayerCertificationRejected | PayerChannelMisconfigured | PayerChannelUnavailable | PayerInvalidInput | PayerNotAllowed | PayerServiceBusy;

/** A field of the input that has to be corrected. */
export type PayerInvalidField = {
  readonly __typename?: 'PayerInvalidField';
  /** What a valid value looks like. Never repeats your value. */
  readonly message: Scalars['String']['output'];
  /** The field's name within the input, such as authCode or channelOptions.orderId. */
  readonly path: Scalars['String']['output'];
};

/** The input is not valid. Nothing was sent to the channel. Correct the fields and call again. */
export type PayerInvalidInput = PayerFailure & {
  readonly __typename?: 'PayerInvalidInput';
  /** INPUT_INVALID, APP_UNKNOWN, CHANNEL_UNKNOWN, CHANNEL_UNSUPPORTED or QUERY_CODE_TAKEN. */
  readonly code: PayerFailureCode;
  /** The fields to correct. Empty where the code alone names the fault. */
  readonly fields: ReadonlyArray<PayerInvalidField>;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** Zhima has answered yes or no, and the once token is used up. */
export type PayerJobworthAnswered = {
  readonly __typename?: 'PayerJobworthAnswered';
  /** The state of the authorization at Zhima in its own words, such as FINISH. New ones may appear. */
  readonly authorizationStatus?: Maybe<Scalars['String']['output']>;
  /** Whether Zhima confirms the job identity. */
  readonly confirmed: Scalars['Boolean']['output'];
  /** The payer's stable id within the merchant, where Zhima gives one. */
  readonly merchantIdentityId?: Maybe<Scalars['ID']['output']>;
  /** The payer's Alipay open_id, where Zhima gives one. */
  readonly openId?: Maybe<Scalars['ID']['output']>;
  /** A page in Alipay that shows the result to the payer. */
  readonly resultUrl?: Maybe<Scalars['String']['output']>;
  /** The payer's Alipay user_id, where Zhima gives one. */
  readonly userId?: Maybe<Scalars['ID']['output']>;
};

/** A document of the payer, for a job query. */
export type PayerJobworthDocumentInput = {
  /**
   * The document's number. At most 64 characters. It is sent as it is printed on the document: letters become upper-case,
   * blanks are removed, and full-width characters become ASCII.
   */
  readonly number: Scalars['String']['input'];
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
  readonly agreementId: Scalars['ID']['input'];
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The job identity to confirm: 04 for teachers, or another code agreed with Zhima. At most 32 characters. */
  readonly jobIdentityType: Scalars['String']['input'];
  /** How closely the query has to match. */
  readonly match: PayerJobworthMatch;
  /** The one-time token of the authorization. 1 to 128 characters of ASCII without blanks. */
  readonly onceToken: Scalars['String']['input'];
  /** The credit service's id. At most 64 characters. */
  readonly serviceId: Scalars['ID']['input'];
  /** The payer. Give exactly one of its fields. */
  readonly subject: PayerJobworthSubjectInput;
};

/** How closely a query of job identities has to match. */
export type PayerJobworthMatch =
  /** Exact query. */
  | 'EXACT'
  /** Fuzzy query. */
  | 'FUZZY';

/** Zhima has no answer yet, and the once token is not used up. Repeat the same query. */
export type PayerJobworthPending = {
  readonly __typename?: 'PayerJobworthPending';
  /** Seconds to wait before repeating the query. */
  readonly pollAfterSeconds: Scalars['Int']['output'];
  /** A page in Alipay that shows the state to the payer. */
  readonly resultUrl?: Maybe<Scalars['String']['output']>;
};

/** Zhima does not answer this query, and another authorization does not change that. The code says what has to change first. */
export type PayerJobworthRejected = PayerFailure & {
  readonly __typename?: 'PayerJobworthRejected';
  /** JOBWORTH_NOT_OPENED, JOBWORTH_BLOCKED, JOBWORTH_MISMATCH or JOBWORTH_REFUSED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/**
 * PayerJobworthAnswered when Zhima answered, PayerJobworthPending when it has no answer yet; every other member is a
 * PayerFailure whose type says what to do. New members may be added.
 */
export type PayerJobworthResult = PayerAuthorizationRejected | PayerChannelMisconfigured | PayerChannelUnavailable | PayerInvalidInput | PayerJobworthAnswered | PayerJobworthPending | PayerJobworthRejected | PayerNotAllowed | PayerOutcomePending | PayerOutcomeUnknown | PayerServiceBusy;

/** The payer of a job query, by exactly one of the fields. */
export type PayerJobworthSubjectInput = {
  /** A document of the payer. It is sent to Zhima and not stored here. */
  readonly document?: InputMaybe<PayerJobworthDocumentInput>;
  /** The payer's Alipay open_id. At most 128 characters. */
  readonly openId?: InputMaybe<Scalars['ID']['input']>;
  /** The payer's Alipay user_id. At most 64 characters. */
  readonly userId?: InputMaybe<Scalars['ID']['input']>;
};

/** The caller lacks the scope for the app, the app's policy forbids the call, or its signature is not valid. Nothing was sent to the channel. */
export type PayerNotAllowed = PayerFailure & {
  readonly __typename?: 'PayerNotAllowed';
  /** NOT_ALLOWED, or the fault of the signature: SIGNATURE_MISSING, SIGNATURE_INVALID, REQUEST_TIME_INVALID or NONCE_USED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** The scope that the caller lacks for the app, with the code NOT_ALLOWED. Null where no scope would help. */
  readonly requiredScope?: Maybe<Scalars['String']['output']>;
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** Another call is redeeming the same code or token, and has no outcome yet. Repeat the same call after retryAfterSeconds. */
export type PayerOutcomePending = PayerFailure & {
  readonly __typename?: 'PayerOutcomePending';
  /** OUTCOME_PENDING. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Seconds to wait before repeating the same call. */
  readonly retryAfterSeconds: Scalars['Int']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/**
 * The one-time code or token was sent, and whether it was redeemed is not known. It is never sent a second time: let the
 * payer authorize again.
 */
export type PayerOutcomeUnknown = PayerFailure & {
  readonly __typename?: 'PayerOutcomeUnknown';
  /** OUTCOME_UNKNOWN, REPLY_UNVERIFIED or REPLY_MALFORMED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** The input of reportAuthenticationStep. */
export type PayerReportAuthenticationStepInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The channel that the state was issued for: a PayerChannel.id, such as ali_pay. At most 32 characters. */
  readonly channelId: Scalars['ID']['input'];
  /** The state of startAuthentication, which the channel returns to the payer page. At most 128 characters. */
  readonly state: Scalars['String']['input'];
  /** What the payer did. */
  readonly step: PayerAuthStep;
};

/** PayerAuthStepReported on success; every other member is a PayerFailure whose type says what to do. New members may be added. */
export type PayerReportAuthenticationStepResult = PayerAuthStepReported | PayerInvalidInput | PayerServiceBusy | PayerSessionEnded;

/** This service cannot serve the call now. Nothing was used up: repeat the same call after retryAfterSeconds. */
export type PayerServiceBusy = PayerFailure & {
  readonly __typename?: 'PayerServiceBusy';
  /** RATE_LIMITED, OVERLOADED or SERVICE_UNAVAILABLE. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Seconds to wait before repeating the same call. */
  readonly retryAfterSeconds: Scalars['Int']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** The session takes no auth code any more. Nothing was sent: start a new one with startAuthentication. */
export type PayerSessionEnded = PayerFailure & {
  readonly __typename?: 'PayerSessionEnded';
  /** SESSION_EXPIRED, SESSION_SPENT or SESSION_CANCELLED. */
  readonly code: PayerFailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['ID']['output'];
};

/** The input of startAuthentication. */
export type PayerStartAuthenticationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** A PayerChannel.id, such as ali_pay. At most 32 characters. Omitted: authorizeUrl is one address for every wallet, and the payer's wallet chooses a channel of the app; only where the operator has configured a door. */
  readonly channelId?: InputMaybe<Scalars['ID']['input']>;
  /** What you call this authentication, such as an order's number: 1 to 128 characters of ASCII without blanks. authResult returns it. It is logged: no secret, and nothing about the payer. */
  readonly clientReferenceId?: InputMaybe<Scalars['ID']['input']>;
  /**
   * For a payer who authorizes in this browser: the S256 challenge of a verifier that stays here, 43 characters of
   * base64url (RFC 7636; there is no other method). Only a call with the codeVerifier can write an auth code into the
   * session by its state. Some apps require it. A payer with another device cannot answer it.
   */
  readonly codeChallenge?: InputMaybe<Scalars['String']['input']>;
  /** The payer page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. Required for a channel with the capability AUTHORIZE and without a channel; refused for other channels, which send no payer back. By the door the payer comes back with the parameters code, state and channel, or with error instead of code. */
  readonly returnUrl?: InputMaybe<Scalars['String']['input']>;
};

/** PayerAuthenticationStarted on success; every other member is a PayerFailure whose type says what to do. New members may be added. */
export type PayerStartAuthenticationResult = PayerAuthenticationStarted | PayerAuthenticationStartedWithoutPage | PayerInvalidInput | PayerServiceBusy;

/** The input of startIdentityCertification. */
export type PayerStartCertificationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The certifyId that initializeIdentityCertification returned. 1 to 32 letters and digits. */
  readonly certifyId: Scalars['ID']['input'];
  /** The page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. */
  readonly returnUrl?: InputMaybe<Scalars['String']['input']>;
};

/** PayerCertificationStarted on success; every other member is a PayerFailure whose type says what to do. New members may be added. */
export type PayerStartCertificationResult = PayerCertificationRejected | PayerCertificationStarted | PayerChannelMisconfigured | PayerChannelUnavailable | PayerInvalidInput | PayerNotAllowed | PayerServiceBusy;

/** What a client can read. */
export type Query = {
  readonly __typename?: 'Query';
  /**
   * The authentication that a query code stands for, and its result. Poll at the interval in pollAfterSeconds, or let the
   * call wait with waitSeconds. Holding the query code is enough to ask. Every call is charged to the caller's rate, and a
   * query code that does not exist is charged as 10 calls more. A session that expires without a success is
   * PayerAuthFailed with SESSION_EXPIRED for another 5 minutes, then PayerAuthNotFound.
   */
  readonly authResult?: Maybe<PayerAuthResult>;
  /**
   * Whether the payer has passed a real-name certification. Asks the channel with every call until the payer has passed.
   * Only this answer counts: parameters of the return URL can be forged. PayerNotAllowed without the scope payer:certify
   * for the app.
   */
  readonly identityCertification?: Maybe<PayerCertificationResult>;
  /**
   * Whether Zhima confirms a payer's job identity. The first answer, yes or no, uses up the once token and is stored for 5
   * minutes: the same query repeated within that time gets the same answer and Zhima is not asked again, so a client or
   * router may repeat it.
   * Without the scope payer:jobworth for the app the answer is PayerNotAllowed and nothing is sent.
   */
  readonly jobworthAuthentication?: Maybe<PayerJobworthResult>;
  /** The channels of an app, in the order of its configuration. Null with the error APP_UNKNOWN when there is no such app. */
  readonly payerChannels?: Maybe<ReadonlyArray<PayerAppChannel>>;
  /** The payer identity with this id. Null when it does not exist and when the caller may not read it; the answer does not distinguish the two. */
  readonly payerIdentity?: Maybe<PayerIdentity>;
};


/** What a client can read. */
export type QueryAuthResultArgs = {
  queryCode: Scalars['String']['input'];
  waitSeconds?: InputMaybe<Scalars['Int']['input']>;
};


/** What a client can read. */
export type QueryIdentityCertificationArgs = {
  appId?: InputMaybe<Scalars['ID']['input']>;
  certifyId: Scalars['ID']['input'];
};


/** What a client can read. */
export type QueryJobworthAuthenticationArgs = {
  input: PayerJobworthInput;
};


/** What a client can read. */
export type QueryPayerChannelsArgs = {
  appId?: InputMaybe<Scalars['ID']['input']>;
};


/** What a client can read. */
export type QueryPayerIdentityArgs = {
  id: Scalars['ID']['input'];
};

/** What a client can follow as it changes: as text/event-stream, in the distinct connections mode of graphql-sse. */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * Query.authResult at once, and again on every change, until a member comes that is final: any but PayerAuthWaiting.
   * Subscribe again when the stream ends before, and poll where the router has no subscriptions. A stream lasts 10 minutes
   * at most. It is charged as one call of Query.authResult is.
   */
  readonly authResult?: Maybe<PayerAuthResult>;
};


/** What a client can follow as it changes: as text/event-stream, in the distinct connections mode of graphql-sse. */
export type SubscriptionAuthResultArgs = {
  queryCode: Scalars['String']['input'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  PayerChannel: PayerChannel;
  PayerIdentity: PayerIdentity;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  PayerChannel:
    ( { __typename: 'PayerChannel' }
    & GraphQLRecursivePick<FederationTypes['PayerChannel'], {"id":true}> );
  PayerIdentity:
    ( { __typename: 'PayerIdentity' }
    & ( GraphQLRecursivePick<FederationTypes['PayerIdentity'], {"id":true}>
        | GraphQLRecursivePick<FederationTypes['PayerIdentity'], {"ref":true}> ) );
};

/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  PayerAuthResult:
    | ( Omit<PayerAuthFailed, 'failure'> & { failure: _RefType['PayerFailure'] } & { __typename: 'PayerAuthFailed' } )
    | ( PayerAuthNotFound & { __typename: 'PayerAuthNotFound' } )
    | ( Omit<PayerAuthSucceeded, 'identity'> & { identity?: Maybe<_RefType['PayerIdentity']> } & { __typename: 'PayerAuthSucceeded' } )
    | ( Omit<PayerAuthWaiting, 'lastFailure'> & { lastFailure?: Maybe<_RefType['PayerFailure']> } & { __typename: 'PayerAuthWaiting' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
  ;
  PayerAuthenticateAndSetResult:
    | ( PayerAuthResultStored & { __typename: 'PayerAuthResultStored' } )
    | ( PayerAuthorizationRejected & { __typename: 'PayerAuthorizationRejected' } )
    | ( PayerChannelMisconfigured & { __typename: 'PayerChannelMisconfigured' } )
    | ( PayerChannelUnavailable & { __typename: 'PayerChannelUnavailable' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerNotAllowed & { __typename: 'PayerNotAllowed' } )
    | ( PayerOutcomePending & { __typename: 'PayerOutcomePending' } )
    | ( PayerOutcomeUnknown & { __typename: 'PayerOutcomeUnknown' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
    | ( PayerSessionEnded & { __typename: 'PayerSessionEnded' } )
  ;
  PayerAuthenticateResult:
    | ( Omit<PayerAuthenticated, 'identity'> & { identity: _RefType['PayerIdentity'] } & { __typename: 'PayerAuthenticated' } )
    | ( PayerAuthorizationRejected & { __typename: 'PayerAuthorizationRejected' } )
    | ( PayerChannelMisconfigured & { __typename: 'PayerChannelMisconfigured' } )
    | ( PayerChannelUnavailable & { __typename: 'PayerChannelUnavailable' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerNotAllowed & { __typename: 'PayerNotAllowed' } )
    | ( PayerOutcomePending & { __typename: 'PayerOutcomePending' } )
    | ( PayerOutcomeUnknown & { __typename: 'PayerOutcomeUnknown' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
  ;
  PayerCertificationResult:
    | ( Certification & { __typename: 'PayerCertification' } )
    | ( PayerCertificationRejected & { __typename: 'PayerCertificationRejected' } )
    | ( PayerChannelMisconfigured & { __typename: 'PayerChannelMisconfigured' } )
    | ( PayerChannelUnavailable & { __typename: 'PayerChannelUnavailable' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerNotAllowed & { __typename: 'PayerNotAllowed' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
  ;
  PayerInitializeCertificationResult:
    | ( PayerCertificationInitialized & { __typename: 'PayerCertificationInitialized' } )
    | ( PayerCertificationRejected & { __typename: 'PayerCertificationRejected' } )
    | ( PayerChannelMisconfigured & { __typename: 'PayerChannelMisconfigured' } )
    | ( PayerChannelUnavailable & { __typename: 'PayerChannelUnavailable' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerNotAllowed & { __typename: 'PayerNotAllowed' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
  ;
  PayerJobworthResult:
    | ( PayerAuthorizationRejected & { __typename: 'PayerAuthorizationRejected' } )
    | ( PayerChannelMisconfigured & { __typename: 'PayerChannelMisconfigured' } )
    | ( PayerChannelUnavailable & { __typename: 'PayerChannelUnavailable' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerJobworthAnswered & { __typename: 'PayerJobworthAnswered' } )
    | ( PayerJobworthPending & { __typename: 'PayerJobworthPending' } )
    | ( PayerJobworthRejected & { __typename: 'PayerJobworthRejected' } )
    | ( PayerNotAllowed & { __typename: 'PayerNotAllowed' } )
    | ( PayerOutcomePending & { __typename: 'PayerOutcomePending' } )
    | ( PayerOutcomeUnknown & { __typename: 'PayerOutcomeUnknown' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
  ;
  PayerReportAuthenticationStepResult:
    | ( PayerAuthStepReported & { __typename: 'PayerAuthStepReported' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
    | ( PayerSessionEnded & { __typename: 'PayerSessionEnded' } )
  ;
  PayerStartAuthenticationResult:
    | ( Started & { __typename: 'PayerAuthenticationStarted' } )
    | ( StartedWithoutPage & { __typename: 'PayerAuthenticationStartedWithoutPage' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
  ;
  PayerStartCertificationResult:
    | ( PayerCertificationRejected & { __typename: 'PayerCertificationRejected' } )
    | ( CertifyPage & { __typename: 'PayerCertificationStarted' } )
    | ( PayerChannelMisconfigured & { __typename: 'PayerChannelMisconfigured' } )
    | ( PayerChannelUnavailable & { __typename: 'PayerChannelUnavailable' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerNotAllowed & { __typename: 'PayerNotAllowed' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  PayerFailure:
    | ( PayerAuthNotFound & { __typename: 'PayerAuthNotFound' } )
    | ( PayerAuthorizationRejected & { __typename: 'PayerAuthorizationRejected' } )
    | ( PayerCertificationRejected & { __typename: 'PayerCertificationRejected' } )
    | ( PayerChannelMisconfigured & { __typename: 'PayerChannelMisconfigured' } )
    | ( PayerChannelUnavailable & { __typename: 'PayerChannelUnavailable' } )
    | ( PayerInvalidInput & { __typename: 'PayerInvalidInput' } )
    | ( PayerJobworthRejected & { __typename: 'PayerJobworthRejected' } )
    | ( PayerNotAllowed & { __typename: 'PayerNotAllowed' } )
    | ( PayerOutcomePending & { __typename: 'PayerOutcomePending' } )
    | ( PayerOutcomeUnknown & { __typename: 'PayerOutcomeUnknown' } )
    | ( PayerServiceBusy & { __typename: 'PayerServiceBusy' } )
    | ( PayerSessionEnded & { __typename: 'PayerSessionEnded' } )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PayerAccessToken: ResolverTypeWrapper<PayerAccessToken>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  PayerAppChannel: ResolverTypeWrapper<Omit<PayerAppChannel, 'channel'> & { channel: ResolversTypes['PayerChannel'] }>;
  PayerAuthCodeKind: PayerAuthCodeKind;
  PayerAuthFailed: ResolverTypeWrapper<Omit<PayerAuthFailed, 'failure'> & { failure: ResolversTypes['PayerFailure'] }>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  PayerAuthNotFound: ResolverTypeWrapper<PayerAuthNotFound>;
  PayerAuthResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerAuthResult']>;
  PayerAuthResultStored: ResolverTypeWrapper<PayerAuthResultStored>;
  PayerAuthStep: PayerAuthStep;
  PayerAuthStepReported: ResolverTypeWrapper<PayerAuthStepReported>;
  PayerAuthSucceeded: ResolverTypeWrapper<Omit<PayerAuthSucceeded, 'identity'> & { identity?: Maybe<ResolversTypes['PayerIdentity']> }>;
  PayerAuthWaiting: ResolverTypeWrapper<Omit<PayerAuthWaiting, 'lastFailure'> & { lastFailure?: Maybe<ResolversTypes['PayerFailure']> }>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  PayerAuthenticateAndSetInput: PayerAuthenticateAndSetInput;
  PayerAuthenticateAndSetResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerAuthenticateAndSetResult']>;
  PayerAuthenticateInput: PayerAuthenticateInput;
  PayerAuthenticateResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerAuthenticateResult']>;
  PayerAuthenticated: ResolverTypeWrapper<Omit<PayerAuthenticated, 'identity'> & { identity: ResolversTypes['PayerIdentity'] }>;
  PayerAuthenticationStarted: ResolverTypeWrapper<Started>;
  PayerAuthenticationStartedWithoutPage: ResolverTypeWrapper<StartedWithoutPage>;
  PayerAuthorizationRejected: ResolverTypeWrapper<PayerAuthorizationRejected>;
  PayerCallSignatureInput: PayerCallSignatureInput;
  PayerCancelAuthenticationInput: PayerCancelAuthenticationInput;
  PayerCertification: ResolverTypeWrapper<Certification>;
  PayerCertificationDocumentInput: PayerCertificationDocumentInput;
  PayerCertificationDocumentType: PayerCertificationDocumentType;
  PayerCertificationForm: ResolverTypeWrapper<Form>;
  PayerCertificationFormField: ResolverTypeWrapper<PayerCertificationFormField>;
  PayerCertificationInitialized: ResolverTypeWrapper<PayerCertificationInitialized>;
  PayerCertificationMethod: PayerCertificationMethod;
  PayerCertificationRejected: ResolverTypeWrapper<PayerCertificationRejected>;
  PayerCertificationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerCertificationResult']>;
  PayerCertificationStarted: ResolverTypeWrapper<CertifyPage>;
  PayerCertificationStatus: PayerCertificationStatus;
  PayerChannel: ResolverTypeWrapper<Channel>;
  PayerChannelCapability: PayerChannelCapability;
  PayerChannelMisconfigured: ResolverTypeWrapper<PayerChannelMisconfigured>;
  PayerChannelOptionsInput: PayerChannelOptionsInput;
  PayerChannelUnavailable: ResolverTypeWrapper<PayerChannelUnavailable>;
  PayerFailure: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['PayerFailure']>;
  PayerFailureCode: PayerFailureCode;
  PayerIdentity: ResolverTypeWrapper<VisibleIdentity>;
  PayerInitializeCertificationInput: PayerInitializeCertificationInput;
  PayerInitializeCertificationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerInitializeCertificationResult']>;
  PayerInvalidField: ResolverTypeWrapper<PayerInvalidField>;
  PayerInvalidInput: ResolverTypeWrapper<PayerInvalidInput>;
  PayerJobworthAnswered: ResolverTypeWrapper<PayerJobworthAnswered>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  PayerJobworthDocumentInput: PayerJobworthDocumentInput;
  PayerJobworthDocumentType: PayerJobworthDocumentType;
  PayerJobworthInput: PayerJobworthInput;
  PayerJobworthMatch: PayerJobworthMatch;
  PayerJobworthPending: ResolverTypeWrapper<PayerJobworthPending>;
  PayerJobworthRejected: ResolverTypeWrapper<PayerJobworthRejected>;
  PayerJobworthResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerJobworthResult']>;
  PayerJobworthSubjectInput: PayerJobworthSubjectInput;
  PayerNotAllowed: ResolverTypeWrapper<PayerNotAllowed>;
  PayerOutcomePending: ResolverTypeWrapper<PayerOutcomePending>;
  PayerOutcomeUnknown: ResolverTypeWrapper<PayerOutcomeUnknown>;
  PayerReportAuthenticationStepInput: PayerReportAuthenticationStepInput;
  PayerReportAuthenticationStepResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerReportAuthenticationStepResult']>;
  PayerServiceBusy: ResolverTypeWrapper<PayerServiceBusy>;
  PayerSessionEnded: ResolverTypeWrapper<PayerSessionEnded>;
  PayerStartAuthenticationInput: PayerStartAuthenticationInput;
  PayerStartAuthenticationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerStartAuthenticationResult']>;
  PayerStartCertificationInput: PayerStartCertificationInput;
  PayerStartCertificationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PayerStartCertificationResult']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Mutation: Record<PropertyKey, never>;
  PayerAccessToken: PayerAccessToken;
  String: Scalars['String']['output'];
  PayerAppChannel: Omit<PayerAppChannel, 'channel'> & { channel: ResolversParentTypes['PayerChannel'] };
  PayerAuthFailed: Omit<PayerAuthFailed, 'failure'> & { failure: ResolversParentTypes['PayerFailure'] };
  ID: Scalars['ID']['output'];
  PayerAuthNotFound: PayerAuthNotFound;
  PayerAuthResult: ResolversUnionTypes<ResolversParentTypes>['PayerAuthResult'];
  PayerAuthResultStored: PayerAuthResultStored;
  PayerAuthStepReported: PayerAuthStepReported;
  PayerAuthSucceeded: Omit<PayerAuthSucceeded, 'identity'> & { identity?: Maybe<ResolversParentTypes['PayerIdentity']> };
  PayerAuthWaiting: Omit<PayerAuthWaiting, 'lastFailure'> & { lastFailure?: Maybe<ResolversParentTypes['PayerFailure']> };
  Int: Scalars['Int']['output'];
  PayerAuthenticateAndSetInput: PayerAuthenticateAndSetInput;
  PayerAuthenticateAndSetResult: ResolversUnionTypes<ResolversParentTypes>['PayerAuthenticateAndSetResult'];
  PayerAuthenticateInput: PayerAuthenticateInput;
  PayerAuthenticateResult: ResolversUnionTypes<ResolversParentTypes>['PayerAuthenticateResult'];
  PayerAuthenticated: Omit<PayerAuthenticated, 'identity'> & { identity: ResolversParentTypes['PayerIdentity'] };
  PayerAuthenticationStarted: Started;
  PayerAuthenticationStartedWithoutPage: StartedWithoutPage;
  PayerAuthorizationRejected: PayerAuthorizationRejected;
  PayerCallSignatureInput: PayerCallSignatureInput;
  PayerCancelAuthenticationInput: PayerCancelAuthenticationInput;
  PayerCertification: Certification;
  PayerCertificationDocumentInput: PayerCertificationDocumentInput;
  PayerCertificationForm: Form;
  PayerCertificationFormField: PayerCertificationFormField;
  PayerCertificationInitialized: PayerCertificationInitialized;
  PayerCertificationRejected: PayerCertificationRejected;
  PayerCertificationResult: ResolversUnionTypes<ResolversParentTypes>['PayerCertificationResult'];
  PayerCertificationStarted: CertifyPage;
  PayerChannel: Channel;
  PayerChannelMisconfigured: PayerChannelMisconfigured;
  PayerChannelOptionsInput: PayerChannelOptionsInput;
  PayerChannelUnavailable: PayerChannelUnavailable;
  PayerFailure: ResolversInterfaceTypes<ResolversParentTypes>['PayerFailure'];
  PayerIdentity: VisibleIdentity;
  PayerInitializeCertificationInput: PayerInitializeCertificationInput;
  PayerInitializeCertificationResult: ResolversUnionTypes<ResolversParentTypes>['PayerInitializeCertificationResult'];
  PayerInvalidField: PayerInvalidField;
  PayerInvalidInput: PayerInvalidInput;
  PayerJobworthAnswered: PayerJobworthAnswered;
  Boolean: Scalars['Boolean']['output'];
  PayerJobworthDocumentInput: PayerJobworthDocumentInput;
  PayerJobworthInput: PayerJobworthInput;
  PayerJobworthPending: PayerJobworthPending;
  PayerJobworthRejected: PayerJobworthRejected;
  PayerJobworthResult: ResolversUnionTypes<ResolversParentTypes>['PayerJobworthResult'];
  PayerJobworthSubjectInput: PayerJobworthSubjectInput;
  PayerNotAllowed: PayerNotAllowed;
  PayerOutcomePending: PayerOutcomePending;
  PayerOutcomeUnknown: PayerOutcomeUnknown;
  PayerReportAuthenticationStepInput: PayerReportAuthenticationStepInput;
  PayerReportAuthenticationStepResult: ResolversUnionTypes<ResolversParentTypes>['PayerReportAuthenticationStepResult'];
  PayerServiceBusy: PayerServiceBusy;
  PayerSessionEnded: PayerSessionEnded;
  PayerStartAuthenticationInput: PayerStartAuthenticationInput;
  PayerStartAuthenticationResult: ResolversUnionTypes<ResolversParentTypes>['PayerStartAuthenticationResult'];
  PayerStartCertificationInput: PayerStartCertificationInput;
  PayerStartCertificationResult: ResolversUnionTypes<ResolversParentTypes>['PayerStartCertificationResult'];
  Query: Record<PropertyKey, never>;
  Subscription: Record<PropertyKey, never>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  authenticate?: Resolver<ResolversTypes['PayerAuthenticateResult'], ParentType, ContextType, RequireFields<MutationAuthenticateArgs, 'input'>>;
  authenticateAndSet?: Resolver<ResolversTypes['PayerAuthenticateAndSetResult'], ParentType, ContextType, RequireFields<MutationAuthenticateAndSetArgs, 'input'>>;
  cancelAuthentication?: Resolver<ResolversTypes['PayerAuthResult'], ParentType, ContextType, RequireFields<MutationCancelAuthenticationArgs, 'input'>>;
  initializeIdentityCertification?: Resolver<ResolversTypes['PayerInitializeCertificationResult'], ParentType, ContextType, RequireFields<MutationInitializeIdentityCertificationArgs, 'input'>>;
  reportAuthenticationStep?: Resolver<ResolversTypes['PayerReportAuthenticationStepResult'], ParentType, ContextType, RequireFields<MutationReportAuthenticationStepArgs, 'input'>>;
  startAuthentication?: Resolver<ResolversTypes['PayerStartAuthenticationResult'], ParentType, ContextType, RequireFields<MutationStartAuthenticationArgs, 'input'>>;
  startIdentityCertification?: Resolver<ResolversTypes['PayerStartCertificationResult'], ParentType, ContextType, RequireFields<MutationStartIdentityCertificationArgs, 'input'>>;
};

export type PayerAccessTokenResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAccessToken'] = ResolversParentTypes['PayerAccessToken']> = {
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PayerAppChannelResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAppChannel'] = ResolversParentTypes['PayerAppChannel']> = {
  authCodeKind?: Resolver<ResolversTypes['PayerAuthCodeKind'], ParentType, ContextType>;
  capabilities?: Resolver<ReadonlyArray<ResolversTypes['PayerChannelCapability']>, ParentType, ContextType>;
  channel?: Resolver<ResolversTypes['PayerChannel'], ParentType, ContextType>;
};

export type PayerAuthFailedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthFailed'] = ResolversParentTypes['PayerAuthFailed']> = {
  clientReferenceId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  failure?: Resolver<ResolversTypes['PayerFailure'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthNotFoundResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthNotFound'] = ResolversParentTypes['PayerAuthNotFound']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthResult'] = ResolversParentTypes['PayerAuthResult']> = {
  __resolveType: TypeResolveFn<'PayerAuthFailed' | 'PayerAuthNotFound' | 'PayerAuthSucceeded' | 'PayerAuthWaiting' | 'PayerInvalidInput' | 'PayerServiceBusy', ParentType, ContextType>;
};

export type PayerAuthResultStoredResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthResultStored'] = ResolversParentTypes['PayerAuthResultStored']> = {
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  queryCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthStepReportedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthStepReported'] = ResolversParentTypes['PayerAuthStepReported']> = {
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthSucceededResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthSucceeded'] = ResolversParentTypes['PayerAuthSucceeded']> = {
  clientReferenceId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  identity?: Resolver<Maybe<ResolversTypes['PayerIdentity']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthWaitingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthWaiting'] = ResolversParentTypes['PayerAuthWaiting']> = {
  attemptsLeft?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  clientReferenceId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  lastFailure?: Resolver<Maybe<ResolversTypes['PayerFailure']>, ParentType, ContextType>;
  pollAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  step?: Resolver<Maybe<ResolversTypes['PayerAuthStep']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthenticateAndSetResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthenticateAndSetResult'] = ResolversParentTypes['PayerAuthenticateAndSetResult']> = {
  __resolveType: TypeResolveFn<'PayerAuthResultStored' | 'PayerAuthorizationRejected' | 'PayerChannelMisconfigured' | 'PayerChannelUnavailable' | 'PayerInvalidInput' | 'PayerNotAllowed' | 'PayerOutcomePending' | 'PayerOutcomeUnknown' | 'PayerServiceBusy' | 'PayerSessionEnded', ParentType, ContextType>;
};

export type PayerAuthenticateResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthenticateResult'] = ResolversParentTypes['PayerAuthenticateResult']> = {
  __resolveType: TypeResolveFn<'PayerAuthenticated' | 'PayerAuthorizationRejected' | 'PayerChannelMisconfigured' | 'PayerChannelUnavailable' | 'PayerInvalidInput' | 'PayerNotAllowed' | 'PayerOutcomePending' | 'PayerOutcomeUnknown' | 'PayerServiceBusy', ParentType, ContextType>;
};

export type PayerAuthenticatedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthenticated'] = ResolversParentTypes['PayerAuthenticated']> = {
  accessToken?: Resolver<Maybe<ResolversTypes['PayerAccessToken']>, ParentType, ContextType>;
  identity?: Resolver<ResolversTypes['PayerIdentity'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthenticationStartedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthenticationStarted'] = ResolversParentTypes['PayerAuthenticationStarted']> = {
  authorizeQr?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  authorizeUrl?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  queryCode?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthenticationStartedWithoutPageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthenticationStartedWithoutPage'] = ResolversParentTypes['PayerAuthenticationStartedWithoutPage']> = {
  authCodeKind?: Resolver<ResolversTypes['PayerAuthCodeKind'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  infoStr?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  instruction?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  queryCode?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerAuthorizationRejectedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerAuthorizationRejected'] = ResolversParentTypes['PayerAuthorizationRejected']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerCertificationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerCertification'] = ResolversParentTypes['PayerCertification']> = {
  certifyId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  checkedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['PayerCertificationStatus'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerCertificationFormResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerCertificationForm'] = ResolversParentTypes['PayerCertificationForm']> = {
  action?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  fields?: Resolver<ReadonlyArray<ResolversTypes['PayerCertificationFormField']>, ParentType, ContextType>;
  html?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PayerCertificationFormFieldResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerCertificationFormField'] = ResolversParentTypes['PayerCertificationFormField']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PayerCertificationInitializedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerCertificationInitialized'] = ResolversParentTypes['PayerCertificationInitialized']> = {
  certifyId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerCertificationRejectedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerCertificationRejected'] = ResolversParentTypes['PayerCertificationRejected']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerCertificationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerCertificationResult'] = ResolversParentTypes['PayerCertificationResult']> = {
  __resolveType: TypeResolveFn<'PayerCertification' | 'PayerCertificationRejected' | 'PayerChannelMisconfigured' | 'PayerChannelUnavailable' | 'PayerInvalidInput' | 'PayerNotAllowed' | 'PayerServiceBusy', ParentType, ContextType>;
};

export type PayerCertificationStartedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerCertificationStarted'] = ResolversParentTypes['PayerCertificationStarted']> = {
  deepLink?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  form?: Resolver<ResolversTypes['PayerCertificationForm'], ParentType, ContextType>;
  qr?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerChannelResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerChannel'] = ResolversParentTypes['PayerChannel'], FederationReferenceType extends FederationReferenceTypes['PayerChannel'] = FederationReferenceTypes['PayerChannel']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['PayerChannel']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PayerChannelMisconfiguredResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerChannelMisconfigured'] = ResolversParentTypes['PayerChannelMisconfigured']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerChannelUnavailableResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerChannelUnavailable'] = ResolversParentTypes['PayerChannelUnavailable']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerFailureResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerFailure'] = ResolversParentTypes['PayerFailure']> = {
  __resolveType: TypeResolveFn<'PayerAuthNotFound' | 'PayerAuthorizationRejected' | 'PayerCertificationRejected' | 'PayerChannelMisconfigured' | 'PayerChannelUnavailable' | 'PayerInvalidInput' | 'PayerJobworthRejected' | 'PayerNotAllowed' | 'PayerOutcomePending' | 'PayerOutcomeUnknown' | 'PayerServiceBusy' | 'PayerSessionEnded', ParentType, ContextType>;
};

export type PayerIdentityResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerIdentity'] = ResolversParentTypes['PayerIdentity'], FederationReferenceType extends FederationReferenceTypes['PayerIdentity'] = FederationReferenceTypes['PayerIdentity']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['PayerIdentity']> | FederationReferenceType, FederationReferenceType, ContextType>;
  appId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  certification?: Resolver<Maybe<ResolversTypes['PayerCertification']>, ParentType, ContextType>;
  channel?: Resolver<Maybe<ResolversTypes['PayerChannel']>, ParentType, ContextType>;
  firstAuthenticatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastAuthenticatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  openId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  ref?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  subAppId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  subOpenId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  unionId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  userId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type PayerInitializeCertificationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerInitializeCertificationResult'] = ResolversParentTypes['PayerInitializeCertificationResult']> = {
  __resolveType: TypeResolveFn<'PayerCertificationInitialized' | 'PayerCertificationRejected' | 'PayerChannelMisconfigured' | 'PayerChannelUnavailable' | 'PayerInvalidInput' | 'PayerNotAllowed' | 'PayerServiceBusy', ParentType, ContextType>;
};

export type PayerInvalidFieldResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerInvalidField'] = ResolversParentTypes['PayerInvalidField']> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PayerInvalidInputResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerInvalidInput'] = ResolversParentTypes['PayerInvalidInput']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  fields?: Resolver<ReadonlyArray<ResolversTypes['PayerInvalidField']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerJobworthAnsweredResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerJobworthAnswered'] = ResolversParentTypes['PayerJobworthAnswered']> = {
  authorizationStatus?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  confirmed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  merchantIdentityId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  openId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  resultUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerJobworthPendingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerJobworthPending'] = ResolversParentTypes['PayerJobworthPending']> = {
  pollAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  resultUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerJobworthRejectedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerJobworthRejected'] = ResolversParentTypes['PayerJobworthRejected']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerJobworthResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerJobworthResult'] = ResolversParentTypes['PayerJobworthResult']> = {
  __resolveType: TypeResolveFn<'PayerAuthorizationRejected' | 'PayerChannelMisconfigured' | 'PayerChannelUnavailable' | 'PayerInvalidInput' | 'PayerJobworthAnswered' | 'PayerJobworthPending' | 'PayerJobworthRejected' | 'PayerNotAllowed' | 'PayerOutcomePending' | 'PayerOutcomeUnknown' | 'PayerServiceBusy', ParentType, ContextType>;
};

export type PayerNotAllowedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerNotAllowed'] = ResolversParentTypes['PayerNotAllowed']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  requiredScope?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerOutcomePendingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerOutcomePending'] = ResolversParentTypes['PayerOutcomePending']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerOutcomeUnknownResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerOutcomeUnknown'] = ResolversParentTypes['PayerOutcomeUnknown']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerReportAuthenticationStepResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerReportAuthenticationStepResult'] = ResolversParentTypes['PayerReportAuthenticationStepResult']> = {
  __resolveType: TypeResolveFn<'PayerAuthStepReported' | 'PayerInvalidInput' | 'PayerServiceBusy' | 'PayerSessionEnded', ParentType, ContextType>;
};

export type PayerServiceBusyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerServiceBusy'] = ResolversParentTypes['PayerServiceBusy']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerSessionEndedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerSessionEnded'] = ResolversParentTypes['PayerSessionEnded']> = {
  code?: Resolver<ResolversTypes['PayerFailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerStartAuthenticationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerStartAuthenticationResult'] = ResolversParentTypes['PayerStartAuthenticationResult']> = {
  __resolveType: TypeResolveFn<'PayerAuthenticationStarted' | 'PayerAuthenticationStartedWithoutPage' | 'PayerInvalidInput' | 'PayerServiceBusy', ParentType, ContextType>;
};

export type PayerStartCertificationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerStartCertificationResult'] = ResolversParentTypes['PayerStartCertificationResult']> = {
  __resolveType: TypeResolveFn<'PayerCertificationRejected' | 'PayerCertificationStarted' | 'PayerChannelMisconfigured' | 'PayerChannelUnavailable' | 'PayerInvalidInput' | 'PayerNotAllowed' | 'PayerServiceBusy', ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  authResult?: Resolver<Maybe<ResolversTypes['PayerAuthResult']>, ParentType, ContextType, RequireFields<QueryAuthResultArgs, 'queryCode' | 'waitSeconds'>>;
  identityCertification?: Resolver<Maybe<ResolversTypes['PayerCertificationResult']>, ParentType, ContextType, RequireFields<QueryIdentityCertificationArgs, 'certifyId'>>;
  jobworthAuthentication?: Resolver<Maybe<ResolversTypes['PayerJobworthResult']>, ParentType, ContextType, RequireFields<QueryJobworthAuthenticationArgs, 'input'>>;
  payerChannels?: Resolver<Maybe<ReadonlyArray<ResolversTypes['PayerAppChannel']>>, ParentType, ContextType, Partial<QueryPayerChannelsArgs>>;
  payerIdentity?: Resolver<Maybe<ResolversTypes['PayerIdentity']>, ParentType, ContextType, RequireFields<QueryPayerIdentityArgs, 'id'>>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  authResult?: SubscriptionResolver<Maybe<ResolversTypes['PayerAuthResult']>, "authResult", ParentType, ContextType, RequireFields<SubscriptionAuthResultArgs, 'queryCode'>>;
};

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType;
  Mutation?: MutationResolvers<ContextType>;
  PayerAccessToken?: PayerAccessTokenResolvers<ContextType>;
  PayerAppChannel?: PayerAppChannelResolvers<ContextType>;
  PayerAuthFailed?: PayerAuthFailedResolvers<ContextType>;
  PayerAuthNotFound?: PayerAuthNotFoundResolvers<ContextType>;
  PayerAuthResult?: PayerAuthResultResolvers<ContextType>;
  PayerAuthResultStored?: PayerAuthResultStoredResolvers<ContextType>;
  PayerAuthStepReported?: PayerAuthStepReportedResolvers<ContextType>;
  PayerAuthSucceeded?: PayerAuthSucceededResolvers<ContextType>;
  PayerAuthWaiting?: PayerAuthWaitingResolvers<ContextType>;
  PayerAuthenticateAndSetResult?: PayerAuthenticateAndSetResultResolvers<ContextType>;
  PayerAuthenticateResult?: PayerAuthenticateResultResolvers<ContextType>;
  PayerAuthenticated?: PayerAuthenticatedResolvers<ContextType>;
  PayerAuthenticationStarted?: PayerAuthenticationStartedResolvers<ContextType>;
  PayerAuthenticationStartedWithoutPage?: PayerAuthenticationStartedWithoutPageResolvers<ContextType>;
  PayerAuthorizationRejected?: PayerAuthorizationRejectedResolvers<ContextType>;
  PayerCertification?: PayerCertificationResolvers<ContextType>;
  PayerCertificationForm?: PayerCertificationFormResolvers<ContextType>;
  PayerCertificationFormField?: PayerCertificationFormFieldResolvers<ContextType>;
  PayerCertificationInitialized?: PayerCertificationInitializedResolvers<ContextType>;
  PayerCertificationRejected?: PayerCertificationRejectedResolvers<ContextType>;
  PayerCertificationResult?: PayerCertificationResultResolvers<ContextType>;
  PayerCertificationStarted?: PayerCertificationStartedResolvers<ContextType>;
  PayerChannel?: PayerChannelResolvers<ContextType>;
  PayerChannelMisconfigured?: PayerChannelMisconfiguredResolvers<ContextType>;
  PayerChannelUnavailable?: PayerChannelUnavailableResolvers<ContextType>;
  PayerFailure?: PayerFailureResolvers<ContextType>;
  PayerIdentity?: PayerIdentityResolvers<ContextType>;
  PayerInitializeCertificationResult?: PayerInitializeCertificationResultResolvers<ContextType>;
  PayerInvalidField?: PayerInvalidFieldResolvers<ContextType>;
  PayerInvalidInput?: PayerInvalidInputResolvers<ContextType>;
  PayerJobworthAnswered?: PayerJobworthAnsweredResolvers<ContextType>;
  PayerJobworthPending?: PayerJobworthPendingResolvers<ContextType>;
  PayerJobworthRejected?: PayerJobworthRejectedResolvers<ContextType>;
  PayerJobworthResult?: PayerJobworthResultResolvers<ContextType>;
  PayerNotAllowed?: PayerNotAllowedResolvers<ContextType>;
  PayerOutcomePending?: PayerOutcomePendingResolvers<ContextType>;
  PayerOutcomeUnknown?: PayerOutcomeUnknownResolvers<ContextType>;
  PayerReportAuthenticationStepResult?: PayerReportAuthenticationStepResultResolvers<ContextType>;
  PayerServiceBusy?: PayerServiceBusyResolvers<ContextType>;
  PayerSessionEnded?: PayerSessionEndedResolvers<ContextType>;
  PayerStartAuthenticationResult?: PayerStartAuthenticationResultResolvers<ContextType>;
  PayerStartCertificationResult?: PayerStartCertificationResultResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
};

