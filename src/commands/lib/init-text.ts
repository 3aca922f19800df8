/** The commented configuration that `init` writes. Its files are beside it; its secrets are variables or files. */
import { stringify } from 'yaml';

export type SourceType = 'alipay' | 'wechat' | 'daxpay' | 'jucai';

/** What the configuration is written from. */
export interface Answers {
  readonly app: string;
  readonly sources: readonly SourceType[];
  readonly returnUrls: readonly string[];
  readonly store: 'sqlite' | 'postgres';
}

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
    # web: a page in WeChat; miniprogram, native and payment_code are the others.
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

/** Each channel once, by the first source that has it. */
const channelsOf = (sources: readonly SourceType[]): string => {
  const served = new Map<string, SourceType>();
  for (const type of sources)
    for (const channel of sourceTexts.get(type)?.channels ?? []) if (!served.has(channel)) served.set(channel, type);
  return [...served].map(([channel, type]) => `      ${channel}: ${type}`).join('\n');
};

const storeText = (store: Answers['store']): string =>
  store === 'postgres'
    ? `# postgres://user:password@host:port/database?sslmode=verify-full
store: { $env: DATABASE_URL }
`
    : `# Results are stored in SQLite in DATA_DIR, which serves one instance. For several:
# store: { $env: DATABASE_URL }
`;

/** In quotes where some version of YAML would read no text, such as `yes` or 123. */
const textOf = (id: string): string => stringify(id, { compat: 'yaml-1.1' }).trim();

/** `schema`: the path of the JSON Schema, by which editors complete and check the file. */
export const configurationText = (
  { app, sources, returnUrls, store }: Answers,
  schema: string,
): string => `# yaml-language-server: $schema=${schema}
# The configuration of payer-identity; docs/configuration.md explains every setting.
# { $env: NAME } is the variable NAME, { $file: path } a file; its path counts from the folder of this file.

# The app of callers that name none.
defaultApp: ${textOf(app)}
apps:
  - id: ${textOf(app)}
    # The source of each channel.
    channels:
${channelsOf(sources)}
    # The pages that a channel may send payers back to, compared character by character.
    returnUrls:
${returnUrls.map((url) => `      - '${url}'`).join('\n') || '      []'}
    # Only query codes and states that startAuthentication issued are accepted.
    sessions: required

sources:
${sources.map((type) => sourceTexts.get(type)?.yaml ?? '').join('\n')}
# How the router authenticates itself: the header Router-Authorization. docs/routers.md has snippets for routers.
router:
  secrets:
    - { $file: keys/router.secret }

# Scopes of calls through the router without credentials of their own. payer:authenticate lets them call authenticate.
callers:
  router: []

${storeText(store)}
# What results are sealed with. Without these files nothing in the store can be read: keep a copy of them elsewhere.
keys:
  seal:
    - id: k1
      key: { $file: keys/seal.key }
  index: { $file: keys/index.key }

# For Prometheus: /metrics; for the orchestrator: /livez and /readyz.
metrics:
  port: 9464
`;
