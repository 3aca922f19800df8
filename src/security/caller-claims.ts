/** Reads a caller from claims: those of a token, or those that the router forwards of a token that it has verified. */
import { z } from 'zod';
import { allScopes, type Caller } from './caller.ts';

const claimName = z.string().min(1).max(128);

export const claimNames = {
  /** The claim that holds the scopes: words of one text, or a list. */
  scopesClaim: claimName.default('scope').describe('The claim that holds the scopes: words of one text, or a list'),
  /**
   * The claim that lists the apps that the caller may act for; a caller without it then acts for none.
   * Absent here: every caller acts for every app.
   */
  appsClaim: claimName
    .optional()
    .describe('The claim that lists the apps that the caller may act for; absent: every caller acts for every app'),
};

export interface ClaimNames {
  readonly scopesClaim: string;
  readonly appsClaim?: string | undefined;
}

// Two texts that are not well-formed can become the same bytes: two callers would share an id.
const wellFormed = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => text.isWellFormed());
const words = z.union([z.array(z.string()), z.string().transform((text) => text.split(' '))]).default([]);
const list = z.union([z.array(z.string()), z.string().transform((text) => [text])]).default([]);

const subjectSchema = z.object({
  /** Without the character that separates it from `sub` in the id. */
  iss: wellFormed.regex(/^[^|]*$/).default(''),
  sub: wellFormed,
});

/**
 * Returns the caller that claims describe, and undefined when they describe none. `from` is part of the caller's id:
 * a token and a forwarded claim never make the same caller.
 */
export const createClaimsReader = (
  from: 'jwt' | 'claims',
  { scopesClaim, appsClaim }: ClaimNames,
): ((claims: unknown) => Caller | undefined) => {
  const scopesSchema = z.object({ [scopesClaim]: words });
  const appsSchema = appsClaim === undefined ? undefined : z.object({ [appsClaim]: list });
  return (claims) => {
    const scopes = scopesSchema.safeParse(claims);
    const apps = appsSchema?.safeParse(claims);
    const subject = subjectSchema.safeParse(claims);
    if (!subject.success || !scopes.success || apps?.success === false) return undefined;
    const granted = new Set(scopes.data[scopesClaim]);
    return {
      id: `${from}:${subject.data.iss}|${subject.data.sub}`,
      scopes: new Set(allScopes.filter((scope) => granted.has(scope))),
      ...(appsClaim !== undefined && { apps: new Set(apps?.data[appsClaim]) }),
    };
  };
};
