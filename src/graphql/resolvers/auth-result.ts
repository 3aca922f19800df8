import { PayerIdentityError } from '../../failure.ts';
import type { AuthResult } from '../../identity/results.ts';
import { toFailure } from '../failures.ts';

/** What a query code shows, as a member of PayerAuthResult. Throws QUERY_CODE_UNKNOWN when it shows nothing. */
export const authResultMember = (result: AuthResult | undefined) => {
  if (!result) throw new PayerIdentityError('QUERY_CODE_UNKNOWN');
  const common = { expiresAt: result.expiresAt, clientReferenceId: result.clientReferenceId ?? null };
  switch (result.status) {
    case 'WAITING': {
      const { pollAfterSeconds, attemptsLeft, lastFailure: last, step = null } = result;
      const lastFailure = last ? toFailure(last.failureCode, last.traceId) : null;
      const shown = { pollAfterSeconds, attemptsLeft, lastFailure, step };
      return { __typename: 'PayerAuthWaiting' as const, ...shown, ...common };
    }
    case 'SUCCEEDED':
      return { __typename: 'PayerAuthSucceeded' as const, identity: result.identity ?? null, ...common };
    case 'FAILED': {
      const failure = toFailure(result.failureCode, result.traceId);
      return { __typename: 'PayerAuthFailed' as const, failure, ...common };
    }
  }
};
