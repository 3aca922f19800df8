/**
 * Alipay, directly: OAuth (alipay.system.oauth.token), real-name certification and job identity.
 * https://opendocs.alipay.com/open/263/105809 (authorization), https://opendocs.alipay.com/open/02ailc (token)
 */
import { z } from 'zod';
import type { FailureCode } from '../../failure.ts';
import { PayerIdentityError } from '../../failure.ts';
import { upstreamAddress } from '../../lib/address.ts';
import type { Cancellation, HttpReply } from '../../lib/exchange.ts';
import type { Redeemed } from '../../model.ts';
import { refuseSubAppId } from '../invalid-field.ts';
import { parseReply } from '../reply.ts';
import { defineSource } from '../source.ts';
import {
  CERTIFY,
  certifyRefusals,
  deepLinkTo,
  INITIALIZE,
  initializeContent,
  initializeReply,
  QUERY,
  queryReply,
} from './certify.ts';
import { JOBWORTH_PATH, jobworthQuery, judgeJobworth } from './jobworth.ts';
import { alipayKeys, keyConfig, keyFaults } from './keys.ts';
import { traced } from './trace-id.ts';
import { buildCall, buildPage, type GatewayOptions, judgeCall } from './v1.ts';
import { buildGet } from './v3.ts';

const TOKEN = 'alipay.system.oauth.token';

const config = z
  .strictObject({
    appId: z.string().min(1).max(32),
    ...keyConfig,
    gatewayUrl: upstreamAddress.default('https://openapi.alipay.com/gateway.do'),
    /** Origin of the v3 API, and its path prefix if it has one; what is signed is the path below it. */
    apiUrl: upstreamAddress.default('https://openapi.alipay.com'),
    authorizeUrl: upstreamAddress.default('https://openauth.alipay.com/oauth2/publicAppAuthorize.htm'),
    /** auth_base is silent and tells only who the payer is. */
    scope: z.enum(['auth_base', 'auth_user']).default('auth_base'),
    appAuthToken: z.string().max(40).optional(),
    /** AES key of content encryption, 16 bytes in base64. */
    encryptKey: z
      .base64()
      .transform((text) => Buffer.from(text, 'base64'))
      .refine((key) => key.length === 16, '16 bytes in base64')
      .optional(),
    channels: z.array(z.string()).default(['ali_pay']),
  })
  .superRefine((given, context) => {
    for (const { path, message } of keyFaults(given)) context.addIssue({ code: 'custom', path, message });
  });

/** A successful node has no code; the user is named by user_id, or by open_id in newer applications. */
const token = z.object({
  access_token: z.string().min(1),
  user_id: z.string().min(1).optional(),
  open_id: z.string().min(1).optional(),
  union_id: z.string().min(1).optional(),
  /** Seconds; the documentation says string, the wire says number. */
  expires_in: z.coerce.number().int().positive().optional(),
});

/** One sub code for an unknown, a used and an expired auth code. */
const tokenRefusals: Readonly<Record<string, FailureCode>> = {
  'isv.code-invalid': 'AUTH_CODE_INVALID',
  'isv.unmatched-app-id': 'CHANNEL_MISCONFIGURED',
  'isv.grant-type-invalid': 'CHANNEL_MISCONFIGURED',
};

const judgeToken = (options: GatewayOptions, reply: HttpReply, nowMs: number): Redeemed => {
  const node = parseReply(token, judgeCall(options, TOKEN, reply, tokenRefusals));
  if (!node.user_id && !node.open_id) throw new PayerIdentityError('REPLY_MALFORMED');
  return {
    subject: { userId: node.user_id, openId: node.open_id, unionId: node.union_id },
    accessToken: {
      value: node.access_token,
      expiresAt: node.expires_in === undefined ? undefined : new Date(nowMs + node.expires_in * 1_000),
    },
  };
};

export const alipay = defineSource({
  title: '支付宝',
  config,
  open({ gatewayUrl, apiUrl, authorizeUrl, scope, channels, ...config }, { connect, now, nonce }) {
    const options: GatewayOptions = { ...config, keys: alipayKeys(config), gatewayUrl };
    const gateway = connect(new URL(gatewayUrl).origin);
    const api = connect(apiUrl);

    /** Makes a call of the certification; its reply has to have the shape of `schema`. */
    const call = async <Schema extends z.ZodType>(
      method: string,
      bizContent: object,
      schema: Schema,
      cancellation: Cancellation,
    ): Promise<z.output<Schema>> => {
      const sent = await gateway.send(await buildCall(options, method, { bizContent }, now()), cancellation);
      return traced(sent, (reply) => parseReply(schema, judgeCall(options, method, reply, certifyRefusals)));
    };

    return {
      upstreamAppId: options.appId,
      channels,
      validate: (_, request) => refuseSubAppId(request),
      expiring: options.keys.expiring,

      async redeem(authCode, _, cancellation) {
        // These are parameters of their own, not part of biz_content.
        const parameters = { grant_type: 'authorization_code', code: authCode };
        const sent = await gateway.send(await buildCall(options, TOKEN, { parameters }, now()), cancellation);
        return traced(sent, (reply) => judgeToken(options, reply, now()));
      },

      authorizeUrl({ returnUrl, state }) {
        const query = { app_id: options.appId, scope, redirect_uri: returnUrl, state };
        return `${authorizeUrl}?${new URLSearchParams(query)}`;
      },

      certifier: {
        async initialize(request, cancellation) {
          return (await call(INITIALIZE, initializeContent(request), initializeReply, cancellation)).certify_id;
        },
        page(certifyId, returnUrl) {
          const page = buildPage(options, CERTIFY, { certify_id: certifyId }, returnUrl, now());
          return { ...page, deepLink: deepLinkTo(page.url) };
        },
        async hasPassed(certifyId, cancellation) {
          return (await call(QUERY, { certify_id: certifyId }, queryReply, cancellation)).passed === 'T';
        },
      },

      jobworth: {
        async query(request, cancellation) {
          const get = await buildGet(options, JOBWORTH_PATH, jobworthQuery(request), now(), nonce());
          return traced(await api.send(get, cancellation), (reply) => judgeJobworth(options.keys, reply));
        },
      },
    };
  },
});
