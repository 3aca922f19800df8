/** Signs as merchants do: written from docs/signing.md, without code of the service. */
import { createHash, createHmac, randomBytes } from 'node:crypto';

/** The input of authenticate without its signature. What is undefined is absent. A type, so that it is a record as well. */
export type CallInput = {
  readonly channelId: string;
  readonly authCode: string;
  readonly appId?: string | undefined;
  readonly clientIp?: string | undefined;
  readonly queryCode?: string | undefined;
  readonly channelOptions?:
    | {
        readonly orderId?: string | undefined;
        readonly subAppId?: string | undefined;
        readonly terminalId?: string | undefined;
      }
    | undefined;
};

/** What a signature covers beside the input. */
export interface Moment {
  /** In UTC with milliseconds, which are 000. */
  readonly signedAt: string;
  readonly nonce: string;
}

/** The input as it is sent. */
export type SignedCall = CallInput & { readonly signature: Moment & { readonly value: string } };

export const signingKey = 'a merchant key of 32 bytes, or so';
export const newNonce = (): string => randomBytes(16).toString('hex');
export const timeOf = (epochMs = Date.now()): string => new Date(Math.floor(epochMs / 1_000) * 1_000).toISOString();
export const newMoment = (): Moment => ({ signedAt: timeOf(), nonce: newNonce() });

/** The members that are present, sorted by name. */
const members = (value: object): [string, unknown][] =>
  Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
/** RFC 8785. */
const canonical = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `{${members(value).map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)}}`
    : JSON.stringify(value);

export interface V2Options {
  readonly operation?: string;
  readonly appId?: string | undefined;
  readonly secret?: string;
  readonly hash?: 'sha256' | 'sm3';
}

/** The signature's value. */
export const signV2 = (
  input: CallInput,
  { signedAt, nonce }: Moment,
  { operation = 'authenticate', appId = input.appId, secret = signingKey, hash = 'sha256' }: V2Options = {},
): string => {
  const digest = createHash('sha256').update(canonical(input)).digest('hex');
  return createHmac(hash, secret).update(`v2\n${operation}\n${appId}\n${signedAt}\n${nonce}\n${digest}`).digest('hex');
};

/** The text that DaxPay signs, without what its profile does with it: flat, with DaxPay's names, its time in UTC+8. */
const daxpayText = ({ channelId, channelOptions = {}, ...input }: CallInput, { signedAt, nonce }: Moment): string => {
  const { orderId: merchantOrderNo, subAppId, terminalId: termId } = channelOptions;
  const reqTime = new Date(Date.parse(signedAt) + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const fields = { ...input, channel: channelId, merchantOrderNo, subAppId, termId, nonceStr: nonce, reqTime };
  return members(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
    .replaceAll(/["\\]/g, '');
};

export const signDaxpay = (
  input: CallInput,
  moment: Moment,
  { profile = 'beta', secret = signingKey } = {},
): string => {
  const text = `${daxpayText(input, moment)}&key=${secret}`;
  return createHmac('sha256', secret)
    .update(profile === 'ga' ? text.toUpperCase() : text)
    .digest('hex');
};

/** A complete v2 call, signed now with a new nonce unless the options say otherwise. */
export const signed = (
  fields: Partial<CallInput> & Pick<CallInput, 'authCode'>,
  { signedAt = timeOf(), nonce = newNonce(), ...options }: V2Options & Partial<Moment> = {},
): SignedCall => {
  const input = { appId: 'demo', channelId: 'wechat_pay', ...fields };
  const moment = { signedAt, nonce };
  return { ...input, signature: { ...moment, value: signV2(input, moment, options) } };
};
