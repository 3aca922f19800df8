/** What the gateway refuses in a request of the first protocol: signature, certificates and common parameters. */
import { type AlipayApp, certFault, type Gateway, type GatewayError, WINDOW_MS } from './app.ts';
import type { Params } from './parameters.ts';

export type Fault = readonly [error: GatewayError, text?: string];

const WRONG_KEY = '验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：';
const NO_CHARSET = '验签出错，请确认charset参数放在了URL查询字符串中且各参数值使用charset参数指示的字符集编码';

export const signFault = (
  { verify }: Gateway,
  params: Params,
  urlParams: URLSearchParams,
  app: AlipayApp,
): Fault | undefined => {
  if (!params.has('sign_type')) return ['missing-signature-type'];
  if (params.get('sign_type') !== 'RSA2') return ['invalid-signature-type'];
  if (!params.has('sign')) return ['missing-signature'];
  if (!urlParams.get('charset')) return ['invalid-signature', NO_CHARSET];
  if (urlParams.get('charset')?.toLowerCase() !== 'utf-8') return ['invalid-charset'];
  const cert = certFault(app, params.get('app_cert_sn'), params.get('alipay_root_cert_sn'));
  if (cert) return [cert];
  const names = [...params.keys()].filter((name) => name !== 'sign').sort();
  const text = names.map((name) => `${name}=${params.get(name)}`).join('&');
  return verify(app, text, params.get('sign') ?? '') ? undefined : ['invalid-signature', WRONG_KEY + text];
};

export const parameterFault = (params: Params, now: number): Fault | undefined => {
  const timestamp = params.get('timestamp');
  if (!timestamp) return ['missing-timestamp'];
  const isWritten = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(timestamp);
  const driftMs = Math.abs(Date.parse(`${timestamp.replace(' ', 'T')}+08:00`) - now);
  if (!isWritten || !(driftMs <= WINDOW_MS)) return ['invalid-timestamp'];
  if (!params.has('version')) return ['missing-version'];
  if (params.get('version') !== '1.0') return ['invalid-version'];
  return (params.get('format') ?? 'json').toLowerCase() === 'json' ? undefined : ['invalid-format'];
};
