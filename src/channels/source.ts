/**
 * A source is one upstream API that serves channels for an app: a folder with one export, `defineSource(…)`, and one
 * line in the registry. Each capability beyond redeeming is one optional object.
 */
import type { z } from 'zod';
import type { FailureCode } from '../failure-codes.ts';
import type { Cancellation, HttpReply, HttpRequest } from '../lib/exchange.ts';
import type { AuthCodeKind, Redeemed, RedeemRequest, Traffic } from '../model.ts';
import type { PageReturn, ReturnParameters } from './page-return.ts';
import type { Explained, WireMessage } from './signing.ts';

/** What a source is opened with: its only access to the network, to time and to randomness. */
export interface SourceDeps {
  /** Opens an upstream by its address; requests go below its path. The registry closes it. */
  connect(address: string): Exchange;
  /** Milliseconds since 1970. */
  now(): number;
  /** A random text of 32 characters of 0-9 a-f. */
  nonce(): string;
}

/**
 * Sends one request at most once and returns what `judge` reads from the reply. Guard and metrics are part of it, so
 * every capability has them. Throws CHANNEL_SUSPENDED or OVERLOADED with nothing sent, ExchangeError when there is no
 * reply, and what `judge` throws.
 */
export type Exchange = <T>(request: HttpRequest, judge: (reply: HttpReply) => T, call: SourceCall) => Promise<T>;

/** When a call ends, and which guard it counts for. A source passes it to `exchange` as it is. */
export interface SourceCall extends Cancellation {
  readonly origin: CallOrigin;
}

/** Where a call comes from. Every channel of a source has two guards, one for trusted and one for public traffic. */
export interface CallOrigin {
  readonly channelId: string;
  readonly traffic: Traffic;
  /** The network of a public call's client, where it is known. */
  readonly client?: string | undefined;
}

/**
 * An opened source. Every method throws PayerIdentityError for a refusal or a reply that cannot be used, and
 * ExchangeError when there is no reply. None of them retries.
 */
export interface Source {
  /** The upstream application that auth codes belong to. */
  readonly upstreamAppId: string;
  readonly channels: readonly string[];
  /** The kind of auth codes that it redeems on one of its channels. */
  authCodeKind(channelId: string): AuthCodeKind;
  /** Redeems an auth code for the payer's identity. */
  redeem(authCode: string, request: RedeemRequest, call: SourceCall): Promise<Redeemed>;
  /** Checks the input of this source, before anything is claimed. Throws INPUT_INVALID. */
  validate?(authCode: string, request: RedeemRequest): void;
  /** Present when a page of the channel gives out auth codes. */
  readonly authorizer?: Authorizer;
  /** Present when the channel's SDK in the merchant's app gives out auth codes for a text signed by us. A new one each time. */
  readonly infoStr?: () => string;
  /** Present when the upstream holds results under our query codes. */
  readonly resultHolder?: ResultHolder;
  readonly certifier?: Certifier;
  readonly jobworth?: Jobworth;
  /** Configured certificates, which expire. */
  readonly expiring?: readonly Expiring[];
}

/** A source as the registry hands it out. */
export interface OpenedSource extends Source {
  /** Throws CHANNEL_SUSPENDED while the guard of this origin is suspended; asked before a code is marked as sent. */
  requireReady(origin: CallOrigin): void;
}

