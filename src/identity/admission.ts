/**
 * Who may come in, decided before a sensitive field does anything: first how often, then how many at the same time.
 * What anybody may call and what trusted callers call share neither a bucket nor a bulkhead.
 */
import { isIPv6 } from 'node:net';
import { BulkheadRejectedError, bulkhead, TaskCancelledError } from 'cockatiel';
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { createTokenBuckets, type TokenBuckets } from '../lib/token-bucket.ts';
import { anonymous, permits, type Scope } from '../security/caller.ts';
import type { Apps, Route } from './apps.ts';
import type { CallContext } from './call.ts';

const rate = z
  .strictObject({ perSecond: z.number().positive().default(200), burst: z.int().positive().default(1_000) })
  .prefault({});
const room = (running: number, waiting: number) =>
  z
    .strictObject({ running: z.int().positive().default(running), waiting: z.int().nonnegative().default(waiting) })
    .prefault({});

/** How often sensitive fields may be asked for. A named caller counts by its name, anybody else by address. */
export const ratesConfig = z.strictObject({ caller: rate, address: rate, app: rate, channel: rate });

/** How many sensitive fields may run at the same time, and how many more wait for their turn. */
export const bulkheadsConfig = z.strictObject({
  /** authenticateAndSet, startAuthentication, and what callers ask for whose scopes do not allow it. */
  public: room(200, 100),
  /** authenticate, certification and job identity. */
  trusted: room(400, 200),
  /** authResult without its scope; fewer than limits.waiters, which readers with the scope wait with as well. */
  polls: room(800, 0),
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
  /** Makes whoever guesses wrongly wait longer than who asks for what there is. */
  countGuess(call: CallContext): void;
}

interface Options {
  readonly apps: Pick<Apps, 'route' | 'routeFor'>;
  /** Absent: as often as they like. */
  readonly rates?: z.output<typeof ratesConfig> | undefined;
  /** Absent: as many as come. */
  readonly bulkheads?: z.output<typeof bulkheadsConfig> | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** What a wrong guess costs beyond the call itself. */
const GUESS_TOKENS = 10;

export const createAdmission = ({ apps, rates, bulkheads, now }: Options): Admission => {
  const clock = now && { now };
  const buckets = rates && {
    caller: createTokenBuckets(rates.caller, clock),
    address: createTokenBuckets(rates.address, clock),
    app: createTokenBuckets(rates.app, clock),
    channel: createTokenBuckets(rates.channel, clock),
  };
  const rooms = bulkheads && {
    public: bulkhead(bulkheads.public.running, bulkheads.public.waiting),
    trusted: bulkhead(bulkheads.trusted.running, bulkheads.trusted.waiting),
    polls: bulkhead(bulkheads.polls.running, bulkheads.polls.waiting),
  };

  const callerKeys = ({ caller, clientIp }: CallContext): [TokenBuckets, key: string][] => {
    if (!buckets) return [];
    if (caller.id !== anonymous.id) return [[buckets.caller, caller.id]];
    return clientIp === undefined ? [] : [[buckets.address, networkOf(clientIp)]];
  };

  const routeKeys = (route: Route | undefined, traffic: 'public' | 'trusted'): [TokenBuckets, key: string][] => {
    if (!buckets || !route) return [];
    return [
      [buckets.app, `${traffic} ${route.appId}`],
      [buckets.channel, `${traffic} ${route.channelId}`],
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

  const takeTokens = (keys: readonly (readonly [TokenBuckets, key: string])[]): void => {
    const seconds = Math.max(0, ...keys.map(([bucket, key]) => bucket.secondsUntil(key)));
    if (seconds > 0) throw new PayerIdentityError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(seconds) });
    for (const [bucket, key] of keys) bucket.take(key);
  };

  return {
    async admit(field, asked, call, work) {
      const rules: Rules = sensitive[field];
      const route = routeOf(rules, asked);
      const traffic = isTrusted(rules, call, route) ? 'trusted' : 'public';
      takeTokens([...callerKeys(call), ...routeKeys(route, traffic)]);
      if (!rooms) return work();
      if (field === 'authResult') return traffic === 'trusted' ? work() : within(rooms.polls, call, work);
      return within(rooms[traffic], call, work);
    },
    countGuess(call) {
      for (const [bucket, key] of callerKeys(call)) bucket.take(key, GUESS_TOKENS);
    },
  };
};

const isTrusted = ({ scope }: Rules, { caller }: CallContext, route: Route | undefined): boolean =>
  scope !== undefined && (route ? permits(caller, scope, route.appId) : caller.scopes.has(scope));

/** Runs work when there is room for it, unless its client has gone by then. */
const within = async <T>(
  room: ReturnType<typeof bulkhead>,
  { signal }: CallContext,
  work: () => T | Promise<T>,
): Promise<T> => {
  let begun = false;
  const begin = () => {
    begun = true;
    return work();
  };
  try {
    return await room.execute(begin, signal);
  } catch (error) {
    const refused = error instanceof BulkheadRejectedError || error instanceof TaskCancelledError;
    if (begun || !refused) throw error;
    throw new PayerIdentityError('OVERLOADED', { cause: error });
  }
};

/** What counts as one address: with IPv6 everybody has a /64 to choose from. */
const networkOf = (address: string): string => {
  const embedded = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (embedded !== undefined || !isIPv6(address)) return embedded ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail?.split(':').length ?? 0;
  const zeros = Array<string>(Math.max(8 - groups.length - after, 0)).fill('0');
  return [...groups, ...zeros, ...(tail?.split(':') ?? [])]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
};
