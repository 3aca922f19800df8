/** An application of the emulated Alipay, and what both protocols of the gateway share. */
import { type KeyObject, randomBytes } from 'node:crypto';
import type { TestCodeKind } from '../test-codes.ts';

export interface AlipayApp {
  readonly appId: string;
  /** The application's; as PEM or parsed. */
  readonly publicKey: KeyObject | string;
  /** The id of payers that the application gets: old ones a user_id, new ones an open_id. */
  readonly idKind?: 'userId' | 'openId';
  /** The only addresses that auth codes are sent to; absent: any. */
  readonly returnUrls?: readonly string[];
  readonly isMiniProgram?: boolean;
  /** The merchant's own id, with which an app asks for auth codes. */
  readonly pid?: string;
  /** AES key: 16 bytes in base64. */
  readonly encryptKey?: string;
  /** Whether the application is in a group, whose members share union_ids. */
  readonly unionId?: boolean;
  /** The serial numbers that the application has to send, because it signs with a certificate. */
  readonly certs?: { readonly appCertSn: string; readonly alipayRootCertSn: string };
}

/** What both protocols are built with. */
export interface Gateway {
  readonly now: () => number;
  /** Set where Alipay signs with a certificate. */
  readonly alipayCertSn?: string | undefined;
  /** Whether errors are signed: published dumps of them have it both ways. */
  readonly signErrors: boolean;
  /** Whether signed errors of the first protocol name the certificate; the SDKs expect that some do not. */
  readonly nameCertInErrors: boolean;
  /** Of the replies of the first protocol. */
  readonly charset: 'utf-8' | 'GBK';
  appOf(appId: string | undefined): AlipayApp | undefined;
  verify(app: AlipayApp, text: string, signature: string): boolean;
  /** Base64. For the kind badsign, the key is not Alipay's. */
  sign(bytes: string | Buffer, kind?: TestCodeKind): string;
}

/** The errors of the gateway itself, open-v3/054fcv. The first protocol writes isv. before them, common/02km9f. */
export const gatewayErrors = {
  'missing-method': '缺少方法名参数',
  'missing-app-id': '缺少AppID参数',
  'missing-signature': '缺少签名参数',
  'missing-signature-type': '缺少签名类型参数',
  'missing-timestamp': '缺少时间戳参数',
  'missing-version': '缺少版本参数',
  'missing-app-cert-sn': '缺少应用公钥证书序列号',
  'missing-alipay-root-cert-sn': '缺少支付宝根证书序列号',
  'app-cert-not-exist': '应用公钥证书不存在',
  'invalid-alipay-root-cert-sn': '无效的支付宝根证书序列号',
  'invalid-app-id': '无效的AppID参数',
  'invalid-method': '不存在的方法名',
  'invalid-signature': '无效签名',
  'invalid-signature-type': '无效的签名类型',
  'invalid-timestamp': '非法的时间戳参数',
  'invalid-version': '无效的版本参数',
  'invalid-format': '无效的数据格式',
  'invalid-charset': '字符集错误',
  'invalid-parameter': '参数无效',
  'invalid-encrypt-type': '无效的加密类型',
  'decryption-error-not-valid-encrypt-key': '解密出错, 未配置加密密钥或加密密钥格式错误',
  'decryption-error-unknown': '解密出错, 未知错误',
} as const;
export type GatewayError = keyof typeof gatewayErrors;

/** How far a timestamp may be off, either way. */
export const WINDOW_MS = 10 * 60_000;
export const traceId = () => randomBytes(15).toString('hex');
/** Where an error is explained. Production links to it, Alipay's own sandbox does not. */
export const explanation = (trace: string) => `https://open.alipay.com/api/errCheck?traceId=${trace}&source=openapi`;

export const certFault = ({ certs }: AlipayApp, appCertSn?: string, rootCertSn?: string): GatewayError | undefined => {
  if (!certs) return undefined;
  if (!appCertSn) return 'missing-app-cert-sn';
  if (appCertSn !== certs.appCertSn) return 'app-cert-not-exist';
  if (!rootCertSn) return 'missing-alipay-root-cert-sn';
  return rootCertSn === certs.alipayRootCertSn ? undefined : 'invalid-alipay-root-cert-sn';
};
