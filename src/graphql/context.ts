import type { Apps } from '../identity/apps.ts';
import type { Authentication, CallContext } from '../identity/authentication.ts';
import { createIdentityLoader, type IdentityLoader } from '../identity/identities.ts';
import type { Store } from '../store/store.ts';

/** What one request resolves with: the use cases, which live as long as the process, and loaders, which do not. */
export interface Context {
  readonly authentication: Authentication;
  readonly apps: Apps;
  readonly identities: IdentityLoader;
  readonly call: CallContext;
}

export interface Services {
  readonly authentication: Authentication;
  readonly apps: Apps;
  readonly store: Store;
}

export const createContext = ({ authentication, apps, store }: Services, call: CallContext): Context => ({
  authentication,
  apps,
  identities: createIdentityLoader(store),
  call,
});
