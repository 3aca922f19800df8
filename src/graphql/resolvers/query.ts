import type { QueryResolvers } from '../../generated/resolvers.ts';
import { toFailure } from '../failures.ts';

const POLL_AFTER_SECONDS = 5;
const MAX_WAIT_SECONDS = 25;

export const Query: QueryResolvers = {
  authResult: async (_, { queryCode, waitSeconds }, { authentication, call }) => {
    const waitMs = Math.min(Math.max(waitSeconds ?? 0, 0), MAX_WAIT_SECONDS) * 1_000;
    const result = await authentication.result(queryCode, waitMs, call);
    if (!result) return { status: 'NOT_EXIST' };
    const { status, expiresAt } = result;
    if (status === 'WAITING') return { status, expiresAt, pollAfterSeconds: POLL_AFTER_SECONDS };
    if (status === 'SUCCESS') return { status, expiresAt, identity: result.identity };
    return { status, expiresAt, failure: toFailure(result.failureCode, result.traceId) };
  },
  channels: (_, { appId }, { apps }) => apps.channels(appId ?? undefined),
  payerIdentity: async (_, { id }, { identities }) => (await identities.load({ id })) ?? null,
};
