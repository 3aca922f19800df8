/** The use cases of authentication: redeem for a trusted caller, redeem and keep for a payer page, read what was kept. */
import { randomBytes } from 'node:crypto';
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import { ExchangeError } from '../lib/exchange.ts';
import type { Log } from '../lib/log.ts';
import type { AccessToken, PayerIdentity } from '../model.ts';
import type { Redemption, Session, Store } from '../store/store.ts';
import type { Apps } from './apps.ts';
import { type AuthenticationInput, authenticateAndSetInput, authenticateInput, parseInput } from './input.ts';
import { createRedeem, failedOutcome, type RedemptionTimes } from './redemption.ts';

/** Who calls, and how the call is found in the logs. */
export interface CallContext {
  readonly caller: string;
  readonly traceId: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface Authenticated {
  readonly identity: PayerIdentity;
  readonly accessToken: AccessToken | undefined;
}

export interface Kept {
  readonly queryCode: string;
  readonly expiresAt: Date;
}

export type AuthResult = { readonly expiresAt: Date } & (
  | { readonly status: 'WAITING' }
  | { readonly status: 'SUCCESS'; readonly identity: PayerIdentity }
  | { readonly status: 'REJECTED' | 'INDETERMINATE'; readonly failureCode: FailureCode; readonly traceId: string }
);

/** Every method throws PayerIdentityError for an expected failure. */
export interface Authentication {
  authenticate(input: unknown, call: CallContext): Promise<Authenticated>;
  authenticateAndSet(input: unknown, call: CallContext): Promise<Kept>;
  /** Undefined when the query code stands for nothing that may be told. */
  result(queryCode: string, waitMs: number, call: CallContext): Promise<AuthResult | undefined>;
}

interface Tools {
  readonly store: Store;
  readonly apps: Apps;
  readonly log: Log;
  readonly times: RedemptionTimes;
}

/** How often a waiting reader looks without having been woken: what an upstream keeps wakes nobody. */
const HELD_POLL_MS = 3_000;

export const createAuthentication = ({ store, apps, log, times }: Tools): Authentication => {
  const redeem = createRedeem({ store, log, times });

  const redeemInput = async (
    { channel, authCode, appId, queryCode, ...rest }: AuthenticationInput,
    { traceId }: CallContext,
    { caller, keep }: { caller: string; keep: boolean },
  ): Promise<Redemption> => {
    const route = apps.route(appId, channel);
    const request = { channelId: channel, ...rest };
    route.source.validate?.(request);
    const redemption = await redeem({ route, authCode, request, caller, queryCode, keep, traceId });
    if ('failureCode' in redemption) throw new PayerIdentityError(redemption.failureCode);
    return redemption;
  };

  /** Fetches what the upstream holds for a query code. A failure to reach it leaves the result for the next reader. */
  const collect = async (held: Redemption, queryCode: string): Promise<Redemption> => {
    const keeper = apps.route(held.appId, held.channelId).source.keeper;
    try {
      if (!keeper) throw new PayerIdentityError('CHANNEL_MISCONFIGURED');
      const found = await keeper.collect(queryCode, AbortSignal.timeout(times.deadlineMs));
      return (found && (await store.collect(held.id, { state: 'SUCCEEDED', ...found }))) ?? held;
    } catch (error) {
      const lost = error instanceof PayerIdentityError && error.code === 'OUTCOME_UNKNOWN';
      if (lost) return (await store.collect(held.id, { ...failedOutcome(error), state: 'INDETERMINATE' })) ?? held;
      if (!(error instanceof PayerIdentityError || error instanceof ExchangeError)) throw error;
      log.warn('a kept result could not be read', { traceId: held.traceId, source: held.source });
      return held;
    }
  };

  const readSession = async ({ redemption, expiresAt }: Session, queryCode: string): Promise<AuthResult> => {
    const current = redemption?.state === 'HELD' ? await collect(redemption, queryCode) : redemption;
    switch (current?.state) {
      case 'SUCCEEDED':
        return { status: 'SUCCESS', identity: current.identity, expiresAt };
      case 'REJECTED':
      case 'INDETERMINATE':
        return { status: current.state, failureCode: current.failureCode, traceId: current.traceId, expiresAt };
      default:
        return { status: 'WAITING', expiresAt };
    }
  };

  return {
    async authenticate(input, call) {
      const parsed = parseInput(authenticateInput, input);
      const redemption = await redeemInput(parsed, call, { caller: call.caller, keep: false });
      if (redemption.state !== 'SUCCEEDED') throw new PayerIdentityError('OUTCOME_PENDING');
      return { identity: redemption.identity, accessToken: redemption.accessToken };
    },

    async authenticateAndSet(input, call) {
      const parsed = parseInput(authenticateAndSetInput, input);
      const queryCode = parsed.queryCode ?? randomBytes(32).toString('base64url');
      // A payer page is nobody in particular: the query code alone tells one call from another.
      const { expiresAt } = await redeemInput({ ...parsed, queryCode }, call, { caller: 'payer page', keep: true });
      return { queryCode, expiresAt };
    },

    async result(queryCode, waitMs, { signal }) {
      const watch = store.watch({ queryCode });
      signal.addEventListener('abort', watch.close, { once: true });
      try {
        const until = Date.now() + waitMs;
        for (;;) {
          const session = await store.session(queryCode);
          const result = session && (await readSession(session, queryCode));
          const leftMs = until - Date.now();
          if (result?.status !== 'WAITING' || leftMs <= 0 || signal.aborted) return result;
          await watch.changed(Math.min(leftMs, HELD_POLL_MS));
        }
      } finally {
        signal.removeEventListener('abort', watch.close);
        watch.close();
      }
    },
  };
};
