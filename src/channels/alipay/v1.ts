/**
 * Alipay's OpenAPI v1, gateway.do: builds signed calls and pages, and verifies and judges replies.
 * https://opendocs.alipay.com/common/02kf5q (signing), https://opendocs.alipay.com/common/02mse7 (verifying)
 */
import { createCipheriv, createDecipheriv, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { beijingTime } from '../../lib/beijing-time.ts';
import { ExchangeError, type HttpReply, type HttpRequest } from '../../lib/exchange.ts';
import { type JsonNode, jsonValue } from '../../lib/strict-json.ts';
import { type FailureCodes, parseReply, readObject, requireStatus } from '../reply.ts';
import { type AlipayKeys, verifierOf } from './keys.ts';
import { type ReplyText, readReplyText } from './reply-text.ts';

export interface GatewayOptions {
  readonly appId: string;
  readonly keys: AlipayKeys;
  readonly gatewayUrl: string;
  readonly appAuthToken?: string | undefined;
  /** AES-128 key of content encryption. */
  readonly encryptKey?: Buffer | undefined;
}

export type Parameters = Readonly<Record<string, string>>;

/** The signed text: every parameter with a value, without `sign`, in byte order of the names, not URL-encoded. */
export const textToSign = (parameters: Parameters): string =>
  Object.keys(parameters)
    .filter((name) => name !== 'sign' && parameters[name] !== '')
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join('&');

/** RSA2. In the thread pool: a signature takes a third of a millisecond. */
const rsa2 = promisify((text: string, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
  sign('RSA-SHA256', Buffer.from(text), key, done),
);

/** The signature in base64. Throws an ExchangeError with nothing sent, so that the code stays unspent. */
export const signRequest = async (text: string, key: KeyObject): Promise<string> => {
  try {
    return (await rsa2(text, key)).toString('base64');
  } catch (cause) {
    throw new ExchangeError('the request could not be signed', false, cause);
  }
};

/** The parameters of a call, without its signature. */
const callParameters = (
  { appId, keys, appAuthToken, encryptKey }: GatewayOptions,
  method: string,
  content: { readonly bizContent?: object; readonly parameters?: Parameters },
  nowMs: number,
): Parameters => {
  const text = content.bizContent && JSON.stringify(content.bizContent);
  return {
    app_id: appId,
    method,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: beijingTime(nowMs),
    version: '1.0',
    ...(appAuthToken && { app_auth_token: appAuthToken }),
    ...(keys.serialNumbers && {
      app_cert_sn: keys.serialNumbers.app,
      alipay_root_cert_sn: keys.serialNumbers.alipayRoot,
    }),
    ...(text && !encryptKey && { biz_content: text }),
    // Without biz_content, as when a code is redeemed, the official SDKs refuse to announce encryption.
    ...(text && encryptKey && { encrypt_type: 'AES', biz_content: encrypt(text, encryptKey) }),
    ...content.parameters,
  };
};

/** Parameters of the protocol travel in the query (charset has to), those of the call in the body. */
const PROTOCOL =
  /^(app_id|method|format|charset|sign_type|sign|timestamp|version|return_url|app_auth_token|app_cert_sn|alipay_root_cert_sn|encrypt_type)$/;

const split = (parameters: Parameters) => {
  const [query, body] = [new URLSearchParams(), new URLSearchParams()];
  for (const [name, value] of Object.entries(parameters)) (PROTOCOL.test(name) ? query : body).set(name, value);
  return { query, body };
};

export const callRequest = async (
  options: GatewayOptions,
  method: string,
  content: { readonly bizContent?: object; readonly parameters?: Parameters },
  nowMs: number,
): Promise<HttpRequest> => {
  const parameters = callParameters(options, method, content, nowMs);
  const signature = await signRequest(textToSign(parameters), options.keys.privateKey);
  const { query, body } = split({ ...parameters, sign: signature });
  return {
    method: 'POST',
    path: `${new URL(options.gatewayUrl).pathname}?${query}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', accept: 'application/json' },
    body: body.toString(),
  };
};

/** A page for the payer's browser; content encryption is not for pages. */
export const signedPage = (
  options: GatewayOptions,
  method: string,
  { bizContent, returnUrl }: { readonly bizContent: object; readonly returnUrl: string | undefined },
  nowMs: number,
) => {
  const parameters = callParameters(
    { ...options, encryptKey: undefined },
    method,
    { bizContent, ...(returnUrl && { parameters: { return_url: returnUrl } }) },
    nowMs,
  );
  const signature = sign('RSA-SHA256', Buffer.from(textToSign(parameters)), options.keys.privateKey);
  const signed = { ...parameters, sign: signature.toString('base64') };
  const { query, body } = split(signed);
  return {
    url: `${options.gatewayUrl}?${new URLSearchParams(signed)}`,
    form: {
      action: `${options.gatewayUrl}?${query}`,
      fields: [...body].map(([name, value]) => ({ name, value })),
    },
  };
};

const outcome = z.object({
  code: z.string().optional(),
  sub_code: z.string().optional(),
});

/** The members of a reply besides its node. */
export const SIGN = 'sign';
export const CERTIFICATE = 'alipay_cert_sn';
/** Logged in place of an upstream's code: the reply names a certificate that is not configured. */
export const CERTIFICATE_UNKNOWN = 'CERTIFICATE_UNKNOWN';

/**
 * The node of a successful reply, which has to be signed. A refusal is thrown as the failure in `codes` even if its
 * signature is wrong or missing: the gateway does not sign all of its refusals, and a forger who can change a signature
 * can also remove it. Without a right signature the reason is only logged, as `claimedCode`.
 */
export const judgeCall = (
  { keys, encryptKey }: GatewayOptions,
  method: string,
  reply: HttpReply,
  codes: FailureCodes,
): unknown => {
  requireStatus(reply);
  const body = readReplyText(reply);
  const { members } = readObject(body.text);
  const names = [...members.keys()].filter((name) => name !== SIGN && name !== CERTIFICATE);
  const [name = ''] = names;
  const node = members.get(name);
  const expected = `${method.replaceAll('.', '_')}_response`;
  if (!node || names.length !== 1 || (name !== expected && name !== 'error_response'))
    throw new PayerIdentityError('REPLY_MALFORMED');

  const signature = stringOf(members.get(SIGN));
  const key = verifierOf(keys, stringOf(members.get(CERTIFICATE)));
  const isVerified = signature !== undefined && key !== undefined && isSigned(body, node, signature, key);
  const unverified = signature !== undefined && key === undefined ? { claimedCode: CERTIFICATE_UNKNOWN } : {};
  // An encrypted node is a string. It is decrypted only after its signature was verified.
  if (!isVerified && stringOf(node) !== undefined) throw new PayerIdentityError('REPLY_UNVERIFIED', unverified);
  const value = jsonValue(decrypted(node, encryptKey));
  const { code, sub_code: subCode } = parseReply(outcome, value);
  // A token's node has no code; every other success has 10000.
  if (name === 'error_response' || (code !== undefined && code !== '10000')) {
    const failure = codes.get(subCode ?? '') ?? commonCodes.get(code ?? '') ?? 'OUTCOME_UNKNOWN';
    const reason = subCode ?? code;
    throw new PayerIdentityError(failure, isVerified ? { upstreamCode: reason } : { claimedCode: reason });
  }
  if (!isVerified) throw new PayerIdentityError('REPLY_UNVERIFIED', unverified);
  return value;
};

/** https://opendocs.alipay.com/common/02km9f */
const commonCodes: FailureCodes = new Map([
  ['20001', 'CHANNEL_MISCONFIGURED'],
  ['40001', 'CHANNEL_MISCONFIGURED'],
  ['40002', 'CHANNEL_MISCONFIGURED'],
  ['40003', 'CHANNEL_MISCONFIGURED'],
  ['40006', 'CHANNEL_MISCONFIGURED'],
]);

export const stringOf = (node: JsonNode | undefined): string | undefined =>
  node?.kind === 'scalar' && typeof node.value === 'string' && node.value !== '' ? node.value : undefined;

/** The gateway escapes the slashes of some replies after signing, so both spellings are verified, as its SDKs do. */
export const isSigned = (body: ReplyText, node: JsonNode, signature: string, key: KeyObject): boolean => {
  const bytes = Buffer.from(signature, 'base64');
  return [body.bytes(node.start, node.end), withoutEscapes(body, node)].some((spelling) =>
    verify('RSA-SHA256', spelling, key, bytes),
  );
};

/** The bytes of a node with every `\/` as `/`. Found in the text, since a byte of GBK may only look like a backslash. */
const withoutEscapes = ({ text, bytes }: ReplyText, { start, end }: JsonNode): Buffer => {
  const parts: Buffer[] = [];
  let from = start;
  for (let at = text.indexOf('\\/', from); at >= 0 && at < end; at = text.indexOf('\\/', from)) {
    parts.push(bytes(from, at));
    from = at + 1;
  }
  return Buffer.concat([...parts, bytes(from, end)]);
};

/** AES-128-CBC with an IV of zeroes: https://opendocs.alipay.com/common/02mse3 */
const ZERO_IV = Buffer.alloc(16);

const encrypt = (text: string, key: Buffer): string => {
  const cipher = createCipheriv('aes-128-cbc', key, ZERO_IV);
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64');
};

/** The node itself when it is not encrypted. */
const decrypted = (node: JsonNode, key: Buffer | undefined): JsonNode => {
  const text = stringOf(node);
  if (text === undefined || !key) return node;
  try {
    const decipher = createDecipheriv('aes-128-cbc', key, ZERO_IV);
    return readObject(decipher.update(text, 'base64', 'utf8') + decipher.final('utf8'));
  } catch {
    throw new PayerIdentityError('REPLY_MALFORMED');
  }
};
