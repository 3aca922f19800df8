/**
 * JuCai (巨彩商服) 1.10 微信授权码查询openid - 银联授权码获取user_id: POST /pay/api/1.0/auth2OpenId.
 * https://www.showdoc.com.cn/jucaishangfu/10059757329274989
 *
 * Its signing rule and its table of codes (应答码表, …/9966099368299628) are not public: see `signing` and `refusals`.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { isProtected, NEEDS_TLS, upstreamAddress } from '../lib/address.ts';
import type { HttpReply, HttpRequest } from '../lib/exchange.ts';
import { jsonValue } from '../lib/strict-json.ts';
import type { Redeemed, RedeemRequest, Subject } from '../model.ts';
import { isSigned, jucaiSigning, signJucai } from './jucai-sign.ts';
import { parseReply, readObject, readText } from './reply.ts';
import { defineSource } from './source.ts';
import { issuedId, issuedSecret } from './source-settings.ts';

const AUTH_TO_OPEN_ID = '/pay/api/1.0/auth2OpenId';
/** UnionPay's own page; https://github.com/Javen205/IJPay UnionPayApi.authUrl */
const UNIONPAY_USER_AUTH = 'https://qr.95516.com/qrcGtwWeb-web/api/userAuth';
/** "没有真实终端号统一填88888888" */
const NO_TERMINAL = '88888888';

const refusalCode = z.enum([
  'AUTH_CODE_INVALID',
  'AUTH_CODE_USED',
  'AUTH_CODE_EXPIRED',
  'AUTH_CODE_REFUSED',
  'CHANNEL_MISCONFIGURED',
]);

const config = z
  .strictObject({
    /** Origin of the JuCai server, and its path prefix if it has one. */
    baseUrl: upstreamAddress,
    mchNo: issuedId(64),
    appId: issuedId(64),
    secret: issuedSecret(512),
    signing: jucaiSigning,
    /**
     * What JuCai's codes mean, by `code`, or `code.returnCode` when there is a returnCode: as our log shows them.
     * A code that is not listed leaves the outcome unknown, which is always safe.
     */
    refusals: z.record(z.string(), refusalCode).default({}),
    channels: z.array(z.enum(['wechat_pay', 'union_pay'])).default(['wechat_pay', 'union_pay']),
    /** Where payers obtain a UnionPay auth code; another address in a sandbox. */
    unionpayAuthorizeUrl: upstreamAddress.default(UNIONPAY_USER_AUTH),
  })
  .refine(({ baseUrl, signing }) => signing.replySignature === 'required' || isProtected(baseUrl), {
    path: ['baseUrl'],
    message: NEEDS_TLS,
  });
type Config = z.output<typeof config>;

/** The published sample holds nulls and empty strings for what it does not tell. */
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined);
const result = z.object({
  returnCode: optionalText,
  mchNo: optionalText,
  mchOrderNo: optionalText,
  openid: optionalText,
  subAppid: optionalText,
  subOpenid: optionalText,
});
type Result = z.output<typeof result>;
const envelope = z.object({ code: z.int(), data: result.nullish() });

interface Way {
  readonly wayCode: string;
  /** Sent when the caller names none. */
  readonly subAppId?: string;
  subject(result: Result): Subject;
}

const ways = new Map(
  Object.entries<Way>({
    /** The auth code is the payment code that the payer's WeChat shows; no page yields one. */
    wechat_pay: {
      wayCode: 'WECHAT',
      subject: ({ openid, subAppid, subOpenid }) => ({ openId: openid, subAppId: subAppid, subOpenId: subOpenid }),
    },
    /** The auth code is UnionPay's userAuthCode. Assumption: `openid` holds the user_id, as no other field could. */
    union_pay: {
      wayCode: 'UNIONPAY',
      subAppId: 'UnionPay/1.0 CloudPay',
      subject: ({ openid }) => ({ userId: openid }),
    },
  }),
);

const wayOf = (channelId: string): Way => {
  const way = ways.get(channelId);
  if (!way) throw new PayerIdentityError('CHANNEL_UNSUPPORTED');
  return way;
};

const requireClientIp = ({ clientIp }: RedeemRequest): string => {
  if (clientIp) return clientIp;
  throw new PayerIdentityError('INPUT_INVALID', {
    fields: [{ path: 'clientIp', message: 'required by this channel: the IP address of the paying terminal' }],
  });
};

const authRequest = (authCode: string, request: RedeemRequest, mchOrderNo: string, settings: Config): HttpRequest => {
  const way = wayOf(request.channelId);
  const subAppid = request.subAppId || way.subAppId;
  const fields = {
    version: '1.0',
    termId: request.termId || NO_TERMINAL,
    mchNo: settings.mchNo,
    appId: settings.appId,
    mchOrderNo,
    wayCode: way.wayCode,
    authCode,
    clientIp: requireClientIp(request),
    ...(subAppid && { subAppid }),
  };
  const sign = signJucai(Object.entries(fields), settings);
  return {
    method: 'POST',
    path: AUTH_TO_OPEN_ID,
    headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' },
    body: JSON.stringify({ ...fields, sign }),
  };
};

/** Every refusal is final: an unsigned one could be anybody's, so none may make a code look unspent. */
const refusal = (code: number, returnCode: string | undefined, { refusals }: Config): PayerIdentityError => {
  const upstreamCode = returnCode ? `${code}.${returnCode}` : `${code}`;
  return new PayerIdentityError(refusals[upstreamCode] ?? 'OUTCOME_UNKNOWN', { upstreamCode });
};

/** Bytes in, identity out. A success is believed when it is signed, for our merchant and, where it says so, our order. */
const judge = (reply: HttpReply, channelId: string, mchOrderNo: string, settings: Config): Redeemed => {
  const text = readText(reply);
  const root = readObject(text);
  const signed = isSigned(text, root, settings);
  const { code, data } = parseReply(envelope, jsonValue(root));
  if (code !== 200 || data?.returnCode !== '000000') throw refusal(code, data?.returnCode, settings);
  if (!signed && settings.signing.replySignature === 'required') throw new PayerIdentityError('REPLY_UNVERIFIED');
  const foreign = (data.mchNo ?? settings.mchNo) !== settings.mchNo || (data.mchOrderNo ?? mchOrderNo) !== mchOrderNo;
  if (foreign || !data.openid) throw new PayerIdentityError('REPLY_MALFORMED');
  return { subject: wayOf(channelId).subject(data) };
};

export const jucai = defineSource({
  title: '巨彩商服',
  config,
  open(settings, { connect, nonce }) {
    const { send } = connect(settings.baseUrl);

    return {
      upstreamAppId: settings.appId,
      channels: settings.channels,
      validate: (_, request) => void requireClientIp(request),
      async redeem(authCode, request, until) {
        const mchOrderNo = request.merchantOrderNo || nonce().slice(0, 30);
        const sent = authRequest(authCode, request, mchOrderNo, settings);
        return judge(await send(sent, until), request.channelId, mchOrderNo, settings);
      },
      authorizes: ['union_pay'],
      /** UnionPay's page hands back no state of ours, so the state travels in the address that it returns to. */
      authorizeUrl({ channelId, returnUrl, state }) {
        if (channelId !== 'union_pay') throw new PayerIdentityError('CHANNEL_UNSUPPORTED');
        const back = new URL(returnUrl);
        back.search += `${back.search ? '&' : '?'}state=${state}`;
        const page = new URL(settings.unionpayAuthorizeUrl);
        page.search = new URLSearchParams({ version: '1.0.0', redirectUrl: back.href }).toString();
        return page.href;
      },
    };
  },
});
