/** Which failed exchanges are faults of the upstream. */
import { PayerIdentityError } from '../../failure.ts';
import { ExchangeError } from '../../lib/exchange.ts';

/** Set by readText for a reply whose status is not 200. */
const STATUS = /^HTTP_(\d{3})$/;

/**
 * Whether the upstream itself failed: no connection, no reply in time, a server error, or a reply that is not of its
 * protocol. A complete reply in time is no fault: an unsigned refusal, an unknown code, a wrong signature or a status
 * such as 403 or 429 can be the reply to one wrong auth code.
 */
export const isUpstreamFault = (error: unknown): boolean => {
  if (error instanceof ExchangeError) return true;
  if (!(error instanceof PayerIdentityError)) return false;
  if (error.code === 'CHANNEL_NO_ANSWER') return true;
  if (error.code !== 'REPLY_MALFORMED') return false;
  const status = Number(STATUS.exec(error.upstreamCode ?? '')?.[1] ?? 200);
  return status === 200 || status >= 500;
};
