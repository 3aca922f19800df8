/** The cashier's side of a session: start it, wait for its end, cancel it. */
import { ask, CallFailed, type Gateway } from './ask.ts';
import { graphql } from './gql/gql.ts';
import type { AuthResultQuery, PayerStartAuthenticationInput } from './gql/graphql.ts';

const StartAuthentication = graphql(`
  mutation StartAuthentication($input: PayerStartAuthenticationInput!) {
    startAuthentication(input: $input) {
      __typename
      ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt }
      ... on PayerAuthenticationStartedWithoutPage { queryCode state authCodeKind infoStr expiresAt }
      ... on PayerFailure { code traceId }
      ... on PayerInvalidInput { fields { path message } }
      ... on PayerServiceBusy { retryAfterSeconds }
    }
  }
`);

const AuthResult = graphql(`
  query AuthResult($queryCode: String!, $waitSeconds: Int!) {
    authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) {
      __typename
      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }
      ... on PayerAuthSucceeded { expiresAt }
      ... on PayerAuthFailed { failure { __typename code traceId } }
      ... on PayerFailure { code traceId }
      ... on PayerServiceBusy { retryAfterSeconds }
    }
  }
`);

const CancelAuthentication = graphql(`
  mutation CancelAuthentication($input: PayerCancelAuthenticationInput!) {
    cancelAuthentication(input: $input) { __typename }
  }
`);

export type Result = NonNullable<AuthResultQuery['authResult']>;

export const start = async (gateway: Gateway, input: PayerStartAuthenticationInput) =>
  (await ask(gateway, StartAuthentication, { input })).startAuthentication;

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

/** Every state of the session, the last one is final. Goes on after failures of the network and of the service. */
export async function* waitForPayer(gateway: Gateway, queryCode: string, signal: AbortSignal): AsyncGenerator<Result> {
  let failures = 0;
  while (!signal.aborted) {
    const answer = await ask(gateway, AuthResult, { queryCode, waitSeconds: 20 }).catch((error: unknown) => {
      if (error instanceof CallFailed) return undefined;
      throw error;
    });
    const result = answer?.authResult;
    if (signal.aborted) return;
    if (!result) {
      // 1, 2, 4, 8, 8 … seconds: the session goes on while the network is down.
      await pause(Math.min(2 ** failures, 8));
      failures += 1;
      continue;
    }
    failures = 0;
    yield result;
    if (result.__typename === 'PayerServiceBusy') await pause(result.retryAfterSeconds);
    else if (result.__typename !== 'PayerAuthWaiting') return;
  }
}

export const cancel = async (gateway: Gateway, queryCode: string) =>
  (await ask(gateway, CancelAuthentication, { input: { queryCode } })).cancelAuthentication;
