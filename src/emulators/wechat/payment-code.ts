/** WeChat Pay V2's /tools/authcodetoopenid: the openid of a payer by the payment code on the payer's screen. */
import { randomBytes } from 'node:crypto';
import { type EmulatorAnswer, type EmulatorReply, type EmulatorRequest, transportFault } from '../emulator.ts';
import { idsOf, readTestCode } from '../test-codes.ts';
import { type WechatMerchant, type WechatServer, wechatId } from './server.ts';
import { communicationFault, fromXml, plain, toXml, v2Sign, withGbk, type XmlFields } from './xml.ts';

const subAppIdsOf = ({ subAppId = [] }: WechatMerchant): readonly string[] => [subAppId].flat();

/** Why V2 refuses a request before it reads the code; the refusal is unsigned and has only a text. */
const requestFault = (fields: XmlFields, merchant: WechatMerchant | undefined): string | undefined => {
  if (!merchant || fields.mch_id !== merchant.mchId) return '商户号mch_id与appid不匹配';
  const length = Buffer.byteLength(fields.sign ?? '');
  if (length > 32) return `签名字符串规则校验失败，字节数 ${length}，大于最大值 32`;
  if (!fields.nonce_str || !fields.auth_code) return '缺少参数';
  if (fields.sign !== v2Sign(fields, merchant.apiKey)) return '签名错误，请检查后再试';
  if (merchant.noPermission) return '商户号该产品权限未开通，请前往商户平台>产品中心检查后重试';
  if (merchant.subMchId && !fields.sub_mch_id) return '受理机构必须传入sub_mch_id';
  if (!merchant.subMchId && fields.sub_mch_id) return '普通商户不允许传sub_mch_id';
  const subAppIds = subAppIdsOf(merchant);
  // With one bound application sub_appid is optional, with several it is required.
  const isBound =
    fields.sub_mch_id === merchant.subMchId &&
    (fields.sub_appid === undefined ? subAppIds.length < 2 : subAppIds.includes(fields.sub_appid));
  return isBound ? undefined : 'sub_mch_id与sub_appid不匹配';
};

export const openIdOfPaymentCode = (server: WechatServer, { url, body }: EmulatorRequest): EmulatorAnswer => {
  const fields = fromXml(body);
  if (!fields) return communicationFault('XML格式错误');
  const { auth_code: shown = '', appid = '' } = fields;
  const auth_code = server.shown.get(shown) ?? shown;
  const app = server.apps.get(appid);
  if (!app) return communicationFault('appid不存在');
  const { merchant } = app;
  const fault = requestFault(fields, merchant);
  if (fault !== undefined || !merchant) return communicationFault(fault ?? '');

  const kind = server.spend(auth_code, appid);
  const sub_appid = fields.sub_appid ?? subAppIdsOf(merchant)[0];
  const head = headOf(appid, merchant, sub_appid);
  const reply = (result: XmlFields, key: string | undefined): EmulatorReply => {
    const members = { ...head, nonce_str: randomBytes(8).toString('hex'), ...result };
    return toXml(key === undefined ? members : { ...members, sign: v2Sign(members, key) });
  };
  // V2 has no code for a used payment code: one that has left the payer's screen is not valid.
  if (kind === 'invalid' || kind === 'used')
    return reply({ result_code: 'FAIL', err_code: 'AUTH_CODE_INVALID' }, merchant.apiKey);
  if (kind === 'expired') return reply({ result_code: 'FAIL', err_code: 'AUTHCODEEXPIRE' }, merchant.apiKey);

  const { payer } = readTestCode(auth_code);
  const key = kind === 'badsign' ? 'not the key' : merchant.apiKey;
  const success = () => {
    const sub = sub_appid ? { sub_openid: wechatId(`sub ${sub_appid}`, payer) } : {};
    const result = { result_code: 'SUCCESS', openid: idsOf(payer).openid, ...sub };
    return reply(result, kind === 'nosign' ? undefined : key);
  };
  if (kind === 'gbk') return withGbk(success(), '</xml>');
  const twice = `<openid><![CDATA[${wechatId('another', payer)}]]></openid></xml>`;
  if (kind === 'twice') return plain(String(success().body).replace('</xml>', twice));
  return transportFault(kind, url.pathname, success) ?? success();
};

const headOf = (appid: string, { mchId, subMchId }: WechatMerchant, sub_appid: string | undefined): XmlFields => ({
  return_code: 'SUCCESS',
  return_msg: 'OK',
  appid,
  mch_id: mchId,
  ...(sub_appid && { sub_appid }),
  ...(subMchId && { sub_mch_id: subMchId }),
});
