/** One of each per request: however many references a request holds, and by whichever key, the store is asked once.
 * What does not open fails its own load and no other. */
import DataLoader from 'dataloader';
import type { Certification, IdentityRef, PayerIdentity } from '../model.ts';
import type { Store } from '../store/store.ts';

export type IdentityLoader = DataLoader<IdentityRef, PayerIdentity | undefined, string>;

export const createIdentityLoader = (store: Store): IdentityLoader =>
  new DataLoader<IdentityRef, PayerIdentity | undefined, string>((refs) => store.identities(refs), {
    cacheKeyFn: (ref) => JSON.stringify(Object.entries(ref).sort()),
  });

export const createCertificationLoader = (store: Store): DataLoader<string, Certification | undefined> =>
  new DataLoader<string, Certification | undefined>((identityIds) => store.certificationsOf(identityIds));
