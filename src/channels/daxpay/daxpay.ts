/**
 * The source `daxpay`, DaxPay's "channel auth" (通道认证): POST /unipay/assist/channel/auth/auth and …/authAndSet.
 * https://github.com/dromara/dax-pay (PaySignUtil, ChannelUniAuthController), documents in github.com/xxm1995/daxpay-doc
 *
 * The protocol changed under the same path: profile `beta` is 3.0.0-beta1 to beta4, which the published pages describe;
 * profile `ga` is what followed 3.0.0, with mchNo and an upper-cased text before the digest.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { endpointAddress, isProtected, NEEDS_TLS, needsTls, upstreamAddress } from '../../lib/address.ts';
import { beijingTime } from '../../lib/beijing-time.ts';
import { equalSecrets } from '../../lib/digest.ts';
import type { HttpReply, HttpRequest } from '../../lib/exchange.ts';
import { type JsonObject, jsonValue } from '../../lib/strict-json.ts';
import type { Redeemed, RedeemRequest } from '../../model.ts';
import { memberText, parseReply, readObject, readText } from '../reply.ts';
import { refusePaymentCode, refuseSubAppId } from '../request-checks.ts';
import { issuedId, issuedSecret, optionalText } from '../schemas.ts';
import { defineSource, type Exchange, type ResultHolder } from '../source.ts';
import { malformed, refusal, traceOf, unverified } from './codes.ts';
import { explainDaxpay } from './explain.ts';
import { daxpayRemedies } from './remedies.ts';
import { signDaxpay } from './sign.ts';

const AUTH = '/unipay/assist/channel/auth/auth';
const AUTH_AND_SET = '/unipay/assist/channel/auth/authAndSet';

const config = z
  .strictObject({
    baseUrl: upstreamAddress.describe('Origin of the DaxPay server, and its path prefix if it has one'),
    profile: z
      .enum(['beta', 'ga'])
      .default('beta')
      .describe('The protocol: beta of 3.0.0-beta1 to beta4, ga of what followed 3.0.0'),
    appId: issuedId(32).describe('The application of the merchant at DaxPay'),
    mchNo: issuedId(32).optional().describe('The merchant number; profile ga requires it'),
    secret: issuedSecret(512).describe('The key of signatures of the application'),
    signType: z
      .enum(['hmac_sha256', 'md5', 'sm3'])
      .default('hmac_sha256')
      .describe('How requests and replies are signed'),
    /**
     * Releases after 3.0.0 do not sign the reply of this endpoint. `optional` accepts an unsigned reply, which TLS alone
     * authenticates; a signature that is there must be right.
     */
    replySignature: z
      .enum(['required', 'optional'])
      .default('required')
      .describe('Whether a reply has to be signed; optional: TLS alone authenticates one that is not'),
    channels: z.array(z.string()).default(['ali_pay', 'wechat_pay']).describe('The channels that it serves'),
    /**
     * Present: DaxPay holds the results of authenticateAndSet. It has no public API to collect them, only its console's
     * (GET /assist/channel/auth/queryAuthResult behind a login), so address and headers are configured.
     */
    resultHolder: z
      .strictObject({
        queryUrl: needsTls(endpointAddress).describe('Where held results are collected; may have a query'),
        headers: z
          .record(z.string().regex(/^[\w-]+$/, 'is not the name of a header.'), issuedSecret(4_096))
          .default({})
          .describe('The headers of that request, such as a token of the console'),
      })
      .optional()
      .describe('Present: DaxPay holds the results of authenticateAndSet'),
  })
  .refine(({ profile, mchNo }) => profile === 'beta' || mchNo !== undefined, {
    path: ['mchNo'],
    message: 'is missing: profile ga requires it. Write the merchant number.',
  })
  // Profile ga does not sign the letter case of ids, and the reply of authAndSet is not signed at all.
  .refine(
    ({ baseUrl, profile, replySignature, resultHolder }) =>
      (profile === 'beta' && replySignature === 'required' && !resultHolder) || isProtected(baseUrl),
    { path: ['baseUrl'], message: NEEDS_TLS },
  );
type Config = z.output<typeof config>;
type HolderOptions = NonNullable<Config['resultHolder']>;

const identity = z.object({ openId: optionalText, userId: optionalText, accessToken: optionalText });
const heldIdentity = identity.extend({ status: z.enum(['waiting', 'success', 'not_exist']) });
const envelope = z.object({ code: z.number().int(), data: z.unknown().optional() });

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' };

/** Empty values are left out: DaxPay signs them, although its documents exclude them. */
const authRequest = (
  authCode: string,
  { channelId, clientIp }: RedeemRequest,
  options: Config,
  { nowMs, nonce }: { readonly nowMs: number; readonly nonce: string },
): HttpRequest => {
  const fields = {
    ...(options.profile === 'ga' && { mchNo: options.mchNo }),
    appId: options.appId,
    ...(clientIp && { clientIp }),
    nonceStr: nonce,
    reqTime: beijingTime(nowMs),
    channel: channelId,
    authCode,
  };
  const sign = signDaxpay(JSON.stringify(fields), options);
  return { method: 'POST', path: AUTH, headers: jsonHeaders, body: JSON.stringify({ ...fields, sign }) };
};

