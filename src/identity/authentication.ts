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
import { challengeOf } from './code-challenge.ts';
import type { DoorAddresses } from './door.ts';
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
import { requireState, type StateTokens } from './state-token.ts';
import { throwUnavailable } from './unavailable.ts';
import { createWayOf, type Page, type WithoutPage } from './ways.ts';

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

interface Opened {
  /** For the caller that polls; it must not reach the payer's browser. */
  readonly queryCode: string;
  /** Travels through the payer's browser; it opens nothing for reading. */
  readonly state: string;
  readonly expiresAt: Date;
}
export type Started = Opened & Page;
export type StartedWithoutPage = Opened & WithoutPage;

/** Every method throws PayerIdentityError for an expected failure. */
export interface Authentication {
  authenticate(input: unknown, call: CallContext): Promise<Authenticated>;
  authenticateAndSet(input: unknown, call: CallContext): Promise<StoredResult>;
  startAuthentication(input: unknown, call: CallContext): Promise<Started | StartedWithoutPage>;
}

interface Deps {
  readonly store: Store;
  readonly apps: Apps;
  readonly redeemOnce: RedeemOnce;
  readonly stateTokens: StateTokens;
  readonly callerOf: CallerOf;
  /** Absent: payers return from the channels themselves, and every session has a channel. */
  readonly door?: DoorAddresses | undefined;
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

const claimByQueryCode = (
  stateTokens: StateTokens,
  { app, channelId, source }: Route,
  queryCode: string,
  holds: boolean,
): SessionClaim => {
  // The payer's browser has the state: as a query code it would read the result there, and the session never ends.
  if (stateTokens.verifyState(queryCode, app.id, channelId))
    throw invalid('queryCode', 'a secret of its own, not the state: authenticateAndSet takes that one as state');
  // An upstream that holds results overwrites the one that it holds under this query code.
  const attempts = holds && source.resultHolder ? 1 : app.attempts;
  return { queryCode, issuedOnly: app.sessions === 'required', attempts };
};

const claimByState = (
  stateTokens: StateTokens,
  route: Route,
  state: string,
  codeVerifier: string | undefined,
): SessionClaim => ({
  stateId: requireState(stateTokens, state, route),
  // The verifier goes no further than here.
  codeChallenge: codeVerifier === undefined ? undefined : challengeOf(codeVerifier),
});

export const createAuthentication = (deps: Deps): Authentication => {
  const { store, apps, stateTokens, callerOf, times } = deps;
  const wayOf = createWayOf(deps);
  const redeem = createRedeemAuthCode(deps.redeemOnce);

  return {
    async startAuthentication(input, { note }) {
      const parsed = parseInput(startAuthenticationInput, input);
      const { channelId, returnUrl, codeChallenge, clientReferenceId } = parsed;
      const { app, attempts, at } = wayOf(parsed.appId, channelId);
      requireChallenge(app, codeChallenge);
      const { state, stateId } = stateTokens.issueState(app.id, channelId, times.resultTtlMs);
      const way = at({ returnUrl, state });
      const queryCode = newQueryCode();
      note({ clientReferenceId });
      const session = {
        queryCode,
        stateId,
        appId: app.id,
        channelId,
        attempts,
        returnUrl,
        codeChallenge,
        clientReferenceId,
        announced: app.webhook !== undefined,
      };
      const { expiresAt } = await store.openSession(session).catch(throwUnavailable);
      return { queryCode, state, expiresAt, ...way };
    },

    async authenticate(input, call) {
      const parsed = parseInput(authenticateInput, input);
      const route = apps.route(parsed.appId, parsed.channelId);
      const caller = await callerOf(route, parsed, call);
      requireScope(caller, 'payer:authenticate', route.appId);
      const { queryCode } = parsed;
      const session = queryCode === undefined ? undefined : claimByQueryCode(stateTokens, route, queryCode, false);
      const redemption = await redeem(route, parsed, { ...call, caller }, { session, traffic: 'trusted' });
      if (redemption.state !== 'SUCCEEDED') throw new PayerIdentityError('OUTCOME_PENDING');
      const { identity, accessToken } = redemption;
      const mayUseToken = permits(caller, 'payer:token', identity.appId);
      return { identity: visibleTo(caller, identity), accessToken: mayUseToken ? accessToken : undefined };
    },

    async authenticateAndSet(input, call) {
      const { state, codeVerifier, ...parsed } = parseInput(authenticateAndSetInput, input);
      const route = apps.route(parsed.appId, parsed.channelId);
      const queryCode = state === undefined ? (parsed.queryCode ?? newQueryCode()) : undefined;
      const session =
        queryCode === undefined
          ? claimByState(stateTokens, route, state ?? '', codeVerifier)
          : claimByQueryCode(stateTokens, route, queryCode, true);
      // All payer pages are one caller, so the session alone makes a call a duplicate.
      const page = { ...call, caller: anonymous };
      const { expiresAt } = await redeem(route, parsed, page, { session, holdUnder: queryCode, traffic: 'public' });
      return { queryCode, expiresAt };
    },
  };
};

const requireChallenge = ({ codeChallenge: policy }: App, codeChallenge: string | undefined): void => {
  if (policy !== 'required' || codeChallenge !== undefined) return;
  throw invalid('codeChallenge', 'a challenge: this app requires one');
};

const invalid = (path: string, message: string) =>
  new PayerIdentityError('INPUT_INVALID', { fields: [{ path, message }] });
