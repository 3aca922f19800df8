/**
 * DaxPay's symmetric signature of requests and replies. Nested values are signed in the order received, so it is
 * computed from the JSON text and not from a parsed object.
 * https://github.com/dromara/dax-pay PaySignUtil.java; JSON by https://github.com/dromara/hutool InternalJSONUtil.java
 */
import { type DigestName, digests } from '../../lib/digest.ts';
import { type JsonNode, readJson } from '../../lib/strict-json.ts';

/** DaxPay writes its objects with hutool's JSON, which escapes these characters; then every quote and \ is removed. */
const escapedByHutool = /[^\P{Cc}\x7f]|[\xa0\u2000-\u2010\u2028-\u202f\u2066-\u206f]/gu;
const shortEscapes: Readonly<Record<string, string>> = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r' };
const hutoolText = (text: string): string =>
  text.replace(escapedByHutool, (c) => shortEscapes[c] ?? `u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A nested value as DaxPay renders it for signing: JSON in the order received, without nulls. */
const nestedText = (text: string, node: JsonNode): string => {
  if (node.kind === 'scalar')
    return typeof node.value === 'string' ? hutoolText(node.value) : text.slice(node.start, node.end);
  if (node.kind === 'array') return `[${node.items.map((item) => nestedText(text, item)).join(',')}]`;
  const members = [...node.members].filter(([, member]) => !isNull(member));
  return `{${members.map(([key, member]) => `${hutoolText(key)}:${nestedText(text, member)}`).join(',')}}`;
};
const isNull = (node: JsonNode) => node.kind === 'scalar' && node.value === null;

export interface DaxpaySigning {
  readonly profile: 'beta' | 'ga';
  readonly signType: DigestName;
  readonly secret: string;
}

/** What becomes of the members of a JSON text, `sign` and nulls left out; `signed` is what the digest is of. */
export const daxpayTexts = (text: string, { profile, secret }: Omit<DaxpaySigning, 'signType'>) => {
  const root = readJson(text);
  if (root.kind !== 'object') throw new SyntaxError('An object was expected');
  const pairs = [...root.members]
    .filter(([key, node]) => key.toLowerCase() !== 'sign' && !isNull(node))
    .map(([key, node]): [string, string] => [key, topLevelText(text, node)])
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const joined = pairs.map(([key, value]) => `${key}=${value}`).join('&');
  const bare = joined.replace(/[\\"]/g, '');
  const ended = `${bare}&key=${secret}`;
  return { joined, bare, ended, signed: profile === 'ga' ? ended.toUpperCase() : ended };
};

/** The signature over the members of a JSON text. */
export const signDaxpay = (text: string, { signType, ...rest }: DaxpaySigning): string =>
  digests[signType](daxpayTexts(text, rest).signed, rest.secret);
const topLevelText = (text: string, node: JsonNode): string =>
  node.kind === 'scalar' && typeof node.value === 'string' ? node.value : nestedText(text, node);
