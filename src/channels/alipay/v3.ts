/**
 * Alipay's OpenAPI v3: HTTP requests signed in the Authorization header, replies signed in headers of their own.
 * https://opendocs.alipay.com/open-v3/054q58 (signing), https://opendocs.alipay.com/open-v3/054d0z (verifying)
 */
import { verify } from 'node:crypto';
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import type { HttpReply, HttpRequest } from '../../lib/exchange.ts';
import { jsonValue } from '../../lib/strict-json.ts';
import { parseReply, readObject, requireStatus } from '../reply.ts';
import { type AlipayKeys, verifierOf } from './keys.ts';
import { readReplyText } from './reply-text.ts';
import { CERTIFICATE_UNKNOWN, signRequest } from './v1.ts';

export interface ApiOptions {
  readonly appId: string;
  readonly keys: AlipayKeys;
  readonly appAuthToken?: string | undefined;
}

/** The signed text of a request: every part ends with a line feed. */
export const requestTextToSign = (
  authorization: string,
  method: string,
  target: string,
  { appAuthToken, body = '' }: { readonly appAuthToken?: string | undefined; readonly body?: string } = {},
): string => [authorization, method, target, body, ...(appAuthToken ? [appAuthToken] : []), ''].join('\n');

export const getRequest = async (
  { appId, keys, appAuthToken }: ApiOptions,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  { nowMs, nonce }: { readonly nowMs: number; readonly nonce: string },
): Promise<HttpRequest> => {
  const present = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const target = `${path}?${new URLSearchParams(present)}`;
  const { serialNumbers } = keys;
  const parts = [
    `app_id=${appId}`,
    ...(serialNumbers ? [`app_cert_sn=${serialNumbers.app}`] : []),
    `nonce=${nonce}`,
    `timestamp=${nowMs}`,
  ];
  const authorization = parts.join(',');
  const text = requestTextToSign(authorization, 'GET', target, { appAuthToken });
  const signature = await signRequest(text, keys.privateKey);
  return {
    method: 'GET',
    path: target,
    headers: {
      accept: 'application/json',
      authorization: `ALIPAY-SHA256withRSA ${authorization},sign=${signature}`,
      'alipay-request-id': nonce,
      ...(appAuthToken && { 'alipay-app-auth-token': appAuthToken }),
      ...(serialNumbers && { 'alipay-root-cert-sn': serialNumbers.alipayRoot }),
    },
  };
};

/** The signed text of a reply. */
export const replyTextToSign = (timestamp: string, nonce: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);

export type ApiReply =
  | { readonly kind: 'SUCCESS'; readonly value: unknown }
  /** `signed`: with a right signature. */
  | { readonly kind: 'ERROR'; readonly code: string; readonly signed: boolean };

const errorReply = z.object({ code: z.string() });

/** A success has to be signed. An error with a wrong signature counts as unsigned. */
export const judgeGet = (keys: AlipayKeys, reply: HttpReply): ApiReply => {
  const signature = signatureOf(keys, reply);
  if (reply.status >= 400 && reply.status < 600) {
    const { code } = parseReply(errorReply, jsonValue(readObject(readReplyText(reply).text)));
    return { kind: 'ERROR', code, signed: signature === 'RIGHT' };
  }
  requireStatus(reply);
  if (signature !== 'RIGHT')
    throw new PayerIdentityError('REPLY_UNVERIFIED', {
      claimedCode: signature === 'UNKNOWN' ? CERTIFICATE_UNKNOWN : undefined,
    });
  return { kind: 'SUCCESS', value: jsonValue(readObject(readReplyText(reply).text)) };
};

/** UNKNOWN: the reply names a certificate that is not configured. */
const signatureOf = (keys: AlipayKeys, { headers, body }: HttpReply): 'MISSING' | 'UNKNOWN' | 'WRONG' | 'RIGHT' => {
  const header = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' && value !== '' && value !== 'null' ? value : undefined;
  };
  const signature = header('alipay-signature');
  if (signature === undefined) return 'MISSING';
  const key = verifierOf(keys, header('alipay-sn'));
  if (!key) return 'UNKNOWN';
  const text = replyTextToSign(header('alipay-timestamp') ?? '', header('alipay-nonce') ?? '', body);
  return verify('RSA-SHA256', text, key, Buffer.from(signature, 'base64')) ? 'RIGHT' : 'WRONG';
};
