/**
 * Redeems WeChat's login codes: of web pages by GET /sns/oauth2/access_token, of mini programs by GET
 * /sns/jscode2session.
 * https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
 * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 *
 * The replies are not signed: TLS alone authenticates them. That risk is accepted (T20); strict reading and the shape
 * of the ids are the only checks left.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import type { HttpReply, HttpRequest } from '../../lib/exchange.ts';
import { jsonValue } from '../../lib/strict-json.ts';
import type { Redeemed } from '../../model.ts';
import { type FailureCodes, parseReply, readObject, readText } from '../reply.ts';

interface Credentials {
  readonly appId: string;
  readonly appSecret: string;
}

const getRequest = (path: string, parameters: Readonly<Record<string, string>>): HttpRequest => ({
  method: 'GET',
  path: `${path}?${new URLSearchParams(parameters)}`,
  headers: { accept: 'application/json' },
});

/** Consumes the code, although it is a GET. */
export const tokenRequest = (authCode: string, { appId, appSecret }: Credentials): HttpRequest =>
  getRequest('/sns/oauth2/access_token', {
    appid: appId,
    secret: appSecret,
    code: authCode,
    grant_type: 'authorization_code',
  });

/** Consumes the code, too. */
export const sessionRequest = (authCode: string, { appId, appSecret }: Credentials): HttpRequest =>
  getRequest('/sns/jscode2session', {
    appid: appId,
    secret: appSecret,
    js_code: authCode,
    grant_type: 'authorization_code',
  });

/** openid and unionid have 28 or 29 characters today, which no page guarantees. */
export const wechatId = z.string().regex(/^[\w-]{1,128}$/);
export const optionalWechatId = z
  .string()
  .regex(/^[\w-]{0,128}$/)
  .optional()
  .transform((id) => id || undefined);

/** errcode is a number by the pages above, a string in their samples for third-party platforms; absent or 0: success. */
const verdict = z.object({
  errcode: z
    .union([z.int(), z.string().regex(/^-?\d{1,9}$/)])
    .transform(String)
    .default('0'),
  errmsg: z.unknown().optional(),
});
const token = z.object({
  access_token: z.string().min(1).max(512),
  /** Seconds. */
  expires_in: z.int().positive(),
  openid: wechatId,
  /** With snsapi_login, or with snsapi_userinfo where the account is bound to an Open Platform account. */
  unionid: optionalWechatId,
  /** 1: the page is in snapshot mode (快照页), and the ids are made up. */
  is_snapshotuser: z.literal([0, 1]).optional(),
});
/** Without session_key, which decrypts what the payer's mini program sends and is not used here. */
const session = z.object({ openid: wechatId, unionid: optionalWechatId });

/**
 * https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html and, for mini programs,
 * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 * -1 (busy), 45009 and 45011 (too often) are left out: the code may be used.
 */
const loginCodes: FailureCodes = new Map([
  ['40029', 'AUTH_CODE_INVALID'],
  ['41008', 'AUTH_CODE_INVALID'],
  ['40163', 'AUTH_CODE_USED'],
  ['42003', 'AUTH_CODE_EXPIRED'],
  /** WeChat rates the payer as high-risk; mini programs only. */
  ['40226', 'AUTH_CODE_REFUSED'],
  /** The payer's account is restricted: frozen or closed. */
  ['50002', 'AUTH_CODE_REFUSED'],
  /** The app secret is wrong. */
  ['40001', 'CHANNEL_MISCONFIGURED'],
  ['40125', 'CHANNEL_MISCONFIGURED'],
  ['40002', 'CHANNEL_MISCONFIGURED'],
  ['40013', 'CHANNEL_MISCONFIGURED'],
  /** Our IP address is not on the account's list. */
  ['40164', 'CHANNEL_MISCONFIGURED'],
  ['61004', 'CHANNEL_MISCONFIGURED'],
  /** The app secret is frozen. */
  ['40243', 'CHANNEL_MISCONFIGURED'],
  ['41002', 'CHANNEL_MISCONFIGURED'],
  ['41004', 'CHANNEL_MISCONFIGURED'],
  /** GET, POST or HTTPS is required: a proxy between us and WeChat has changed the request. */
  ['43001', 'CHANNEL_MISCONFIGURED'],
  ['43002', 'CHANNEL_MISCONFIGURED'],
  ['43003', 'CHANNEL_MISCONFIGURED'],
  /** The account may not use this API, or is blocked from it. */
  ['48001', 'CHANNEL_MISCONFIGURED'],
  ['48004', 'CHANNEL_MISCONFIGURED'],
  ['50001', 'CHANNEL_MISCONFIGURED'],
]);

/** WeChat's id of the request, at the end of errmsg: `…, rid: 62fb9bc8-078c24da-4202f278`. For its support. */
const ridOf = (errmsg: unknown): string | undefined =>
  typeof errmsg === 'string' ? /\brid: ?([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})\s*$/.exec(errmsg)?.[1] : undefined;

/** Refusals have HTTP status 200, too. */
const judge = <Success extends z.ZodType>(reply: HttpReply, success: Success): z.output<Success> => {
  const value = jsonValue(readObject(readText(reply)));
  const { errcode, errmsg } = parseReply(verdict, value);
  if (errcode !== '0') {
    const details = { upstreamCode: errcode, upstreamTraceId: ridOf(errmsg) };
    throw new PayerIdentityError(loginCodes.get(errcode) ?? 'OUTCOME_UNKNOWN', details);
  }
  return parseReply(success, value);
};

/** `expiresAt` counts from before the request was sent, so the token never expires earlier than we report. */
export const judgeToken = (reply: HttpReply, sentAtMs: number): Redeemed => {
  const { access_token, expires_in, openid, unionid, is_snapshotuser } = judge(reply, token);
  if (is_snapshotuser === 1) throw new PayerIdentityError('AUTH_CODE_SNAPSHOT');
  return {
    subject: { openId: openid, unionId: unionid },
    accessToken: { value: access_token, expiresAt: new Date(sentAtMs + expires_in * 1_000) },
  };
};

export const judgeSession = (reply: HttpReply): Redeemed => {
  const { openid, unionid } = judge(reply, session);
  return { subject: { openId: openid, unionId: unionid } };
};
