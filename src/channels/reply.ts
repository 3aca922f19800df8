/** How every source reads a reply: strictly, and with nothing of it in an error. */
import type { z } from 'zod';
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import type { HttpReply } from '../lib/exchange.ts';
import { type JsonObject, readJson } from '../lib/strict-json.ts';

/**
 * What an upstream's codes mean, by the code as the upstream writes it. Always a Map: a code may be `constructor` or
 * `__proto__`, which an object would find in its prototype.
 */
export type FailureCodes = ReadonlyMap<string, FailureCode>;

/** Anything but 200, a redirect for example, is not a status that an API replies with. */
export const requireStatus = ({ status }: HttpReply): void => {
  if (status !== 200) throw new PayerIdentityError('REPLY_MALFORMED', { upstreamCode: `HTTP_${status}` });
};

/** The text of a reply of status 200 in UTF-8. */
export const readText = (reply: HttpReply): string => {
  requireStatus(reply);
  const upstreamCode = `HTTP_${reply.status}`;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(reply.body);
  } catch (cause) {
    throw new PayerIdentityError('REPLY_MALFORMED', { upstreamCode, cause });
  }
};

/** A text as a JSON object, read strictly: see lib/strict-json. */
export const readObject = (text: string): JsonObject => {
  try {
    const root = readJson(text);
    if (root.kind === 'object') return root;
  } catch (cause) {
    throw new PayerIdentityError('REPLY_MALFORMED', { cause });
  }
  throw new PayerIdentityError('REPLY_MALFORMED');
};

/** A part of a reply in the shape that its documentation gives. */
export const parseReply = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new PayerIdentityError('REPLY_MALFORMED');
  return parsed.data;
};

/** A member that is a text or a number, as a text; for logs and signatures, not to be read as a value. */
export const memberText = ({ members }: JsonObject, name: string): string | undefined => {
  const node = members.get(name);
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
};
