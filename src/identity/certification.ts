/** The use case of real-name certification: initialize, send the payer to the channel's page, ask the channel for the result. */
import { randomBytes } from 'node:crypto';
import type { CertifyPage, SourceCall } from '../channels/source.ts';
import { PayerIdentityError } from '../failure.ts';
import type { Certification } from '../model.ts';
import type { Store } from '../store/store.ts';
import type { Apps } from './apps.ts';
import type { CallContext } from './call.ts';
import { classify } from './classify.ts';
import { parseInput } from './input.ts';
import { requireScope } from './permission.ts';
import { requireClient } from './redeem-with-retry.ts';
import { throwUnavailable } from './unavailable.ts';
import { certificationQuery, initializeCertificationInput, startCertificationInput } from './verification-input.ts';
import { requireReturnUrl } from './ways.ts';

/** Every method throws PayerIdentityError for an expected failure. */
export interface CertificationUseCase {
  /** Answers the certifyId. The certNo is sent to the channel, and neither stored nor logged. */
  initialize(input: unknown, call: CallContext): Promise<string>;
  start(input: unknown, call: CallContext): CertifyPage;
  /** Asks the channel: the parameters with which the payer's browser returns prove nothing. */
  check(input: unknown, call: CallContext): Promise<Certification>;
}

interface Deps {
  readonly store: Store;
  readonly apps: Apps;
  readonly times: { readonly deadlineMs: number };
}

export const createCertification = ({ store, apps, times }: Deps): CertificationUseCase => {
  const routeOf = (appId: string | undefined, { caller }: CallContext) => {
    const route = apps.routeFor(appId, 'certifier');
    requireScope(caller, 'payer:certify', route.appId);
    return route;
  };

  const ask = <T>(
    { signal }: CallContext,
    channelId: string,
    exchange: (sourceCall: SourceCall) => Promise<T>,
  ): Promise<T> => askChannel(exchange, { deadlineMs: times.deadlineMs, clientGone: signal, channelId });

  const requireIdentity = async (appId: string, id: string): Promise<void> => {
    const [identity] = await store.identities([{ id }]).catch(throwUnavailable);
    if (identity instanceof Error) throw identity;
    if (identity?.appId === appId) return;
    const fields = [{ path: 'identityId', message: 'the id of a payer identity of this app' }];
    throw new PayerIdentityError('INPUT_INVALID', { fields });
  };

  return {
    async initialize(input, call) {
      const { appId, identityId, returnUrl, method, document } = parseInput(initializeCertificationInput, input);
      const route = routeOf(appId, call);
      if (returnUrl !== undefined) requireReturnUrl(route.app, returnUrl);
      if (identityId !== undefined) await requireIdentity(route.appId, identityId);
      const orderNo = randomBytes(16).toString('hex');
      const { channelId, source } = route;
      const request = { method, document, orderNo, returnUrl };
      const certifyId = await ask(call, channelId, (sourceCall) => source.certifier.initialize(request, sourceCall));
      const certification = { certifyId, appId: route.appId, channelId, identityId: identityId ?? null };
      await store.addCertification(certification).catch(throwUnavailable);
      return certifyId;
    },

    start(input, call) {
      const { appId, certifyId, returnUrl } = parseInput(startCertificationInput, input);
      const route = routeOf(appId, call);
      if (returnUrl !== undefined) requireReturnUrl(route.app, returnUrl);
      return route.source.certifier.page(certifyId, returnUrl);
    },

    async check(input, call) {
      const { appId, certifyId } = parseInput(certificationQuery, input);
      const route = routeOf(appId, call);
      const certification = await store.certification(certifyId).catch(throwUnavailable);
      // The certification of another app is answered as one that does not exist.
      if (!certification || certification.appId !== route.appId) throw new PayerIdentityError('CERTIFY_ID_UNKNOWN');
      if (certification.status === 'PASSED') return certification;
      const { channelId, source } = route;
      const passed = await ask(call, channelId, (sourceCall) => source.certifier.hasPassed(certifyId, sourceCall));
      const updated = store.updateCertification(certifyId, passed ? 'PASSED' : 'NOT_PASSED');
      return (await updated.catch(throwUnavailable)) ?? certification;
    },
  };
};

/** Nothing is consumed by these exchanges, so the caller may repeat one whose outcome is indeterminate. */
const askChannel = async <T>(
  exchange: (sourceCall: SourceCall) => Promise<T>,
  {
    deadlineMs,
    clientGone,
    channelId,
  }: { readonly deadlineMs: number; readonly clientGone: AbortSignal; readonly channelId: string },
): Promise<T> => {
  requireClient(clientGone);
  try {
    const origin = { channelId, traffic: 'trusted' as const };
    return await exchange({ deadline: AbortSignal.timeout(deadlineMs), clientGone, origin });
  } catch (error) {
    throw asRepeatable(error);
  }
};

const asRepeatable = (error: unknown): unknown => {
  const kind = classify(error);
  if (error instanceof PayerIdentityError) {
    if (kind !== 'indeterminate') return error;
    const { upstreamCode, claimedCode, upstreamTraceId } = error;
    return new PayerIdentityError('CHANNEL_NO_ANSWER', { upstreamCode, claimedCode, upstreamTraceId, cause: error });
  }
  if (kind === 'bug') return error;
  return new PayerIdentityError(kind === 'unsent' ? 'CHANNEL_UNREACHABLE' : 'CHANNEL_NO_ANSWER', { cause: error });
};
