/** One of each per request: however many references a request holds, and by whichever key, the store is asked once.
 * What does not open fails its own load and no other. */
import DataLoader from 'dataloader';
import { readableTo, type VisibleIdentity } from '../identity/permission.ts';
import { throwUnavailable } from '../identity/unavailable.ts';
import type { Certification, IdentityRef } from '../model.ts';
import type { Caller } from '../security/caller.ts';
import type { Store } from '../store/store.ts';

export type IdentityLoader = DataLoader<IdentityRef, VisibleIdentity | undefined, string>;

/** A payer whom the caller may not read is as unknown as one that never was. */
export const createIdentityLoader = (store: Store, caller: Caller): IdentityLoader =>
  new DataLoader<IdentityRef, VisibleIdentity | undefined, string>(
    async (refs) => {
      if (!caller.scopes.has('payer:read')) return refs.map(() => undefined);
      const found = await store.identities(refs).catch(throwUnavailable);
      return found.map((identity) => (identity instanceof Error ? identity : identity && readableTo(caller, identity)));
    },
    { cacheKeyFn: (ref) => JSON.stringify(Object.entries(ref).sort()) },
  );

export const createCertificationLoader = (store: Store): DataLoader<string, Certification | undefined> =>
  new DataLoader<string, Certification | undefined>((identityIds) =>
    store.certificationsOf(identityIds).catch(throwUnavailable),
  );
