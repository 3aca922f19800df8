/** How often sensitive fields are admitted: token buckets by caller or address, by app, and by channel of an app. */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { networkOf } from '../lib/network.ts';
import { createTokenBuckets, type TokenBuckets } from '../lib/token-bucket.ts';
import { anonymous, isShared } from '../security/caller.ts';
import type { Route } from './apps.ts';
import type { CallContext } from './call.ts';

const rate = (perSecond: number, burst: number) =>
  z
    .strictObject({
      perSecond: z.number().positive().default(perSecond).describe('Fields a second'),
      burst: z.int().positive().default(burst).describe('Fields at once, after a pause'),
    })
    .prefault({});

/** An app, and each of its channels, allow more than one address may use up. */
export const ratesConfig = z.strictObject({
  caller: rate(200, 1_000).describe('Of each caller with a name'),
  address: rate(200, 1_000).describe('Of each address, for callers without a name'),
  app: rate(1_000, 5_000).describe('Of each app; larger than address'),
  channel: rate(1_000, 5_000).describe('Of each channel of an app; larger than address'),
});

/**
 * Whose limits a call counts for. `signed`: those of the app that has signed it, which it shares with no other caller,
 * also not with one that the configuration grants the scope.
 */
export type Standing = 'public' | 'trusted' | 'signed';

/** What a call counts for. Without a channel, the payer has not chosen one yet. */
export type ChargedRoute = Pick<Route, 'appId' | 'app'> & Partial<Pick<Route, 'channelId'>>;

export interface Rates {
  /** Throws RATE_LIMITED, and takes no token, when one of the buckets is empty. `signer`: the app that has signed. */
  take(call: CallContext, signer: string | undefined, route: ChargedRoute | undefined, standing: Standing): void;
  /** Charges a wrong guess to the bucket that the call was charged to. */
  takeGuess(call: CallContext, signer: string | undefined): void;
}

/** What a wrong guess costs beyond the call itself, in tokens. */
const GUESS_TOKENS = 10;

type Charge = readonly [buckets: TokenBuckets, key: string];

/** `now`: milliseconds of a clock that never goes back. */
export const createRates = (options: z.output<typeof ratesConfig>, now: (() => number) | undefined): Rates => {
  const clock = now && { now };
  // The guesses of a whole burst may run at the same time, before the first of them is charged.
  const guessed = { ...clock, debtBursts: GUESS_TOKENS };
  const buckets = {
    caller: createTokenBuckets(options.caller, guessed),
    address: createTokenBuckets(options.address, guessed),
    app: createTokenBuckets(options.app, clock),
    channel: createTokenBuckets(options.channel, clock),
  };

  /** An app that signed counts as a caller of its own, a caller with a name by it, any other by its address. */
  const callerCharges = ({ caller, clientIp }: CallContext, signer: string | undefined): Charge[] => {
    if (signer !== undefined) return [[buckets.caller, `app:${signer}`]];
    if (isShared(caller) && clientIp !== undefined) return [[buckets.address, networkOf(clientIp)]];
    return caller.id === anonymous.id ? [] : [[buckets.caller, caller.id]];
  };

  const routeCharges = ({ appId, channelId }: ChargedRoute, standing: Standing): Charge[] => [
    [buckets.app, `${standing} ${appId}`],
    ...(channelId === undefined ? [] : [[buckets.channel, `${standing} ${appId} ${channelId}`] as const]),
  ];

  return {
    take(call, signer, route, standing) {
      const charges = [...callerCharges(call, signer), ...(route ? routeCharges(route, standing) : [])];
      const seconds = Math.max(0, ...charges.map(([bucket, key]) => bucket.secondsUntil(key)));
      if (seconds > 0) throw new PayerIdentityError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(seconds) });
      for (const [bucket, key] of charges) bucket.take(key);
    },
    takeGuess(call, signer) {
      for (const [bucket, key] of callerCharges(call, signer)) bucket.take(key, GUESS_TOKENS);
    },
  };
};
