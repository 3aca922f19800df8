/** How every source reads a reply: strictly, and without a byte of it in an error. */
import type { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import type { FailureCode } from '../failure-codes.ts';
import type { HttpReply } from '../lib/exchange.ts';
import { type JsonObject, readJson } from '../lib/strict-json.ts';

/**
 * What an upstream's codes mean, by the code as the upstream writes it. Always a Map: a code may be `constructor` or
 * `__proto__`, which an object would find in its prototype.
 */
export type FailureCodes = ReadonlyMap<string, FailureCode>;

/** Throws REPLY_MALFORMED for every status but 200. */
export const requireStatus = ({ status }: HttpReply): void => {
  if (status !== 200) throw new PayerIdentityError('REPLY_MALFORMED', { upstreamCode: `HTTP_${status}` });
};

/** The text of a reply with status 200 in UTF-8; throws REPLY_MALFORMED for any other reply. */
export const readText = (reply: HttpReply): string => {
  requireStatus(reply);
  const upstreamCode = `HTTP_${reply.status}`;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(reply.body);
  } catch (cause) {
    throw new PayerIdentityError('REPLY_MALFORMED', { upstreamCode, cause });
  }
};

/** A text as a JSON object, by the strict reader of lib/strict-json; throws REPLY_MALFORMED. */
export const readObject = (text: string): JsonObject => {
  try {
    const root = readJson(text);
    if (root.kind === 'object') return root;
  } catch (cause) {
    throw new PayerIdentityError('REPLY_MALFORMED', { cause });
  }
  throw new PayerIdentityError('REPLY_MALFORMED');
};

/** A part of a reply in the shape that its documentation gives; throws REPLY_MALFORMED. */
export const parseReply = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new PayerIdentityError('REPLY_MALFORMED');
  return parsed.data;
};

/** A member that is a string or a number, as a text for logs and signatures; not its value. */
export const memberText = ({ members }: JsonObject, name: string): string | undefined => {
  const node = members.get(name);
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
};
