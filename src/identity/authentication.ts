/** The use cases of authentication: start a session, redeem a code for a trusted caller, redeem one for a payer page. */
import { randomBytes } from 'node:crypto';
import { PayerIdentityError } from '../failure.ts';
import type { Cancellation } from '../lib/exchange.ts';
import { networkOf } from '../lib/network.ts';
import type { AccessToken, Traffic } from '../model.ts';
import { anonymous, permits } from '../security/caller.ts';
import type { Claim, Outcome, Redemption, SessionClaim } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { App, Apps, Route } from './apps.ts';
import type { CallContext } from './call.ts';
import {
  type AuthenticationInput,
  authenticateAndSetInput,
  authenticateInput,
  parseInput,
  startAuthenticationInput,
} from './input.ts';
import { requireScope, type VisibleIdentity, visibleTo } from './permission.ts';
import type { RedeemOnce } from './redeem-once.ts';
import type { CallerOf } from './signed-calls.ts';
import type { StateTokens } from './state-token.ts';
import { throwUnavailable } from './unavailable.ts';

export interface Authenticated {
  readonly identity: VisibleIdentity;
  /** Undefined when the channel gave none, and for callers without the scope `payer:token`. */
  readonly accessToken: AccessToken | undefined;
}

export interface StoredResult {
  /** Undefined when the code was written into a session by its state: only the caller that started it has the query code. */
  readonly queryCode: string | undefined;
  readonly expiresAt: Date;
}

export interface Started {
  /** For the caller that polls; it must not reach the payer's browser. */
  readonly queryCode: string;
  /** Travels through the payer's browser; it opens nothing for reading. */
  readonly state: string;
  readonly authorizeUrl: string;
  readonly expiresAt: Date;
}

/** Every method throws PayerIdentityError for an expected failure. */
export interface Authentication {
  authenticate(input: unknown, call: CallContext): Promise<Authenticated>;
  authenticateAndSet(input: unknown, call: CallContext): Promise<StoredResult>;
  startAuthentication(input: unknown): Promise<Started>;
}

interface Deps {
  readonly store: Store;
  readonly apps: Apps;
  readonly redeemOnce: RedeemOnce;
  readonly stateTokens: StateTokens;
  readonly callerOf: CallerOf;
  readonly times: { readonly resultTtlMs: number };
}

interface RedeemTarget {
  readonly session: SessionClaim | undefined;
  /** The query code under which a source that holds results holds this one; undefined: the result is stored here. */
  readonly holdUnder?: string | undefined;
  readonly traffic: Traffic;
}

/** 256 random bits. */
export const newQueryCode = () => randomBytes(32).toString('base64url');

/** Redeems an auth code on its route. Throws the failure of a redemption that has one, with the trace id of its call. */
const createRedeemAuthCode =
  (redeemOnce: RedeemOnce) =>
  async (
    { appId, channelId, sourceName, source, upstreamApp }: Route,
    { authCode, clientIp: givenIp, channelOptions }: AuthenticationInput,
    { caller, traceId, clientIp, signal: clientGone, note }: CallContext,
    { session, holdUnder, traffic }: RedeemTarget,
  ): Promise<Redemption> => {
    // Limits count by the address that the router names; `clientIp` of the input is the caller's own claim.
    const client = traffic === 'public' && clientIp !== undefined ? networkOf(clientIp) : undefined;
    const origin = { channelId, traffic, client };
    const request = { channelId, ...channelOptions, clientIp: givenIp ?? clientIp };
    source.validate?.(authCode, request);

    const redeemAtSource = async (cancellation: Cancellation): Promise<Outcome> => {
      const sourceCall = { ...cancellation, origin };
      if (!source.resultHolder || holdUnder === undefined)
        return { state: 'SUCCEEDED', ...(await source.redeem(authCode, request, sourceCall)) };
      await source.resultHolder.redeemAndHold(authCode, holdUnder, request, sourceCall);
      return { state: 'HELD' };
    };
    const claim: Claim = {
      source: sourceName,
      upstreamAppId: upstreamApp,
      kind: 'authCode',
      code: authCode,
      binding: [caller.id],
      appId,
      channelId,
      session,
      traceId,
    };
    const redemption = await redeemOnce(claim, redeemAtSource, {
      clientGone,
      note,
      requireReady: () => source.requireReady(origin),
    });
    if (!redemption) throw new PayerIdentityError('OUTCOME_UNKNOWN');
    if ('failureCode' in redemption)
      throw new PayerIdentityError(redemption.failureCode, { traceId: redemption.traceId });
    return redemption;
  };

