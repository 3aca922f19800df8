/** Checks of a redeem request that several sources share. They run before anything is claimed. */
import { PayerIdentityError } from '../failure.ts';
import type { RedeemRequest } from '../model.ts';

const grouped: ReadonlySet<string> = new Set<keyof RedeemRequest>(['orderId', 'subAppId', 'terminalId']);

/** INPUT_INVALID for one field of the request, by its path in the contract. */
export const invalidField = (field: keyof RedeemRequest | 'authCode', message: string): PayerIdentityError => {
  const path = grouped.has(field) ? `channelOptions.${field}` : field;
  return new PayerIdentityError('INPUT_INVALID', { fields: [{ path, message }] });
};

/**
 * Throws INPUT_INVALID for a subAppId. It chooses the application in which the payer is identified, so a source that
 * cannot send it must not ignore it. orderId, terminalId and clientIp identify no payer and may be ignored.
 */
export const refuseSubAppId = ({ subAppId }: RedeemRequest): void => {
  if (subAppId) throw invalidField('subAppId', 'not to be given: this channel knows no sub-merchant applications');
};

/**
 * Payment codes, as WeChat and Alipay publish their form: 18 digits from 10 to 15 on, and 16 to 24 from 25 to 30 on.
 * https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=5_1, and AlipayTradePayModel.auth_code of Alipay's SDKs.
 */
const paymentCode = /^(?:1[0-5]\d{16}|(?:2[5-9]|30)\d{14,22})$/;

/** Throws INPUT_INVALID for a payment code, which a channel of another kind cannot redeem: it stays unspent. */
export const refusePaymentCode = (authCode: string): void => {
  if (paymentCode.test(authCode))
    throw invalidField('authCode', 'not a payment code: this channel takes the codes that payerChannels names');
};
