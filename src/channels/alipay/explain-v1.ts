/** How requests and replies of Alipay's gateway (v1) are signed, step by step. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { JsonObject } from '../../lib/strict-json.ts';
import type { Explained, WireMessage } from '../signing.ts';
import { ALGORITHM, judgeReply, verifies } from './judge-reply.ts';
import { type AlipayKeys, verifierOf } from './keys.ts';
import { readReplyText } from './reply-text.ts';
import { CERTIFICATE, isSigned, SIGN, stringOf, textToSign } from './v1.ts';

const REFORMATTED =
  'the key is right, and the message was formatted anew when it was saved: what is signed are its bytes, so keep every blank and backslash';
const SIGN_CHANGED =
  'the key is right, and the signature was changed on its way: + became a blank, or it is still percent-encoded';

/** As it may have been before an editor, or a program that reads and writes JSON, changed it. */
const formerTexts = (text: string): string[] => {
  const compact = JSON.stringify(JSON.parse(text));
  return [compact, compact.replaceAll('/', '\\/')];
};

const formerSignatures = (given: string): string[] => [
  given.replaceAll(' ', '+'),
  given.replace(/%(?:2B|2F|3D)/gi, decodeURIComponent),
];

/** What has become of a message on its way here, where that alone explains the difference. */
const changeOf = (text: string, given: string, key: KeyObject): string | undefined => {
  const texts = [text, ...formerTexts(text)];
  if (texts.some((former) => verifies(former, given, key))) return REFORMATTED;
  const isOfFormer = (signature: string) => texts.some((former) => verifies(former, signature, key));
  return formerSignatures(given).some(isOfFormer) ? SIGN_CHANGED : undefined;
};

/** The reply of the gateway: what is signed are the bytes of the node between its name and the signature. */
export const explainReply = (message: WireMessage, { members }: JsonObject, keys: AlipayKeys): Explained => {
  const body = readReplyText({ status: 200, headers: message.headers, body: message.body });
  const [name = '', node] = [...members].find(([name]) => name !== SIGN && name !== CERTIFICATE) ?? [];
  const given = stringOf(members.get(SIGN));
  const text = node ? body.text.slice(node.start, node.end) : '';
  const judged = judgeReply(
    given,
    stringOf(members.get(CERTIFICATE)),
    keys,
    (key) => node !== undefined && given !== undefined && isSigned(body, node, given, key),
  );
  const key = verifierOf(keys, stringOf(members.get(CERTIFICATE)));
  const change = !judged.isRight && node && given && key ? changeOf(text, given, key) : undefined;
  return {
    kind: 'reply',
    algorithm: ALGORITHM,
    steps: [{ what: `the value of ${name}, as it was received`, text }],
    given,
    ...judged,
    ...(change && { findings: [change] }),
  };
};

/** What a signature over other texts would mean. */
const requestFindings = (
  parameters: Readonly<Record<string, string>>,
  given: string | undefined,
  key: KeyObject,
): string[] => {
  if (given === undefined) return ['the message has no signature'];
  const { sign_type: _, ...withoutType } = parameters;
  const encoded = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, encodeURIComponent(value)]),
  );
  if (verifies(textToSign(parameters), given, key)) return [];
  if (verifies(textToSign(withoutType), given, key))
    return ['it was made without sign_type, as notifications are verified; a request signs it'];
  if (verifies(textToSign(encoded), given, key))
    return ['it was made of URL-encoded values; what is signed are the values themselves'];
  if (formerSignatures(given).some((former) => verifies(textToSign(parameters), former, key))) return [SIGN_CHANGED];
  if (parameters.sign_type !== undefined && parameters.sign_type !== 'RSA2')
    return [
      `sign_type is ${parameters.sign_type}, and this signature is RSA2: write RSA2, and sign with SHA256withRSA`,
    ];
  return [
    'privateKey gives another signature: it was made with another key, or of another text; compare the text that your program signs by --against',
  ];
};

export const explainRequest = (parameters: Readonly<Record<string, string>>, { privateKey }: AlipayKeys): Explained => {
  const text = textToSign(parameters);
  const given = parameters[SIGN] || undefined;
  const findings = requestFindings(parameters, given, createPublicKey(privateKey));
  const expected = sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64');
  const step = { what: 'the parameters with a value by name, without sign, not URL-encoded', text };
  return {
    kind: 'request',
    algorithm: ALGORITHM,
    steps: [step],
    given,
    expected,
    isRight: findings.length === 0,
    findings,
  };
};
