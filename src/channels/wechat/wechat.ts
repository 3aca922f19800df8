/**
 * The source `wechat`, WeChat's own API. A source redeems one kind of auth codes: `web` those of WeChat's pages,
 * `miniprogram` those of wx.login, `native` those that WeChat's SDK gives the merchant's app, `payment_code` the 18
 * digits that a cashier scans. Documents: login.ts, payment-code.ts.
 */
import { z } from 'zod';
import { needsTls, upstreamAddress } from '../../lib/address.ts';
import type { AuthCodeKind, RedeemRequest } from '../../model.ts';
import { returnWith } from '../page-return.ts';
import { invalidField, refusePaymentCode, refuseSubAppId } from '../request-checks.ts';
import { channelNames, issuedId, issuedSecret } from '../schemas.ts';
import { type AuthorizeRequest, type Authorizer, defineSource } from '../source.ts';
import { explainV2 } from './explain.ts';
import { judgeSession, judgeToken, sessionRequest, tokenRequest } from './login.ts';
import { judgeOpenId, openIdRequest } from './payment-code.ts';
import { wechatRemedies } from './remedies.ts';

const isPattern = (source: string): boolean => {
  try {
    return Boolean(new RegExp(source, 'u'));
  } catch {
    return false;
  }
};

const common = {
  appId: issuedId(32).describe('AppID of the account, application or mini program'),
  channels: z
    .array(z.string())
    .optional()
    .describe(
      'The channels that it serves; absent: wechat_pay, and by its kind a second one, such as wechat_pay_mini_program',
    ),
};
const login = {
  ...common,
  appSecret: issuedSecret(128).describe('AppSecret of that AppID, from its console'),
  apiUrl: needsTls(upstreamAddress).prefault('https://api.weixin.qq.com').describe('Origin of the API'),
};

const OAUTH2 = 'https://open.weixin.qq.com/connect/oauth2/authorize';
/** https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html */
const QRCONNECT = 'https://open.weixin.qq.com/connect/qrconnect';
const pages = { snsapi_base: OAUTH2, snsapi_userinfo: OAUTH2, snsapi_login: QRCONNECT };

const web = z
  .strictObject({
    ...login,
    kind: z.literal('web').default('web').describe('Codes of pages, of official accounts and websites'),
    /**
     * In WeChat's browser snsapi_base asks the payer nothing; snsapi_userinfo asks, and yields the unionid. snsapi_login
     * is for website applications: payers at a computer scan the QR code of another page; it yields the unionid too.
     */
    scope: z
      .enum(['snsapi_base', 'snsapi_userinfo', 'snsapi_login'])
      .default('snsapi_base')
      .describe(
        'snsapi_base asks the payer nothing; snsapi_userinfo asks, and yields the unionid; snsapi_login is the QR code of websites',
      ),
    authorizeUrl: upstreamAddress
      .optional()
      .describe("The page where payers authorize; absent: WeChat's for the scope"),
  })
  .superRefine(({ scope, authorizeUrl }, context) => {
    const page = [OAUTH2, QRCONNECT].find((url) => authorizeUrl?.endsWith(new URL(url).pathname));
    if (page !== undefined && page !== pages[scope])
      context.addIssue({
        code: 'custom',
        path: ['scope'],
        message: `WeChat refuses it at ${new URL(page).pathname}. Remove authorizeUrl, or write the scope of that page.`,
      });
  });
const miniprogram = z.strictObject({ ...login, kind: z.literal('miniprogram').describe('Codes of wx.login') });
/** https://developers.weixin.qq.com/doc/oplatform/Mobile_App/WeChat_Login/Development_Guide.html */
const native = z.strictObject({
  ...login,
  kind: z.literal('native').describe("Codes of WeChat's SDK in the merchant's app"),
});
const paymentCode = z
  .strictObject({
    ...common,
    kind: z.literal('payment_code').describe('The 18 digits that a cashier scans'),
    payUrl: upstreamAddress.prefault('https://api.mch.weixin.qq.com').describe('Origin of the payment API'),
    mchId: issuedId(32).describe('The merchant number (商户号)'),
    apiKey: issuedSecret(128).describe("The merchant's V2 key (API密钥), not the one of V3"),
    subMchId: issuedId(32).optional().describe('For service providers: the number of the sub-merchant'),
    subAppId: issuedId(32)
      .optional()
      .describe("For service providers: the sub-merchant's application; absent: the caller may name one"),
    /**
     * Matches a whole payment code; any other text is not sent. 18 digits that start with 10 to 15:
     * https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=5_1
     */
    paymentCodePattern: z
      .string()
      .default('1[0-5]\\d{16}')
      .refine(isPattern, 'is not a regular expression. Correct it, or remove it.')
      .describe('A regular expression of a whole payment code; any other text is not sent'),
  })
  .refine(({ subAppId, subMchId }) => !subAppId || subMchId, {
    path: ['subMchId'],
    message: 'is missing: subAppId requires it. Write it, or remove subAppId.',
  });
