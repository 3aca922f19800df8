/**
 * What Alipay's application on a payer's phone does, as two calls of a test: it gives auth codes to a mini program
 * (my.getAuthCode) and, for an infoStr, to the SDK in the merchant's app (auth_V2). Alipay has no such addresses.
 * https://opendocs.alipay.com/open/218/105327 (infoStr), https://opendocs.alipay.com/open/218/105325 (results)
 */
import { type EmulatorReply, type EmulatorRequest, json } from '../emulator.ts';
import { idsOf, issueTestCode } from '../test-codes.ts';
import type { AlipayApp, Gateway } from './app.ts';

const payerOf = ({ url }: EmulatorRequest): string => url.searchParams.get('payer') ?? 'alice';

export const getAuthCode = ({ appOf }: Gateway, request: EmulatorRequest): EmulatorReply => {
  const app = appOf(request.url.searchParams.get('app_id') ?? '');
  const scope = request.url.searchParams.get('scopes') ?? 'auth_base';
  if (!app?.isMiniProgram) return json({ error: 11, errorMessage: '未知错误' });
  return json({ authCode: issueTestCode(payerOf(request)), authSuccessScopes: [scope], authErrorScopes: {} });
};

/** What follows the `=` of each parameter, by its name; in this order in a text that is sorted by name. */
const expected = ({ appId, pid = '' }: AlipayApp) => ({
  apiname: 'com.alipay.account.auth',
  app_id: appId,
  app_name: 'mc',
  auth_type: 'AUTHACCOUNT',
  biz_type: 'openservice',
  method: 'alipay.open.auth.sdk.code.get',
  pid,
  product_id: 'APP_FAST_LOGIN',
  scope: 'kuaijie',
  sign_type: 'RSA2',
});

/** Alipay is documented not to require a right signature; the emulator does, so that a wrong one is noticed. */
const faultOf = ({ verify }: Gateway, app: AlipayApp, infoStr: string): string | undefined => {
  const [, text = '', sign = ''] = /^(.*)&sign=([^&]*)$/s.exec(infoStr) ?? [];
  const pairs = text.split('&').map((pair) => pair.split('='));
  const targetId = pairs.at(-1)?.[1] ?? '';
  const rightText = Object.entries({ ...expected(app), target_id: targetId }).map((pair) => pair.join('='));
  if (!app.pid || !/^\w{1,32}$/.test(targetId) || text !== rightText.join('&')) return 'ALI10';
  return verify(app, text, decodeURIComponent(sign)) ? undefined : 'ALI38173';
};

/** The body is the infoStr, as the merchant's app passes it to the SDK. */
export const authV2 = (gateway: Gateway, request: EmulatorRequest): EmulatorReply => {
  const appId = /(?:^|&)app_id=(\w+)/.exec(request.body)?.[1];
  const app = gateway.appOf(appId);
  const fault = app ? faultOf(gateway, app, request.body) : 'ALI10';
  if (!app || fault) return json({ resultStatus: '4000', memo: '系统异常', result: fault });
  const payer = payerOf(request);
  if (payer === 'cancels') return json({ resultStatus: '6001', memo: '用户取消', result: '' });
  const result = {
    success: 'true',
    result_code: '200',
    app_id: app.appId,
    auth_code: issueTestCode(payer),
    scope: 'kuaijie',
    user_id: idsOf(payer).userId,
    target_id: /target_id=(\w+)/.exec(request.body)?.[1] ?? '',
  };
  return json({ resultStatus: '9000', memo: '处理成功', result: new URLSearchParams(result).toString() });
};
