/**
 * The types that every room shares; imports nothing. The nouns, all of which docs/glossary.md defines:
 * - payer: the person who pays; never calls this service directly.
 * - channel: what the payer pays with, such as ali_pay; a source serves it by calling its upstream.
 * - app: a merchant application as configured here; caller: on whose behalf an operation runs.
 * - auth code: the channel's one-time code; to redeem it is to present it to the upstream, at most once.
 * - redemption: the stored record of a code: claimed, sent, settled with an outcome.
 * - claim, lease: the exclusive right to redeem a code, and how long it is valid.
 * - indeterminate: sent, and the outcome is not known; never sent again.
 * - held: a result at the upstream; stored: a result in our database.
 * - session, query code: what a reader polls, and the secret that it polls with.
 * - identity: one payer of one app on one channel; subject: what an upstream reports about the payer.
 */

/** One payer of one app on one channel. The ids are never folded into one, which could merge two payers. */
export interface PayerIdentity {
  readonly id: string;
  readonly channelId: string;
  readonly appId: string;
  readonly openId: string | null;
  readonly userId: string | null;
  readonly unionId: string | null;
  readonly subAppId: string | null;
  readonly subOpenId: string | null;
  readonly firstAuthenticatedAt: Date;
  readonly lastAuthenticatedAt: Date;
}

/** The keys of an identity: our id, or an id that the channel has given within an app. */
export type IdentityRef =
  | { readonly id: string }
  | { readonly channelId: string; readonly appId: string; readonly openId: string }
  | { readonly channelId: string; readonly appId: string; readonly userId: string };

/** What an upstream reports about a payer. At least one of openId and userId. */
export interface Subject {
  readonly openId?: string | undefined;
  readonly userId?: string | undefined;
  readonly unionId?: string | undefined;
  readonly subAppId?: string | undefined;
  readonly subOpenId?: string | undefined;
}

/** An upstream's token for further calls about a payer. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt?: Date | undefined;
}

/** What a redeemed auth code yields. */
export interface Redeemed {
  readonly subject: Subject;
  readonly accessToken?: AccessToken | undefined;
}

export type ChannelCapability = 'AUTHENTICATE' | 'AUTHORIZE' | 'CERTIFY' | 'JOBWORTH';

/** How a payer comes to an auth code, and so which kind of code a channel of an app takes. */
export type AuthCodeKind = 'PAGE' | 'WEBSITE_QR' | 'MINI_PROGRAM' | 'PAYMENT_CODE' | 'NATIVE_APP';

export interface Channel {
  readonly id: string;
  readonly title: string | null;
}

/** A channel of an app, and what the app can do on it. */
export interface AppChannel {
  readonly channel: Channel;
  readonly capabilities: readonly ChannelCapability[];
  readonly authCodeKind: AuthCodeKind;
}

/**
 * The two kinds of calls, which are limited apart. `trusted`: of callers with the scope and of apps that signed.
 * `public`: of payer pages and of callers without the scope.
 */
export type Traffic = 'trusted' | 'public';

/** What a source gets besides the auth code. */
export interface RedeemRequest {
  readonly channelId: string;
  readonly clientIp?: string | undefined;
  readonly orderId?: string | undefined;
  readonly subAppId?: string | undefined;
  readonly terminalId?: string | undefined;
}

/** NOT_PASSED: failed, or not finished yet; the upstream does not distinguish them. */
export type CertificationStatus = 'STARTED' | 'NOT_PASSED' | 'PASSED';

/** A real-name certification; `certifyId` is the upstream's handle for it. */
export interface Certification {
  readonly certifyId: string;
  readonly appId: string;
  readonly channelId: string;
  /** The payer that it was started for, if the caller has named one. */
  readonly identityId: string | null;
  readonly status: CertificationStatus;
  readonly startedAt: Date;
  /** When the upstream last reported the status; null before. */
  readonly checkedAt: Date | null;
}
