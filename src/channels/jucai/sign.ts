/**
 * JuCai's signature. Its rule (签名生成算法) is not public. The names of its fields and the form of its samples point to
 * Jeepay, whose rule is the default here; what the samples leave open is an option, to be set from JuCai's contract.
 * https://github.com/jeequan/jeepay JeepayKit.getSign for the rule, ApiRes.okWithSign for what of a reply is signed
 */
import { z } from 'zod';
import { digests, equalSecrets } from '../../lib/digest.ts';
import type { JsonNode, JsonObject } from '../../lib/strict-json.ts';
import { unusableReply } from './codes.ts';

/** Both signatures of the published samples are 32 characters of 0-9 a-f: an MD5 in lower case. */
export const jucaiSigning = z
  .strictObject({
    digest: z.enum(['md5', 'hmac_sha256']).default('md5').describe('The digest of signatures'),
    letterCase: z.enum(['lower', 'upper']).default('lower').describe('Of our signatures; replies may have either'),
    keyParameter: z.string().min(1).default('key').describe('The name under which the secret ends the signed text'),
    replyScope: z
      .enum(['data', 'envelope'])
      .default('data')
      .describe('What of a reply is signed: the members of its data, or those of the reply itself'),
    replySignature: z
      .enum(['required', 'optional'])
      .default('required')
      .describe('Whether a reply has to be signed; optional: TLS alone authenticates one that is not'),
  })
  .prefault({});

export interface JucaiKey {
  readonly secret: string;
  readonly signing: z.output<typeof jucaiSigning>;
}

type Fields = readonly (readonly [key: string, text: string])[];

const ignoringCase = (left: string, right: string): number => {
  const [one, other] = [left.toLowerCase(), right.toLowerCase()];
  return Number(one > other) - Number(one < other);
};

/** `k=v&` for every non-empty field but `sign`, sorted without regard to case. */
export const jucaiPairs = (fields: Fields): string =>
  fields
    .filter(([key, text]) => key !== 'sign' && text !== '')
    .map(([key, text]) => `${key}=${text}&`)
    .sort(ignoringCase)
    .join('');

/** Signs these pairs, and the secret behind them. */
export const signJucai = (fields: Fields, { secret, signing }: JucaiKey): string => {
  const digest = digests[signing.digest](`${jucaiPairs(fields)}${signing.keyParameter}=${secret}`, secret);
  return signing.letterCase === 'upper' ? digest.toUpperCase() : digest;
};

/** A value as the text spells it: numbers with their digits, nested objects with their blanks. */
const textOf = (text: string, node: JsonNode): string => {
  if (node.kind !== 'scalar') return text.slice(node.start, node.end);
  if (typeof node.value === 'string') return node.value;
  return node.value === null ? '' : text.slice(node.start, node.end);
};

/** The members of an object as they are signed. */
export const fieldsOf = (text: string, node: JsonNode | undefined): Fields =>
  (node?.kind === 'object' ? [...node.members] : []).map(([name, member]) => [name, textOf(text, member)] as const);

/** Whether a reply is signed; throws REPLY_UNVERIFIED when its signature is wrong. */
export const isSigned = (text: string, reply: JsonObject, key: JucaiKey): boolean => {
  const sign = reply.members.get('sign');
  const given = sign ? textOf(text, sign) : '';
  if (given === '') return false;
  const fields = fieldsOf(text, key.signing.replyScope === 'data' ? reply.members.get('data') : reply);
  const expected = signJucai(fields, key);
  if (isAmbiguous(fields) || !equalSecrets(given.toLowerCase(), expected.toLowerCase()))
    throw unusableReply('REPLY_UNVERIFIED', reply);
  return true;
};

/** With `&` in a value, two different replies have the same signed text: a value could hide a field. */
const isAmbiguous = (fields: Fields): boolean => fields.some(([name, text]) => /[&=]/.test(name) || text.includes('&'));
