/**
 * The router's signature as Hive Gateway makes it: an HMAC over the operation's query and variables, in its extensions.
 * It covers no time and nothing else, so a captured operation can be replayed, and with other extensions.
 * https://the-guild.dev/graphql/hive/docs/gateway/other-features/security/hmac-signature
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { equalSecrets } from '../lib/digest.ts';

export const hiveConfig = z.strictObject({
  secrets: z
    .array(z.string().min(32, 'is too short: it needs at least 32 characters. Make one with: openssl rand -hex 32'))
    .min(1)
    .describe("Hive Gateway's hmacSignature.secret; several while one replaces another"),
});

/** Far deeper than the variables of any field of the contract. */
const MAX_DEPTH = 32;

const signedOperation = z.object({
  query: z.string(),
  variables: z.unknown().optional(),
  extensions: z.object({ 'hmac-signature': z.string() }),
});

/** JSON with the names of every object in order; undefined when it is too deep. */
const stableJson = (value: unknown, depth = 0): string | undefined => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth === MAX_DEPTH) return undefined;
  const members = Array.isArray(value) ? writeElements(value, depth + 1) : writeProperties(value, depth + 1);
  if (!members.every((member) => member !== undefined)) return undefined;
  return Array.isArray(value) ? `[${members.join(',')}]` : `{${members.join(',')}}`;
};

const writeElements = (list: readonly unknown[], depth: number): (string | undefined)[] =>
  list.map((element) => stableJson(element, depth));

const writeProperties = (object: object, depth: number): (string | undefined)[] =>
  Object.keys(object)
    .sort()
    .map((name) => {
      const value = stableJson(Reflect.get(object, name), depth);
      return value === undefined ? undefined : `${JSON.stringify(name)}:${value}`;
    });

/** Hive signs absent, null and empty variables as if there were no variables. */
const isEmpty = (variables: unknown): boolean =>
  variables === undefined ||
  variables === null ||
  (typeof variables === 'object' && Object.keys(variables).length === 0);

/** Returns whether an operation, as parsed, was signed with one of the secrets. */
export const createHiveCheck =
  ({ secrets }: z.output<typeof hiveConfig>) =>
  (operation: object): boolean => {
    const parsed = signedOperation.safeParse(operation);
    if (!parsed.success) return false;
    const { query, variables, extensions } = parsed.data;
    const text = stableJson(isEmpty(variables) ? { query } : { query, variables });
    if (text === undefined) return false;
    const expected = secrets.map((secret) => createHmac('sha256', secret).update(text).digest('base64'));
    // Compared with every secret, so that the time does not show which one matches.
    return expected.filter((signature) => equalSecrets(signature, extensions['hmac-signature'])).length > 0;
  };
