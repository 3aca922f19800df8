/**
 * The source `alipay`, Alipay's own API: OAuth (alipay.system.oauth.token), certification and job identity. A source
 * redeems one kind of auth codes: `web` those of Alipay's page, `miniprogram` those of my.getAuthCode, `native` those that
 * Alipay's SDK gives the merchant's app (native.ts). All are redeemed in the same way.
 * https://opendocs.alipay.com/open/263/105809 (authorization), https://opendocs.alipay.com/open/02ailc (token),
 * https://opendocs.alipay.com/mini/api/openapi-authorize (my.getAuthCode)
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { upstreamAddress } from '../../lib/address.ts';
import type { HttpReply, HttpRequest } from '../../lib/exchange.ts';
import type { Redeemed } from '../../model.ts';
import { returnWith } from '../page-return.ts';
import { type FailureCodes, parseReply } from '../reply.ts';
import { refusePaymentCode, refuseSubAppId } from '../request-checks.ts';
import { channelNames } from '../schemas.ts';
import { type Authorizer, defineSource, type SourceCall } from '../source.ts';
import {
  CERTIFY,
  certifyCodes,
  deepLinkTo,
  INITIALIZE,
  initializeContent,
  initializeReply,
  QUERY,
  queryReply,
} from './certify.ts';
import { explainAlipay } from './explain.ts';
import { JOBWORTH_PATH, jobworthParameters, judgeJobworth } from './jobworth.ts';
import { alipayKeys, keyConfig, keyFaults } from './keys.ts';
import { infoStr } from './native.ts';
import { alipayRemedies } from './remedies.ts';
import { traced } from './trace-id.ts';
import { callRequest, type GatewayOptions, judgeCall, signedPage } from './v1.ts';
import { getRequest } from './v3.ts';

const TOKEN = 'alipay.system.oauth.token';

const common = {
  appId: z.string().min(1).max(32).describe('APPID of the application at open.alipay.com'),
  ...keyConfig,
  gatewayUrl: upstreamAddress
    .prefault('https://openapi.alipay.com/gateway.do')
    .describe('The gateway; another one for the sandbox of Alipay'),
  /** What is signed is the path below it. */
  apiUrl: upstreamAddress
    .prefault('https://openapi.alipay.com')
    .describe('Origin of the v3 API, and its path prefix if it has one'),
  appAuthToken: z.string().max(40).optional().describe('app_auth_token, for calls in the name of another merchant'),
  encryptKey: z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((key) => key.length === 16, 'is not an AES key. Give 16 bytes in base64, as the console shows them.')
    .optional()
    .describe('AES key of content encryption (接口内容加密), 16 bytes in base64'),
  channels: z
    .array(z.string())
    .optional()
    .describe(
      'The channels that it serves; absent: ali_pay, and ali_pay_mini_program or ali_pay_native_app by its kind',
    ),
};
const web = z.strictObject({
  ...common,
  kind: z.literal('web').default('web').describe("Codes of Alipay's page"),
  authorizeUrl: upstreamAddress
    .prefault('https://openauth.alipay.com/oauth2/publicAppAuthorize.htm')
    .describe('The page where payers authorize'),
  scope: z
    .enum(['auth_base', 'auth_user'])
    .default('auth_base')
    .describe("auth_base asks the payer nothing and yields the payer's id alone; auth_user asks"),
});
const miniprogram = z.strictObject({ ...common, kind: z.literal('miniprogram').describe('Codes of my.getAuthCode') });
const native = z.strictObject({
  ...common,
  appId: z
    .string()
    .regex(/^\w{1,32}$/, 'is not an APPID. Write letters and digits alone.')
    .describe('APPID of the application at open.alipay.com'),
  kind: z.literal('native').describe("Codes of Alipay's SDK in the merchant's app"),
  pid: z
    .string()
    .regex(/^2088\d{12}$/, 'is not a PID. Write 16 digits from 2088 on.')
    .describe("PID (合作伙伴身份), the merchant's own id at Alipay: 16 digits from 2088 on"),
});
const kinds = { web: 'PAGE', miniprogram: 'MINI_PROGRAM', native: 'NATIVE_APP' } as const;

const config = z
  .discriminatedUnion('kind', [web, miniprogram, native])
  .superRefine((given, context) => {
    for (const { path, message } of keyFaults(given)) context.addIssue({ code: 'custom', path, message });
  })
  .transform((given) => ({ ...given, channels: given.channels ?? channelNames('ali_pay', kinds[given.kind]) }));

