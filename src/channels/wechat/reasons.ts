/**
 * Why WeChat Pay V2 refuses a request before it reads the payment code: `return_code` FAIL, whose only reason is the
 * text of `return_msg`. It may echo our request, so a text is recognised as a whole and only our word for it is logged.
 *
 * The words are the codes of https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=9_10 where it has one, and the
 * texts those of its table, of the field return_msg on every page of V2, and of public reports of what arrived:
 * https://github.com/binarywang/WxJava/issues/3351 (签名错误，请检查后再试), /1170 (普通商户不允许传sub_mch_id),
 * https://github.com/borball/weixin-sdk/issues/64 (受理机构必须传入sub_mch_id),
 * https://github.com/lokielse/omnipay-wechatpay/issues/71 (商户号该产品权限未开通，…),
 * https://github.com/yansongda/pay/issues/867 (AppID不存在,请检查后再试),
 * https://github.com/binarywang/weixin-java-pay-demo/issues/14 (mch_id参数格式错误)
 */
import type { FailureCode } from '../../failure-codes.ts';

interface Reason {
  /** For the operator's log. */
  readonly word: string;
  readonly failure: FailureCode;
}

/** Settings of the operator: every call with them is refused, and a forger gains nothing by such a refusal. */
const options: Readonly<Record<string, readonly string[]>> = {
  SIGNERROR: ['签名错误', '签名失败', '签名校验失败', '验签失败', '签名验证失败', '签名参数错误'],
  APPID_NOT_EXIST: ['appid不存在', '公众账号appid不存在'],
  MCHID_NOT_EXIST: ['mchid不存在', 'mch_id不存在', '商户号不存在', '商户号mch_id不存在'],
  APPID_MCHID_NOT_MATCH: [
    'appid和mch_id不匹配',
    'appid与mch_id不匹配',
    'appid和mchid不匹配',
    'appid与mchid不匹配',
    'mch_id与appid不匹配',
    '商户号mch_id与appid不匹配',
    '商户号与appid不匹配',
    'appid与商户号不匹配',
  ],
  SUB_MCHID_INVALID: [
    '受理机构必须传入sub_mch_id',
    '普通商户不允许传sub_mch_id',
    'sub_mch_id不存在',
    'sub_mch_id与sub_appid不匹配',
    'sub_mch_id和sub_appid不匹配',
    'sub_appid和sub_mch_id不匹配',
    'sub_appid与sub_mch_id不匹配',
    '受理关系不存在',
  ],
  NOAUTH: [
    '商户无此接口权限',
    '商户未开通此接口权限',
    '没有此接口权限',
    '无此接口权限',
    '无接口权限',
    '商户无权限',
    '商户号该产品权限未开通',
    '商户号该产品权限未开通请前往商户平台产品中心',
    '特约子商户该产品权限未开通',
    '特约子商户商户号未授权服务商的产品权限',
  ],
  LACK_PARAMS: ['缺少参数', '缺少必要的请求参数', '参数缺失'],
  PARAM_ERROR: ['参数错误', '参数格式错误', '参数格式校验错误', '参数校验错误'],
  XML_FORMAT_ERROR: ['xml格式错误', 'xml参数格式错误'],
  POST_DATA_EMPTY: ['post数据为空'],
  REQUIRE_POST_METHOD: ['请使用post方法', '未使用post传递参数'],
  NOT_UTF8: ['编码格式错误', '未使用指定编码格式'],
};

/** WeChat's own state: the payment code may be used. */
const indeterminate: Readonly<Record<string, readonly string[]>> = {
  SYSTEMERROR: ['系统错误', '系统繁忙', '系统异常', '系统超时', '接口返回错误'],
  FREQUENCY_LIMITED: ['频率限制', '频率超限', '请求频率过高', '请求过于频繁', '操作过于频繁'],
};

const rowsOf = (table: typeof options, failure: FailureCode): [text: string, reason: Reason][] =>
  Object.entries(table).flatMap(([word, texts]) =>
    [word.toLowerCase(), ...texts].map((text): [string, Reason] => [text, { word, failure }]),
  );
const reasons: ReadonlyMap<string, Reason> = new Map([
  ...rowsOf(options, 'CHANNEL_MISCONFIGURED'),
  ...rowsOf(indeterminate, 'OUTCOME_UNKNOWN'),
]);

/** Texts that name one of our parameters. Not auth_code, which is the payer's and no setting. */
const aboutParameter: readonly (readonly [text: RegExp, word: string])[] = [
  [/^(?:appid|mch_id|sub_appid|sub_mch_id|nonce_str|sign)参数(?:格式|长度)(?:错误|有误)$/, 'PARAM_ERROR'],
  [/^缺少参数(?:appid|mch_id|sub_appid|sub_mch_id|nonce_str|sign)$/, 'LACK_PARAMS'],
  [/^签名字符串规则校验失败字节数\d{1,4}大于最大值32$/, 'SIGNERROR'],
];

/** Width, case, punctuation and the advice at the end vary in what WeChat sends. */
const normalized = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]/gu, '')
    .replace(/(?:请?(?:检查|核对|确认)后|请?稍[后候])(?:再试|重试)$/, '');

/** Undefined for a text that is not in the tables. */
export const reasonOf = (returnMessage: string): Reason | undefined => {
  const text = normalized(returnMessage);
  const word = aboutParameter.find(([pattern]) => pattern.test(text))?.[1];
  return word ? { word, failure: 'CHANNEL_MISCONFIGURED' } : reasons.get(text);
};
