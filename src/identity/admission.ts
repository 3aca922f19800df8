/**
 * Which calls are let in, decided before a sensitive field does anything: first how often, then how many at the same
 * time. Payer pages, callers with a scope and apps that sign their calls share no bucket, payer pages and the others no
 * bulkhead, and no two apps either.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { networkOf } from '../lib/network.ts';
import { createTokenBuckets, type TokenBuckets } from '../lib/token-bucket.ts';
import { anonymous, isShared, permits, type Scope } from '../security/caller.ts';
import type { Apps, Route } from './apps.ts';
import { type BulkheadOptions, createBulkheads } from './bulkheads.ts';
import type { CallContext } from './call.ts';
import type { IsSignedCall } from './signed-calls.ts';

const rate = (perSecond: number, burst: number) =>
  z
    .strictObject({ perSecond: z.number().positive().default(perSecond), burst: z.int().positive().default(burst) })
    .prefault({});
/**
 * How often sensitive fields may be asked for. A caller with a name counts by it, an app that signed the call as a
 * caller of its own, any other by address. An app, and each of its channels, take more than one address may use up.
 */
export const ratesConfig = z.strictObject({
  caller: rate(200, 1_000),
  address: rate(200, 1_000),
  app: rate(1_000, 5_000),
  channel: rate(1_000, 5_000),
});

interface Rules {
  /** What makes a caller trusted here; absent: the field is for everybody. */
  readonly scope?: Scope;
  /** What the source has to offer, for fields that name no channel. */
  readonly needs?: 'certifier' | 'jobworth';
}
const certification = { scope: 'payer:certify', needs: 'certifier' } as const;

/** The root fields that exchange, write or tell what is secret. */
const sensitive = {
  authenticate: { scope: 'payer:authenticate' },
  authenticateAndSet: {},
  startAuthentication: {},
  authResult: { scope: 'payer:read' },
  initializeIdentityCertification: certification,
  startIdentityCertification: certification,
  identityCertification: certification,
  jobworthAuthentication: { scope: 'payer:jobworth', needs: 'jobworth' },
} as const satisfies Record<string, Rules>;
type SensitiveField = keyof typeof sensitive;

export const isSensitive = (field: string): field is SensitiveField => Object.hasOwn(sensitive, field);

/** What a field was asked with, as far as it decides whose limits count. */
interface Asked {
  readonly appId?: unknown;
  readonly channel?: unknown;
}

export interface Admission {
  /** Lets a field do its work. Throws RATE_LIMITED or OVERLOADED; then nothing was done. */
  admit<T>(field: SensitiveField, asked: Asked, call: CallContext, work: () => T | Promise<T>): Promise<T>;
  /** Charges extra tokens for a wrong guess to the bucket that the call was charged to, so that enumeration is slow. */
  countGuess(call: CallContext, asked?: Asked): void;
}

interface Options {
  readonly apps: Pick<Apps, 'route' | 'routeFor'>;
  readonly isSignedCall: IsSignedCall;
  /** Absent: as often as they like. */
  readonly rates?: z.output<typeof ratesConfig> | undefined;
  /** Absent: as many as come. */
  readonly bulkheads?: BulkheadOptions | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** What a wrong guess costs beyond the call itself. */
const GUESS_TOKENS = 10;

/**
 * Whose limits a call counts for. `signed`: an app's that signed it, whose limits no other caller has a share in, not
 * even one to whom the configuration grants the scope.
 */
type Standing = 'public' | 'trusted' | 'signed';

export const createAdmission = ({ apps, isSignedCall, rates, bulkheads, now }: Options): Admission => {
  const clock = now && { now };
  const buckets = rates && {
    caller: createTokenBuckets(rates.caller, clock),
    address: createTokenBuckets(rates.address, clock),
    app: createTokenBuckets(rates.app, clock),
    channel: createTokenBuckets(rates.channel, clock),
  };
  const bulkheadFor = bulkheads && createBulkheads(bulkheads);
  /** The apps that signed calls, by input: a signature is checked once. */
  const signers = new WeakMap<Asked, string>();

  const callerKeys = ({ caller, clientIp }: CallContext, signer?: string): [TokenBuckets, key: string][] => {
    if (!buckets) return [];
    if (signer !== undefined) return [[buckets.caller, `app:${signer}`]];
    if (isShared(caller) && clientIp !== undefined) return [[buckets.address, networkOf(clientIp)]];
    return caller.id === anonymous.id ? [] : [[buckets.caller, caller.id]];
  };

  const routeKeys = (route: Route | undefined, standing: Standing): [TokenBuckets, key: string][] => {
    if (!buckets || !route) return [];
    return [
      [buckets.app, `${standing} ${route.appId}`],
      [buckets.channel, `${standing} ${route.appId} ${route.channelId}`],
    ];
  };

  /** An app or channel that is not there has no limits of its own; the use case says what is wrong. */
  const routeOf = ({ needs }: Rules, { appId, channel }: Asked): Route | undefined => {
    const wantedApp = typeof appId === 'string' ? appId : undefined;
    try {
      return typeof channel === 'string' ? apps.route(wantedApp, channel) : needs && apps.routeFor(wantedApp, needs);
    } catch {
      return undefined;
    }
  };

  const standingOf = (field: SensitiveField, asked: Asked, call: CallContext, route: Route | undefined): Standing => {
    // Without its signature nothing is done for such an app, whatever the scopes of the caller.
    if (field !== 'authenticate' || !route?.app.signature)
      return isTrusted(sensitive[field], call, route) ? 'trusted' : 'public';
    return isSignedCall(route, asked) ? 'signed' : 'public';
  };

  const takeTokens = (keys: readonly (readonly [TokenBuckets, key: string])[]): void => {
    const seconds = Math.max(0, ...keys.map(([bucket, key]) => bucket.secondsUntil(key)));
    if (seconds > 0) throw new PayerIdentityError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(seconds) });
    for (const [bucket, key] of keys) bucket.take(key);
  };

  return {
    async admit(field, asked, call, work) {
      const route = routeOf(sensitive[field], asked);
      const standing = standingOf(field, asked, call, route);
      const signer = standing === 'signed' ? route?.appId : undefined;
      if (signer !== undefined) {
        signers.set(asked, signer);
        call.note({ signed: true });
      }
      takeTokens([...callerKeys(call, signer), ...routeKeys(route, standing)]);
      const pool = standing === 'public' ? 'public' : 'trusted';
      if (!bulkheadFor || (field === 'authResult' && pool === 'trusted')) return work();
      const bulkhead = field === 'authResult' ? bulkheadFor('polls', undefined) : bulkheadFor(pool, route?.appId);
      const address = isShared(call.caller) && signer === undefined ? call.clientIp : undefined;
      return bulkhead(work, call.signal, address && networkOf(address));
    },
    countGuess(call, asked) {
      for (const [bucket, key] of callerKeys(call, asked && signers.get(asked))) bucket.take(key, GUESS_TOKENS);
    },
  };
};

const isTrusted = ({ scope }: Rules, { caller }: CallContext, route: Route | undefined): boolean =>
  scope !== undefined && (route ? permits(caller, scope, route.appId) : caller.scopes.has(scope));
