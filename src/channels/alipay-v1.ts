/**
 * Alipay's OpenAPI v1, gateway.do: signed parameters out, a node and a signature over its very characters back.
 * https://opendocs.alipay.com/common/02kf5q (signing), https://opendocs.alipay.com/common/02mse7 (verifying)
 */
import { createCipheriv, createDecipheriv, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import { beijingTime } from '../lib/beijing-time.ts';
import type { HttpReply, HttpRequest } from '../lib/exchange.ts';
import { type JsonNode, jsonValue } from '../lib/strict-json.ts';
import type { AlipayKeys } from './alipay-keys.ts';
import { parseReply, readObject, readText } from './reply.ts';

export interface GatewaySettings {
  readonly appId: string;
  readonly keys: AlipayKeys;
  readonly gatewayUrl: string;
  readonly appAuthToken?: string | undefined;
  /** AES-128 key of content encryption. */
  readonly encryptKey?: Buffer | undefined;
}

export type Parameters = Readonly<Record<string, string>>;

/** What is signed: every parameter but `sign` that has a value, by name in byte order, as it is and not URL-encoded. */
export const textToSign = (parameters: Parameters): string =>
  Object.keys(parameters)
    .filter((name) => name !== 'sign' && parameters[name] !== '')
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join('&');

/** RSA2. On a thread of its own: a signature takes a third of a millisecond. */
export const signAsync = promisify(
  (text: string, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
    sign('RSA-SHA256', Buffer.from(text), key, done),
);

/** The parameters of a call, but for its signature. */
const callParameters = (
  { appId, keys, appAuthToken, encryptKey }: GatewaySettings,
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
    ...(encryptKey && { encrypt_type: 'AES' }),
    ...(text && { biz_content: encryptKey ? encrypt(text, encryptKey) : text }),
    ...content.parameters,
  };
};

/** Parameters of the protocol travel in the query, what the call is about in the body; charset has to be in the query. */
const PROTOCOL =
  /^(app_id|method|format|charset|sign_type|sign|timestamp|version|return_url|app_auth_token|app_cert_sn|alipay_root_cert_sn|encrypt_type)$/;

const split = (parameters: Parameters) => {
  const [query, body] = [new URLSearchParams(), new URLSearchParams()];
  for (const [name, value] of Object.entries(parameters)) (PROTOCOL.test(name) ? query : body).set(name, value);
  return { query, body };
};

export const buildCall = async (
  settings: GatewaySettings,
  method: string,
  content: { readonly bizContent?: object; readonly parameters?: Parameters },
  nowMs: number,
): Promise<HttpRequest> => {
  const parameters = callParameters(settings, method, content, nowMs);
  const signature = await signAsync(textToSign(parameters), settings.keys.privateKey);
  const { query, body } = split({ ...parameters, sign: signature.toString('base64') });
  return {
    method: 'POST',
    path: `${new URL(settings.gatewayUrl).pathname}?${query}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', accept: 'application/json' },
    body: body.toString(),
  };
};

/** A page to send the payer to; nothing is sent by us. Content encryption is not for pages. */
export const buildPage = (
  settings: GatewaySettings,
  method: string,
  bizContent: object,
  returnUrl: string | undefined,
  nowMs: number,
) => {
  const parameters = callParameters(
    { ...settings, encryptKey: undefined },
    method,
    { bizContent, ...(returnUrl && { parameters: { return_url: returnUrl } }) },
    nowMs,
  );
  const signature = sign('RSA-SHA256', Buffer.from(textToSign(parameters)), settings.keys.privateKey);
  const signed = { ...parameters, sign: signature.toString('base64') };
  const { query, body } = split(signed);
  return {
    url: `${settings.gatewayUrl}?${new URLSearchParams(signed)}`,
    form: {
      action: `${settings.gatewayUrl}?${query}`,
      fields: [...body].map(([name, value]) => ({ name, value })),
    },
  };
};

const outcome = z.object({
  code: z.string().optional(),
  sub_code: z.string().optional(),
});

/** The parts that a reply may have besides its node. */
const SIGN = 'sign';
const CERTIFICATE = 'alipay_cert_sn';

/**
 * The node of a successful reply. A success is believed only when its signature is right; a refusal is thrown as the
 * failure that `refusals` names, signed or not, since a refusal gives nothing away.
 */
export const judgeCall = (
  { keys, encryptKey }: GatewaySettings,
  method: string,
  reply: HttpReply,
  refusals: Readonly<Record<string, FailureCode>>,
): unknown => {
  const text = readText(reply);
  const { members } = readObject(text);
  const names = [...members.keys()].filter((name) => name !== SIGN && name !== CERTIFICATE);
  const [name = ''] = names;
  const node = members.get(name);
  const expected = `${method.replaceAll('.', '_')}_response`;
  if (!node || names.length !== 1 || (name !== expected && name !== 'error_response'))
    throw new PayerIdentityError('REPLY_MALFORMED');

  const signature = stringOf(members.get(SIGN));
  if (signature !== undefined) {
    const ours = !keys.serialNumbers || stringOf(members.get(CERTIFICATE)) === keys.serialNumbers.alipay;
    if (!ours || !isSigned(text.slice(node.start, node.end), signature, keys.alipayPublicKey))
      throw new PayerIdentityError('REPLY_UNVERIFIED');
  }
  const value = jsonValue(decrypted(node, encryptKey));
  const { code, sub_code: subCode } = parseReply(outcome, value);
  // A token's node has no code; every other success has 10000.
  if (name === 'error_response' || (code !== undefined && code !== '10000'))
    throw new PayerIdentityError(refusals[subCode ?? ''] ?? commonRefusals[code ?? ''] ?? 'OUTCOME_UNKNOWN', {
      upstreamCode: subCode ?? code,
    });
  if (signature === undefined) throw new PayerIdentityError('REPLY_UNVERIFIED');
  return value;
};

/** https://opendocs.alipay.com/common/02km9f */
const commonRefusals: Readonly<Record<string, FailureCode>> = {
  20001: 'CHANNEL_MISCONFIGURED',
  40001: 'CHANNEL_MISCONFIGURED',
  40002: 'CHANNEL_MISCONFIGURED',
  40003: 'CHANNEL_MISCONFIGURED',
  40006: 'CHANNEL_MISCONFIGURED',
};

const stringOf = (node: JsonNode | undefined): string | undefined =>
  node?.kind === 'scalar' && typeof node.value === 'string' && node.value !== '' ? node.value : undefined;

/** The gateway escapes slashes after signing in some of its paths, so both spellings are tried, as its own SDKs do. */
const isSigned = (text: string, signature: string, key: KeyObject): boolean => {
  const bytes = Buffer.from(signature, 'base64');
  return [text, text.replaceAll('\\/', '/')].some((spelling) =>
    verify('RSA-SHA256', Buffer.from(spelling), key, bytes),
  );
};

/** AES-128-CBC with an IV of zeroes, as https://opendocs.alipay.com/common/02mse3 has it. */
const ZERO_IV = Buffer.alloc(16);

const encrypt = (text: string, key: Buffer): string => {
  const cipher = createCipheriv('aes-128-cbc', key, ZERO_IV);
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64');
};

/** An encrypted node is a string; it was verified as it stands, and is read only now. */
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