/** A certificate of the configuration. */
export interface Expiring {
  /** Its name within the options of the source. */
  readonly setting: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

/** The channel's page that gives the payer's browser an auth code. */
export interface Authorizer {
  /** The channels that have the page. */
  readonly channels: readonly string[];
  /**
   * What the browser of the channel's application has in its User-Agent; absent: the page is for other browsers, which
   * have nothing in common.
   */
  readonly browserMark?: string;
  /** Pure. */
  url(request: AuthorizeRequest): string;
  /** What the page has added to the address that the payer returned to. Pure. */
  read(parameters: ReturnParameters): PageReturn;
}

export interface AuthorizeRequest {
  /** The page that the channel sends the payer back to, with the auth code and the state. */
  readonly returnUrl: string;
  /** At most 100 characters of A-Z a-z 0-9. */
  readonly state: string;
}

/** Real-name certification: initialize, send the payer to a page, query the outcome. */
export interface Certifier {
  /** Returns the certifyId, the upstream's handle for the certification. */
  initialize(request: CertifyRequest, call: SourceCall): Promise<string>;
  /** Where the payer certifies, as a link and as a form. Pure. */
  page(certifyId: string, returnUrl: string | undefined): CertifyPage;
  /** False also before the payer has finished. */
  hasPassed(certifyId: string, call: SourceCall): Promise<boolean>;
}

export interface CertifyRequest {
  /** Our number of the certification: at most 32 letters and digits, never used before. */
  readonly orderNo: string;
  readonly method: 'FACE' | 'CERT_PHOTO' | 'CERT_PHOTO_FACE' | 'SMART_FACE';
  readonly document: { readonly type: string; readonly holderName: string; readonly number: string };
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

/** Job identity by Zhima. The first final answer consumes the once token. */
export interface Jobworth {
  query(request: JobworthRequest, call: SourceCall): Promise<JobworthReply>;
}

export interface JobworthRequest {
  readonly agreementId: string;
  readonly onceToken: string;
  readonly match: 'EXACT' | 'FUZZY';
  readonly jobIdentityType: string;
  readonly serviceId: string;
  /** Exactly one of the fields. */
  readonly subject: {
    readonly userId?: string | undefined;
    readonly openId?: string | undefined;
    readonly document?: JobworthDocument | undefined;
  };
}

export interface JobworthDocument {
  readonly type:
    | 'IDENTITY_CARD'
    | 'PASSPORT'
    | 'HOME_RETURN_PERMIT'
    | 'TRAVEL_PERMIT_HK_MC'
    | 'TRAVEL_PERMIT_TAIWAN'
    | 'DOCUMENT_HK_MC';
  readonly number: string;
}

export type JobworthReply =
  | ({ readonly kind: 'ANSWERED' } & JobworthAnswer)
  /** Not final yet; nothing was consumed. */
  | { readonly kind: 'PENDING'; readonly resultUrl?: string | undefined }
  /** The upstream refused with a signed reply, and consumed nothing. */
  | {
      readonly kind: 'REFUSED';
      readonly code: FailureCode;
      readonly upstreamCode: string;
      readonly upstreamTraceId?: string | undefined;
    };

export interface JobworthAnswer {
  readonly confirmed: boolean;
  readonly merchantIdentityId?: string | undefined;
  readonly resultUrl?: string | undefined;
  readonly userId?: string | undefined;
  readonly openId?: string | undefined;
  readonly authorizationStatus?: string | undefined;
}

export interface ResultHolder {
  /** Redeems an auth code; the upstream holds the identity under the query code and does not return it. */
  redeemAndHold(authCode: string, queryCode: string, request: RedeemRequest, call: SourceCall): Promise<void>;
  /** The held identity; undefined as long as the upstream has none under this query code. */
  collect(queryCode: string, call: SourceCall): Promise<Redeemed | undefined>;
}

/** What the parsed options of every source have. */
export interface SourceOptions {
  readonly channels: readonly string[];
}

export interface SourceDefinition<Config extends z.ZodType<SourceOptions> = z.ZodType<SourceOptions>> {
  readonly config: Config;
  open(config: z.output<Config>, deps: SourceDeps): Source;
  /** How a message of this source is signed; absent or undefined when its upstream signs none, as WeChat's login. */
  explain?(config: z.output<Config>, message: WireMessage): Explained | undefined;
  /** What an integrator does when the upstream refuses the settings, by its code; not every code has one. */
  readonly remedies?: ReadonlyMap<string, string>;
}

/** Ties the type of `open`'s argument to the schema it is parsed with. */
export const defineSource = <Config extends z.ZodType<SourceOptions>>(definition: SourceDefinition<Config>) =>
  definition;
