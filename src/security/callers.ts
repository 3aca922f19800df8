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
  jwt: jwtConfig.optional().describe('Bearer tokens that routers pass on; verified here'),
  /**
   * Claims that the router has verified and forwards in the `extensions` of its request. Only for routers whose
   * credentials cover the whole body: TLS with a secret or a certificate, or signatures with a content digest.
   */
  claims: z
    .strictObject({
      path: z
        .string()
        .regex(/^[^.]+(\.[^.]+)*$/, 'is not a path. Write names with dots between them, such as jwt.payload.')
        .default('jwt.payload')
        .describe('Where in the extensions of the request the claims stand'),
      ...claimNames,
    })
    .optional()
    .describe('Claims that the router has verified and forwards; only with credentials that cover the whole body'),
  router: z
    .array(z.enum(allScopes))
    .default([])
    .describe(
      'The scopes of every call through the router whose caller has no credentials of its own, payer pages included',
    ),
  scopesInSdl: z
    .boolean()
    .default(true)
    .describe(
      'Whether the schema that gateways fetch declares the scopes; false for gateways that refuse such a schema',
    ),
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
