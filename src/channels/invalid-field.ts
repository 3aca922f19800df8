/** What callers may say about a payer's request beyond the auth code, where a source has to look at it. */
import { PayerIdentityError } from '../failure.ts';
import type { RedeemRequest } from '../model.ts';

/** INPUT_INVALID for one field of the request. */
export const invalidField = (path: keyof RedeemRequest | 'authCode', message: string): PayerIdentityError =>
  new PayerIdentityError('INPUT_INVALID', { fields: [{ path, message }] });

/**
 * Refuses subAppId: it chooses whose id of the payer is returned, so a source without a place for it must not ignore
 * it. Throws INPUT_INVALID. What identifies nobody (merchantOrderNo, termId, clientIp) may be ignored.
 */
export const refuseSubAppId = ({ subAppId }: RedeemRequest): void => {
  if (subAppId) throw invalidField('subAppId', 'not to be given: this channel knows no sub-merchant applications');
};
