/** What the channels behind the emulated DaxPay answer, and what DaxPay makes of it. */
import type { Fields } from '../emulator.ts';
import { idsOf, type TestCode, type TestCodeKind } from '../test-codes.ts';
import type { DaxpayApp } from './app.ts';
import type { Refusal } from './checks.ts';

/** The result of a code that succeeded. */
export const resultOf = ({ payer }: TestCode, channel: unknown, { alipayId = 'userId' }: DaxpayApp): Fields => {
  const ids = idsOf(payer);
  const status = 'success';
  if (channel === 'wechat_pay') return { openId: ids.openid, userId: null, accessToken: ids.accessToken, status };
  return {
    openId: alipayId === 'openId' ? ids.openId : null,
    userId: alipayId === 'userId' ? ids.userId : null,
    accessToken: null,
    status,
  };
};

const wechatErrors = new Map<TestCodeKind, readonly [code: number, text: string]>([
  ['invalid', [40029, '不合法的 oauth_code']],
  ['used', [40163, 'oauth_code已使用']],
  ['expired', [42003, 'oauth_code超时']],
]);

/** The refusal of a code, if it is refused. Alipay's reason is logged only; WeChat's is lost on beta and quoted on ga. */
export const refusalOf = (kind: TestCodeKind, channel: unknown, app: DaxpayApp): Refusal | undefined => {
  const error = wechatErrors.get(kind);
  if (!error) return undefined;
  if (channel !== 'wechat_pay') return { code: 1, msg: '获取支付宝OpenId失败' };
  if (app.profile !== 'ga') return { code: 10500, msg: '系统错误', isUnsigned: true };
  const [code, text] = error;
  const msg = `微信认证失败: 错误代码：${code}, 错误信息：${text}，微信原始报文：{"errcode":${code}}`;
  return { code: 20080, msg };
};
