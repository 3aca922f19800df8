/** Callers and their scopes. */

export const allScopes = [
  'payer:authenticate',
  'payer:read',
  'payer:token',
  'payer:certify',
  'payer:jobworth',
] as const;
export type Scope = (typeof allScopes)[number];

export interface Caller {
  /** The same for every call of one caller; identifies it in the store, in limits and in the log. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The apps that it may act for; undefined: every app. */
  readonly apps?: ReadonlySet<string> | undefined;
}

/** A caller without credentials, such as a payer page. */
export const anonymous: Caller = { id: 'anonymous', scopes: new Set() };

/** The id of callers without credentials when the configuration grants them scopes. */
export const routerId = 'router';

/** Whether all callers without credentials share this id. */
export const isShared = ({ id }: Caller): boolean => id === anonymous.id || id === routerId;

/** Whether a caller has a scope for an app. */
export const permits = ({ scopes, apps }: Caller, scope: Scope, appId: string): boolean =>
  scopes.has(scope) && (apps?.has(appId) ?? true);
