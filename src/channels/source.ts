/**
 * A source is one upstream API that serves channels for an app. It is one file with one export, `defineSource(…)`,
 * and one line in the registry.
 */
import type { z } from 'zod';
import type { FailureCode } from '../failure.ts';
import type { Cancellation, Upstream } from '../lib/exchange.ts';
import type { Redeemed, RedeemRequest } from '../model.ts';

/** What a source is opened with; the only way in for time, randomness and the network. */
export interface SourceDeps {
  /** Opens an upstream by its address; requests go below its path. The registry closes it. */
  connect(address: string): Upstream;
  /** Milliseconds since 1970. */
  now(): number;
  /** A random text of 32 characters of 0-9 a-f. */
  nonce(): string;
}

/**
 * An opened source. Every method throws PayerIdentityError for what the upstream answered, and lets ExchangeError
 * through for what it did not answer. None of them retries.
 */
export interface Source {
  /** The upstream application that auth codes belong to. */
  readonly upstreamAppId: string;
  readonly channels: readonly string[];
  /** Exchanges an auth code for the payer's identity. */
  redeem(authCode: string, request: RedeemRequest, cancellation: Cancellation): Promise<Redeemed>;
  /** Checks what only this source asks for, before anything is claimed. Throws INPUT_INVALID. */
  validate?(authCode: string, request: RedeemRequest): void;
  /** Throws CHANNEL_SUSPENDED while there is no use in sending; asked before a code counts as sent. */
  readonly requireReady?: ((origin?: CallOrigin) => void) | undefined;
  /** Where the payer's browser goes to obtain an auth code. Pure. Absent: the channel has no such page. */
  authorizeUrl?(request: AuthorizeRequest): string;
  /** The channels that `authorizeUrl` is for; absent: all that the source serves. */
  readonly authorizes?: readonly string[];
  /**
   * Channels whose auth codes come from no page: a mini program or a cashier's scanner hands them over. Payer pages
   * cannot start there, and are not missed.
   */
  readonly pageless?: readonly string[];
  /** Present when the upstream keeps results itself, under our query codes. */
  readonly resultHolder?: ResultHolder;
  readonly certifier?: Certifier;
  readonly jobworth?: Jobworth;
  /** What the source is configured with and will not be valid for ever. */
  readonly expiring?: readonly Expiring[];
}

/** A certificate of the configuration. */
export interface Expiring {
  /** Its name within the options of the source. */
  readonly setting: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

/** Whose failures and places a call counts for. Absent: trusted calls of the source's first channel. */
export type CallOrigin = Pick<RedeemRequest, 'channelId' | 'traffic' | 'client'>;

export interface AuthorizeRequest {
  readonly channelId: string;
  /** The page that the channel sends the payer back to, with the auth code and the state. */
  readonly returnUrl: string;
  /** At most 100 characters of A-Z a-z 0-9. */
  readonly state: string;
}

/** Real-name certification: initialize, send the payer to a page, ask how it went. */
export interface Certifier {
  /** Answers the upstream's handle for the certification. */
  initialize(request: CertifyRequest, cancellation: Cancellation): Promise<string>;
  /** Where the payer certifies, as a link and as a form. Pure. */
  page(certifyId: string, returnUrl: string | undefined): CertifyPage;
  /** False also means: not finished yet. */
  hasPassed(certifyId: string, cancellation: Cancellation): Promise<boolean>;
}

export interface CertifyRequest {
  /** Our number for it, at most 32 letters and digits, never used before. */
  readonly orderNo: string;
  readonly method: 'FACE' | 'CERT_PHOTO' | 'CERT_PHOTO_FACE' | 'SMART_FACE';
  readonly certType: string;
  readonly certName: string;
  readonly certNo: string;
  readonly returnUrl?: string | undefined;
}

export interface CertifyPage {
  readonly url: string;
  readonly form: {
    readonly action: string;
    readonly fields: readonly { readonly name: string; readonly value: string }[];
  };
  /** Opens the page in the channel's own application. */
  readonly deepLink: string;
}

/** Job identity by Zhima. The first terminal answer consumes the once token. */
export interface Jobworth {
  query(request: JobworthRequest, cancellation: Cancellation): Promise<JobworthReply>;
}

export interface JobworthRequest {
  readonly connKey: string;
  readonly onceToken: string;
  readonly queryType: 'exact' | 'dim';
  readonly identityType: string;
  readonly serviceId: string;
  readonly userId?: string | undefined;
  readonly openId?: string | undefined;
  readonly certNo?: string | undefined;
  readonly certType?: string | undefined;
}

export type JobworthReply =
  | ({ readonly kind: 'ANSWERED' } & JobworthAnswer)
  /** Ask again later; nothing was consumed. */
  | { readonly kind: 'PENDING'; readonly resultUrl?: string | undefined }
  /** The upstream provably refused, and consumed nothing. */
  | {
      readonly kind: 'REFUSED';
      readonly code: FailureCode;
      readonly upstreamCode: string;
      readonly upstreamTraceId?: string | undefined;
    };

export interface JobworthAnswer {
  readonly trusted: boolean;
  readonly merchantIdentityId?: string | undefined;
  readonly resultUrl?: string | undefined;
  readonly userId?: string | undefined;
  readonly openId?: string | undefined;
  readonly tokenStatus?: string | undefined;
}

export interface ResultHolder {
  /** Exchanges an auth code; the upstream keeps the identity under the query code and does not tell it. */
  redeemAndHold(authCode: string, queryCode: string, request: RedeemRequest, cancellation: Cancellation): Promise<void>;
  /** The kept identity; undefined while there is none yet. */
  collect(queryCode: string, cancellation: Cancellation, origin?: CallOrigin): Promise<Redeemed | undefined>;
}

export interface SourceDefinition<Config extends z.ZodType = z.ZodType> {
  readonly title: string;
  readonly config: Config;
  open(config: z.output<Config>, deps: SourceDeps): Source;
}

/** Ties the type of `open`'s argument to the schema it is parsed with. */
export const defineSource = <Config extends z.ZodType>(definition: SourceDefinition<Config>) => definition;
