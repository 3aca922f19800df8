/** The part of each source in the configuration that `init` writes. */

export type SourceType = 'alipay' | 'wechat' | 'daxpay' | 'jucai';

interface SourceText {
  /** The channel by which payers of an app come to it, unless an earlier source has that channel. */
  readonly channels: readonly string[];
  /** Its part of `sources`. */
  readonly yaml: string;
  /** What is left to do, a line each. */
  readonly next: readonly string[];
}

export const sourceTexts: ReadonlyMap<SourceType, SourceText> = new Map([
  [
    'alipay',
    {
      channels: ['ali_pay'],
      yaml: `  alipay:
    type: alipay
    # APPID of the application, from https://open.alipay.com
    appId: '<APPID>'
    # Made by init. Upload keys/alipay-app-public.pem to the application: 接口加签方式, 公钥模式, RSA2.
    privateKey: { $file: keys/alipay-app-private.pem }
    # 支付宝公钥, which the console shows after the upload: not the application's own.
    alipayPublicKey: { $file: keys/alipay-public.pem }
    # In certificate mode (公钥证书), in place of alipayPublicKey, and with the privateKey that the certificate was asked for:
    # certificates:
    #   app: { $file: keys/appCertPublicKey.crt }
    #   alipay: { $file: keys/alipayCertPublicKey_RSA2.crt }
    #   alipayRoot: { $file: keys/alipayRootCert.crt }
`,
      next: [
        'Upload keys/alipay-app-public.pem at open.alipay.com, and save the key that it shows in return (支付宝公钥) as keys/alipay-public.pem.',
      ],
    },
  ],
  [
    'wechat',
    {
      channels: ['wechat_pay'],
      yaml: `  wechat:
    type: wechat
    # web: a page in WeChat; miniprogram, native and payment_code are the others. Each is a source of its own: for a mini
    # program too, add a second one and name it in channels as wechat_pay_mini_program.
    kind: web
    # AppID and AppSecret of the official account, from https://mp.weixin.qq.com
    appId: '<AppID>'
    appSecret: { $env: WECHAT_APP_SECRET }
`,
      next: ['Set WECHAT_APP_SECRET to the AppSecret that mp.weixin.qq.com shows.'],
    },
  ],
  [
    'daxpay',
    {
      channels: ['ali_pay', 'wechat_pay'],
      yaml: `  daxpay:
    type: daxpay
    # Origin of your DaxPay server.
    baseUrl: https://daxpay.example.com
    # The application of the merchant, and its key of signatures, from the console of DaxPay.
    appId: '<appId>'
    secret: { $env: DAXPAY_SECRET }
`,
      next: ['Set DAXPAY_SECRET to the key of signatures of your application at DaxPay.'],
    },
  ],
  [
    'jucai',
    {
      channels: ['union_pay', 'wechat_pay'],
      yaml: `  jucai:
    type: jucai
    # Origin of the JuCai server, and the merchant that it has given you.
    baseUrl: https://jucai.example.com
    mchNo: '<mchNo>'
    appId: '<appId>'
    secret: { $env: JUCAI_SECRET }
`,
      next: ['Set JUCAI_SECRET to the key of your merchant at JuCai.'],
    },
  ],
]);
