/** What the emulated DaxPay checks of a request before it redeems the code, and the messages of its refusals. */
import type { Fields } from '../emulator.ts';
import { type DaxpayApp, signOf } from './app.ts';

/** A refusal: the code and message of the reply. */
export interface Refusal {
  readonly code: number;
  readonly msg: string;
  /** An error of the server itself, which is never signed. */
  readonly isUnsigned?: boolean;
}

const LIMITS: readonly (readonly [field: string, limit: number, message: string])[] = [
  ['appId', 32, '应用号不可超过32位'],
  ['clientIp', 64, '客户端ip不可超过64位'],
  ['nonceStr', 32, '随机数不可超过32位'],
  ['sign', 64, '签名不可超过64位'],
  ['channel', 32, '支付通道不可超过32位'],
  ['authCode', 200, '认证标识码不可超过200位'],
  ['queryCode', 64, '查询码不可超过64位'],
];

const invalid = (faults: string): Refusal => ({ code: 10506, msg: `验证参数错误\n${faults}` });

const validate = (fields: Fields): Refusal | undefined => {
  const faults: string[] = [];
  for (const [field, limit, message] of LIMITS) if (String(fields[field] ?? '').length > limit) faults.push(message);
  if (!fields.channel) faults.push('支付通道不可为空');
  if (!fields.authCode) faults.push('认证标识码不可为空');
  if (!fields.reqTime) faults.push('请求时间必填');
  return faults.length > 0 ? invalid(faults.join('\n')) : undefined;
};

const verify = (fields: Fields, sign: unknown, app: DaxpayApp): Refusal | undefined =>
  app.reqSign !== false && sign !== signOf(fields, app) ? { code: 20052, msg: '验签失败' } : undefined;

const checkTime = (fields: Fields, app: DaxpayApp, now: number): Refusal | undefined => {
  if (app.reqTimeoutSeconds === undefined) return undefined;
  const aheadSeconds = (Date.parse(`${String(fields.reqTime).replace(' ', 'T')}+08:00`) - now) / 1_000;
  const aheadLimit = app.profile === 'ga' ? app.reqTimeoutSeconds : 60;
  if (aheadSeconds > aheadLimit) return invalid('请求时间晚于服务器接收到的时间，请检查');
  return -aheadSeconds > app.reqTimeoutSeconds ? invalid('请求已过期，请重新发送！') : undefined;
};

/** The first refusal; ga validates before it verifies. */
export const checkRequest = (fields: Fields, sign: unknown, app: DaxpayApp, now: number): Refusal | undefined => {
  const validated = () => validate({ ...fields, sign });
  const verified = () => verify(fields, sign, app);
  const fault = app.profile === 'ga' ? (validated() ?? verified()) : (verified() ?? validated());
  return fault ?? checkTime(fields, app, now);
};
