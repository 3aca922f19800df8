/** Signs as merchants do: written from docs/signing.md, without code of the service. */
import { createHash, createHmac, randomBytes } from 'node:crypto';

export type Input = Readonly<Record<string, string>>;

export const signingKey = 'a merchant key of 32 bytes, or so';
export const newNonce = (): string => randomBytes(16).toString('hex');
export const timeOf = (epochMs = Date.now()): string =>
  new Date(epochMs + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

const sorted = (input: Input): [string, string][] => Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1));

export interface V2Options {
  readonly operation?: string;
  readonly appId?: string | undefined;
  readonly secret?: string;
  readonly hash?: 'sha256' | 'sm3';
}

export const signV2 = (
  input: Input,
  { operation = 'authenticate', appId = input.appId, secret = signingKey, hash = 'sha256' }: V2Options = {},
): string => {
  const json = `{${sorted(input).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)}}`;
  const digest = createHash('sha256').update(json).digest('hex');
  const text = `v2\n${operation}\n${appId}\n${input.reqTime}\n${input.nonceStr}\n${digest}`;
  return createHmac(hash, secret).update(text).digest('hex');
};

export const signDaxpay = (input: Input, { profile = 'beta', secret = signingKey } = {}): string => {
  const joined = sorted(input).map(([name, value]) => `${name}=${value}`);
  const text = `${joined.join('&').replaceAll(/["\\]/g, '')}&key=${secret}`;
  return createHmac('sha256', secret)
    .update(profile === 'ga' ? text.toUpperCase() : text)
    .digest('hex');
};

/** A complete v2 call. */
export const signed = (fields: Input, options?: V2Options): Input => {
  const input = { appId: 'demo', channelId: 'wechat_pay', reqTime: timeOf(), nonceStr: newNonce(), ...fields };
  return { ...input, sign: signV2(input, options) };
};
