/** How the messages of Alipay's gateway (v1) and of OpenAPI v3 are signed, step by step. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { JsonObject } from '../../lib/strict-json.ts';
import { readObject } from '../reply.ts';
import type { Explained, WireMessage } from '../signing.ts';
import { type AlipayKeys, verifierOf } from './keys.ts';
import { readReplyText } from './reply-text.ts';
import { CERTIFICATE, isSigned, SIGN, stringOf, textToSign } from './v1.ts';
import { replyTextToSign, requestTextToSign } from './v3.ts';

const ALGORITHM = 'RSA2 (SHA256withRSA), in base64';

const verifies = (text: string | Buffer, signature: string, key: KeyObject): boolean =>
  verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64'));

/** A reply is verified with Alipay's key. */
const judgeReply = (
  given: string | undefined,
  serialNumber: string | undefined,
  keys: AlipayKeys,
  holds: (key: KeyObject) => boolean,
) => {
  const key = verifierOf(keys, serialNumber);
  if (given === undefined)
    return {
      isRight: false,
      findings: ['the message has no signature: the gateway does not sign all of its refusals'],
    };
  if (!key)
    return {
      isRight: false,
      findings: [
        `it names the certificate ${serialNumber ?? '(none)'}, and certificates.alipay holds ${[...keys.verifiers.keys()].join(', ')}: download Alipay's certificate again`,
      ],
    };
  if (holds(key)) return { isRight: true, findings: [] };
  if (holds(createPublicKey(keys.privateKey)))
    return {
      isRight: false,
      findings: ['it was made with your own key: an emulator, or a copy of a request; Alipay signs with its own'],
    };
  return {
    isRight: false,
    findings: [
      "alipayPublicKey is not the key that signed this: take Alipay's (支付宝公钥) of this very application, not your own public key, or the message was changed on its way",
    ],
  };
};

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
  ...(/^(?:[\w+/= -]|%[\dA-F]{2})+$/i.test(given) ? [decodeURIComponent(given)] : []),
];

/** What has become of a message on its way here, where that alone explains the difference. */
const changeOf = (text: string, given: string, key: KeyObject): string | undefined => {
  const texts = [text, ...formerTexts(text)];
  if (texts.some((former) => verifies(former, given, key))) return REFORMATTED;
  const isOfFormer = (signature: string) => texts.some((former) => verifies(former, signature, key));
  return formerSignatures(given).some(isOfFormer) ? SIGN_CHANGED : undefined;
};

/** The reply of the gateway: what is signed are the bytes of the node between its name and the signature. */
const explainReply = (message: WireMessage, { members }: JsonObject, keys: AlipayKeys): Explained => {
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

const explainRequest = (parameters: Readonly<Record<string, string>>, { privateKey }: AlipayKeys): Explained => {
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

const explainReplyV3 = ({ headers, body }: WireMessage, keys: AlipayKeys): Explained => {
  const [timestamp = '', nonce = ''] = [headers['alipay-timestamp'], headers['alipay-nonce']];
  const given = headers['alipay-signature'];
  const judged = judgeReply(
    given,
    headers['alipay-sn'],
    keys,
    (key) => given !== undefined && verifies(replyTextToSign(timestamp, nonce, body), given, key),
  );
  const trimmed = Buffer.from(body.toString().trimEnd());
  const key = verifierOf(keys, headers['alipay-sn']);
  const isTrimmed =
    !judged.isRight && given !== undefined && key && verifies(replyTextToSign(timestamp, nonce, trimmed), given, key);
  const steps = [
    {
      what: 'alipay-timestamp, alipay-nonce and the body, each with a line feed behind it',
      text: replyTextToSign(timestamp, nonce, body).toString(),
    },
  ];
  const findings = isTrimmed
    ? ['without the line feed at the end of the body it is right: an editor has added it']
    : judged.findings;
  return { kind: 'reply', algorithm: ALGORITHM, steps, given, isRight: judged.isRight, findings };
};

const SCHEME = 'ALIPAY-SHA256withRSA ';
const SIGN_FIELD = ',sign=';

const explainRequestV3 = ({ startLine = '', headers, body }: WireMessage, { privateKey }: AlipayKeys): Explained => {
  const [method = '', target = ''] = startLine.split(' ');
  const header = headers.authorization ?? '';
  const fields = header.startsWith(SCHEME) ? header.slice(SCHEME.length) : '';
  const signAt = fields.indexOf(SIGN_FIELD);
  const authorization = signAt < 0 ? fields : fields.slice(0, signAt);
  const given = signAt < 0 ? undefined : fields.slice(signAt + SIGN_FIELD.length);
  const text = requestTextToSign(authorization, method, target, {
    appAuthToken: headers['alipay-app-auth-token'],
    body: body.toString(),
  });
  const isRight = given !== undefined && verifies(text, given, createPublicKey(privateKey));
  const finding =
    given === undefined
      ? 'the message has no signature'
      : 'privateKey gives another signature: it was made with another key, or of another text (a changed order of the query, or a path without its query)';
  return {
    kind: 'request',
    algorithm: ALGORITHM,
    steps: [
      {
        what: 'authorization without sign, method, path with query, body and token, each with a line feed behind it',
        text,
      },
    ],
    given,
    expected: sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64'),
    isRight,
    findings: isRight ? [] : [finding],
  };
};

const asParameters = ({ members }: JsonObject): Record<string, string> =>
  Object.fromEntries(
    [...members].flatMap(([name, node]) => (node.kind === 'scalar' ? [[name, String(node.value ?? '')]] : [])),
  );

/** A reply or a request, of v1 (JSON, a form, an address) or of v3 (with its head). */
export const explainAlipay = (keys: AlipayKeys, message: WireMessage): Explained => {
  const { startLine, headers, body } = message;
  if (startLine?.startsWith('HTTP/') && 'alipay-timestamp' in headers) return explainReplyV3(message, keys);
  if (headers.authorization?.startsWith('ALIPAY-')) return explainRequestV3(message, keys);
  const text = body.toString('latin1').trim();
  if (!text.startsWith('{')) {
    const query = startLine?.split(' ')[1]?.split('?')[1] ?? '';
    const form = [query, text.slice(text.indexOf('?') + 1)].filter((part) => part !== '').join('&');
    return explainRequest(Object.fromEntries(new URLSearchParams(form)), keys);
  }
  const root = readObject(readReplyText({ status: 200, headers, body }).text);
  const isReply = [...root.members.keys()].some((name) => name.endsWith('_response'));
  return isReply ? explainReply(message, root, keys) : explainRequest(asParameters(root), keys);
};
