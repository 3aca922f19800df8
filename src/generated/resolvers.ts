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
  /** An instant as an RFC 3339 string with a time zone, such as 2026-11-22T16:37:00.000Z. */
  DateTime: { input: Date; output: Date; }
  _FieldSet: { input: string; output: string; }
};

/** The channel refused the auth code. It will never work: send the payer to authorize again. */
export type AuthCodeRejected = Failure & {
  readonly __typename?: 'AuthCodeRejected';
  /** AUTH_CODE_INVALID, AUTH_CODE_USED, AUTH_CODE_EXPIRED or AUTH_CODE_REFUSED. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/** What has become of an authentication. */
export type AuthResult = {
  readonly __typename?: 'AuthResult';
  /** When the query code stops working; null when the status is NOT_EXIST. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Why there is no identity, when the status is REJECTED or INDETERMINATE. */
  readonly failure?: Maybe<Failure>;
  /** Who the payer is, when the status is SUCCESS. Null without the scope payer:read: the query code alone tells only how far it got. */
  readonly identity?: Maybe<PayerIdentity>;
  /** Seconds to wait before asking again, 5 at first; asking sooner makes it 5 longer, up to 60. Null when the status can no longer change. */
  readonly pollAfterSeconds?: Maybe<Scalars['Int']['output']>;
  /** How far it got. */
  readonly status: AuthStatus;
};

/** The auth code was redeemed and the identity is kept for the holder of the query code. */
export type AuthResultKept = {
  readonly __typename?: 'AuthResultKept';
  /** When the kept identity is forgotten. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The secret to read the identity with; hand it to the reader, never to a URL. Null when a state was given: the starter has it. */
  readonly queryCode?: Maybe<Scalars['String']['output']>;
};

/** How far an authentication got. */
export type AuthStatus =
  /** The auth code was sent and its outcome cannot be known. The payer has to authorize again. */
  | 'INDETERMINATE'
  /** Unknown, expired, or not yours to read: which of these is not told. */
  | 'NOT_EXIST'
  /** The channel refused the auth code. */
  | 'REJECTED'
  /** The payer is known. */
  | 'SUCCESS'
  /** No auth code has arrived yet, or the channel has not answered yet. */
  | 'WAITING';

/** What authenticateAndSet needs. */
export type AuthenticateAndSetInput = {
  /** The merchant application, at most 32 characters; omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The channel's one-time code. 1 to 200 characters. */
  readonly authCode: Scalars['String']['input'];
  /** The channel that issued the auth code, such as ali_pay. At most 32 characters. */
  readonly channel: Scalars['ID']['input'];
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  readonly clientIp?: InputMaybe<Scalars['String']['input']>;
  /** The merchant's order number, 5 to 30 characters of A-Z a-z 0-9 _, for channels that ask for one. */
  readonly merchantOrderNo?: InputMaybe<Scalars['String']['input']>;
  /** 16 to 128 characters of A-Z a-z 0-9 _ - . ~ that nobody can guess; without it and without state one is made and returned. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
  /** The state that came back from the channel with the auth code: the result goes to the session it was issued for, and to no other. */
  readonly state?: InputMaybe<Scalars['String']['input']>;
  /** The sub-merchant's upstream application, at most 32 characters, for channels that ask for one. */
  readonly subAppId?: InputMaybe<Scalars['String']['input']>;
  /** The terminal's number, at most 32 characters, for channels that ask for one. */
  readonly termId?: InputMaybe<Scalars['String']['input']>;
};

/** Named after what the payer page does next. */
export type AuthenticateAndSetResult = AuthCodeRejected | AuthResultKept | AuthenticationIndeterminate | ChannelUnavailable | InvalidInput | NotAllowed;

/** What authenticate needs. */
export type AuthenticateInput = {
  /** The merchant application, at most 32 characters; omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The channel's one-time code. 1 to 200 characters. */
  readonly authCode: Scalars['String']['input'];
  /** The channel that issued the auth code, such as ali_pay. At most 32 characters. */
  readonly channel: Scalars['ID']['input'];
  /** The payer's IPv4 or IPv6 address. Some channels require it. */
  readonly clientIp?: InputMaybe<Scalars['String']['input']>;
  /** The merchant's order number, 5 to 30 characters of A-Z a-z 0-9 _, for channels that ask for one. */
  readonly merchantOrderNo?: InputMaybe<Scalars['String']['input']>;
  /** A random value, new for every call, when the app signs its calls: 16 to 32 characters of A-Z a-z 0-9 _ - . ~ */
  readonly nonceStr?: InputMaybe<Scalars['String']['input']>;
  /** 16 to 128 characters of A-Z a-z 0-9 _ - . ~; when given, the result can also be read with authResult. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
  /** When the call was made, yyyy-MM-dd HH:mm:ss in UTC+8 and at most 5 minutes off, when the app signs its calls. */
  readonly reqTime?: InputMaybe<Scalars['String']['input']>;
  /** The app's signature over all other fields, 64 characters of 0-9 a-f, when the app signs its calls. */
  readonly sign?: InputMaybe<Scalars['String']['input']>;
  /** The sub-merchant's upstream application, at most 32 characters, for channels that ask for one. */
  readonly subAppId?: InputMaybe<Scalars['String']['input']>;
  /** The terminal's number, at most 32 characters, for channels that ask for one. */
  readonly termId?: InputMaybe<Scalars['String']['input']>;
};

/** Named after what the caller does next. */
export type AuthenticateResult = AuthCodeRejected | Authenticated | AuthenticationIndeterminate | ChannelUnavailable | InvalidInput | NotAllowed;

/** The auth code was redeemed. */
export type Authenticated = {
  readonly __typename?: 'Authenticated';
  /** The channel's token for further calls about this payer, where the channel gives one. Null without the scope payer:token. */
  readonly accessToken?: Maybe<Scalars['String']['output']>;
  /** When accessToken stops working; null where the channel does not say, and without the scope payer:token. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Who the payer is. Without the scope payer:read no more of it than id, channel and appId. */
  readonly identity: PayerIdentity;
};

/**
 * The code was sent, and whether it was redeemed is not known. It is never sent a second time:
 * send the payer to authorize again, unless the code is OUTCOME_PENDING, which asks to repeat the same call.
 */
export type AuthenticationIndeterminate = Failure & {
  readonly __typename?: 'AuthenticationIndeterminate';
  /** OUTCOME_UNKNOWN, OUTCOME_PENDING, REPLY_UNVERIFIED or REPLY_MALFORMED. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/** A session waits for the payer. */
export type AuthenticationStarted = {
  readonly __typename?: 'AuthenticationStarted';
  /** authorizeUrl as a QR code, for payers at another device: an SVG document of at most 64 KiB. Null when authorizeUrl has more than 2,953 bytes, which no QR code holds. */
  readonly authorizeQr?: Maybe<Scalars['String']['output']>;
  /** Where the payer authorizes; open it in the payer's browser or in the channel's application. */
  readonly authorizeUrl: Scalars['String']['output'];
  /** When the session ends. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The secret to read the result with authResult. Keep it from the payer's browser. */
  readonly queryCode: Scalars['String']['output'];
  /** The ticket that the channel hands back to the payer page, which passes it to authenticateAndSet. */
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
  /** The form's action. Always the channel's gateway. */
  readonly action: Scalars['String']['output'];
  /** The form's hidden fields. */
  readonly fields: ReadonlyArray<CertificationFormField>;
  /** The same form as an HTML document that submits itself; serve it as it is. */
  readonly html: Scalars['String']['output'];
  /** POST. */
  readonly method: Scalars['String']['output'];
};

/** A hidden field of a form. */
export type CertificationFormField = {
  readonly __typename?: 'CertificationFormField';
  /** The field's name. */
  readonly name: Scalars['String']['output'];
  /** The field's value, not escaped. */
  readonly value: Scalars['String']['output'];
};

/** How the payer proves who they are. */
export type CertificationMethod =
  /** By a picture of the document. */
  | 'CERT_PHOTO'
  /** By a picture of the document and the face. */
  | 'CERT_PHOTO_FACE'
  /** By the face, compared with the authority's picture. */
  | 'FACE'
  /** By the face or another means, as the channel sees fit. */
  | 'SMART_FACE';

/** The channel refuses the certification. */
export type CertificationRejected = Failure & {
  readonly __typename?: 'CertificationRejected';
  /** CERTIFY_ID_UNKNOWN, CERTIFY_ID_EXPIRED or CERTIFICATION_REFUSED. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/** How far a certification got. */
export type CertificationStatus =
  /** Failed, or not finished yet: the channel does not tell these apart. */
  | 'NOT_PASSED'
  /** The payer is who they say. */
  | 'PASSED'
  /** The channel has not been asked yet. */
  | 'STARTED';

/** What a payer pays with. Channels are data: new ones appear without a change of this schema. */
export type Channel = {
  readonly __typename?: 'Channel';
  /** What the app asked about can do on this channel; null where no app is known, as in an entity lookup. */
  readonly capabilities?: Maybe<ReadonlyArray<ChannelCapability>>;
  /** The channel's code, such as ali_pay, wechat_pay or union_pay. */
  readonly id: Scalars['ID']['output'];
  /** The name payers know the channel by, in Chinese. */
  readonly title?: Maybe<Scalars['String']['output']>;
};

/** Something that can be done on a channel. */
export type ChannelCapability =
  /** Auth codes of this channel can be redeemed with authenticate and authenticateAndSet. */
  | 'AUTHENTICATE'
  /** startAuthentication can send payers to a page of this channel. */
  | 'AUTHORIZE'
  /** Payers can be certified by real name. */
  | 'CERTIFY'
  /** Job identities can be queried with jobworthAuthentication. */
  | 'JOBWORTH';

/** The channel cannot serve the app now. With retryAfterSeconds the same call may be repeated with the same auth code. */
export type ChannelUnavailable = Failure & {
  readonly __typename?: 'ChannelUnavailable';
  /** SERVICE_UNAVAILABLE, RATE_LIMITED, OVERLOADED, or one that begins with CHANNEL. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Seconds to wait before the same call is worth repeating; null when only the operator can help. */
  readonly retryAfterSeconds?: Maybe<Scalars['Int']['output']>;
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/**
 * An expected failure. Select __typename to decide what to do next, code to decide what to tell the payer,
 * and show traceId to the operator. A message is for people and may change; it never repeats what you sent.
 */
export type Failure = {
  /** The stable reason. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/** Why something failed. New codes may be added; treat an unknown code by the type that carries it. */
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
  /** The certification was not finished in time. */
  | 'CERTIFY_ID_EXPIRED'
  /** The channel knows no such certification, or it is another app's. */
  | 'CERTIFY_ID_UNKNOWN'
  /** The channel limits the number of calls. */
  | 'CHANNEL_BUSY'
  /** The channel refuses the app's configuration or credentials. */
  | 'CHANNEL_MISCONFIGURED'
  /** The channel was reached but gave no usable answer; repeating the call does no harm. */
  | 'CHANNEL_NO_ANSWER'
  /** The channel has been failing and is left alone for a few seconds; nothing was sent. */
  | 'CHANNEL_SUSPENDED'
  /** The app has no such channel. */
  | 'CHANNEL_UNKNOWN'
  /** The channel could not be reached; nothing was sent. */
  | 'CHANNEL_UNREACHABLE'
  /** The channel cannot do this for the app. */
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
  /** The signature is right and nonceStr was used before: by another call, or by this one more than 60 seconds ago. */
  | 'NONCE_USED'
  /** The caller lacks the scope for the app, or the app's policy forbids it. */
  | 'NOT_ALLOWED'
  /** The once token is wrong, too old or used up. */
  | 'ONCE_TOKEN_INVALID'
  /** The once token was used here with other parameters or by another caller. */
  | 'ONCE_TOKEN_USED'
  /** Another call is redeeming this auth code and has no answer yet. Repeat the same call. */
  | 'OUTCOME_PENDING'
  /** The channel's answer did not arrive in time or broke off. */
  | 'OUTCOME_UNKNOWN'
  /** This service has too many calls under way; nothing was sent. */
  | 'OVERLOADED'
  /** The query code belongs to another authentication. Choose a new one. */
  | 'QUERY_CODE_TAKEN'
  /** The caller, the app, the channel or the address has asked too often; nothing was done. */
  | 'RATE_LIMITED'
  /** The channel's answer cannot be understood. */
  | 'REPLY_MALFORMED'
  /** The channel's answer carries no valid signature, so nothing in it is believed. */
  | 'REPLY_UNVERIFIED'
  /** The signature is right and reqTime is more than 5 minutes off. */
  | 'REQUEST_TIME_INVALID'
  /** This service cannot keep its promises now; nothing was sent. */
  | 'SERVICE_UNAVAILABLE'
  /** The signature does not fit the call. Which part of it does not is not told. */
  | 'SIGNATURE_INVALID'
  /** The app signs its calls, and sign, nonceStr or reqTime is not there. */
  | 'SIGNATURE_MISSING';

/** What is known of a real-name certification. Never the document. */
export type IdentityCertification = {
  readonly __typename?: 'IdentityCertification';
  /** The channel's handle for the certification. */
  readonly certifyId: Scalars['ID']['output'];
  /** When the channel was last asked; null when it never was. */
  readonly checkedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was begun. */
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Whether the payer has passed. */
  readonly status?: Maybe<CertificationStatus>;
};

/** The certification can be started. */
export type IdentityCertificationInitialized = {
  readonly __typename?: 'IdentityCertificationInitialized';
  /** The channel's handle for the certification. 32 letters and digits at most. */
  readonly certifyId: Scalars['ID']['output'];
};

/** Named after what the caller does next. */
export type IdentityCertificationResult = CertificationRejected | ChannelUnavailable | IdentityCertification | InvalidInput | NotAllowed;

/** Where the payer certifies. Every field leads to the same page; take the one that fits the payer's device. */
export type IdentityCertificationStarted = {
  readonly __typename?: 'IdentityCertificationStarted';
  /** For a phone whose browser is outside the channel's application. */
  readonly deepLink: Scalars['String']['output'];
  /** For a page of yours that submits a form. */
  readonly form: CertificationForm;
  /** For a payer at a computer, to scan with the channel's application: an SVG document of at most 64 KiB. The return page opens on the phone, so poll identityCertification. Null when url has more than 2,953 bytes, which no QR code holds. */
  readonly qr?: Maybe<Scalars['String']['output']>;
  /** For a browser inside the channel's application. */
  readonly url: Scalars['String']['output'];
};

/** What initializeIdentityCertification needs. */
export type InitializeIdentityCertificationInput = {
  /** The merchant application, at most 32 characters; omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** The name on the document. At most 128 characters. */
  readonly certName: Scalars['String']['input'];
  /**
   * The document's number. At most 64 characters; small letters, blanks and full-width characters are sent as the document
   * has them.
   */
  readonly certNo: Scalars['String']['input'];
  /** The kind of document. */
  readonly certType: CertificationDocument;
  /** The payer to certify, a PayerIdentity.id of the same app; when given, PayerIdentity.certification shows the outcome. */
  readonly identityId?: InputMaybe<Scalars['ID']['input']>;
  /** How the payer is to prove who they are. */
  readonly method: CertificationMethod;
  /** Where the channel sends the payer afterwards, at most 256 characters; one of those configured for the app, to the letter. */
  readonly returnUrl?: InputMaybe<Scalars['String']['input']>;
};

/** Named after what the caller does next. */
export type InitializeIdentityCertificationResult = CertificationRejected | ChannelUnavailable | IdentityCertificationInitialized | InvalidInput | NotAllowed;

/** A field of the input that has to change. */
export type InvalidField = {
  readonly __typename?: 'InvalidField';
  /** What a valid value looks like. Never repeats the value. */
  readonly message: Scalars['String']['output'];
  /** The field's name within the input, such as authCode. */
  readonly path: Scalars['String']['output'];
};

/** The input cannot be served as it stands. Nothing was sent to the channel. */
export type InvalidInput = Failure & {
  readonly __typename?: 'InvalidInput';
  /** INPUT_INVALID, APP_UNKNOWN, CHANNEL_UNKNOWN or QUERY_CODE_TAKEN. */
  readonly code: FailureCode;
  /** The fields to correct. */
  readonly fields: ReadonlyArray<InvalidField>;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/** Zhima has answered. */
export type JobworthAuthenticated = {
  readonly __typename?: 'JobworthAuthenticated';
  /** The payer's stable id within the merchant, where Zhima gives one. */
  readonly merchantIdentityId?: Maybe<Scalars['String']['output']>;
  /** The payer's Alipay open_id, where Zhima gives one. */
  readonly openId?: Maybe<Scalars['String']['output']>;
  /** A page in Alipay that shows the result to the payer. */
  readonly resultUrl?: Maybe<Scalars['String']['output']>;
  /** The state of the authorization's order, such as FINISH. */
  readonly tokenStatus?: Maybe<Scalars['String']['output']>;
  /** Whether the job identity can be trusted. */
  readonly trusted: Scalars['Boolean']['output'];
  /** The payer's Alipay user_id, where Zhima gives one. */
  readonly userId?: Maybe<Scalars['String']['output']>;
};

/** What jobworthAuthentication needs: userId or openId, or certNo and certType. */
export type JobworthAuthenticationInput = {
  /** The merchant application, at most 32 characters; omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /**
   * The number of the payer's document, used for this call and kept nowhere. At most 64 characters; small letters, blanks
   * and full-width characters are sent as the document has them.
   */
  readonly certNo?: InputMaybe<Scalars['String']['input']>;
  /** 0 identity card, 1 passport, 2 home return permit, 3 Hong Kong and Macao travel permit, 4 Taiwan travel permit, 5 Hong Kong and Macao document. */
  readonly certType?: InputMaybe<Scalars['String']['input']>;
  /** The out_agreement_no that the authorization was created with. At most 128 characters. */
  readonly connKey: Scalars['String']['input'];
  /** The identity to confirm, such as 04 for teachers; others by arrangement with Zhima. At most 32 characters. */
  readonly identityType: Scalars['String']['input'];
  /** The once token of the authorization. At most 128 characters. */
  readonly onceToken: Scalars['String']['input'];
  /** The payer's Alipay open_id. At most 128 characters. */
  readonly openId?: InputMaybe<Scalars['String']['input']>;
  /** How closely to look. */
  readonly queryType: JobworthQueryType;
  /** The credit service's id. At most 64 characters. */
  readonly serviceId: Scalars['String']['input'];
  /** The payer's Alipay user_id. At most 64 characters. */
  readonly userId?: InputMaybe<Scalars['String']['input']>;
};

/** Named after what the caller does next. */
export type JobworthAuthenticationResult = AuthenticationIndeterminate | ChannelUnavailable | InvalidInput | JobworthAuthenticated | JobworthPending | JobworthRejected | NotAllowed;

/** Zhima does not know yet. Nothing was used up: repeat the query. */
export type JobworthPending = {
  readonly __typename?: 'JobworthPending';
  /** Seconds to wait before the query is worth repeating. */
  readonly pollAfterSeconds: Scalars['Int']['output'];
  /** A page in Alipay that shows the state to the payer. */
  readonly resultUrl?: Maybe<Scalars['String']['output']>;
};

/** How closely Zhima looks. */
export type JobworthQueryType =
  /** Fuzzy query. */
  | 'dim'
  /** Exact query. */
  | 'exact';

/** Zhima refuses the query. */
export type JobworthRejected = Failure & {
  readonly __typename?: 'JobworthRejected';
  /** ONCE_TOKEN_INVALID, ONCE_TOKEN_USED, or one that begins with JOBWORTH. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Redeems a one-time auth code and returns the payer's identity. For trusted callers: without the scope
   * payer:authenticate for the app, or a signature that the app accepts, the answer is NotAllowed and nothing is sent.
   * A code is sent to its channel at most once; the same call repeated within 5 minutes returns the same payer and token,
   * with the payer's other fields as they are then, and to any other caller that it was used.
   */
  readonly authenticate: AuthenticateResult;
  /**
   * Redeems a one-time auth code and keeps the identity for whoever holds the query code. For payer pages:
   * the answer says nothing about the payer. Needs no scope.
   */
  readonly authenticateAndSet: AuthenticateAndSetResult;
  /**
   * Begins a real-name certification. The document's number is used for this call and kept nowhere.
   * NotAllowed without the scope payer:certify for the app.
   */
  readonly initializeIdentityCertification: InitializeIdentityCertificationResult;
  /**
   * Opens a session for a payer who has no auth code yet, and tells where the payer obtains one. Whoever starts keeps
   * the query code; the payer's browser carries the state, which can write the result and not read it. Needs no scope.
   */
  readonly startAuthentication: StartAuthenticationResult;
  /**
   * Tells where the payer certifies: a link, a form, a deep link and a QR code of the same page.
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

/** The caller has not the scope for this, or not for this app, or the app's policy forbids it. Nothing was sent to the channel. */
export type NotAllowed = Failure & {
  readonly __typename?: 'NotAllowed';
  /** NOT_ALLOWED, or what is wrong with the signature: SIGNATURE_MISSING, SIGNATURE_INVALID, REQUEST_TIME_INVALID or NONCE_USED. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/**
 * Who a payer is to one merchant application on one channel.
 * Apart from id every field may be null: what the channel has not told, and, but for channel and appId, whatever it is
 * when the caller has no scope payer:read for the app. A reference from another subgraph then finds nobody at all.
 * id, channel and appId never change. The other fields show what the channel named last, also in an answer that is
 * repeated: they change when the payer authenticates again.
 */
export type PayerIdentity = {
  readonly __typename?: 'PayerIdentity';
  /** The merchant application that the payer authenticated for. */
  readonly appId?: Maybe<Scalars['ID']['output']>;
  /** The passed real-name certification, or the latest one that has not passed; null when none was started for this payer. */
  readonly certification?: Maybe<IdentityCertification>;
  /** The channel that vouches for the payer. */
  readonly channel?: Maybe<Channel>;
  /** When this payer's first auth code was redeemed. */
  readonly firstAuthenticatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Opaque, and stable for the same payer in the same app and channel. Reference payers by this id. */
  readonly id: Scalars['ID']['output'];
  /** When this payer's latest auth code was redeemed. */
  readonly lastAuthenticatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The channel's id of the payer within one upstream application (WeChat openid, Alipay open_id). Not comparable across applications. */
  readonly openId?: Maybe<Scalars['String']['output']>;
  /** The sub-merchant's upstream application that subOpenId belongs to, where an aggregator gives one. */
  readonly subAppId?: Maybe<Scalars['String']['output']>;
  /** The payer's id within subAppId. */
  readonly subOpenId?: Maybe<Scalars['String']['output']>;
  /**
   * The id that several upstream applications of one owner share (WeChat unionid), where the channel gives one: WeChat
   * gives none with snsapi_base, nor where the applications are not bound to one Open Platform account. It joins nothing
   * here: a payer of two applications is two PayerIdentity, and joining them by unionId is the consumer's work.
   */
  readonly unionId?: Maybe<Scalars['String']['output']>;
  /** The channel's global id of the payer (Alipay user_id, UnionPay user id). Newer Alipay applications give openId instead. */
  readonly userId?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  readonly __typename?: 'Query';
  /**
   * What has become of the authentication that a query code stands for.
   * Poll no faster than pollAfterSeconds says, or let the call wait with waitSeconds. Whoever holds the query code may
   * ask, but for callers that act for other apps only: to them every code is unknown.
   */
  readonly authResult: AuthResult;
  /** The channels that an app can use, in the order of the app's configuration; empty for an unknown app. */
  readonly channels: ReadonlyArray<Channel>;
  /**
   * Whether the payer has passed. Asks the channel each time until it says so; what the payer's browser says on its
   * return is no answer. NotAllowed without the scope payer:certify for the app.
   */
  readonly identityCertification: IdentityCertificationResult;
  /**
   * Whether a payer's job identity holds, by Zhima. The first answer that says yes or no uses up the once token and is
   * kept for 5 minutes: the same query repeated within them gets the same answer without asking Zhima again.
   * Without the scope payer:jobworth for the app the answer is NotAllowed and nothing is sent.
   */
  readonly jobworthAuthentication: JobworthAuthenticationResult;
  /** The payer identity with this id; null when there is none, and when the caller may not read it: which of these is not told. */
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

/** What startAuthentication needs. */
export type StartAuthenticationInput = {
  /** The merchant application, at most 32 characters; omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** A channel with the capability AUTHORIZE. At most 32 characters. */
  readonly channel: Scalars['ID']['input'];
  /** The payer page that the channel sends the payer back to, at most 256 characters; one of those configured for the app, to the letter. */
  readonly returnUrl: Scalars['String']['input'];
};

/** Named after what the starter does next. */
export type StartAuthenticationResult = AuthenticationStarted | ChannelUnavailable | InvalidInput | NotAllowed;

/** What startIdentityCertification needs. */
export type StartIdentityCertificationInput = {
  /** The merchant application, at most 32 characters; omitted: the configured default app. */
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  /** What initializeIdentityCertification returned. 1 to 32 letters and digits. */
  readonly certifyId: Scalars['ID']['input'];
  /** Where the channel sends the payer afterwards, at most 256 characters; one of those configured for the app, to the letter. */
  readonly returnUrl?: InputMaybe<Scalars['String']['input']>;
};

/** Named after what the caller does next. */
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

