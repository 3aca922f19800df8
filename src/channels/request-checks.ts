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
