import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { VisibleIdentity } from '../identity/permission.ts';
import type { Channel as ChannelRecord, Certification as CertificationRecord } from '../model.ts';
import type { Started } from '../identity/authentication.ts';
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

/** The channel refused the auth code, and would refuse it again. Let the payer authorize again. */
export type AuthCodeRejected = Failure & {
  readonly __typename?: 'AuthCodeRejected';
  /** AUTH_CODE_INVALID, AUTH_CODE_USED, AUTH_CODE_EXPIRED or AUTH_CODE_REFUSED. */
  readonly code: FailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

/** The status of an authentication, and its result. */
export type AuthResult = {
  readonly __typename?: 'AuthResult';
  /** When the query code stops working. Null when the status is NOT_EXIST. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Why there is no identity, when the status is REJECTED or INDETERMINATE. */
  readonly failure?: Maybe<Failure>;
  /** Who the payer is, when the status is SUCCESS. Null without the scope payer:read: the query code alone shows only the status. */
  readonly identity?: Maybe<PayerIdentity>;
  /** Seconds to wait before the next poll: 5 at first. A poll that comes sooner adds 5, up to 60. Null when the status can no longer change. */
  readonly pollAfterSeconds?: Maybe<Scalars['Int']['output']>;
  /** How far the authentication is. Decide by it what to do next. */
  readonly status: AuthStatus;
};

/** The auth code was redeemed, and authResult reads the identity with the query code. */
export type AuthResultKept = {
  readonly __typename?: 'AuthResultKept';
  /** When the query code stops working and the result can no longer be read. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The secret to read the result with. Pass it to the reader, and never in a URL. Null when the input had a state: startAuthentication has returned it then. */
  readonly queryCode?: Maybe<Scalars['String']['output']>;
};

/** How far an authentication is. */
export type AuthStatus =
  /** The auth code was sent, and whether it was redeemed is not known. Let the payer authorize again. */
  | 'INDETERMINATE'
  /** The query code is unknown, has expired, or is not for this caller to read. The answer does not distinguish these. */
  | 'NOT_EXIST'
  /** The channel refused the auth code. Let the payer authorize again. */
  | 'REJECTED'
  /** The channel has identified the payer. Read identity. */
  | 'SUCCESS'
  /** No auth code has arrived, or the channel has not answered. Poll again. */
  | 'WAITING';

/** The input of authenticateAndSet. */
export type AuthenticateAndSetInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The one-time code that the channel gave to the payer's page. 1 to 200 characters. */
  readonly authCode: Scalars['String']['input'];
  /** The channel that issued the auth code: a Channel.id, such as ali_pay. At most 32 characters. */
  readonly channel: Scalars['ID']['input'];
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  readonly clientIp?: InputMaybe<Scalars['String']['input']>;
  /** The merchant's order number, for channels that require one. 5 to 30 characters of A-Z a-z 0-9 _ */
  readonly merchantOrderNo?: InputMaybe<Scalars['String']['input']>;
  /** A random secret of 16 to 128 characters of A-Z a-z 0-9 _ - . ~ With neither queryCode nor state, one is generated and returned. Give one of the two at most. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
  /** The state that the channel returned to the payer page with the auth code. The result goes to the session that the state was issued for, and to no other. */
  readonly state?: InputMaybe<Scalars['String']['input']>;
  /** The sub-merchant's application at the channel, for channels that require one. At most 32 characters. */
  readonly subAppId?: InputMaybe<Scalars['String']['input']>;
  /** The terminal's number, for channels that require one. At most 32 characters. */
  readonly termId?: InputMaybe<Scalars['String']['input']>;
};

/** AuthResultKept on success; every other member is a Failure whose type says what to do. */
export type AuthenticateAndSetResult = AuthCodeRejected | AuthResultKept | AuthenticationIndeterminate | ChannelUnavailable | InvalidInput | NotAllowed;

/** The input of authenticate. */
export type AuthenticateInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The one-time code that the channel gave to the payer's page. 1 to 200 characters. */
  readonly authCode: Scalars['String']['input'];
  /** The channel that issued the auth code: a Channel.id, such as ali_pay. At most 32 characters. */
  readonly channel: Scalars['ID']['input'];
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  readonly clientIp?: InputMaybe<Scalars['String']['input']>;
  /** The merchant's order number, for channels that require one. 5 to 30 characters of A-Z a-z 0-9 _ */
  readonly merchantOrderNo?: InputMaybe<Scalars['String']['input']>;
  /** For apps that sign their calls: a random value, new for every call. 16 to 32 characters of A-Z a-z 0-9 _ - . ~ */
  readonly nonceStr?: InputMaybe<Scalars['String']['input']>;
  /** A random secret of 16 to 128 characters of A-Z a-z 0-9 _ - . ~ When given, authResult can read the result with it as well. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
  /** For apps that sign their calls: the time of the call as yyyy-MM-dd HH:mm:ss in UTC+8, at most 5 minutes off. */
  readonly reqTime?: InputMaybe<Scalars['String']['input']>;
  /** For apps that sign their calls: the signature over all other fields of this input. 64 characters of 0-9 a-f. */
  readonly sign?: InputMaybe<Scalars['String']['input']>;
  /** The sub-merchant's application at the channel, for channels that require one. At most 32 characters. */
  readonly subAppId?: InputMaybe<Scalars['String']['input']>;
  /** The terminal's number, for channels that require one. At most 32 characters. */
  readonly termId?: InputMaybe<Scalars['String']['input']>;
};

/** Authenticated on success; every other member is a Failure whose type says what to do. */
export type AuthenticateResult = AuthCodeRejected | Authenticated | AuthenticationIndeterminate | ChannelUnavailable | InvalidInput | NotAllowed;

/** The auth code was redeemed, and the payer is known. */
export type Authenticated = {
  readonly __typename?: 'Authenticated';
  /** The channel's token for further calls about this payer. Null where the channel gives none, and without the scope payer:token. */
  readonly accessToken?: Maybe<Scalars['String']['output']>;
  /** When accessToken expires. Null where the channel does not say, and without the scope payer:token. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Who the payer is. Without the scope payer:read only its id, channel and appId are not null. */
  readonly identity: PayerIdentity;
};