/** A signature is checked before anything else in the reply is used; a success needs one. */
const judgeAuth = (reply: HttpReply, options: Config): Redeemed => {
  const text = readText(reply);
  const root = readObject(text);
  const sign = root.members.get('sign');
  const signed = sign !== undefined && !(sign.kind === 'scalar' && (sign.value === null || sign.value === ''));
  const given = memberText(root, 'sign') ?? '';
  if (signed && !equalSecrets(given.toLowerCase(), signDaxpay(text, options))) throw unverified(root);
  const { code, data } = readEnvelope(root);
  if (code !== 0) throw refusal(code, root);
  if (!signed && options.replySignature === 'required') throw unverified(root);
  readUnambiguous(root);
  return redeemed(parseReply(identity, data));
};

const readEnvelope = (root: JsonObject): z.output<typeof envelope> => {
  const parsed = envelope.safeParse(jsonValue(root));
  if (!parsed.success) throw malformed(root);
  return parsed.data;
};

/**
 * Throws REPLY_MALFORMED for characters that the signature does not cover: quotes, backslashes and escapes. A line feed
 * signs like the letter n, and one string can sign like two members. Ids and tokens of channels have no such character.
 */
const readUnambiguous = (root: JsonObject): void => {
  const data = root.members.get('data');
  if (data?.kind !== 'object') return;
  for (const [key, node] of data.members) {
    const text = Object.hasOwn(identity.shape, key) && node.kind === 'scalar' ? String(node.value ?? '') : '';
    if (!/^\w+$/.test(key) || !/^[\w.~+/=@|-]*$/.test(text)) throw new PayerIdentityError('REPLY_MALFORMED');
  }
};

const redeemed = ({ openId, userId, accessToken }: z.output<typeof identity>): Redeemed => {
  if (!openId && !userId) throw new PayerIdentityError('REPLY_MALFORMED');
  return { subject: { openId, userId }, accessToken: accessToken ? { value: accessToken } : undefined };
};

const authAndSetRequest = (authCode: string, queryCode: string, channel: string, appId: string): HttpRequest => ({
  method: 'POST',
  path: AUTH_AND_SET,
  headers: jsonHeaders,
  body: JSON.stringify({ appId, queryCode, authCode, channel }),
});

/** authAndSet replies {"msg":"success","code":0,"data":null} without a signature; it names no payer. */
const judgeAuthAndSet = (reply: HttpReply): void => {
  const root = readObject(readText(reply));
  const { code } = readEnvelope(root);
  if (code !== 0) throw refusal(code, root);
};

const queryRequest = (queryCode: string, { queryUrl, headers }: HolderOptions): HttpRequest => {
  const url = new URL(queryUrl);
  url.searchParams.set('queryCode', queryCode);
  return { method: 'GET', path: url.pathname + url.search, headers };
};

const judgeQuery = (reply: HttpReply): Redeemed | undefined => {
  const root = readObject(readText(reply));
  const { code, data } = readEnvelope(root);
  if (code !== 0) throw new PayerIdentityError('CHANNEL_MISCONFIGURED', { upstreamCode: `${code}`, ...traceOf(root) });
  readUnambiguous(root);
  const held = parseReply(heldIdentity, data);
  if (held.status === 'waiting') return undefined;
  if (held.status === 'not_exist') throw new PayerIdentityError('OUTCOME_UNKNOWN', { upstreamCode: 'not_exist' });
  return redeemed(held);
};

const openResultHolder = (
  { appId }: Config,
  holder: HolderOptions,
  exchange: Exchange,
  exchangeQuery: Exchange,
): ResultHolder => ({
  redeemAndHold: (authCode, queryCode, { channelId }, call) =>
    exchange(authAndSetRequest(authCode, queryCode, channelId, appId), judgeAuthAndSet, call),
  collect: (queryCode, call) => exchangeQuery(queryRequest(queryCode, holder), judgeQuery, call),
});

export const daxpay = defineSource({
  config,
  remedies: daxpayRemedies,
  explain: explainDaxpay,
  open(options, { connect, now, nonce }) {
    const exchange = connect(options.baseUrl);
    const { resultHolder: holder } = options;
    return {
      upstreamAppId: options.appId,
      channels: options.channels,
      authCodeKind: () => 'PAGE',
      validate(authCode, request) {
        refusePaymentCode(authCode);
        refuseSubAppId(request);
      },
      redeem(authCode, request, call) {
        const signed = authRequest(authCode, request, options, { nowMs: now(), nonce: nonce() });
        return exchange(signed, (reply) => judgeAuth(reply, options), call);
      },
      ...(holder && {
        resultHolder: openResultHolder(options, holder, exchange, connect(new URL(holder.queryUrl).origin)),
      }),
    };
  },
});
