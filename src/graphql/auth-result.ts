/** A result of the use case as the contract shows it, to a query and in a subscription. */
import type { AuthResult } from '../identity/results.ts';
import { toFailure } from './failures.ts';

export const authResultMember = (result: AuthResult) => {
  const { expiresAt } = result;
  switch (result.status) {
    case 'WAITING': {
      const { pollAfterSeconds, attemptsLeft, lastFailure: last } = result;
      const lastFailure = last ? toFailure(last.failureCode, last.traceId) : null;
      return { __typename: 'PayerAuthWaiting' as const, pollAfterSeconds, attemptsLeft, lastFailure, expiresAt };
    }
    case 'SUCCEEDED':
      return { __typename: 'PayerAuthSucceeded' as const, identity: result.identity ?? null, expiresAt };
    default: {
      const failure = toFailure(result.failureCode, result.traceId);
      return { __typename: 'PayerAuthFailed' as const, failure, expiresAt };
    }
  }
};
