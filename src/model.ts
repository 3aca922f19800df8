/** The nouns that every room shares. Types only; imports nothing. */

/** Who a payer is to one app on one channel. Every id keeps its own name: folding them into one changes who a payer is. */
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

/** The ways to name a payer: our id, or an id that the channel gave within an app. */
export type IdentityRef =
  | { readonly id: string }
  | { readonly channelId: string; readonly appId: string; readonly openId: string }
  | { readonly channelId: string; readonly appId: string; readonly userId: string };

/** What a channel says about a payer. At least one of openId and userId. */
export interface Subject {
  readonly openId?: string | undefined;
  readonly userId?: string | undefined;
  readonly unionId?: string | undefined;
  readonly subAppId?: string | undefined;
  readonly subOpenId?: string | undefined;
}

/** A channel's token for further calls about a payer. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt?: Date | undefined;
}

/** What a successful exchange of an auth code yields. */
export interface Redeemed {
  readonly subject: Subject;
  readonly accessToken?: AccessToken | undefined;
}

export type ChannelCapability = 'AUTHENTICATE' | 'AUTHORIZE' | 'CERTIFY' | 'JOBWORTH';

/** A channel as an app sees it; capabilities are unknown where no app is. */
export interface Channel {
  readonly id: string;
  readonly title: string | null;
  readonly capabilities: readonly ChannelCapability[] | null;
}

/**
 * Whose call it is. `trusted`: a caller that has the scope, or an app whose signature holds. `public`: a payer page, or
 * a caller without the scope.
 */
export type Traffic = 'trusted' | 'public';

/** What the callers of a source know about the payer's request, beyond the auth code. */
export interface RedeemRequest {
  readonly channelId: string;
  readonly clientIp?: string | undefined;
  readonly merchantOrderNo?: string | undefined;
  readonly subAppId?: string | undefined;
  readonly termId?: string | undefined;
  /** Absent: trusted. Never sent. */
  readonly traffic?: Traffic | undefined;
  /** The network of a public call's client, where it is known. Never sent. */
  readonly client?: string | undefined;
}

/** NOT_PASSED: failed, or not finished yet; the upstream does not tell these apart. */
export type CertificationStatus = 'STARTED' | 'NOT_PASSED' | 'PASSED';

/** A real-name certification; `certifyId` is the upstream's handle for it. */
export interface Certification {
  readonly certifyId: string;
  readonly appId: string;
  readonly channelId: string;
  /** The payer that it was started for, when that was said. */
  readonly identityId: string | null;
  readonly status: CertificationStatus;
  readonly startedAt: Date;
  /** When the upstream was last asked; null until then. */
  readonly checkedAt: Date | null;
}
