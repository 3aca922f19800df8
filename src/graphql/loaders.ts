/**
 * DataLoaders, one of each per request: all references of a request, by any of their keys, are one call of the store.
 * A row that cannot be opened rejects its own load and no other.
 */
import DataLoader from 'dataloader';
import { readableTo, type VisibleIdentity } from '../identity/permission.ts';
import { throwUnavailable } from '../identity/unavailable.ts';
import type { Certification, IdentityRef } from '../model.ts';
import type { Caller } from '../security/caller.ts';
import type { Store } from '../store/store.ts';

export type IdentityLoader = DataLoader<IdentityRef, VisibleIdentity | undefined, string>;
export type CertificationLoader = DataLoader<string, Certification | undefined>;

/** The same for references with the same keys, in any order of their fields. */
export const identityKey = (ref: IdentityRef): string => JSON.stringify(ref, Object.keys(ref).sort());

/** Loads undefined for a payer that the caller may not read, as for one that does not exist. */
export const createIdentityLoader = (store: Store, caller: Caller): IdentityLoader =>
  new DataLoader<IdentityRef, VisibleIdentity | undefined, string>(
    async (refs) => {
      if (!caller.scopes.has('payer:read')) return refs.map(() => undefined);
      const identities = await store.identities(refs).catch(throwUnavailable);
      return identities.map((identity) => {
        if (identity === undefined || identity instanceof Error) return identity;
        return readableTo(caller, identity);
      });
    },
    { cacheKeyFn: identityKey },
  );

/** Loads certifications by the id of the payer identity. */
export const createCertificationLoader = (store: Store): CertificationLoader =>
  new DataLoader<string, Certification | undefined>((identityIds) =>
    store.certificationsOf(identityIds).catch(throwUnavailable),
  );
