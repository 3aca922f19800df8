/**
 * Which calls are admitted, decided before a sensitive field runs: first how often, then how many at the same time.
 * Payer pages, callers with a scope and apps that sign their calls share no bucket; payer pages share no bulkhead with
 * the others, and no two apps share one.
 */
import type { z } from 'zod';
import { networkOf } from '../lib/network.ts';
import { isShared, permits, type Scope } from '../security/caller.ts';
import type { Apps, Capability } from './apps.ts';
import { type BulkheadOptions, createBulkheads, type SharedBulkhead } from './bulkheads.ts';
import type { CallContext } from './call.ts';
import { type ChargedRoute, createRates, type ratesConfig, type Standing } from './rates.ts';
import type { IsSignedCall } from './signed-calls.ts';

/** What admission has to know about a sensitive field. */
export interface AdmissionRules {
  /** The scope with which a caller is trusted at this field; absent: the field is public. */
  readonly scope?: Scope;
  /** What the source has to be capable of, for a field that names no channel. */
  readonly needs?: Capability;
  /** The field may leave its channel open: such a call counts for its app, and for no channel. */
  readonly anyChannel?: true;
  /** Apps sign their calls of this field; without its signature a call for such an app is public. */
  readonly signable?: true;
  /** `app`: two bulkheads of the app, for trusted and for public calls. `polls`: one for public calls of all apps. */
  readonly pool: 'app' | 'polls';
}

/** What a field was called with, as far as it decides whose limits count. */
interface Asked {
  readonly appId?: unknown;
  readonly channelId?: unknown;
}

export interface Admission {
  /** Lets a field do its work. Throws RATE_LIMITED or OVERLOADED; then nothing was done. */
  admit<T>(rules: AdmissionRules, asked: Asked, call: CallContext, work: () => T | Promise<T>): Promise<T>;
  /** Charges extra tokens for a wrong guess to the bucket that the call was charged to, so that enumeration is slow. */
  countGuess(call: CallContext, asked?: Asked): void;
}

interface Deps {
  readonly apps: Pick<Apps, 'route' | 'routeFor' | 'pages'>;
  readonly isSignedCall: IsSignedCall;
  /** Absent: no limit. */
  readonly rates?: z.output<typeof ratesConfig> | undefined;
  /** Absent: no limit. */
  readonly bulkheads?: BulkheadOptions | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

export const createAdmission = ({ apps, isSignedCall, rates: rateOptions, bulkheads, now }: Deps): Admission => {
  const rates = rateOptions && createRates(rateOptions, now);
  const bulkheadFor = bulkheads && createBulkheads(bulkheads);
  /** The apps that signed calls, by input: a signature is checked once. */
  const signers = new WeakMap<Asked, string>();

  /** An app or channel that does not exist has no limits of its own; the use case answers what is wrong. */
  const routeOf = ({ needs, anyChannel }: AdmissionRules, asked: Asked): ChargedRoute | undefined => {
    const appId = typeof asked.appId === 'string' ? asked.appId : undefined;
    try {
      if (typeof asked.channelId === 'string') return apps.route(appId, asked.channelId);
      const [page] = anyChannel ? apps.pages(appId) : [];
      return page ? { appId: page.appId, app: page.app } : needs && apps.routeFor(appId, needs);
    } catch {
      return undefined;
    }
  };

  const standingOf = (
    rules: AdmissionRules,
    asked: Asked,
    call: CallContext,
    route: ChargedRoute | undefined,
  ): Standing => {
    // For such an app nothing is done without its signature, however the scopes of the caller.
    if (rules.signable && route?.app.signature) return isSignedCall(route, asked) ? 'signed' : 'public';
    return isTrusted(rules, call, route) ? 'trusted' : 'public';
  };

  const bulkheadOf = (pool: AdmissionRules['pool'], standing: Standing, appId?: string): SharedBulkhead | undefined => {
    const traffic = standing === 'public' ? 'public' : 'trusted';
    if (pool === 'app') return bulkheadFor?.(traffic, appId);
    return traffic === 'public' ? bulkheadFor?.('polls', undefined) : undefined;
  };

  return {
    async admit(rules, asked, call, work) {
      const route = routeOf(rules, asked);
      const standing = standingOf(rules, asked, call, route);
      const signer = standing === 'signed' ? route?.appId : undefined;
      if (signer !== undefined) {
        signers.set(asked, signer);
        call.note({ signed: true });
      }
      rates?.take(call, signer, route, standing);
      const bulkhead = bulkheadOf(rules.pool, standing, route?.appId);
      if (!bulkhead) return work();
      const address = isShared(call.caller) && signer === undefined ? call.clientIp : undefined;
      return bulkhead(work, call.signal, address && networkOf(address));
    },
    countGuess(call, asked) {
      rates?.takeGuess(call, asked && signers.get(asked));
    },
  };
};

const isTrusted = ({ scope }: AdmissionRules, { caller }: CallContext, route: ChargedRoute | undefined): boolean =>
  scope !== undefined && (route ? permits(caller, scope, route.appId) : caller.scopes.has(scope));
