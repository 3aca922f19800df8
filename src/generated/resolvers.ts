import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { PayerIdentity as PayerIdentityRecord, Channel as ChannelRecord } from '../model.ts';
import type { Context } from '../graphql/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
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
  /** Who the payer is, when the status is SUCCESS. */
  readonly identity?: Maybe<PayerIdentity>;
  /** Seconds to wait before asking again; null when the status can no longer change. */
  readonly pollAfterSeconds?: Maybe<Scalars['Int']['output']>;
  /** How far it got. */
  readonly status: AuthStatus;
};

/** The auth code was redeemed and the identity is kept for the holder of the query code. */
export type AuthResultKept = {
  readonly __typename?: 'AuthResultKept';
  /** When the kept identity is forgotten. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The secret to read the identity with. Hand it to the reader, never to a URL. */
  readonly queryCode: Scalars['String']['output'];
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
  /** 16 to 128 characters of A-Z a-z 0-9 _ - . ~ that nobody can guess; omitted: one is made and returned. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
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
  /** A random value of at most 32 characters, when the app signs its calls. */
  readonly nonceStr?: InputMaybe<Scalars['String']['input']>;
  /** 16 to 128 characters of A-Z a-z 0-9 _ - . ~; when given, the result can also be read with authResult. */
  readonly queryCode?: InputMaybe<Scalars['String']['input']>;
  /** When the call was made, yyyy-MM-dd HH:mm:ss in UTC+8, when the app signs its calls. */
  readonly reqTime?: InputMaybe<Scalars['String']['input']>;
  /** The caller's signature, at most 64 characters, when the app signs its calls. */
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
  /** The channel's token for further calls about this payer, where the channel gives one. */
  readonly accessToken?: Maybe<Scalars['String']['output']>;
  /** When accessToken stops working; null where the channel does not say. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Who the payer is. */
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
  | 'AUTHENTICATE';

/** The channel cannot serve the app now. With retryAfterSeconds the same call may be repeated with the same auth code. */
export type ChannelUnavailable = Failure & {
  readonly __typename?: 'ChannelUnavailable';
  /** CHANNEL_UNREACHABLE, CHANNEL_MISCONFIGURED, CHANNEL_UNSUPPORTED or SERVICE_UNAVAILABLE. */
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
  /** The channel refuses the app's configuration or credentials. */
  | 'CHANNEL_MISCONFIGURED'
  /** The app has no such channel. */
  | 'CHANNEL_UNKNOWN'
  /** The channel could not be reached; nothing was sent. */
  | 'CHANNEL_UNREACHABLE'
  /** The channel cannot do this for the app. */
  | 'CHANNEL_UNSUPPORTED'
  /** A field is missing, too long or malformed. */
  | 'INPUT_INVALID'
  /** The app's policy forbids it. */
  | 'NOT_ALLOWED'
  /** Another call is redeeming this auth code and has no answer yet. Repeat the same call. */
  | 'OUTCOME_PENDING'
  /** The channel's answer did not arrive in time or broke off. */
  | 'OUTCOME_UNKNOWN'
  /** The query code belongs to another authentication. Choose a new one. */
  | 'QUERY_CODE_TAKEN'
  /** The channel's answer cannot be understood. */
  | 'REPLY_MALFORMED'
  /** The channel's answer carries no valid signature, so nothing in it is believed. */
  | 'REPLY_UNVERIFIED'
  /** This service cannot keep its promises now; nothing was sent. */
  | 'SERVICE_UNAVAILABLE';

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

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Redeems a one-time auth code and returns the payer's identity. For trusted callers.
   * A code is sent to its channel at most once; the same call repeated within 5 minutes returns the same answer.
   */
  readonly authenticate: AuthenticateResult;
  /**
   * Redeems a one-time auth code and keeps the identity for whoever holds the query code. For payer pages:
   * the answer says nothing about the payer.
   */
  readonly authenticateAndSet: AuthenticateAndSetResult;
};


export type MutationAuthenticateArgs = {
  input: AuthenticateInput;
};


export type MutationAuthenticateAndSetArgs = {
  input: AuthenticateAndSetInput;
};

/** The app's policy does not allow the caller to do this. */
export type NotAllowed = Failure & {
  readonly __typename?: 'NotAllowed';
  /** NOT_ALLOWED. */
  readonly code: FailureCode;
  /** The reason in one English sentence. */
  readonly message: Scalars['String']['output'];
  /** Finds the exchange in the operator's logs. */
  readonly traceId: Scalars['String']['output'];
};

/**
 * Who a payer is to one merchant application on one channel.
 * Apart from the keys every field is null until the channel has told it.
 */
export type PayerIdentity = {
  readonly __typename?: 'PayerIdentity';
  /** The merchant application that the payer authenticated for. */
  readonly appId?: Maybe<Scalars['ID']['output']>;
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
  /** The id that several upstream applications of one owner share (WeChat unionid), where the channel gives one. */
  readonly unionId?: Maybe<Scalars['String']['output']>;
  /** The channel's global id of the payer (Alipay user_id, UnionPay user id). Newer Alipay applications give openId instead. */
  readonly userId?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  readonly __typename?: 'Query';
  /**
   * What has become of the authentication that a query code stands for.
   * Poll no faster than pollAfterSeconds says, or let the call wait with waitSeconds.
   */
  readonly authResult: AuthResult;
  /** The channels that an app can use, in the order of the app's configuration; empty for an unknown app. */
  readonly channels: ReadonlyArray<Channel>;
  /** The payer identity with this id; null when there is none. */
  readonly payerIdentity?: Maybe<PayerIdentity>;
};


export type QueryAuthResultArgs = {
  queryCode: Scalars['String']['input'];
  waitSeconds?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryChannelsArgs = {
  appId?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryPayerIdentityArgs = {
  id: Scalars['ID']['input'];
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
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Failure:
    | ( AuthCodeRejected & { __typename: 'AuthCodeRejected' } )
    | ( AuthenticationIndeterminate & { __typename: 'AuthenticationIndeterminate' } )
    | ( ChannelUnavailable & { __typename: 'ChannelUnavailable' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
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
  Channel: ResolverTypeWrapper<ChannelRecord>;
  ChannelCapability: ChannelCapability;
  ChannelUnavailable: ResolverTypeWrapper<ChannelUnavailable>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Failure: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Failure']>;
  FailureCode: FailureCode;
  InvalidField: ResolverTypeWrapper<InvalidField>;
  InvalidInput: ResolverTypeWrapper<InvalidInput>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  NotAllowed: ResolverTypeWrapper<NotAllowed>;
  PayerIdentity: ResolverTypeWrapper<PayerIdentityRecord>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
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
  Channel: ChannelRecord;
  ChannelUnavailable: ChannelUnavailable;
  DateTime: Scalars['DateTime']['output'];
  Failure: ResolversInterfaceTypes<ResolversParentTypes>['Failure'];
  InvalidField: InvalidField;
  InvalidInput: InvalidInput;
  Mutation: Record<PropertyKey, never>;
  NotAllowed: NotAllowed;
  PayerIdentity: PayerIdentityRecord;
  Query: Record<PropertyKey, never>;
  Boolean: Scalars['Boolean']['output'];
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
  queryCode?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
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
  __resolveType: TypeResolveFn<'AuthCodeRejected' | 'AuthenticationIndeterminate' | 'ChannelUnavailable' | 'InvalidInput' | 'NotAllowed', ParentType, ContextType>;
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

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  authenticate?: Resolver<ResolversTypes['AuthenticateResult'], ParentType, ContextType, RequireFields<MutationAuthenticateArgs, 'input'>>;
  authenticateAndSet?: Resolver<ResolversTypes['AuthenticateAndSetResult'], ParentType, ContextType, RequireFields<MutationAuthenticateAndSetArgs, 'input'>>;
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
  payerIdentity?: Resolver<Maybe<ResolversTypes['PayerIdentity']>, ParentType, ContextType, RequireFields<QueryPayerIdentityArgs, 'id'>>;
};

export type Resolvers<ContextType = Context> = {
  AuthCodeRejected?: AuthCodeRejectedResolvers<ContextType>;
  AuthResult?: AuthResultResolvers<ContextType>;
  AuthResultKept?: AuthResultKeptResolvers<ContextType>;
  AuthenticateAndSetResult?: AuthenticateAndSetResultResolvers<ContextType>;
  AuthenticateResult?: AuthenticateResultResolvers<ContextType>;
  Authenticated?: AuthenticatedResolvers<ContextType>;
  AuthenticationIndeterminate?: AuthenticationIndeterminateResolvers<ContextType>;
  Channel?: ChannelResolvers<ContextType>;
  ChannelUnavailable?: ChannelUnavailableResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Failure?: FailureResolvers<ContextType>;
  InvalidField?: InvalidFieldResolvers<ContextType>;
  InvalidInput?: InvalidInputResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  NotAllowed?: NotAllowedResolvers<ContextType>;
  PayerIdentity?: PayerIdentityResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
};

