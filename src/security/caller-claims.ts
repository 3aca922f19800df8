/** What a token, or a router that has verified one, claims of a caller. */
import { z } from 'zod';
import { allScopes, type Caller } from './caller.ts';

const claimName = z.string().min(1).max(128);

export const claimNames = {
  /** The claim that holds the scopes: words of one text, or a list. */
  scopesClaim: claimName.default('scope'),
  /**
   * The claim that lists the apps that the caller may act for; a caller without it then acts for none.
   * Absent here: every caller acts for every app.
   */
  appsClaim: claimName.optional(),
};

export interface ClaimNames {
  readonly scopesClaim: string;
  readonly appsClaim?: string | undefined;
}

// Texts that are not well-formed would become the same bytes, and two callers one.
const wellFormed = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => text.isWellFormed());
const words = z.union([z.array(z.string()), z.string().transform((text) => text.split(' '))]).default([]);
const list = z.union([z.array(z.string()), z.string().transform((text) => [text])]).default([]);

const subject = z.object({
  /** Without the character that ends it in the id. */
  iss: wellFormed.regex(/^[^|]*$/).default(''),
  sub: wellFormed,
});

/**
 * Tells the caller that claims describe; undefined when they describe none. `from` keeps callers of different proof
 * apart.
 */
export const createClaimsReader = (
  from: 'jwt' | 'claims',
  { scopesClaim, appsClaim }: ClaimNames,
): ((claims: unknown) => Caller | undefined) => {
  const rightsSchema = z.object({ [scopesClaim]: words });
  const appsSchema = appsClaim === undefined ? undefined : z.object({ [appsClaim]: list });
  return (claims) => {
    const rights = rightsSchema.safeParse(claims);
    const apps = appsSchema?.safeParse(claims);
    const who = subject.safeParse(claims);
    if (!who.success || !rights.success || apps?.success === false) return undefined;
    const granted = new Set(rights.data[scopesClaim]);
    return {
      id: `${from}:${who.data.iss}|${who.data.sub}`,
      scopes: new Set(allScopes.filter((scope) => granted.has(scope))),
      ...(appsClaim !== undefined && { apps: new Set(apps?.data[appsClaim]) }),
    };
  };
};
