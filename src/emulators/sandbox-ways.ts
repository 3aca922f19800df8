/** The app `demo-ways` of the sandbox: every kind of auth code, each on a channel named as in docs/channels.md. */
import type { FileConfig } from '../config/load.ts';
import type { AlipayApp } from './alipay.ts';
import type { WechatApp } from './wechat.ts';

const pid = '2088000000000001';
const appIds = {
  alipay: '2021000000000001',
  alipayMiniProgram: '2021000000000002',
  wechat: 'wx0000000000000001',
  wechatWebsite: 'wx0000000000000002',
  wechatMiniProgram: 'wx0000000000000003',
  wechatNative: 'wx0000000000000004',
};
const mchId = '10000100';

export const waysTitles = {
  ali_pay_mini_program: '支付宝小程序',
  ali_pay_native_app: '支付宝 App 登录',
  wechat_pay_website_qr: '微信扫码登录',
  wechat_pay_mini_program: '微信小程序',
  wechat_pay_native_app: '微信 App 登录',
  wechat_pay_payment_code: '微信付款码',
};

/** The payer pages of the channels that have a page. */
const returnUrlsAt = (origin: string): string[] =>
  ['ali_pay', 'wechat_pay', 'union_pay', 'wechat_pay_website_qr'].map(
    (channel) => `${origin}/payer?app=demo-ways&channel=${channel}`,
  );

/** They send payers back to every address: teams list theirs for the apps of the sandbox. */
export const alipayApps = (publicKey: AlipayApp['publicKey']): AlipayApp[] => [
  // A web page and an app share one application of Alipay.
  { appId: appIds.alipay, publicKey, pid },
  { appId: appIds.alipayMiniProgram, publicKey, isMiniProgram: true },
];

export const wechatApps = (secret: string, apiKey: string): WechatApp[] => [
  { appId: appIds.wechat, secret, merchant: { mchId, apiKey } },
  { appId: appIds.wechatWebsite, secret, bound: true },
  { appId: appIds.wechatMiniProgram, secret, bound: true, client: 'miniprogram' },
  { appId: appIds.wechatNative, secret, bound: true, client: 'native' },
];

export const waysApp = (origin: string): FileConfig['apps'][number] => ({
  id: 'demo-ways',
  channels: {
    ali_pay: 'alipay',
    ali_pay_mini_program: 'alipay-mini-program',
    ali_pay_native_app: 'alipay-native-app',
    wechat_pay: 'wechat',
    wechat_pay_website_qr: 'wechat-website',
    wechat_pay_mini_program: 'wechat-mini-program',
    wechat_pay_native_app: 'wechat-native-app',
    wechat_pay_payment_code: 'wechat-payment-code',
    union_pay: 'jucai',
  },
  returnUrls: returnUrlsAt(origin),
  sessions: 'required',
});

/** Of the sources `alipay` and `wechat`, what does not depend on the kind of codes. */
interface Shared {
  readonly alipay: { readonly type: string; readonly [option: string]: unknown };
  readonly wechat: { readonly type: string; readonly apiUrl: string; readonly appSecret: string };
  readonly wechatApiKey: string;
  /** The address of WeChat's pages for payers' browsers. */
  readonly wechatPages: string;
}

export const waysSources = ({ alipay, wechat, wechatPages, wechatApiKey }: Shared): FileConfig['sources'] => ({
  'alipay-mini-program': { ...alipay, kind: 'miniprogram', appId: appIds.alipayMiniProgram },
  'alipay-native-app': { ...alipay, kind: 'native', appId: appIds.alipay, pid },
  'wechat-website': {
    ...wechat,
    appId: appIds.wechatWebsite,
    scope: 'snsapi_login',
    authorizeUrl: `${wechatPages}/connect/qrconnect`,
  },
  'wechat-mini-program': { ...wechat, kind: 'miniprogram', appId: appIds.wechatMiniProgram },
  'wechat-native-app': { ...wechat, kind: 'native', appId: appIds.wechatNative },
  'wechat-payment-code': {
    type: 'wechat',
    kind: 'payment_code',
    appId: appIds.wechat,
    mchId,
    apiKey: wechatApiKey,
    payUrl: wechat.apiUrl,
    // Test codes as well.
    paymentCodePattern: 'test_.*|1[0-5]\\d{16}',
  },
});