/**
 * The auth code or once token was sent, and whether it was redeemed is not known. It is never sent a second time: let the
 * payer authorize again. Only with the code OUTCOME_PENDING, repeat the same call: another call is redeeming it now.
 */
export type AuthenticationIndeterminate = Failure & {
  readonly __typename?: 'AuthenticationIndeterminate';
  /** OUTCOME_UNKNOWN, OUTCOME_PENDING, REPLY_UNVERIFIED or REPLY_MALFORMED. */
  readonly code: FailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

/** A session is open. Send the payer to authorizeUrl, and poll authResult with queryCode. */
export type AuthenticationStarted = {
  readonly __typename?: 'AuthenticationStarted';
  /** authorizeUrl as a QR code, for a payer with another device: an SVG document of at most 64 KiB. Null when authorizeUrl has more than 2,953 bytes, the most that a QR code holds. */
  readonly authorizeQr?: Maybe<Scalars['String']['output']>;
  /** The channel's page where the payer authorizes. Open it in the payer's browser or in the channel's application. */
  readonly authorizeUrl: Scalars['String']['output'];
  /** When the session ends: queryCode and state stop working then. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The secret to read the result with, by authResult. Never give it to the payer's browser. */
  readonly queryCode: Scalars['String']['output'];
  /** The channel returns it to the payer page with the auth code, and the page passes both to authenticateAndSet. */
  readonly state: Scalars['String']['output'];
};

/** A document that a payer can be certified with. */
export type CertificationDocument =
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
export type CertificationForm = {
  readonly __typename?: 'CertificationForm';
  /** The form's action: a URL of the channel's gateway. */
  readonly action: Scalars['String']['output'];
  /** The form's hidden fields. */
  readonly fields: ReadonlyArray<CertificationFormField>;
  /** The same form as an HTML document that submits itself. Serve it unchanged. */
  readonly html: Scalars['String']['output'];
  /** The form's method: POST. */
  readonly method: Scalars['String']['output'];
};

/** A hidden field of a form. */
export type CertificationFormField = {
  readonly __typename?: 'CertificationFormField';
  /** The field's name. */
  readonly name: Scalars['String']['output'];
  /** The field's value. Escape it when you write it into HTML. */
  readonly value: Scalars['String']['output'];
};

/** How a payer proves their identity. */
export type CertificationMethod =
  /** By a picture of the document. */
  | 'CERT_PHOTO'
  /** By a picture of the document and the face. */
  | 'CERT_PHOTO_FACE'
  /** By the face, compared with the authority's picture. */
  | 'FACE'
  /** By the face or by another means; the channel chooses. */
  | 'SMART_FACE';

/** The channel refuses the certification. Initialize a new one; with the code CERTIFICATION_REFUSED, correct the input first. */
export type CertificationRejected = Failure & {
  readonly __typename?: 'CertificationRejected';
  /** CERTIFY_ID_UNKNOWN, CERTIFY_ID_EXPIRED or CERTIFICATION_REFUSED. */
  readonly code: FailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

/** How far a certification is. */
export type CertificationStatus =
  /** Failed, or not finished yet: the channel does not distinguish the two. Ask again. */
  | 'NOT_PASSED'
  /** The channel confirms the payer's name and document. */
  | 'PASSED'
  /** Initialized; the channel has not been asked yet whether the payer has passed. */
  | 'STARTED';

/** What a payer pays with. Channels are data: new ones appear without a change of this schema. */
export type Channel = {
  readonly __typename?: 'Channel';
  /** What the app can do on this channel. Null where the channel is reached without an app, as by a reference from another subgraph. */
  readonly capabilities?: Maybe<ReadonlyArray<ChannelCapability>>;
  /** The channel's code, such as ali_pay, wechat_pay or union_pay. */
  readonly id: Scalars['ID']['output'];
  /** The channel's name for payers, in Chinese. Null where no name is configured. */
  readonly title?: Maybe<Scalars['String']['output']>;
};

/** Something that can be done on a channel. */
export type ChannelCapability =
  /** Auth codes of this channel can be redeemed with authenticate and authenticateAndSet. */
  | 'AUTHENTICATE'
  /** startAuthentication can send payers to an authorization page of this channel. */
  | 'AUTHORIZE'
  /** Payers can be certified by real name, from initializeIdentityCertification on. */
  | 'CERTIFY'
  /** Job identities can be queried with jobworthAuthentication. */
  | 'JOBWORTH';

/** The channel or this service cannot serve the call now. When retryAfterSeconds is given, repeat the same call with the same auth code after that time. */
export type ChannelUnavailable = Failure & {
  readonly __typename?: 'ChannelUnavailable';
  /** SERVICE_UNAVAILABLE, RATE_LIMITED, OVERLOADED, or one that begins with CHANNEL. */
  readonly code: FailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Seconds to wait before repeating the same call. Null when repeating does not help and the operator has to act. */
  readonly retryAfterSeconds?: Maybe<Scalars['Int']['output']>;
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

/**
 * An expected failure. Decide by __typename what to do next, and by code what to show to the payer. Log traceId: the
 * operator finds the call by it. The message is for people, may change, and never repeats your input.
 */
export type Failure = {
  /** The reason, for programs. It does not change. */
  readonly code: FailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

/** Why a call failed. New codes may be added: handle an unknown code by the type of the failure that carries it. */
export type FailureCode =
  /** There is no such app. */
  | 'APP_UNKNOWN'
  /** The auth code is too old. */
  | 'AUTH_CODE_EXPIRED'
  /** The channel does not know the auth code. */
  | 'AUTH_CODE_INVALID'
  /** The channel refused the auth code without saying why. */
  | 'AUTH_CODE_REFUSED'
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
  /** The channel cannot do this for the app: see Channel.capabilities. */
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
  /** The signature is valid, and nonceStr was used before: by another call, or by this one more than 60 seconds ago. */
  | 'NONCE_USED'
  /** The caller lacks the scope for the app, or the app's policy forbids it. */
  | 'NOT_ALLOWED'
  /** The once token is unknown, has expired or was used. */
  | 'ONCE_TOKEN_INVALID'
  /** The once token was redeemed here before, with other parameters or by another caller. */
  | 'ONCE_TOKEN_USED'
  /** Another call is redeeming this auth code and has no reply yet. Repeat the same call. */
  | 'OUTCOME_PENDING'
  /** The code was sent, and the channel's reply did not arrive in time or was cut off. */
  | 'OUTCOME_UNKNOWN'
  /** Too many calls are running in this service. Nothing was sent. */
  | 'OVERLOADED'
  /** The query code belongs to another authentication. Choose a new one. */
  | 'QUERY_CODE_TAKEN'
  /** Too many calls of the caller, the address, the app or the channel. Nothing was done. */
  | 'RATE_LIMITED'
  /** The channel's reply cannot be parsed. */
  | 'REPLY_MALFORMED'
  /** The channel's reply has no valid signature, so its content is not trusted. */
  | 'REPLY_UNVERIFIED'
  /** The signature is valid, and reqTime is more than 5 minutes off. */
  | 'REQUEST_TIME_INVALID'
  /** This service cannot read or store results now. Nothing was sent. */
  | 'SERVICE_UNAVAILABLE'
  /** The signature does not match the call. The answer does not say which part differs. */
  | 'SIGNATURE_INVALID'
  /** The app signs its calls, and sign, nonceStr or reqTime is missing. */
  | 'SIGNATURE_MISSING';

/** The state of a real-name certification. Never holds the document. */
export type IdentityCertification = {
  readonly __typename?: 'IdentityCertification';
  /** The channel's handle for the certification. 1 to 32 letters and digits. */
  readonly certifyId: Scalars['ID']['output'];
  /** When the channel was last asked. Null when it has not been asked yet. */
  readonly checkedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was initialized. */
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How far the certification is. Decide by it what to do next. */
  readonly status?: Maybe<CertificationStatus>;
};

/** The certification exists at the channel. Pass certifyId to startIdentityCertification. */
export type IdentityCertificationInitialized = {
  readonly __typename?: 'IdentityCertificationInitialized';
  /** The channel's handle for the certification. 1 to 32 letters and digits. */
  readonly certifyId: Scalars['ID']['output'];
};

/** IdentityCertification, passed or not, when the channel answered; every other member is a Failure whose type says what to do. */
export type IdentityCertificationResult = CertificationRejected | ChannelUnavailable | IdentityCertification | InvalidInput | NotAllowed;

/** The page where the payer certifies. Every field leads to the same page; use the one that fits the payer's device. */
export type IdentityCertificationStarted = {
  readonly __typename?: 'IdentityCertificationStarted';
  /** For a phone's browser outside the channel's application: opens the application. */
  readonly deepLink: Scalars['String']['output'];
  /** For a page of yours that submits a form by POST. */
  readonly form: CertificationForm;
  /** For a payer at a computer, to scan with the channel's application: an SVG document of at most 64 KiB. The return page then opens on the phone, so poll identityCertification. Null when url has more than 2,953 bytes, the most that a QR code holds. */
  readonly qr?: Maybe<Scalars['String']['output']>;
  /** For a browser inside the channel's application. */
  readonly url: Scalars['String']['output'];
};

/** The input of initializeIdentityCertification. */
export type InitializeIdentityCertificationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The name on the document. At most 128 characters. */
  readonly certName: Scalars['String']['input'];
  /**
   * The document's number. At most 64 characters. It is sent as it is printed on the document: letters become upper-case,
   * blanks are removed, and full-width characters become ASCII.
   */
  readonly certNo: Scalars['String']['input'];
  /** The kind of document. */
  readonly certType: CertificationDocument;
  /** The payer to certify: a PayerIdentity.id of the same app. When given, PayerIdentity.certification shows the outcome. */
  readonly identityId?: InputMaybe<Scalars['ID']['input']>;
  /** How the payer is to prove their identity. */
  readonly method: CertificationMethod;
  /** The page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. */
  readonly returnUrl?: InputMaybe<Scalars['String']['input']>;
};

/** IdentityCertificationInitialized on success; every other member is a Failure whose type says what to do. */
export type InitializeIdentityCertificationResult = CertificationRejected | ChannelUnavailable | IdentityCertificationInitialized | InvalidInput | NotAllowed;

/** A field of the input that has to be corrected. */
export type InvalidField = {
  readonly __typename?: 'InvalidField';
  /** What a valid value looks like. Never repeats your value. */
  readonly message: Scalars['String']['output'];
  /** The field's name within the input, such as authCode. */
  readonly path: Scalars['String']['output'];
};

/** The input is not valid. Nothing was sent to the channel. Correct the fields and call again. */
export type InvalidInput = Failure & {
  readonly __typename?: 'InvalidInput';
  /** INPUT_INVALID, APP_UNKNOWN, CHANNEL_UNKNOWN or QUERY_CODE_TAKEN. */
  readonly code: FailureCode;
  /** The fields to correct. Empty where the code alone names the fault. */
  readonly fields: ReadonlyArray<InvalidField>;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

/** Zhima has answered yes or no, and the once token is used up. */
export type JobworthAuthenticated = {
  readonly __typename?: 'JobworthAuthenticated';
  /** The payer's stable id within the merchant, where Zhima gives one. */
  readonly merchantIdentityId?: Maybe<Scalars['String']['output']>;
  /** The payer's Alipay open_id, where Zhima gives one. */
  readonly openId?: Maybe<Scalars['String']['output']>;
  /** A page in Alipay that shows the result to the payer. */
  readonly resultUrl?: Maybe<Scalars['String']['output']>;
  /** The state of the authorization's order at Zhima, such as FINISH. */
  readonly tokenStatus?: Maybe<Scalars['String']['output']>;
  /** Whether Zhima confirms the job identity. */
  readonly trusted: Scalars['Boolean']['output'];
  /** The payer's Alipay user_id, where Zhima gives one. */
  readonly userId?: Maybe<Scalars['String']['output']>;
};

/** The input of jobworthAuthentication. It names the payer by userId or openId, or by certNo and certType. */
export type JobworthAuthenticationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /**
   * The number of the payer's document. At most 64 characters. It is sent to Zhima and not stored here, as it is printed
   * on the document: letters become upper-case, blanks are removed, and full-width characters become ASCII.
   */
  readonly certNo?: InputMaybe<Scalars['String']['input']>;
  /** The kind of document: 0 identity card, 1 passport, 2 home return permit, 3 Hong Kong and Macao travel permit, 4 Taiwan travel permit, 5 Hong Kong and Macao document. */
  readonly certType?: InputMaybe<Scalars['String']['input']>;
  /** The out_agreement_no that the authorization was created with. At most 128 characters. */
  readonly connKey: Scalars['String']['input'];
  /** The job identity to confirm: 04 for teachers, or another code agreed with Zhima. At most 32 characters. */
  readonly identityType: Scalars['String']['input'];
  /** The one-time token of the authorization. At most 128 characters. */
  readonly onceToken: Scalars['String']['input'];
  /** The payer's Alipay open_id. At most 128 characters. */
  readonly openId?: InputMaybe<Scalars['String']['input']>;
  /** How closely the query has to match. */
  readonly queryType: JobworthQueryType;
  /** The credit service's id. At most 64 characters. */
  readonly serviceId: Scalars['String']['input'];
  /** The payer's Alipay user_id. At most 64 characters. */
  readonly userId?: InputMaybe<Scalars['String']['input']>;
};

/** JobworthAuthenticated when Zhima answered, JobworthPending when it has no answer yet; every other member is a Failure whose type says what to do. */
export type JobworthAuthenticationResult = AuthenticationIndeterminate | ChannelUnavailable | InvalidInput | JobworthAuthenticated | JobworthPending | JobworthRejected | NotAllowed;

/** Zhima has no answer yet, and the once token is not used up. Repeat the same query. */
export type JobworthPending = {
  readonly __typename?: 'JobworthPending';
  /** Seconds to wait before repeating the query. */
  readonly pollAfterSeconds: Scalars['Int']['output'];
  /** A page in Alipay that shows the state to the payer. */
  readonly resultUrl?: Maybe<Scalars['String']['output']>;
};

/** How closely a query of job identities has to match. */
export type JobworthQueryType =
  /** Fuzzy query. */
  | 'dim'
  /** Exact query. */
  | 'exact';

/** Zhima refuses the query. The code says what has to change first. */
export type JobworthRejected = Failure & {
  readonly __typename?: 'JobworthRejected';
  /** ONCE_TOKEN_INVALID, ONCE_TOKEN_USED, or one that begins with JOBWORTH. */
  readonly code: FailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Redeems a one-time auth code and returns the payer's identity. For servers: without the scope payer:authenticate for
   * the app, or a valid signature of the app, the answer is NotAllowed and nothing is sent.
   * A code is sent to its channel at most once. The same call repeated within 5 minutes returns the same payer and access
   * token, with the payer's other fields as they are then; another caller gets AUTH_CODE_USED.
   */
  readonly authenticate: AuthenticateResult;
  /**
   * Redeems a one-time auth code and stores the result under a query code, with which authResult reads it. For payer
   * pages: needs no scope, and the answer does not show who the payer is.
   */
  readonly authenticateAndSet: AuthenticateAndSetResult;
  /**
   * Begins a real-name certification of a payer. The document's number is sent to the channel and not stored here.
   * NotAllowed without the scope payer:certify for the app.
   */
  readonly initializeIdentityCertification: InitializeIdentityCertificationResult;
  /**
   * Opens a session for a payer who has no auth code yet, and returns the page where the payer gets one. The query code
   * reads the result and stays with you; the payer's browser carries only the state, which can write the result and not
   * read it. Needs no scope.
   */
  readonly startAuthentication: StartAuthenticationResult;
  /**
   * Returns the channel's page where the payer certifies: as a link, a form, a deep link and a QR code.
   * NotAllowed without the scope payer:certify for the app.
   */
  readonly startIdentityCertification: StartIdentityCertificationResult;
};


export type MutationAuthenticateArgs = {
  input: AuthenticateInput;
};


export type MutationAuthenticateAndSetArgs = {
  input: AuthenticateAndSetInput;
};


export type MutationInitializeIdentityCertificationArgs = {
  input: InitializeIdentityCertificationInput;
};


export type MutationStartAuthenticationArgs = {
  input: StartAuthenticationInput;
};


export type MutationStartIdentityCertificationArgs = {
  input: StartIdentityCertificationInput;
};

/** The caller lacks the scope for the app, the app's policy forbids the call, or its signature is not valid. Nothing was sent to the channel. */
export type NotAllowed = Failure & {
  readonly __typename?: 'NotAllowed';
  /** NOT_ALLOWED, or the fault of the signature: SIGNATURE_MISSING, SIGNATURE_INVALID, REQUEST_TIME_INVALID or NONCE_USED. */
  readonly code: FailureCode;
  /** The reason as one English sentence for people. Its wording may change. */
  readonly message: Scalars['String']['output'];
  /** Give it to the operator: it finds this call in the log. */
  readonly traceId: Scalars['String']['output'];
};

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
  readonly certification?: Maybe<IdentityCertification>;
  /** The channel that identified the payer. */
  readonly channel?: Maybe<Channel>;
  /** When this payer's first auth code was redeemed. */
  readonly firstAuthenticatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Opaque, and stable for the same payer of the same app on the same channel. Reference payers by this id. */
  readonly id: Scalars['ID']['output'];
  /** When this payer's latest auth code was redeemed. */
  readonly lastAuthenticatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The channel's id of the payer within one upstream application (WeChat openid, Alipay open_id). Not comparable between applications. */
  readonly openId?: Maybe<Scalars['String']['output']>;
  /** The sub-merchant's application at the channel, to which subOpenId belongs, where an aggregator gives one. */
  readonly subAppId?: Maybe<Scalars['String']['output']>;
  /** The payer's id within subAppId. */
  readonly subOpenId?: Maybe<Scalars['String']['output']>;
  /**
   * The channel's id of the payer across the upstream applications of one owner (WeChat unionid). WeChat gives none with
   * snsapi_base, nor for applications that are not bound to one Open Platform account. A payer of two apps is two
   * PayerIdentity: join them by unionId yourself.
   */
  readonly unionId?: Maybe<Scalars['String']['output']>;
  /** The channel's id of the payer across upstream applications (Alipay user_id, UnionPay user id). Newer Alipay applications give openId instead. */
  readonly userId?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  readonly __typename?: 'Query';
  /**
   * The status of the authentication that a query code stands for, and its result.
   * Poll at the interval in pollAfterSeconds, or let the call wait with waitSeconds. Holding the query code is enough to
   * ask; a caller that may act for other apps only gets NOT_EXIST.
   */
  readonly authResult: AuthResult;
  /** The channels of an app, in the order of its configuration. Empty for an unknown app. */
  readonly channels: ReadonlyArray<Channel>;
  /**
   * Whether the payer has passed a real-name certification. Asks the channel with every call until the payer has passed.
   * Only this answer counts: parameters of the return URL can be forged. NotAllowed without the scope payer:certify for
   * the app.
   */
  readonly identityCertification: IdentityCertificationResult;
  /**
   * Whether Zhima confirms a payer's job identity. The first answer, yes or no, uses up the once token and is stored for 5
   * minutes: the same query repeated within that time gets the same answer, and Zhima is not asked again.
   * Without the scope payer:jobworth for the app the answer is NotAllowed and nothing is sent.
   */
  readonly jobworthAuthentication: JobworthAuthenticationResult;
  /** The payer identity with this id. Null when it does not exist and when the caller may not read it; the answer does not distinguish the two. */
  readonly payerIdentity?: Maybe<PayerIdentity>;
};


export type QueryAuthResultArgs = {
  queryCode: Scalars['String']['input'];
  waitSeconds?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryChannelsArgs = {
  appId?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryIdentityCertificationArgs = {
  appId?: InputMaybe<Scalars['ID']['input']>;
  certifyId: Scalars['ID']['input'];
};


export type QueryJobworthAuthenticationArgs = {
  input: JobworthAuthenticationInput;
};


export type QueryPayerIdentityArgs = {
  id: Scalars['ID']['input'];
};

/** The input of startAuthentication. */
export type StartAuthenticationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** A Channel.id with the capability AUTHORIZE, such as ali_pay. At most 32 characters. */
  readonly channel: Scalars['ID']['input'];
  /** The payer page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. */
  readonly returnUrl: Scalars['String']['input'];
};

/** AuthenticationStarted on success; every other member is a Failure whose type says what to do. */
export type StartAuthenticationResult = AuthenticationStarted | ChannelUnavailable | InvalidInput | NotAllowed;

/** The input of startIdentityCertification. */
export type StartIdentityCertificationInput = {
  /** The merchant application. At most 32 characters. Omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The certifyId that initializeIdentityCertification returned. 1 to 32 letters and digits. */
  readonly certifyId: Scalars['ID']['input'];
  /** The page that the channel sends the payer back to: equal, character by character, to one that is configured for the app. At most 256 characters. */
  readonly returnUrl?: InputMaybe<Scalars['String']['input']>;
};

/** IdentityCertificationStarted on success; every other member is a Failure whose type says what to do. */
export type StartIdentityCertificationResult = CertificationRejected | ChannelUnavailable | IdentityCertificationStarted | InvalidInput | NotAllowed;



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
  Channel: Channel;
  PayerIdentity: PayerIdentity;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Channel:
    ( { __typename: 'Channel' }
    & GraphQLRecursivePick<FederationTypes['Channel'], {"id":true}> );
  PayerIdentity:
    ( { __typename: 'PayerIdentity' }
    & ( GraphQLRecursivePick<FederationTypes['PayerIdentity'], {"id":true}>
        | GraphQLRecursivePick<FederationTypes['PayerIdentity'], {"channel":{"id":true},"appId":true,"openId":true}>
        | GraphQLRecursivePick<FederationTypes['PayerIdentity'], {"channel":{"id":true},"appId":true,"userId":true}> ) );
};

/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  AuthenticateAndSetResult:
    | ( AuthCodeRejected & { __typename: 'AuthCodeRejected' } )
    | ( AuthResultKept & { __typename: 'AuthResultKept' } )
    | ( AuthenticationIndeterminate & { __typename: 'AuthenticationIndeterminate' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
  AuthenticateResult:
    | ( AuthCodeRejected & { __typename: 'AuthCodeRejected' } )
    | ( Omit<Authenticated, 'identity'> & { identity: _RefType['PayerIdentity'] } & { __typename: 'Authenticated' } )
    | ( AuthenticationIndeterminate & { __typename: 'AuthenticationIndeterminate' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
  IdentityCertificationResult:
    | ( CertificationRejected & { __typename: 'CertificationRejected' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( CertificationRecord & { __typename: 'IdentityCertification' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
  InitializeIdentityCertificationResult:
    | ( CertificationRejected & { __typename: 'CertificationRejected' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( IdentityCertificationInitialized & { __typename: 'IdentityCertificationInitialized' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
  JobworthAuthenticationResult:
    | ( AuthenticationIndeterminate & { __typename: 'AuthenticationIndeterminate' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( JobworthAuthenticated & { __typename: 'JobworthAuthenticated' } )
    | ( JobworthPending & { __typename: 'JobworthPending' } )
    | ( JobworthRejected & { __typename: 'JobworthRejected' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
  StartAuthenticationResult:
    | ( Started & { __typename: 'AuthenticationStarted' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
  StartIdentityCertificationResult:
    | ( CertificationRejected & { __typename: 'CertificationRejected' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( CertifyPage & { __typename: 'IdentityCertificationStarted' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Failure:
    | ( AuthCodeRejected & { __typename: 'AuthCodeRejected' } )
    | ( AuthenticationIndeterminate & { __typename: 'AuthenticationIndeterminate' } )
    | ( CertificationRejected & { __typename: 'CertificationRejected' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( JobworthRejected & { __typename: 'JobworthRejected' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AuthCodeRejected: ResolverTypeWrapper<AuthCodeRejected>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  AuthResult: ResolverTypeWrapper<Omit<AuthResult, 'failure' | 'identity'> & { failure?: Maybe<ResolversTypes['Failure']>, identity?: Maybe<ResolversTypes['PayerIdentity']> }>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  AuthResultKept: ResolverTypeWrapper<AuthResultKept>;
  AuthStatus: AuthStatus;
  AuthenticateAndSetInput: AuthenticateAndSetInput;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  AuthenticateAndSetResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['AuthenticateAndSetResult']>;
  AuthenticateInput: AuthenticateInput;
  AuthenticateResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['AuthenticateResult']>;
  Authenticated: ResolverTypeWrapper<Omit<Authenticated, 'identity'> & { identity: ResolversTypes['PayerIdentity'] }>;
  AuthenticationIndeterminate: ResolverTypeWrapper<AuthenticationIndeterminate>;
  AuthenticationStarted: ResolverTypeWrapper<Started>;
  CertificationDocument: CertificationDocument;
  CertificationForm: ResolverTypeWrapper<Form>;
  CertificationFormField: ResolverTypeWrapper<CertificationFormField>;
  CertificationMethod: CertificationMethod;
  CertificationRejected: ResolverTypeWrapper<CertificationRejected>;
  CertificationStatus: CertificationStatus;
  Channel: ResolverTypeWrapper<ChannelRecord>;
  ChannelCapability: ChannelCapability;
  ChannelUnavailable: ResolverTypeWrapper<ChannelUnavailable>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Failure: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Failure']>;
  FailureCode: FailureCode;
  IdentityCertification: ResolverTypeWrapper<CertificationRecord>;
  IdentityCertificationInitialized: ResolverTypeWrapper<IdentityCertificationInitialized>;
  IdentityCertificationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['IdentityCertificationResult']>;
  IdentityCertificationStarted: ResolverTypeWrapper<CertifyPage>;
  InitializeIdentityCertificationInput: InitializeIdentityCertificationInput;
  InitializeIdentityCertificationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['InitializeIdentityCertificationResult']>;
  InvalidField: ResolverTypeWrapper<InvalidField>;
  InvalidInput: ResolverTypeWrapper<InvalidInput>;
  JobworthAuthenticated: ResolverTypeWrapper<JobworthAuthenticated>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  JobworthAuthenticationInput: JobworthAuthenticationInput;
  JobworthAuthenticationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['JobworthAuthenticationResult']>;
  JobworthPending: ResolverTypeWrapper<JobworthPending>;
  JobworthQueryType: JobworthQueryType;
  JobworthRejected: ResolverTypeWrapper<JobworthRejected>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  NotAllowed: ResolverTypeWrapper<NotAllowed>;
  PayerIdentity: ResolverTypeWrapper<VisibleIdentity>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  StartAuthenticationInput: StartAuthenticationInput;
  StartAuthenticationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['StartAuthenticationResult']>;
  StartIdentityCertificationInput: StartIdentityCertificationInput;
  StartIdentityCertificationResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['StartIdentityCertificationResult']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  AuthCodeRejected: AuthCodeRejected;
  String: Scalars['String']['output'];
  AuthResult: Omit<AuthResult, 'failure' | 'identity'> & { failure?: Maybe<ResolversParentTypes['Failure']>, identity?: Maybe<ResolversParentTypes['PayerIdentity']> };
  Int: Scalars['Int']['output'];
  AuthResultKept: AuthResultKept;
  AuthenticateAndSetInput: AuthenticateAndSetInput;
  ID: Scalars['ID']['output'];
  AuthenticateAndSetResult: ResolversUnionTypes<ResolversParentTypes>['AuthenticateAndSetResult'];
  AuthenticateInput: AuthenticateInput;
  AuthenticateResult: ResolversUnionTypes<ResolversParentTypes>['AuthenticateResult'];
  Authenticated: Omit<Authenticated, 'identity'> & { identity: ResolversParentTypes['PayerIdentity'] };
  AuthenticationIndeterminate: AuthenticationIndeterminate;
  AuthenticationStarted: Started;
  CertificationForm: Form;
  CertificationFormField: CertificationFormField;
  CertificationRejected: CertificationRejected;
  Channel: ChannelRecord;
  ChannelUnavailable: ChannelUnavailable;
  DateTime: Scalars['DateTime']['output'];
  Failure: ResolversInterfaceTypes<ResolversParentTypes>['Failure'];
  IdentityCertification: CertificationRecord;
  IdentityCertificationInitialized: IdentityCertificationInitialized;
  IdentityCertificationResult: ResolversUnionTypes<ResolversParentTypes>['IdentityCertificationResult'];
  IdentityCertificationStarted: CertifyPage;
  InitializeIdentityCertificationInput: InitializeIdentityCertificationInput;
  InitializeIdentityCertificationResult: ResolversUnionTypes<ResolversParentTypes>['InitializeIdentityCertificationResult'];
  InvalidField: InvalidField;
  InvalidInput: InvalidInput;
  JobworthAuthenticated: JobworthAuthenticated;
  Boolean: Scalars['Boolean']['output'];
  JobworthAuthenticationInput: JobworthAuthenticationInput;
  JobworthAuthenticationResult: ResolversUnionTypes<ResolversParentTypes>['JobworthAuthenticationResult'];
  JobworthPending: JobworthPending;
  JobworthRejected: JobworthRejected;
  Mutation: Record<PropertyKey, never>;
  NotAllowed: NotAllowed;
  PayerIdentity: VisibleIdentity;
  Query: Record<PropertyKey, never>;
  StartAuthenticationInput: StartAuthenticationInput;
  StartAuthenticationResult: ResolversUnionTypes<ResolversParentTypes>['StartAuthenticationResult'];
  StartIdentityCertificationInput: StartIdentityCertificationInput;
  StartIdentityCertificationResult: ResolversUnionTypes<ResolversParentTypes>['StartIdentityCertificationResult'];
};

export type AuthCodeRejectedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuthCodeRejected'] = ResolversParentTypes['AuthCodeRejected']> = {
  code?: Resolver<ResolversTypes['FailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuthResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuthResult'] = ResolversParentTypes['AuthResult']> = {
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  failure?: Resolver<Maybe<ResolversTypes['Failure']>, ParentType, ContextType>;
  identity?: Resolver<Maybe<ResolversTypes['PayerIdentity']>, ParentType, ContextType>;
  pollAfterSeconds?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['AuthStatus'], ParentType, ContextType>;
};

export type AuthResultKeptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuthResultKept'] = ResolversParentTypes['AuthResultKept']> = {
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  queryCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuthenticateAndSetResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuthenticateAndSetResult'] = ResolversParentTypes['AuthenticateAndSetResult']> = {
  __resolveType: TypeResolveFn<'AuthCodeRejected' | 'AuthResultKept' | 'AuthenticationIndeterminate' | 'ChannelUnavailable' | 'InvalidInput' | 'NotAllowed', ParentType, ContextType>;
};

export type AuthenticateResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuthenticateResult'] = ResolversParentTypes['AuthenticateResult']> = {
  __resolveType: TypeResolveFn<'AuthCodeRejected' | 'Authenticated' | 'AuthenticationIndeterminate' | 'ChannelUnavailable' | 'InvalidInput' | 'NotAllowed', ParentType, ContextType>;
};

export type AuthenticatedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Authenticated'] = ResolversParentTypes['Authenticated']> = {
  accessToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  identity?: Resolver<ResolversTypes['PayerIdentity'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuthenticationIndeterminateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuthenticationIndeterminate'] = ResolversParentTypes['AuthenticationIndeterminate']> = {
  code?: Resolver<ResolversTypes['FailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuthenticationStartedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuthenticationStarted'] = ResolversParentTypes['AuthenticationStarted']> = {
  authorizeQr?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  authorizeUrl?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  queryCode?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CertificationFormResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CertificationForm'] = ResolversParentTypes['CertificationForm']> = {
  action?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  fields?: Resolver<ReadonlyArray<ResolversTypes['CertificationFormField']>, ParentType, ContextType>;
  html?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  method?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type CertificationFormFieldResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CertificationFormField'] = ResolversParentTypes['CertificationFormField']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type CertificationRejectedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CertificationRejected'] = ResolversParentTypes['CertificationRejected']> = {
  code?: Resolver<ResolversTypes['FailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ChannelResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Channel'] = ResolversParentTypes['Channel'], FederationReferenceType extends FederationReferenceTypes['Channel'] = FederationReferenceTypes['Channel']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Channel']> | FederationReferenceType, FederationReferenceType, ContextType>;
  capabilities?: Resolver<Maybe<ReadonlyArray<ResolversTypes['ChannelCapability']>>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ChannelUnavailableResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChannelUnavailable'] = ResolversParentTypes['ChannelUnavailable']> = {
  code?: Resolver<ResolversTypes['FailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfterSeconds?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type FailureResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Failure'] = ResolversParentTypes['Failure']> = {
  __resolveType: TypeResolveFn<'AuthCodeRejected' | 'AuthenticationIndeterminate' | 'CertificationRejected' | 'ChannelUnavailable' | 'InvalidInput' | 'JobworthRejected' | 'NotAllowed', ParentType, ContextType>;
};

export type IdentityCertificationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IdentityCertification'] = ResolversParentTypes['IdentityCertification']> = {
  certifyId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  checkedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status?: Resolver<Maybe<ResolversTypes['CertificationStatus']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type IdentityCertificationInitializedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IdentityCertificationInitialized'] = ResolversParentTypes['IdentityCertificationInitialized']> = {
  certifyId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type IdentityCertificationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IdentityCertificationResult'] = ResolversParentTypes['IdentityCertificationResult']> = {
  __resolveType: TypeResolveFn<'CertificationRejected' | 'ChannelUnavailable' | 'IdentityCertification' | 'InvalidInput' | 'NotAllowed', ParentType, ContextType>;
};

export type IdentityCertificationStartedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IdentityCertificationStarted'] = ResolversParentTypes['IdentityCertificationStarted']> = {
  deepLink?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  form?: Resolver<ResolversTypes['CertificationForm'], ParentType, ContextType>;
  qr?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type InitializeIdentityCertificationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InitializeIdentityCertificationResult'] = ResolversParentTypes['InitializeIdentityCertificationResult']> = {
  __resolveType: TypeResolveFn<'CertificationRejected' | 'ChannelUnavailable' | 'IdentityCertificationInitialized' | 'InvalidInput' | 'NotAllowed', ParentType, ContextType>;
};

export type InvalidFieldResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InvalidField'] = ResolversParentTypes['InvalidField']> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type InvalidInputResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InvalidInput'] = ResolversParentTypes['InvalidInput']> = {
  code?: Resolver<ResolversTypes['FailureCode'], ParentType, ContextType>;
  fields?: Resolver<ReadonlyArray<ResolversTypes['InvalidField']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type JobworthAuthenticatedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['JobworthAuthenticated'] = ResolversParentTypes['JobworthAuthenticated']> = {
  merchantIdentityId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  openId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  resultUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tokenStatus?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  trusted?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  userId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type JobworthAuthenticationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['JobworthAuthenticationResult'] = ResolversParentTypes['JobworthAuthenticationResult']> = {
  __resolveType: TypeResolveFn<'AuthenticationIndeterminate' | 'ChannelUnavailable' | 'InvalidInput' | 'JobworthAuthenticated' | 'JobworthPending' | 'JobworthRejected' | 'NotAllowed', ParentType, ContextType>;
};

export type JobworthPendingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['JobworthPending'] = ResolversParentTypes['JobworthPending']> = {
  pollAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  resultUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type JobworthRejectedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['JobworthRejected'] = ResolversParentTypes['JobworthRejected']> = {
  code?: Resolver<ResolversTypes['FailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  authenticate?: Resolver<ResolversTypes['AuthenticateResult'], ParentType, ContextType, RequireFields<MutationAuthenticateArgs, 'input'>>;
  authenticateAndSet?: Resolver<ResolversTypes['AuthenticateAndSetResult'], ParentType, ContextType, RequireFields<MutationAuthenticateAndSetArgs, 'input'>>;
  initializeIdentityCertification?: Resolver<ResolversTypes['InitializeIdentityCertificationResult'], ParentType, ContextType, RequireFields<MutationInitializeIdentityCertificationArgs, 'input'>>;
  startAuthentication?: Resolver<ResolversTypes['StartAuthenticationResult'], ParentType, ContextType, RequireFields<MutationStartAuthenticationArgs, 'input'>>;
  startIdentityCertification?: Resolver<ResolversTypes['StartIdentityCertificationResult'], ParentType, ContextType, RequireFields<MutationStartIdentityCertificationArgs, 'input'>>;
};

export type NotAllowedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NotAllowed'] = ResolversParentTypes['NotAllowed']> = {
  code?: Resolver<ResolversTypes['FailureCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  traceId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PayerIdentityResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayerIdentity'] = ResolversParentTypes['PayerIdentity'], FederationReferenceType extends FederationReferenceTypes['PayerIdentity'] = FederationReferenceTypes['PayerIdentity']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['PayerIdentity']> | FederationReferenceType, FederationReferenceType, ContextType>;
  appId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  certification?: Resolver<Maybe<ResolversTypes['IdentityCertification']>, ParentType, ContextType>;
  channel?: Resolver<Maybe<ResolversTypes['Channel']>, ParentType, ContextType>;
  firstAuthenticatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastAuthenticatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  openId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  subAppId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  subOpenId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  unionId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  authResult?: Resolver<ResolversTypes['AuthResult'], ParentType, ContextType, RequireFields<QueryAuthResultArgs, 'queryCode' | 'waitSeconds'>>;
  channels?: Resolver<ReadonlyArray<ResolversTypes['Channel']>, ParentType, ContextType, Partial<QueryChannelsArgs>>;
  identityCertification?: Resolver<ResolversTypes['IdentityCertificationResult'], ParentType, ContextType, RequireFields<QueryIdentityCertificationArgs, 'certifyId'>>;
  jobworthAuthentication?: Resolver<ResolversTypes['JobworthAuthenticationResult'], ParentType, ContextType, RequireFields<QueryJobworthAuthenticationArgs, 'input'>>;
  payerIdentity?: Resolver<Maybe<ResolversTypes['PayerIdentity']>, ParentType, ContextType, RequireFields<QueryPayerIdentityArgs, 'id'>>;
};

export type StartAuthenticationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StartAuthenticationResult'] = ResolversParentTypes['StartAuthenticationResult']> = {
  __resolveType: TypeResolveFn<'AuthenticationStarted' | 'ChannelUnavailable' | 'InvalidInput' | 'NotAllowed', ParentType, ContextType>;
};

export type StartIdentityCertificationResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StartIdentityCertificationResult'] = ResolversParentTypes['StartIdentityCertificationResult']> = {
  __resolveType: TypeResolveFn<'CertificationRejected' | 'ChannelUnavailable' | 'IdentityCertificationStarted' | 'InvalidInput' | 'NotAllowed', ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  AuthCodeRejected?: AuthCodeRejectedResolvers<ContextType>;
  AuthResult?: AuthResultResolvers<ContextType>;
  AuthResultKept?: AuthResultKeptResolvers<ContextType>;
  AuthenticateAndSetResult?: AuthenticateAndSetResultResolvers<ContextType>;
  AuthenticateResult?: AuthenticateResultResolvers<ContextType>;
  Authenticated?: AuthenticatedResolvers<ContextType>;
  AuthenticationIndeterminate?: AuthenticationIndeterminateResolvers<ContextType>;
  AuthenticationStarted?: AuthenticationStartedResolvers<ContextType>;
  CertificationForm?: CertificationFormResolvers<ContextType>;
  CertificationFormField?: CertificationFormFieldResolvers<ContextType>;
  CertificationRejected?: CertificationRejectedResolvers<ContextType>;
  Channel?: ChannelResolvers<ContextType>;
  ChannelUnavailable?: ChannelUnavailableResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Failure?: FailureResolvers<ContextType>;
  IdentityCertification?: IdentityCertificationResolvers<ContextType>;
  IdentityCertificationInitialized?: IdentityCertificationInitializedResolvers<ContextType>;
  IdentityCertificationResult?: IdentityCertificationResultResolvers<ContextType>;
  IdentityCertificationStarted?: IdentityCertificationStartedResolvers<ContextType>;
  InitializeIdentityCertificationResult?: InitializeIdentityCertificationResultResolvers<ContextType>;
  InvalidField?: InvalidFieldResolvers<ContextType>;
  InvalidInput?: InvalidInputResolvers<ContextType>;
  JobworthAuthenticated?: JobworthAuthenticatedResolvers<ContextType>;
  JobworthAuthenticationResult?: JobworthAuthenticationResultResolvers<ContextType>;
  JobworthPending?: JobworthPendingResolvers<ContextType>;
  JobworthRejected?: JobworthRejectedResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  NotAllowed?: NotAllowedResolvers<ContextType>;
  PayerIdentity?: PayerIdentityResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  StartAuthenticationResult?: StartAuthenticationResultResolvers<ContextType>;
  StartIdentityCertificationResult?: StartIdentityCertificationResultResolvers<ContextType>;
};

