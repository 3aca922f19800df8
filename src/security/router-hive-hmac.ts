/**
 * The signature of Hive Gateway in the extensions of an operation: an HMAC over query and variables alone.
 * There is no time in it and nothing else, so whoever has seen an operation can repeat it, with other extensions.
 * https://the-guild.dev/graphql/hive/docs/gateway/other-features/security/hmac-signature
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { equalSecrets } from '../lib/digest.ts';

export const hiveConfig = z.strictObject({
  /** Hive Gateway's hmacSignature.secret; several while one replaces another. */
  secrets: z.array(z.string().min(32, 'at least 32 characters')).min(1),
});

/** No variables that a schema of ours takes come near this. */
const MAX_DEPTH = 32;

const signed = z.object({
  query: z.string(),
  variables: z.unknown().optional(),
  extensions: z.object({ 'hmac-signature': z.string() }),
});

/** JSON with the keys of every object in order; undefined when it is too deep. */
const stableJson = (value: unknown, depth = 0): string | undefined => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth === MAX_DEPTH) return undefined;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Object.keys(value).toSorted(Array.isArray(value) ? () => 0 : undefined);
  const written: string[] = [];
  for (const key of members) {
    const member = stableJson(Reflect.get(value, key), depth + 1);
    if (member === undefined) return undefined;
    written.push(Array.isArray(value) ? member : `${JSON.stringify(key)}:${member}`);
  }
  return `${open}${written.join(',')}${close}`;
};

/** Absent, null and empty variables are signed as if there were none. */
const isEmpty = (variables: unknown): boolean =>
  variables === undefined ||
  variables === null ||
  (typeof variables === 'object' && Object.keys(variables).length === 0);

/** Answers whether an operation, as parsed, was signed with one of the secrets. */
export const createHiveCheck =
  ({ secrets }: z.output<typeof hiveConfig>) =>
  (operation: object): boolean => {
    const parsed = signed.safeParse(operation);
    if (!parsed.success) return false;
    const { query, variables, extensions } = parsed.data;
    const text = stableJson(isEmpty(variables) ? { query } : { query, variables });
    if (text === undefined) return false;
    const expected = secrets.map((secret) => createHmac('sha256', secret).update(text).digest('base64'));
    return expected.filter((signature) => equalSecrets(signature, extensions['hmac-signature'])).length > 0;
  };
