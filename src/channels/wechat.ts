/**
 * WeChat in person, without a payment platform between. What an auth code is depends on where the payer is, and a
 * source instance performs one of the three exchanges: `web` for pages in WeChat's browser, `miniprogram` for the code
 * of wx.login, `payment_code` for the 18 digits that a cashier scans. Their documents: wechat-sns.ts, wechat-pay.ts.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { needsTls, upstreamAddress } from '../lib/address.ts';
import { type AuthorizeRequest, defineSource } from './source.ts';
import { issuedId, issuedSecret } from './source-settings.ts';
import { judgeOpenId, openIdRequest } from './wechat-pay.ts';
import { judgeSession, judgeToken, sessionRequest, tokenRequest } from './wechat-sns.ts';

const isPattern = (source: string): boolean => {
  try {
    return Boolean(new RegExp(source, 'u'));
  } catch {
    return false;
  }
};

const common = { appId: issuedId(32), channels: z.array(z.string()).default(['wechat_pay']) };
const login = {
  ...common,
  appSecret: issuedSecret(128),
  apiUrl: needsTls(upstreamAddress).default('https://api.weixin.qq.com'),
};

const web = z.strictObject({
  ...login,
  kind: z.literal('web').default('web'),
  /** snsapi_base asks the payer nothing; snsapi_userinfo asks, and brings the unionid. */
  scope: z.enum(['snsapi_base', 'snsapi_userinfo']).default('snsapi_base'),
  authorizeUrl: upstreamAddress.default('https://open.weixin.qq.com/connect/oauth2/authorize'),
});
const miniprogram = z.strictObject({ ...login, kind: z.literal('miniprogram') });
const paymentCode = z.strictObject({
  ...common,
  kind: z.literal('payment_code'),
  payUrl: upstreamAddress.default('https://api.mch.weixin.qq.com'),
  mchId: issuedId(32),
  /** The merchant's V2 key (API密钥), not the one of V3. */
  apiKey: issuedSecret(128),
  /** For service providers: whom they ask for. */
  subAppId: issuedId(32).optional(),
  subMchId: issuedId(32).optional(),
  /**
   * What a whole payment code looks like; anything else is not sent. 18 digits that start with 10 to 15:
   * https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=5_1
   */
  paymentCodePattern: z.string().default('1[0-5]\\d{16}').refine(isPattern, 'a regular expression'),
});
const config = z.discriminatedUnion('kind', [web, miniprogram, paymentCode]);

/** WeChat matches this query with a pattern: other orders and encodings fail on the payer's phone. */
const authorizeUrl = (
  { appId, scope, authorizeUrl: page }: z.output<typeof web>,
  { returnUrl, state }: AuthorizeRequest,
): string =>
  `${page}?appid=${encodeURIComponent(appId)}&redirect_uri=${encodeURIComponent(returnUrl)}` +
  `&response_type=code&scope=${scope}&state=${state}#wechat_redirect`;

/** WeChat's own API: official accounts and websites, mini programs, payment codes. */
export const wechat = defineSource({
  title: '微信支付',
  config,
  open(settings, { connect, now, nonce }) {
    const { send } = connect(settings.kind === 'payment_code' ? settings.payUrl : settings.apiUrl);
    const served = { upstreamAppId: settings.appId, channels: settings.channels };

    switch (settings.kind) {
      case 'web':
        return {
          ...served,
          authorizeUrl: (request) => authorizeUrl(settings, request),
          async redeem(authCode, _, until) {
            const sentAtMs = now();
            return judgeToken(await send(tokenRequest(authCode, settings), until), sentAtMs);
          },
        };
      case 'miniprogram':
        return {
          ...served,
          async redeem(authCode, _, until) {
            return judgeSession(await send(sessionRequest(authCode, settings), until));
          },
        };
      case 'payment_code': {
        const whole = new RegExp(`^(?:${settings.paymentCodePattern})$`, 'u');
        return {
          ...served,
          validate(authCode) {
            if (whole.test(authCode)) return;
            const fields = [{ path: 'authCode', message: 'the whole payment code, as the payer shows it' }];
            throw new PayerIdentityError('INPUT_INVALID', { fields });
          },
          async redeem(authCode, _, until) {
            return judgeOpenId(await send(openIdRequest(authCode, settings, nonce()), until), settings);
          },
        };
      }
    }
  },
});
