/** An application of the emulated DaxPay, and its signature, written anew from PaySignUtil.java. */
import { createHash, createHmac } from 'node:crypto';
import type { Fields } from '../emulator.ts';

export interface DaxpayApp {
  readonly appId: string;
  readonly secret: string;
  readonly mchNo?: string;
  readonly profile?: 'beta' | 'ga';
  readonly signType?: 'md5' | 'hmac_sha256' | 'sm3';
  /** Whether requests must be signed. */
  readonly reqSign?: boolean;
  /** The window for reqTime; absent: unlimited, which is the server's default. */
  readonly reqTimeoutSeconds?: number;
  readonly enabled?: boolean;
  /** Whether the answer to auth is signed; releases after 3.0.0 do not sign it. */
  readonly signReplies?: boolean;
  /** The id that the app's Alipay application gets: old ones a user_id, new ones an open_id. */
  readonly alipayId?: 'userId' | 'openId';
}

/** JSON as the server's Java beans are written: without the members that are null. */
const bean = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member != null);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${bean(member)}`).join(',')}}`;
};

export const signOf = (fields: Fields, { secret, signType = 'hmac_sha256', profile = 'beta' }: DaxpayApp): string => {
  const keys = Object.keys(fields).filter((key) => key !== 'sign' && fields[key] != null);
  keys.sort();
  const joined = keys.map((key) => `${key}=${typeof fields[key] === 'object' ? bean(fields[key]) : fields[key]}`);
  let text = `${joined.join('&').replaceAll('\\', '').replaceAll('"', '')}&key=${secret}`;
  if (profile === 'ga') text = text.toUpperCase();
  if (signType === 'hmac_sha256') return createHmac('sha256', secret).update(text, 'utf8').digest('hex');
  return createHash(signType).update(text, 'utf8').digest('hex');
};
