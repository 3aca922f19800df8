/** Calls a running service over GraphQL, as a router does. */
import { z } from 'zod';
import { ConfigError } from '../../config/load.ts';
import { headersIn, readInput } from './message.ts';

const failure = {
  code: z.string().optional(),
  message: z.string().optional(),
  traceId: z.string().optional(),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
};
/** What the fields of a call that `try` makes may answer. */
const answer = z.object({
  __typename: z.string().optional(),
  ...failure,
  identity: z.object({ id: z.string(), openId: z.string().nullish(), userId: z.string().nullish() }).optional(),
  failure: z.object(failure).optional(),
  queryCode: z.string().optional(),
  authorizeUrl: z.string().nullish(),
});
export type Answer = z.output<typeof answer>;

const reply = z.object({
  data: z.object({ answer }).nullish(),
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }).optional() })).optional(),
});

const headersOf = (file: string): Record<string, string> => headersIn(readInput(file).toString().split('\n'));

const READY = 'Start one with npm start, or name another with --url';
const MAX_MS = 40_000;

/** Rejects with what the operator can do when no GraphQL answer comes. */
export const createClient = (url: string, headersFile: string | undefined) => {
  if (!URL.canParse(url)) throw new ConfigError(`--url is not an address: ${url}`);
  const endpoint = new URL('/graphql', url);
  const own = headersFile === undefined ? {} : headersOf(headersFile);
  return async (query: string, variables: object): Promise<Answer> => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...own },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(MAX_MS),
    }).catch(({ cause }: { cause?: { code?: string } }) => {
      throw new ConfigError(`No service answers at ${endpoint.origin} (${cause?.code ?? 'no answer'}). ${READY}`);
    });
    const text = await response.text();
    const parsed = reply.safeParse(parse(text));
    if (!parsed.success)
      throw new ConfigError(`${endpoint} answered ${response.status}, and not as this service does. ${READY}`);
    const { data, errors: [error] = [] } = parsed.data;
    if (data) return data.answer;
    if (response.status === 401)
      throw new ConfigError(
        "The service did not accept the router's credentials: give its headers in a file with --headers",
      );
    return { code: error?.extensions?.code, message: error?.message };
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
