/** Who calls, and what for. */

export const allScopes = [
  'payer:authenticate',
  'payer:read',
  'payer:token',
  'payer:certify',
  'payer:jobworth',
] as const;
export type Scope = (typeof allScopes)[number];

export interface Caller {
  /** The same for every call of the same caller; tells callers apart in the store, in limits and in the log. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The merchant applications that it may act for; undefined: every one. */
  readonly apps?: ReadonlySet<string> | undefined;
}

/** Somebody without credentials of their own, such as a payer page. */
export const anonymous: Caller = { id: 'anonymous', scopes: new Set() };

/** The id of callers without credentials of their own to whom the configuration grants scopes. */
export const routerId = 'router';

/** Whether nothing tells this caller from any other that comes through the router. */
export const isShared = ({ id }: Caller): boolean => id === anonymous.id || id === routerId;

/** Whether a caller may do what a scope stands for, on behalf of an app. */
export const permits = ({ scopes, apps }: Caller, scope: Scope, appId: string): boolean =>
  scopes.has(scope) && (apps?.has(appId) ?? true);
