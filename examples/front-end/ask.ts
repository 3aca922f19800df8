/** One call of the gateway, typed by its operation. */
import type { TypedDocumentString } from './gql/graphql.ts';

/** Sends a body of JSON, and resolves with the parsed answer. */
type Post = (url: string, headers: Record<string, string>, body: string) => Promise<unknown>;

/** Where your gateway answers, and what it needs of a browser. */
export interface Gateway {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of fetch, which mini programs do not have. */
  readonly post?: Post;
}

const postByFetch: Post = async (url, headers, body) => {
  // Longer than the 25 s that authResult may wait.
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(40_000) });
  return response.json();
};

/** The network, the gateway or the service failed: nothing is known of the call. Repeating it is safe. */
export class CallFailed extends Error {}

export const ask = async <Data, Variables>(
  { url, headers = {}, post = postByFetch }: Gateway,
  operation: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> => {
  const body = JSON.stringify({ query: operation.toString(), variables });
  const answer = await post(url, { 'content-type': 'application/json', ...headers }, body).catch((cause: unknown) => {
    throw new CallFailed('no answer', { cause });
  });
  if (!isAnswer<Data>(answer)) throw new CallFailed('the answer has no data, or errors');
  return answer.data;
};

/** Expected failures are members of a union; errors are faults of the gateway, the service or the operation. */
const isAnswer = <Data>(answer: unknown): answer is { data: Data } =>
  typeof answer === 'object' && answer !== null && 'data' in answer && answer.data !== null && !('errors' in answer);
