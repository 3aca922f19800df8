/**
 * A source is one upstream API that serves channels for an app. It is one file with one export, `defineSource(…)`,
 * and one line in the registry.
 */
import type { z } from 'zod';
import type { Upstream } from '../lib/exchange.ts';
import type { Redeemed, RedeemRequest } from '../model.ts';

/** What a source is opened with; the only way in for time, randomness and the network. */
export interface SourceTools {
  /** Opens a pool to an origin; the registry closes it. */
  connect(origin: string): Upstream;
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
  redeem(authCode: string, request: RedeemRequest, signal: AbortSignal): Promise<Redeemed>;
  /** Checks what only this source asks for, before anything is claimed. Throws INPUT_INVALID. */
  validate?(request: RedeemRequest): void;
  /** Present when the upstream keeps results itself, under our query codes. */
  readonly keeper?: Keeper;
}

export interface Keeper {
  /** Exchanges an auth code; the upstream keeps the identity under the query code and does not tell it. */
  redeemAndKeep(authCode: string, queryCode: string, request: RedeemRequest, signal: AbortSignal): Promise<void>;
  /** The kept identity; undefined while there is none yet. */
  collect(queryCode: string, signal: AbortSignal): Promise<Redeemed | undefined>;
}

export interface SourceDefinition<Config extends z.ZodType = z.ZodType> {
  readonly title: string;
  readonly config: Config;
  open(config: z.output<Config>, tools: SourceTools): Source;
}

/** Ties the type of `open`'s argument to the schema it is parsed with. */
export const defineSource = <Config extends z.ZodType>(definition: SourceDefinition<Config>) => definition;
