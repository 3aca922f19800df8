/** What the failure of an exchange means: for the code that was sent, and for the caller. */

import { PayerIdentityError } from '../failure.ts';
import { type FailureMember, failureMember, leftUnsent } from '../failure-codes.ts';
import { ExchangeError } from '../lib/exchange.ts';
import type { FinalOutcome } from '../store/model.ts';

/**
 * `unsent`: no byte was sent, the code is as it was. `refused`: the channel gave a reason. `indeterminate`: sent, and
 * not known how it ended. `bug`: an error that no part of this service expects; it may have been sent.
 */
type FailureKind = 'unsent' | 'refused' | 'indeterminate' | 'bug';

const indeterminate: ReadonlySet<FailureMember> = new Set(['PayerOutcomeUnknown', 'PayerOutcomePending']);

export const classify = (error: unknown): FailureKind => {
  if (error instanceof ExchangeError) return error.sent ? 'indeterminate' : 'unsent';
  if (!(error instanceof PayerIdentityError)) return 'bug';
  if (leftUnsent(error.code)) return 'unsent';
  return indeterminate.has(failureMember(error.code)) ? 'indeterminate' : 'refused';
};

/** The outcome of a code whose exchange failed after it was sent: INDETERMINATE unless the channel refused it. */
export const failedOutcome = (error: unknown): FinalOutcome => {
  if (!(error instanceof PayerIdentityError)) return { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };
  const state = classify(error) === 'indeterminate' ? 'INDETERMINATE' : 'REJECTED';
  return { state, failureCode: error.code, upstreamCode: error.upstreamCode };
};
