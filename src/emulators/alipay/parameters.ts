/** The parameters of a call to the first protocol: from query and body, and the biz_content, which may be encrypted. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type EmulatorRequest, type Fields, fieldsOf } from '../emulator.ts';
import type { AlipayApp, GatewayError } from './app.ts';

export type Params = ReadonlyMap<string, string>;

/** Of two parameters with one name the first counts, and an empty one counts as absent. */
export const paramsOf = ({ url, headers, body }: EmulatorRequest): Params => {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const pairs = [...url.searchParams, ...(isForm ? new URLSearchParams(body) : [])];
  return new Map(pairs.filter(([, value]) => value !== '').reverse());
};

/** AES-128-CBC; the IV is sixteen zeros. https://opendocs.alipay.com/common/02mse3 */
const aes = ({ encryptKey = '' }: AlipayApp) => [Buffer.from(encryptKey, 'base64'), Buffer.alloc(16)] as const;

export const encrypt = (app: AlipayApp, text: string): string => {
  const cipher = createCipheriv('aes-128-cbc', ...aes(app));
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
};

const decrypt = (app: AlipayApp, text: string): string => {
  const decipher = createDecipheriv('aes-128-cbc', ...aes(app));
  return Buffer.concat([decipher.update(text, 'base64'), decipher.final()]).toString('utf8');
};

/** The biz_content, or the error that the gateway answers to it. */
export const readBiz = (params: Params, app: AlipayApp): Fields | GatewayError => {
  let text = params.get('biz_content') ?? '{}';
  if (params.has('encrypt_type')) {
    if (params.get('encrypt_type') !== 'AES') return 'invalid-encrypt-type';
    if (!app.encryptKey) return 'decryption-error-not-valid-encrypt-key';
    // Assumed: no SDK sends encrypt_type without a biz_content, so the answer of the real gateway is not known.
    if (!params.has('biz_content')) return 'invalid-encrypt-type';
    try {
      text = decrypt(app, text);
    } catch {
      return 'decryption-error-unknown';
    }
  }
  try {
    const biz: unknown = JSON.parse(text);
    return typeof biz === 'object' && biz !== null ? fieldsOf(biz) : 'invalid-parameter';
  } catch {
    return 'invalid-parameter';
  }
};
