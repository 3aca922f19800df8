/** Converts between the edge and Apollo Server, which has its own shapes of a request and of headers. */
import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import { parseUniqueJson } from '../lib/unique-json.ts';
import { baseHeaders, type EdgeReply, type EdgeRequest } from './edge.ts';

/** One decoder: between whole bodies it has no state. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The body as a JSON object or list in UTF-8; undefined for any other body, and when a name occurs twice in it. */
export const parseJson = (body: Buffer): object | undefined => {
  try {
    const parsed = parseUniqueJson(utf8.decode(body));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
};

export const toHeaderMap = (headers: EdgeRequest['headers']): HeaderMap => {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) map.set(name, value);
  return map;
};

export const toReply = ({ status, headers, body }: HTTPGraphQLResponse): EdgeReply => {
  if (body.kind !== 'complete') throw new Error('Incremental delivery is not offered');
  return { status: status ?? 200, headers: { ...baseHeaders, ...Object.fromEntries(headers) }, body: body.string };
};

/** Lets Apollo Server answer a request whose body was read. The query string of its target is not looked at. */
export const execute = async <Context extends BaseContext>(
  apollo: ApolloServer<Context>,
  { method, headers }: Pick<EdgeRequest, 'method' | 'headers'>,
  body: unknown,
  context: () => Promise<Context>,
): Promise<EdgeReply> =>
  toReply(
    await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method, headers: toHeaderMap(headers), search: '', body },
      context,
    }),
  );
