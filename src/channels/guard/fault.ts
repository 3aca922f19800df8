/** What an exchange that failed says of the upstream. */
import { PayerIdentityError } from '../../failure.ts';
import { ExchangeError } from '../../lib/exchange.ts';

/** Set by readText for a reply whose status is not 200. */
const STATUS = /^HTTP_(\d{3})$/;

/**
 * Whether the upstream itself failed: no connection, no answer, a late one, a server error or bytes that are no reply
 * of its protocol. A complete answer in time is none, however doubtful: an unsigned refusal, a code that nothing lists,
 * a signature that does not hold or a status such as 403 or 429 is what one call was answered, and a wrong code can
 * bring any of them about.
 */
export const isUpstreamFault = (error: unknown): boolean => {
  if (error instanceof ExchangeError) return true;
  if (!(error instanceof PayerIdentityError)) return false;
  if (error.code === 'CHANNEL_NO_ANSWER') return true;
  if (error.code !== 'REPLY_MALFORMED') return false;
  const status = Number(STATUS.exec(error.upstreamCode ?? '')?.[1] ?? 200);
  return status === 200 || status >= 500;
};
