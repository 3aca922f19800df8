/** The cashier's wait as server-sent events, for gateways with subscriptions. Same results as waitForPayer. */
import type { Gateway } from './ask.ts';
import { graphql } from './gql/gql.ts';
import type { FollowResultSubscription } from './gql/graphql.ts';
import { type Result, waitForPayer } from './wait.ts';

const FollowResult = graphql(`
  subscription FollowResult($queryCode: String!) {
    authResult(queryCode: $queryCode) {
      __typename
      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }
      ... on PayerAuthSucceeded { expiresAt }
      ... on PayerAuthFailed { failure { __typename code traceId } }
      ... on PayerFailure { code traceId }
      ... on PayerServiceBusy { retryAfterSeconds }
    }
  }
`);

type Event = { readonly data?: FollowResultSubscription | null };

/** EventSource cannot POST, so the stream is read with fetch. When it ends early, polling goes on. */
export async function* followPayer(gateway: Gateway, queryCode: string, signal: AbortSignal): AsyncGenerator<Result> {
  for await (const result of stream(gateway, queryCode, signal)) {
    yield result;
    if (result.__typename !== 'PayerAuthWaiting' && result.__typename !== 'PayerServiceBusy') return;
  }
  yield* waitForPayer(gateway, queryCode, signal);
}

async function* stream({ url, headers }: Gateway, queryCode: string, signal: AbortSignal): AsyncGenerator<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: FollowResult.toString(), variables: { queryCode } }),
    signal,
  }).catch(() => undefined);
  if (!response?.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) return;
    const events = (text + value).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: ?(.*)$/m.exec(event)?.[1];
      const next: Event = data ? JSON.parse(data) : {};
      if (next.data?.authResult) yield next.data.authResult;
    }
  }
}
