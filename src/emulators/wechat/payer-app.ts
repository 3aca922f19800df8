/**
 * What WeChat's application on a payer's phone does, as two calls of a test: it gives login codes to a mini program
 * (wx.login) or to the merchant's app (SendAuth), and shows payment codes. WeChat has no such addresses.
 */
import { randomInt } from 'node:crypto';
import { type EmulatorReply, type EmulatorRequest, json } from '../emulator.ts';
import { issueTestCode } from '../test-codes.ts';
import type { WechatServer } from './server.ts';

const CODE_TTL_MS = 5 * 60_000;
const payerOf = ({ url }: EmulatorRequest): string => url.searchParams.get('payer') ?? 'alice';

/** Only an application with a client of its own: a mini program or the merchant's app. */
export const login = ({ apps, issued, now }: WechatServer, request: EmulatorRequest): EmulatorReply => {
  const { appId = '', client } = apps.get(request.url.searchParams.get('appid') ?? '') ?? {};
  if (!client) return json({ errMsg: 'login:fail' });
  const code = issueTestCode(payerOf(request));
  const takenAs = client === 'miniprogram' ? 'js_code' : 'code';
  issued.set(code, { appId, takenAs, scope: 'snsapi_userinfo', until: now() + CODE_TTL_MS });
  return json({ errMsg: 'login:ok', code });
};

/** 18 digits from 10 to 15 on, for every merchant. */
export const showPaymentCode = ({ shown }: WechatServer, request: EmulatorRequest): EmulatorReply => {
  const digits = `${randomInt(10, 16)}${String(randomInt(1e8)).padStart(8, '0')}${String(randomInt(1e8)).padStart(8, '0')}`;
  shown.set(digits, issueTestCode(payerOf(request)));
  return json({ paymentCode: digits });
};
