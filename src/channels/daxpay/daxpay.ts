/**
 * DaxPay "channel auth" (通道认证): POST /unipay/assist/channel/auth/auth and …/authAndSet.
 * https://github.com/dromara/dax-pay (PaySignUtil, ChannelUniAuthController), documents in github.com/xxm1995/daxpay-doc
 *
 * Two profiles, because the protocol changed under the same path: `beta` is 3.0.0-beta1 to beta4, which the published
 * pages describe; `ga` is what followed 3.0.0: it adds mchNo and upper-cases the text before the digest.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { endpointAddress, isProtected, NEEDS_TLS, needsTls, upstreamAddress } from '../../lib/address.ts';
import { beijingTime } from '../../lib/beijing-time.ts';
import { equalSecrets } from '../../lib/digest.ts';
import type { HttpReply, HttpRequest } from '../../lib/exchange.ts';
import { type JsonObject, jsonValue } from '../../lib/strict-json.ts';
import type { Redeemed, RedeemRequest } from '../../model.ts';
import { refuseSubAppId } from '../invalid-field.ts';
import { memberText, parseReply, readObject, readText } from '../reply.ts';
import { issuedId, issuedSecret, optionalText } from '../schemas.ts';
import { defineSource, type Exchange, type ResultHolder } from '../source.ts';
import { malformed, refusal, traceOf, unverified } from './codes.ts';
import { signDaxpay } from './sign.ts';

const AUTH = '/unipay/assist/channel/auth/auth';
const AUTH_AND_SET = '/unipay/assist/channel/auth/authAndSet';

const config = z
  .strictObject({
    /** Origin of the DaxPay server, and its path prefix if it has one. */
    baseUrl: upstreamAddress,
    profile: z.enum(['beta', 'ga']).default('beta'),
    appId: issuedId(32),
    /** The merchant number; signed and sent by profile ga only, which knows the field. */
    mchNo: issuedId(32).optional(),
    secret: issuedSecret(512),
    signType: z.enum(['hmac_sha256', 'md5', 'sm3']).default('hmac_sha256'),
    /**
     * Releases after 3.0.0 do not sign the reply of this endpoint. `optional` believes such a reply for the sake of TLS
     * alone; a signature that is there must still be right.
     */
    replySignature: z.enum(['required', 'optional']).default('required'),
    channels: z.array(z.string()).default(['ali_pay', 'wechat_pay']),
    /**
     * Present: DaxPay keeps the results of authenticateAndSet. It has no public API to read them back, only its
     * console's (GET /assist/channel/auth/queryAuthResult behind a login), so where and how is configuration.
     */
    resultHolder: z
      .strictObject({
        queryUrl: needsTls(endpointAddress),
        headers: z.record(z.string().regex(/^[\w-]+$/, 'the name of a header'), issuedSecret(4_096)).default({}),
      })
      .optional(),
  })
  .refine(({ profile, mchNo }) => profile === 'beta' || mchNo !== undefined, {
    path: ['mchNo'],
    message: 'profile ga requires it',
  })
  // Profile ga leaves the letter case of ids unsigned, and what authAndSet answers is not signed at all.
  .refine(
    ({ baseUrl, profile, replySignature, resultHolder }) =>
      (profile === 'beta' && replySignature === 'required' && !resultHolder) || isProtected(baseUrl),
    { path: ['baseUrl'], message: NEEDS_TLS },
  );
type Config = z.output<typeof config>;
type HolderOptions = NonNullable<Config['resultHolder']>;

const identity = z.object({ openId: optionalText, userId: optionalText, accessToken: optionalText });
const keptIdentity = identity.extend({ status: z.enum(['waiting', 'success', 'not_exist']) });
const envelope = z.object({ code: z.number().int(), data: z.unknown().optional() });

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' };

/** The signed request. Empty values are left out altogether: DaxPay signs them, its documents say it does not. */
const authRequest = (
  authCode: string,
  { channelId, clientIp }: RedeemRequest,
  options: Config,
  nowMs: number,
  nonce: string,
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

/** Bytes in, identity out. Nothing in the reply is believed, a success least of all, before its signature is checked. */
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
 * The signature does not see quotes, backslashes or escapes: a line feed signs like the letter n, and one text holding
 * two members signs like the two. Nothing that channels put into an id or a token is among these characters.
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

/** authAndSet answers {"msg":"success","code":0,"data":null} without a signature: it tells nothing worth forging. */
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
  const kept = parseReply(keptIdentity, data);
  if (kept.status === 'waiting') return undefined;
  if (kept.status === 'not_exist') throw new PayerIdentityError('OUTCOME_UNKNOWN', { upstreamCode: 'not_exist' });
  return redeemed(kept);
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
  open(options, { connect, now, nonce }) {
    const exchange = connect(options.baseUrl);
    const { resultHolder: holder } = options;
    return {
      upstreamAppId: options.appId,
      channels: options.channels,
      validate: (_, request) => refuseSubAppId(request),
      redeem: (authCode, request, call) =>
        exchange(authRequest(authCode, request, options, now(), nonce()), (reply) => judgeAuth(reply, options), call),
      ...(holder && {
        resultHolder: openResultHolder(options, holder, exchange, connect(new URL(holder.queryUrl).origin)),
      }),
    };
  },
});
