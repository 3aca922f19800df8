/** One call of the gateway, typed by its operation. */
import type { TypedDocumentString } from './gql/graphql.ts';

/** Where your gateway answers, and what it needs of a browser. */
export interface Gateway {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The network, the gateway or the service failed: nothing is known of the call. Repeating it is safe. */
export class CallFailed extends Error {}

export const ask = async <Data, Variables>(
  { url, headers = {} }: Gateway,
  operation: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: operation.toString(), variables }),
    // Longer than the 25 s that authResult may wait.
    signal: AbortSignal.timeout(40_000),
  }).catch(() => undefined);
  const answer: unknown = await response?.json().catch(() => undefined);
  if (!isAnswer<Data>(answer)) throw new CallFailed(`no answer: ${response?.status ?? 'no connection'}`);
  return answer.data;
};

/** Expected failures are members of a union; errors are faults of the gateway, the service or the operation. */
const isAnswer = <Data>(answer: unknown): answer is { data: Data } =>
  typeof answer === 'object' && answer !== null && 'data' in answer && answer.data !== null && !('errors' in answer);
