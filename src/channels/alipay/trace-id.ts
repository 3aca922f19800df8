/** Alipay's id of an exchange, for its support: https://opendocs.alipay.com/common/02km9f */
import { PayerIdentityError } from '../../failure.ts';
import type { HttpReply } from '../../lib/exchange.ts';
import type { Exchange } from '../source.ts';

/** v1 and v3 spell the header differently; it is not signed. */
export const traceIdOf = ({ headers }: HttpReply): string | undefined =>
  [headers.trace_id, headers['alipay-trace-id']].find((value) => typeof value === 'string');

/** The same exchange; what its judge throws carries the reply's trace id. */
export const traced =
  (exchange: Exchange): Exchange =>
  (request, judge, call) =>
    exchange(request, (reply) => judgeTraced(reply, judge), call);

const judgeTraced = <T>(reply: HttpReply, judge: (reply: HttpReply) => T): T => {
  try {
    return judge(reply);
  } catch (error) {
    if (!(error instanceof PayerIdentityError)) throw error;
    const { code, upstreamCode, claimedCode, cause } = error;
    throw new PayerIdentityError(code, { upstreamCode, claimedCode, upstreamTraceId: traceIdOf(reply), cause });
  }
};
