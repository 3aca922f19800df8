/**
 * Loaders, one of each per request: all references of a request, by any of their keys, are one call of the store.
 * A row that cannot be opened is an error in its own place.
 */
import DataLoader from 'dataloader';
import { readableTo, type VisibleIdentity } from '../identity/permission.ts';
import { throwUnavailable } from '../identity/unavailable.ts';
import type { Certification, IdentityRef } from '../model.ts';
import type { Caller } from '../security/caller.ts';
import type { Store } from '../store/store.ts';

type Identities = ReadonlyMap<string, VisibleIdentity | Error | undefined>;

/** Loads references under their `identityKey`, together with all others of the request that are under way. */
export type IdentityLoader = (refs: ReadonlyMap<string, IdentityRef>) => Promise<Identities>;
export type CertificationLoader = DataLoader<string, Certification | undefined>;

/** The same for equal references. */
export const identityKey = (ref: IdentityRef): string => {
  if ('id' in ref) return `id ${ref.id}`;
  const [kind, value] = 'openId' in ref ? ['openId', ref.openId] : ['userId', ref.userId];
  return JSON.stringify([kind, ref.channelId, ref.appId, value]);
};

const loadIdentities = async (store: Store, caller: Caller, refs: ReadonlyMap<string, IdentityRef>) => {
  const loaded = new Map<string, VisibleIdentity | Error | undefined>();
  if (!caller.scopes.has('payer:read')) return loaded;
  const identities = await store.identities([...refs.values()]).catch(throwUnavailable);
  let at = 0;
  for (const key of refs.keys()) {
    const identity = identities[at];
    at += 1;
    loaded.set(key, identity === undefined || identity instanceof Error ? identity : readableTo(caller, identity));
  }
  return loaded;
};

/** Loads undefined for a payer that the caller may not read, as for one that does not exist. */
export const createIdentityLoader = (store: Store, caller: Caller): IdentityLoader => {
  let open: { readonly refs: Map<string, IdentityRef>; readonly loaded: Promise<Identities> } | undefined;
  const begin = () => {
    const refs = new Map<string, IdentityRef>();
    // After the fields that resolve in this turn of the event loop, as DataLoader does.
    const ready = Promise.resolve().then(() => new Promise<void>((resolve) => process.nextTick(resolve)));
    const loaded = ready.then(() => {
      open = undefined;
      return loadIdentities(store, caller, refs);
    });
    return { refs, loaded };
  };
  return (refs) => {
    open ??= begin();
    for (const [key, ref] of refs) open.refs.set(key, ref);
    return open.loaded;
  };
};

/** Loads certifications by the id of the payer identity. */
export const createCertificationLoader = (store: Store): CertificationLoader =>
  new DataLoader<string, Certification | undefined>((identityIds) =>
    store.certificationsOf(identityIds).catch(throwUnavailable),
  );