/** A successful node has no code; the user is named by user_id, or by open_id in newer applications. */
const token = z.object({
  access_token: z.string().min(1),
  user_id: z.string().min(1).optional(),
  open_id: z.string().min(1).optional(),
  union_id: z.string().min(1).optional(),
  /** Seconds; a string in the documentation, a number on the wire. */
  expires_in: z.coerce.number().int().positive().optional(),
});

/** One sub code for an unknown, a used and an expired auth code. */
const tokenCodes: FailureCodes = new Map([
  ['isv.code-invalid', 'AUTH_CODE_INVALID'],
  ['isv.unmatched-app-id', 'CHANNEL_MISCONFIGURED'],
  ['isv.grant-type-invalid', 'CHANNEL_MISCONFIGURED'],
]);

/** These are parameters of their own, not part of biz_content. */
const tokenRequest = (options: GatewayOptions, authCode: string, nowMs: number): Promise<HttpRequest> =>
  callRequest(options, TOKEN, { parameters: { grant_type: 'authorization_code', code: authCode } }, nowMs);

const judgeToken = (options: GatewayOptions, reply: HttpReply, nowMs: number): Redeemed => {
  const node = parseReply(token, judgeCall(options, TOKEN, reply, tokenCodes));
  if (!node.user_id && !node.open_id) throw new PayerIdentityError('REPLY_MALFORMED');
  return {
    subject: { userId: node.user_id, openId: node.open_id, unionId: node.union_id },
    accessToken: {
      value: node.access_token,
      expiresAt: node.expires_in === undefined ? undefined : new Date(nowMs + node.expires_in * 1_000),
    },
  };
};

/** Where a payer's browser goes to authorize, and how it comes back. */
const webAuthorizer = (
  { appId, scope, authorizeUrl }: z.output<typeof web>,
  channels: readonly string[],
): Authorizer => ({
  channels,
  browserMark: 'AlipayClient/',
  read: returnWith('auth_code'),
  url: ({ returnUrl, state }) =>
    `${authorizeUrl}?${new URLSearchParams({ app_id: appId, scope, redirect_uri: returnUrl, state })}`,
});

export const alipay = defineSource({
  config,
  remedies: alipayRemedies,
  explain: (config, message) => explainAlipay(alipayKeys(config), message),
  open(config, { connect, now, nonce }) {
    const options: GatewayOptions = { ...config, keys: alipayKeys(config) };
    const exchange = traced(connect(new URL(config.gatewayUrl).origin));
    const exchangeV3 = traced(connect(config.apiUrl));

    /** A call of the certification, whose reply has to have the shape of `schema`. */
    const certify = async <Schema extends z.ZodType>(
      method: string,
      bizContent: object,
      schema: Schema,
      call: SourceCall,
    ): Promise<z.output<Schema>> => {
      const request = await callRequest(options, method, { bizContent }, now());
      return exchange(request, (reply) => parseReply(schema, judgeCall(options, method, reply, certifyCodes)), call);
    };

    return {
      upstreamAppId: options.appId,
      channels: config.channels,
      authCodeKind: () => kinds[config.kind],
      validate(authCode, request) {
        refusePaymentCode(authCode);
        refuseSubAppId(request);
      },
      expiring: options.keys.expiring,

      async redeem(authCode, _, call) {
        const request = await tokenRequest(options, authCode, now());
        return exchange(request, (reply) => judgeToken(options, reply, now()), call);
      },

      ...(config.kind === 'web' && { authorizer: webAuthorizer(config, config.channels) }),
      ...(config.kind === 'native' && { infoStr: () => infoStr({ ...options, pid: config.pid }, nonce()) }),

      certifier: {
        async initialize(request, call) {
          return (await certify(INITIALIZE, initializeContent(request), initializeReply, call)).certify_id;
        },
        page(certifyId, returnUrl) {
          const page = signedPage(options, CERTIFY, { bizContent: { certify_id: certifyId }, returnUrl }, now());
          return { ...page, deepLink: deepLinkTo(page.url) };
        },
        async hasPassed(certifyId, call) {
          return (await certify(QUERY, { certify_id: certifyId }, queryReply, call)).passed === 'T';
        },
      },

      jobworth: {
        async query(query, call) {
          const request = await getRequest(options, JOBWORTH_PATH, jobworthParameters(query), {
            nowMs: now(),
            nonce: nonce(),
          });
          return exchangeV3(request, (reply) => judgeJobworth(options.keys, reply), call);
        },
      },
    };
  },
});
