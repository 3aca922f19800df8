/**
 * The source `jucai` (巨彩商服), 1.10 微信授权码查询openid - 银联授权码获取user_id: POST /pay/api/1.0/auth2OpenId.
 * https://www.showdoc.com.cn/jucaishangfu/10059757329274989
 *
 * Its signing rule is not public: sign.ts. Its table of codes is: codes.ts.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { isProtected, NEEDS_TLS, upstreamAddress } from '../../lib/address.ts';
import { beijingTime } from '../../lib/beijing-time.ts';
import type { HttpReply, HttpRequest } from '../../lib/exchange.ts';
import { jsonValue } from '../../lib/strict-json.ts';
import type { AuthCodeKind, Redeemed, RedeemRequest, Subject } from '../../model.ts';
import { returnWith } from '../page-return.ts';
import { type FailureCodes, readObject, readText } from '../reply.ts';
import { invalidField } from '../request-checks.ts';
import { issuedId, issuedSecret, optionalText } from '../schemas.ts';
import { defineSource } from '../source.ts';
import { codesOf, configuredRefusals, refusal, unusableReply } from './codes.ts';
import { explainJucai } from './explain.ts';
import { isSigned, jucaiSigning, signJucai } from './sign.ts';

const AUTH_TO_OPEN_ID = '/pay/api/1.0/auth2OpenId';
/** UnionPay's own page; https://github.com/Javen205/IJPay UnionPayApi.authUrl */
const UNIONPAY_USER_AUTH = 'https://qr.95516.com/qrcGtwWeb-web/api/userAuth';
/** "没有真实终端号统一填88888888" */
const NO_TERMINAL = '88888888';

const channels = ['wechat_pay', 'wechat_pay_payment_code', 'union_pay'] as const;

const config = z
  .strictObject({
    baseUrl: upstreamAddress.describe('Origin of the JuCai server, and its path prefix if it has one'),
    mchNo: issuedId(64).describe('The merchant number at JuCai'),
    appId: issuedId(64).describe('The application of the merchant at JuCai'),
    secret: issuedSecret(512).describe('The key of signatures of the merchant'),
    signing: jucaiSigning.describe("How messages are signed, from JuCai's contract"),
    /**
     * The failures of further codes, by `code`, or `code.returnCode` when there is a returnCode, as the log shows them;
     * `200` is a success whose data is null. A code that is not listed leaves the outcome unknown, which is always safe.
     */
    refusals: configuredRefusals.describe(
      'The failures of further codes, by code, or code.returnCode, as the log shows them',
    ),
    channels: z
      .array(z.enum(channels))
      .default([...channels])
      .describe('The channels that it serves'),
    unionpayAuthorizeUrl: upstreamAddress
      .prefault(UNIONPAY_USER_AUTH)
      .describe('Where payers obtain a UnionPay auth code; another address in a sandbox'),
  })
  .refine(({ baseUrl, signing }) => signing.replySignature === 'required' || isProtected(baseUrl), {
    path: ['baseUrl'],
    message: NEEDS_TLS,
  });
type Options = Omit<z.output<typeof config>, 'refusals'> & { readonly codes: FailureCodes };

/** The published sample has null and empty strings for absent values. */
const trimmedText = optionalText.transform((text) => text?.trim() || undefined);
const optionalId = trimmedText.pipe(
  z
    .string()
    .regex(/^[!-~]{1,128}$/)
    .optional(),
);
const result = z.object({
  returnCode: trimmedText,
  mchNo: trimmedText,
  mchOrderNo: trimmedText,
  openid: optionalId,
  subAppid: trimmedText,
  subOpenid: optionalId,
});
type Result = z.output<typeof result>;
const envelope = z.object({ code: z.int(), data: result.nullish() });

interface Way {
  readonly wayCode: string;
  readonly authCodeKind: AuthCodeKind;
  /** Sent when the caller names none. */
  readonly subAppId?: string;
  /** What a subAppId of a caller looks like, and its name. */
  readonly subAppIds: readonly [form: RegExp, name: string];
  /** Throws REPLY_MALFORMED for a result that names no payer, or two payers. */
  subject(result: Result, subAppId: string | undefined): Subject;
}

const malformed = (upstreamCode: string) => new PayerIdentityError('REPLY_MALFORMED', { upstreamCode });

/** The auth code is the payment code that the payer's WeChat shows; no page gives it out. */
const wechat: Way = {
  wayCode: 'WECHAT',
  authCodeKind: 'PAYMENT_CODE',
  subAppIds: [/^[!-~]{1,32}$/, "the application id that WeChat gave the sub-merchant's account"],
  subject({ openid, subAppid, subOpenid }, subAppId) {
    if (!openid) throw malformed('no_openid');
    if (subAppId && subAppid && subAppId !== subAppid) throw malformed('another_subAppid');
    return { openId: openid, ...(subOpenid && { subAppId: subAppid ?? subAppId, subOpenId: subOpenid }) };
  },
};

/**
 * The auth code is UnionPay's userAuthCode. Assumption: the user id is in `openid` or `subOpenid`. No page defines
 * which, and 1.11 (…/10059738783872413) orders with it as subOpenid. Two different values are malformed.
 */
