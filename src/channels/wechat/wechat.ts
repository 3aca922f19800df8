/**
 * WeChat in person, without a payment platform between. What an auth code is depends on where the payer is, and a
 * source instance performs one of the three exchanges: `web` for pages in WeChat's browser, `miniprogram` for the code
 * of wx.login, `payment_code` for the 18 digits that a cashier scans. Their documents: login.ts, payment-code.ts.
 */
import { z } from 'zod';
import { needsTls, upstreamAddress } from '../../lib/address.ts';
import type { RedeemRequest } from '../../model.ts';
import { invalidField, refuseSubAppId } from '../invalid-field.ts';
import { issuedId, issuedSecret } from '../schemas.ts';
import { type AuthorizeRequest, defineSource } from '../source.ts';
import { judgeSession, judgeToken, sessionRequest, tokenRequest } from './login.ts';
import { judgeOpenId, openIdRequest } from './payment-code.ts';

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

const OAUTH2 = 'https://open.weixin.qq.com/connect/oauth2/authorize';
/** https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html */
const QRCONNECT = 'https://open.weixin.qq.com/connect/qrconnect';
const pages = { snsapi_base: OAUTH2, snsapi_userinfo: OAUTH2, snsapi_login: QRCONNECT };

const web = z
  .strictObject({
    ...login,
    kind: z.literal('web').default('web'),
    /**
     * In WeChat's browser snsapi_base asks the payer nothing; snsapi_userinfo asks, and brings the unionid. snsapi_login
     * is for website applications: payers at a computer scan the QR code of another page; it brings the unionid too.
     */
    scope: z.enum(['snsapi_base', 'snsapi_userinfo', 'snsapi_login']).default('snsapi_base'),
    /** Absent: WeChat's page for the scope. */
    authorizeUrl: upstreamAddress.optional(),
  })
  .superRefine(({ scope, authorizeUrl }, context) => {
    const page = [OAUTH2, QRCONNECT].find((known) => authorizeUrl?.endsWith(new URL(known).pathname));
    if (page !== undefined && page !== pages[scope])
      context.addIssue({ code: 'custom', path: ['scope'], message: `WeChat refuses it at ${new URL(page).pathname}` });
  });
const miniprogram = z.strictObject({ ...login, kind: z.literal('miniprogram') });
const paymentCode = z
  .strictObject({
    ...common,
    kind: z.literal('payment_code'),
    payUrl: upstreamAddress.default('https://api.mch.weixin.qq.com'),
    mchId: issuedId(32),
    /** The merchant's V2 key (API密钥), not the one of V3. */
    apiKey: issuedSecret(128),
    /** For service providers: the sub-merchant they ask for. */
    subMchId: issuedId(32).optional(),
    /** Its application; absent: the caller may name one. */
    subAppId: issuedId(32).optional(),
    /**
     * What a whole payment code looks like; anything else is not sent. 18 digits that start with 10 to 15:
     * https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=5_1
     */
    paymentCodePattern: z.string().default('1[0-5]\\d{16}').refine(isPattern, 'a regular expression'),
  })
  .refine(({ subAppId, subMchId }) => !subAppId || subMchId, { path: ['subMchId'], message: 'subAppId requires it' });
const config = z
  .discriminatedUnion('kind', [web, miniprogram, paymentCode])
  .transform((options) =>
    options.kind === 'web' ? { ...options, authorizeUrl: options.authorizeUrl ?? pages[options.scope] } : options,
  );
type WebOptions = Extract<z.output<typeof config>, { kind: 'web' }>;
type PaymentCodeOptions = z.output<typeof paymentCode>;

/** WeChat matches this query with a pattern: other orders and encodings fail on the payer's phone. */
const authorizeUrl = (
  { appId, scope, authorizeUrl: page }: WebOptions,
  { returnUrl, state }: AuthorizeRequest,
): string =>
  `${page}?appid=${encodeURIComponent(appId)}&redirect_uri=${encodeURIComponent(returnUrl)}` +
  `&response_type=code&scope=${scope}&state=${state}#wechat_redirect`;

/**
 * A service provider's sub-merchant may have several applications, and then has to name one (sub_appid): the caller
 * may where the configuration does not. https://pay.weixin.qq.com/doc/v2/partner/4011941724
 */
const requireFittingSubAppId = (options: PaymentCodeOptions, request: RedeemRequest): void => {
  const { subAppId } = request;
  if (subAppId === undefined || subAppId === options.subAppId) return;
  if (!options.subMchId) refuseSubAppId(request);
  if (options.subAppId) throw invalidField('subAppId', 'the configured application of the sub-merchant, or none');
  if (!issuedId(32).safeParse(subAppId).success) throw invalidField('subAppId', 'an application id of WeChat');
};

/** WeChat's own API: official accounts and websites, mini programs, payment codes. */
export const wechat = defineSource({
  config,
  open(options, { connect, now, nonce }) {
    const exchange = connect(options.kind === 'payment_code' ? options.payUrl : options.apiUrl);
    const served = { upstreamAppId: options.appId, channels: options.channels };

    switch (options.kind) {
      case 'web':
        return {
          ...served,
          validate: (_, request) => refuseSubAppId(request),
          authorizer: { channels: options.channels, url: (request) => authorizeUrl(options, request) },
          redeem(authCode, _, call) {
            const sentAtMs = now();
            return exchange(tokenRequest(authCode, options), (reply) => judgeToken(reply, sentAtMs), call);
          },
        };
      case 'miniprogram':
        return {
          ...served,
          pageless: options.channels,
          validate: (_, request) => refuseSubAppId(request),
          redeem: (authCode, _, call) => exchange(sessionRequest(authCode, options), judgeSession, call),
        };
      case 'payment_code': {
        const whole = new RegExp(`^(?:${options.paymentCodePattern})$`, 'u');
        return {
          ...served,
          pageless: options.channels,
          validate(authCode, request) {
            if (!whole.test(authCode)) throw invalidField('authCode', 'the whole payment code, as the payer shows it');
            requireFittingSubAppId(options, request);
          },
          redeem(authCode, { subAppId = options.subAppId }, call) {
            const merchant = { ...options, subAppId };
            const request = openIdRequest(authCode, merchant, nonce());
            return exchange(request, (reply) => judgeOpenId(reply, merchant), call);
          },
        };
      }
    }
  },
});
