/** Between our edge and Apollo Server, which wants its own shapes of a request and of headers. */
import { type ApolloServer, type BaseContext, HeaderMap } from '@apollo/server';
import { parseUniqueJson } from '../lib/unique-json.ts';
import { baseHeaders, type EdgeReply, type EdgeRequest } from './edge.ts';

/** The body as a JSON object or list in UTF-8; undefined when it is none, or names a member twice. */
export const parseJson = (body: Buffer): object | undefined => {
  try {
    const parsed = parseUniqueJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
};

/** Has Apollo Server answer a request whose body was read. */
export const execute = async <Context extends BaseContext>(
  apollo: ApolloServer<Context>,
  { method, headers }: Pick<EdgeRequest, 'method' | 'headers'>,
  body: unknown,
  context: () => Promise<Context>,
  search = '',
): Promise<EdgeReply> => {
  const headerMap = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) headerMap.set(name, value);
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers: headerMap, search, body },
    context,
  });
  if (answer.body.kind !== 'complete') throw new Error('Incremental delivery is not offered');
  return {
    status: answer.status ?? 200,
    headers: { ...baseHeaders, ...Object.fromEntries(answer.headers) },
    body: answer.body.string,
  };
};