const unionpay: Way = {
  wayCode: 'UNIONPAY',
  authCodeKind: 'PAGE',
  subAppId: 'UnionPay/1.0 CloudPay',
  subAppIds: [/^UnionPay\/[\d.]{1,8} [A-Za-z\d]{1,16}$/, "UnionPay's name of the payer's app, UnionPay/1.0 CloudPay"],
  subject({ openid, subOpenid }) {
    const userId = openid ?? subOpenid;
    if (!userId) throw malformed('no_openid');
    if (subOpenid && subOpenid !== userId) throw malformed('two_openids');
    return { userId };
  },
};

const ways: ReadonlyMap<string, Way> = new Map(
  Object.entries({ wechat_pay: wechat, wechat_pay_payment_code: wechat, union_pay: unionpay }),
);

const wayOf = (channelId: string): Way => {
  const way = ways.get(channelId);
  if (!way) throw new PayerIdentityError('CHANNEL_UNSUPPORTED');
  return way;
};

const requireClientIp = ({ clientIp }: RedeemRequest): string => {
  if (clientIp) return clientIp;
  throw invalidField('clientIp', 'required by this channel: the IP address of the paying terminal');
};

const requireFittingSubAppId = ({ channelId, subAppId }: RedeemRequest): void => {
  const [form, name] = wayOf(channelId).subAppIds;
  if (subAppId && !form.test(subAppId)) throw invalidField('subAppId', name);
};

/**
 * A new order number. JuCai refuses a number that any merchant has used. Its form is the one that 接口说明
 * (…/9965976008190664) recommends: the second in UTC+8, then 8 to 18 random characters; 30 together at most.
 */
const newOrderNo = (nowMs: number, random: string): string =>
  beijingTime(nowMs).replace(/\D/g, '') + random.slice(0, 16);

interface Order extends RedeemRequest {
  readonly mchOrderNo: string;
}

const authRequest = (authCode: string, request: Order, options: Options): HttpRequest => {
  const way = wayOf(request.channelId);
  const subAppid = request.subAppId || way.subAppId;
  const fields = {
    version: '1.0',
    termId: request.terminalId || NO_TERMINAL,
    mchNo: options.mchNo,
    appId: options.appId,
    mchOrderNo: request.mchOrderNo,
    wayCode: way.wayCode,
    authCode,
    clientIp: requireClientIp(request),
    ...(subAppid && { subAppid }),
  };
  const sign = signJucai(Object.entries(fields), options);
  return {
    method: 'POST',
    path: AUTH_TO_OPEN_ID,
    headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' },
    body: JSON.stringify({ ...fields, sign }),
  };
};

/** A success has to be signed, and to name our merchant and our order where it names any. */
const judgeAuth = (reply: HttpReply, { channelId, subAppId, mchOrderNo }: Order, options: Options): Redeemed => {
  const text = readText(reply);
  const root = readObject(text);
  const signed = isSigned(text, root, options);
  const parsed = envelope.safeParse(jsonValue(root));
  if (!parsed.success) throw unusableReply('REPLY_MALFORMED', root);
  const { code, data } = parsed.data;
  // Data without a returnCode is neither a success nor a refusal.
  if (code === 200 && data && !data.returnCode) throw unusableReply('REPLY_MALFORMED', root);
  if (code !== 200 || data?.returnCode !== '000000') throw refusal(code, data?.returnCode, options.codes);
  if (!signed && options.signing.replySignature === 'required') throw unusableReply('REPLY_UNVERIFIED', root);
  const isForeign = (data.mchNo ?? options.mchNo) !== options.mchNo || (data.mchOrderNo ?? mchOrderNo) !== mchOrderNo;
  if (isForeign) throw malformed('another_order');
  return { subject: wayOf(channelId).subject(data, subAppId) };
};

export const jucai = defineSource({
  config,
  explain: explainJucai,
  open({ refusals, ...rest }, { connect, now, nonce }) {
    const options: Options = { ...rest, codes: codesOf(refusals) };
    const exchange = connect(options.baseUrl);

    return {
      upstreamAppId: options.appId,
      channels: options.channels,
      authCodeKind: (channelId) => wayOf(channelId).authCodeKind,
      validate(_, request) {
        requireClientIp(request);
        requireFittingSubAppId(request);
      },
      async redeem(authCode, request, call) {
        const order = { ...request, mchOrderNo: request.orderId || newOrderNo(now(), nonce()) };
        return exchange(authRequest(authCode, order, options), (reply) => judgeAuth(reply, order, options), call);
      },
      authorizer: {
        channels: ['union_pay'],
        browserMark: 'UnionPay/',
        read: returnWith('userAuthCode'),
        /** UnionPay's page returns no state of ours, so the state travels in the address that it returns to. */
        url({ returnUrl, state }) {
          const back = new URL(returnUrl);
          back.search += `${back.search ? '&' : '?'}state=${state}`;
          const page = new URL(options.unionpayAuthorizeUrl);
          page.search = new URLSearchParams({ version: '1.0.0', redirectUrl: back.href }).toString();
          return page.href;
        },
      },
    };
  },
});
