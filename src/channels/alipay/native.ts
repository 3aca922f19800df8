/**
 * The text with which Alipay's SDK in the merchant's app asks the payer (infoStr): AlipaySDK auth_V2, AuthTask.authV2.
 * https://opendocs.alipay.com/open/218/105327 (parameters), https://opendocs.alipay.com/open/218/105325 (results)
 */
import { sign } from 'node:crypto';
import type { AlipayKeys } from './keys.ts';
import { textToSign } from './v1.ts';

interface NativeOptions {
  readonly appId: string;
  /** The merchant's own id at Alipay. */
  readonly pid: string;
  readonly keys: AlipayKeys;
}

/**
 * The parameters in byte order and, percent-encoded, the signature over them. Every value is made of characters that
 * encoding leaves alone, so the text is the same before and after. `targetId` is the merchant's number of the request:
 * at most 32 characters, never used before.
 */
export const infoStr = ({ appId, pid, keys }: NativeOptions, targetId: string): string => {
  const text = textToSign({
    apiname: 'com.alipay.account.auth',
    app_id: appId,
    app_name: 'mc',
    auth_type: 'AUTHACCOUNT',
    biz_type: 'openservice',
    method: 'alipay.open.auth.sdk.code.get',
    pid,
    product_id: 'APP_FAST_LOGIN',
    scope: 'kuaijie',
    sign_type: 'RSA2',
    target_id: targetId,
  });
  const signature = sign('RSA-SHA256', Buffer.from(text), keys.privateKey).toString('base64');
  return `${text}&sign=${encodeURIComponent(signature)}`;
};
