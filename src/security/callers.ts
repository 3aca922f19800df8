/** Finds out who calls through the router. */
import { z } from 'zod';
import { allScopes, anonymous, type Caller } from './caller.ts';
import type { RequestHead } from './router-check.ts';

export const callersConfig = z.strictObject({
  /** What anybody may do who comes through the router without credentials of their own. */
  router: z.array(z.enum(allScopes)).default([]),
});

export interface Callers {
  /** Undefined when the credentials are there and not valid. `extensions` are those of the GraphQL request. */
  identify(head: RequestHead, extensions: unknown): Promise<Caller | undefined>;
}

/** Everybody may do everything: sandbox mode. */
export const everybody: Callers = { identify: async () => ({ id: 'sandbox', scopes: new Set(allScopes) }) };

export const createCallers = ({ router }: z.output<typeof callersConfig>): Callers => ({
  identify: async () => (router.length > 0 ? { id: 'router', scopes: new Set(router) } : anonymous),
});
