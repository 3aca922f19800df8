/** Reads server-sent events of a subscription, as the protocol of graphql-sse has them, and with no code of its library. */
import { onTestFinished } from 'vitest';

export interface SubscriptionEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
  readonly data: any;
}

export const SUBSCRIPTION = `
  subscription AuthResult($queryCode: String!) {
    authResult(queryCode: $queryCode) {
      __typename
      ... on PayerAuthWaiting { attemptsLeft lastFailure { __typename code } pollAfterSeconds expiresAt }
      ... on PayerAuthSucceeded { identity { id openId } expiresAt }
      ... on PayerAuthFailed { failure { __typename code } expiresAt }
      ... on PayerFailure { code traceId }
      ... on PayerServiceBusy { retryAfterSeconds }
    }
  }`;

const parseEvent = (text: string): SubscriptionEvent => {
  const fields = new Map(
    text.split('\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1).trim()]),
  );
  const data = fields.get('data');
  return { event: fields.get('event') ?? '', data: data ? JSON.parse(data) : undefined };
};

export interface Subscribing {
  readonly query?: string;
  readonly variables?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

/** Subscribes; the events so far are in `events`, comments are counted. The connection ends with the test at the latest. */
export const subscribeAt = async (url: string, { query = SUBSCRIPTION, variables = {}, headers = {} }: Subscribing) => {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query, variables }),
    signal: gone.signal,
  });
  const events: SubscriptionEvent[] = [];
  const seen = { comments: 0 };
  const read = async () => {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const piece of response.body ?? []) {
        rest += decoder.decode(piece, { stream: true }).replaceAll('\r\n', '\n');
        const parts = rest.split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts)
          if (part.startsWith(':')) seen.comments += 1;
          else if (part.trim() !== '') events.push(parseEvent(part));
      }
      return 'ended' as const;
    } catch {
      return 'broken' as const;
    }
  };
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? undefined : await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    events,
    seen,
    ended: isStream ? read() : Promise.resolve('ended' as const),
    leave: () => gone.abort(),
    /** The results so far, without the event that completes. */
    results: () => events.filter(({ event }) => event === 'next').map(({ data }) => data.data?.authResult),
  };
};