const given = z.discriminatedUnion('kind', [web, miniprogram, native, paymentCode]);

const kindOf = (options: z.output<typeof given>): AuthCodeKind => {
  if (options.kind === 'web') return options.scope === 'snsapi_login' ? 'WEBSITE_QR' : 'PAGE';
  return ({ miniprogram: 'MINI_PROGRAM', native: 'NATIVE_APP', payment_code: 'PAYMENT_CODE' } as const)[options.kind];
};
const config = given.transform((options) => {
  const channels = options.channels ?? channelNames('wechat_pay', kindOf(options));
  if (options.kind !== 'web') return { ...options, channels };
  return { ...options, channels, authorizeUrl: options.authorizeUrl ?? pages[options.scope] };
});
type WebOptions = Extract<z.output<typeof config>, { kind: 'web' }>;
type PaymentCodeOptions = z.output<typeof paymentCode>;

/**
 * WeChat matches this query with a pattern: another order or encoding fails on the payer's phone. connect_redirect=1 is
 * in no document of WeChat; public clients send it against a second redirect, with a second code for one state.
 */
const authorizeUrl = (
  { appId, scope, authorizeUrl: page }: WebOptions,
  { returnUrl, state }: AuthorizeRequest,
): string =>
  `${page}?appid=${encodeURIComponent(appId)}&redirect_uri=${encodeURIComponent(returnUrl)}` +
  `&response_type=code&scope=${scope}&state=${state}${scope === 'snsapi_login' ? '' : '&connect_redirect=1'}#wechat_redirect`;

/** WeChat's browser shows the pages for snsapi_base and snsapi_userinfo only, every other browser those for snsapi_login. */
const authorizer = (options: WebOptions): Authorizer => ({
  channels: options.channels,
  ...(options.scope !== 'snsapi_login' && { browserMark: 'MicroMessenger/' }),
  read: returnWith('code'),
  url: (request) => authorizeUrl(options, request),
});

/**
 * A service provider whose sub-merchant has several applications has to name one (sub_appid). The caller may, unless
 * the configuration does. https://pay.weixin.qq.com/doc/v2/partner/4011941724
 */
const requireFittingSubAppId = (options: PaymentCodeOptions, request: RedeemRequest): void => {
  const { subAppId } = request;
  if (subAppId === undefined || subAppId === options.subAppId) return;
  if (!options.subMchId) refuseSubAppId(request);
  if (options.subAppId) throw invalidField('subAppId', 'the configured application of the sub-merchant, or none');
  if (!issuedId(32).safeParse(subAppId).success) throw invalidField('subAppId', 'an application id of WeChat');
};

export const wechat = defineSource({
  config,
  remedies: wechatRemedies,
  explain(options, message) {
    return options.kind === 'payment_code' ? explainV2(options.apiKey, message) : undefined;
  },
  open(options, { connect, now, nonce }) {
    const exchange = connect(options.kind === 'payment_code' ? options.payUrl : options.apiUrl);
    const kind = kindOf(options);
    const common = { upstreamAppId: options.appId, channels: options.channels, authCodeKind: () => kind };
    const validate = (authCode: string, request: RedeemRequest) => {
      refusePaymentCode(authCode);
      refuseSubAppId(request);
    };

    switch (options.kind) {
      case 'web':
      case 'native':
        return {
          ...common,
          validate,
          ...(options.kind === 'web' && { authorizer: authorizer(options) }),
          redeem(authCode, _, call) {
            const sentAtMs = now();
            return exchange(tokenRequest(authCode, options), (reply) => judgeToken(reply, sentAtMs), call);
          },
        };
      case 'miniprogram':
        return {
          ...common,
          validate,
          redeem: (authCode, _, call) => exchange(sessionRequest(authCode, options), judgeSession, call),
        };
      case 'payment_code': {
        const whole = new RegExp(`^(?:${options.paymentCodePattern})$`, 'u');
        return {
          ...common,
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
