/** What can be said about a session beside codes: what the payer does at the channel's page, and that it is cancelled. */
import { PayerIdentityError } from '../failure.ts';
import type { Store } from '../store/store.ts';
import type { Apps } from './apps.ts';
import type { CallContext } from './call.ts';
import { parseInput, reportStepInput } from './input.ts';
import { type AuthResult, countOnce, type ReadSession } from './results.ts';
import { requireState, type StateTokens } from './state-token.ts';
import { throwUnavailable } from './unavailable.ts';

export interface SessionSteps {
  /** Throws SESSION_EXPIRED, SESSION_SPENT or SESSION_CANCELLED when no code would be taken any more, and INPUT_INVALID. */
  report(input: unknown, call: CallContext): Promise<{ readonly expiresAt: Date }>;
  /** Answers what `authResult` shows from now on; undefined when the query code does not exist for this caller. */
  cancel(queryCode: string, call: CallContext): Promise<AuthResult | undefined>;
}

interface Deps {
  readonly store: Pick<Store, 'session' | 'reportStep' | 'cancel' | 'countPoll'>;
  readonly apps: Pick<Apps, 'route'>;
  readonly stateTokens: Pick<StateTokens, 'verifyState'>;
  readonly readSession: ReadSession;
}

export const createSessionSteps = ({ store, apps, stateTokens, readSession }: Deps): SessionSteps => ({
  async report(input, call) {
    const { state, step, ...place } = parseInput(reportStepInput, input);
    const route = apps.route(place.appId, place.channelId);
    const stateId = requireState(stateTokens, state, route);
    const { appId, channelId } = route;
    const verdict = await store.reportStep({ stateId, appId, channelId, step }).catch(throwUnavailable);
    call.note({ state: step });
    if (verdict.kind === 'REPORTED') return { expiresAt: verdict.codesUntil };
    throw new PayerIdentityError(verdict.kind === 'NO_SESSION' ? 'SESSION_EXPIRED' : verdict.kind);
  },

  async cancel(queryCode, call) {
    const session = await store.session(queryCode).catch(throwUnavailable);
    if (!session) return undefined;
    const { appId, channelId } = session;
    call.note({ appId, channelId });
    if (call.caller.apps?.has(appId) === false) return undefined;
    await store.cancel({ queryCode, appId, traceId: call.traceId }).catch(throwUnavailable);
    return readSession(queryCode, call, countOnce(store, queryCode));
  },
});
