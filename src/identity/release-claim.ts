/** Frees a code that was claimed and of which nothing was consumed, so that another call can redeem it. */
import type { Log } from '../lib/log.ts';
import { ABORTED, untilAborted } from '../lib/until-aborted.ts';
import type { Lease, Redemption } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { isPending } from './await-outcome.ts';

interface Deps {
  readonly store: Pick<Store, 'release' | 'redemption'>;
  readonly log: Log;
}

/** A lease, and the trace id of the call that holds it. */
export interface OwnedLease {
  readonly lease: Lease;
  readonly traceId: string;
}

/** How long a caller waits for the release; the store goes on retrying for longer. */
const RELEASE_MS = 1_000;

/**
 * Answers how the redemption ended when the lease was lost, since duplicates may have got that outcome; undefined
 * otherwise. Never throws: a claim that cannot be released ends INDETERMINATE or released when its lease is over.
 */
export const releaseClaim = async (deps: Deps, owned: OwnedLease): Promise<Redemption | undefined> => {
  const ended = await untilAborted(releaseOrRead(deps, owned), AbortSignal.timeout(RELEASE_MS));
  return ended === ABORTED ? undefined : ended;
};

const releaseOrRead = async ({ store, log }: Deps, { lease, traceId }: OwnedLease): Promise<Redemption | undefined> => {
  try {
    if (await store.release(lease)) return undefined;
    const current = await store.redemption(lease.redemptionId);
    return current && !isPending(current) ? current : undefined;
  } catch (error) {
    log.error('a claim could not be released', { traceId, error });
    return undefined;
  }
};