export const createAuthentication = (deps: Deps): Authentication => {
  const { store, apps, stateTokens, callerOf, times } = deps;
  const redeem = createRedeemAuthCode(deps.redeemOnce);

  const claimByQueryCode = ({ app, source }: Route, queryCode: string, holds: boolean): SessionClaim => ({
    queryCode,
    issuedOnly: app.sessions === 'required',
    // An upstream that holds results overwrites the one that it holds under this query code.
    attempts: holds && source.resultHolder ? 1 : app.attempts,
  });

  const claimByState = ({ appId, channelId }: Route, state: string): SessionClaim => {
    const verified = stateTokens.verifyState(state, appId, channelId);
    if (verified?.isExpired) throw new PayerIdentityError('SESSION_EXPIRED');
    if (verified) return { stateId: verified.stateId };
    const message = 'the state that startAuthentication issued for this app and channel';
    throw new PayerIdentityError('INPUT_INVALID', { fields: [{ path: 'state', message }] });
  };

  return {
    async startAuthentication(input) {
      const { channelId, appId, returnUrl } = parseInput(startAuthenticationInput, input);
      const route = apps.route(appId, channelId);
      requireReturnUrl(route.app, returnUrl);
      const { authorizer } = route.source;
      if (!authorizer?.channels.includes(channelId)) throw unsupported();
      const { state, stateId } = stateTokens.issueState(route.appId, channelId, times.resultTtlMs);
      const authorizeUrl = authorizer.url({ returnUrl, state });
      const queryCode = newQueryCode();
      const { attempts, webhook } = route.app;
      const session = { queryCode, stateId, appId: route.appId, channelId, attempts, announced: webhook !== undefined };
      const { expiresAt } = await store.openSession(session).catch(throwUnavailable);
      return { queryCode, state, authorizeUrl, expiresAt };
    },

    async authenticate(input, call) {
      const parsed = parseInput(authenticateInput, input);
      const route = apps.route(parsed.appId, parsed.channelId);
      const caller = await callerOf(route, parsed, call);
      requireScope(caller, 'payer:authenticate', route.appId);
      const session = parsed.queryCode === undefined ? undefined : claimByQueryCode(route, parsed.queryCode, false);
      const redemption = await redeem(route, parsed, { ...call, caller }, { session, traffic: 'trusted' });
      if (redemption.state !== 'SUCCEEDED') throw new PayerIdentityError('OUTCOME_PENDING');
      const { identity, accessToken } = redemption;
      const mayUseToken = permits(caller, 'payer:token', identity.appId);
      return { identity: visibleTo(caller, identity), accessToken: mayUseToken ? accessToken : undefined };
    },

    async authenticateAndSet(input, call) {
      const { state, ...parsed } = parseInput(authenticateAndSetInput, input);
      const route = apps.route(parsed.appId, parsed.channelId);
      const queryCode = state === undefined ? (parsed.queryCode ?? newQueryCode()) : undefined;
      const session =
        queryCode === undefined ? claimByState(route, state ?? '') : claimByQueryCode(route, queryCode, true);
      // All payer pages are one caller, so the session alone makes a call a duplicate.
      const page = { ...call, caller: anonymous };
      const { expiresAt } = await redeem(route, parsed, page, { session, holdUnder: queryCode, traffic: 'public' });
      return { queryCode, expiresAt };
    },
  };
};

const unsupported = () =>
  new PayerIdentityError('CHANNEL_UNSUPPORTED', {
    fields: [{ path: 'channelId', message: 'a channel with the capability AUTHORIZE' }],
  });

/** Throws INPUT_INVALID for a page that the app has not listed: the payer's auth code would go there. */
export const requireReturnUrl = ({ returnUrls }: App, returnUrl: string): void => {
  if (returnUrls.includes(returnUrl)) return;
  const fields = [{ path: 'returnUrl', message: "one of the app's returnUrls, character by character" }];
  throw new PayerIdentityError('INPUT_INVALID', { fields });
};
