/** Identifies the caller on whose behalf the router sends an operation. */
import { z } from 'zod';
import type { Log } from '../lib/log.ts';
import { type Resolver, sharedResolver } from '../lib/resolver.ts';
import { allScopes, anonymous, type Caller, routerId } from './caller.ts';
import { claimNames, createClaimsReader } from './caller-claims.ts';
import { createBearerCheck } from './caller-token.ts';
import { jwtConfig } from './caller-token-config.ts';
import type { RequestHead } from './router-check.ts';

export const callersConfig = z.strictObject({
  /** Bearer tokens that routers pass on; verified here. */
  jwt: jwtConfig.optional(),
  /**
   * Claims that the router has verified and forwards in the `extensions` of its request. Only for routers whose
   * credentials cover the whole body: TLS with a secret or a certificate, or signatures with a content digest.
   */
  claims: z
    .strictObject({
      /** Where in the extensions. */
      path: z
        .string()
        .regex(/^[^.]+(\.[^.]+)*$/, 'names with dots between them')
        .default('jwt.payload'),
      ...claimNames,
    })
    .optional(),
  /** The scopes of calls through the router whose callers have no credentials of their own. */
  router: z.array(z.enum(allScopes)).default([]),
  /** Whether the schema that gateways fetch declares the scopes; some gateways refuse a schema that does. */
  scopesInSdl: z.boolean().default(true),
});

export interface Callers {
  /**
   * Undefined when credentials were sent and are not valid. `extensions` are those of the GraphQL request.
   * Throws KeysUnavailable when that cannot be determined now.
   */
  identify(head: RequestHead, extensions: unknown): Promise<Caller | undefined>;
}

/** For sandbox mode: every caller has every scope. */
export const sandboxCallers: Callers = { identify: async () => ({ id: 'sandbox', scopes: new Set(allScopes) }) };

/** The value at a path of names; undefined when there is no such value. */
const valueAt = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, name) =>
        typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
          ? Reflect.get(inner, name)
          : undefined,
      value,
    );

/** A token decides over forwarded claims, since it is verified here. */
export const createCallers = (
  { jwt, claims, router }: z.output<typeof callersConfig>,
  log: Log,
  resolver: Resolver = sharedResolver,
): Callers => {
  const checkBearer = jwt && createBearerCheck(jwt, { log, resolver, now: () => performance.now() });
  const readForwarded = claims && createClaimsReader('claims', claims);
  const withoutCredentials = router.length > 0 ? { id: routerId, scopes: new Set(router) } : anonymous;
  return {
    async identify({ headers: { authorization } }, extensions) {
      if (checkBearer && authorization !== undefined) return checkBearer(authorization);
      const forwarded = claims && valueAt(extensions, claims.path);
      if (!readForwarded || forwarded === undefined || forwarded === null) return withoutCredentials;
      return readForwarded(forwarded);
    },
  };
};
