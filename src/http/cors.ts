/** CORS: pages of the listed origins, compared character by character, and in sandbox mode those of this machine, may call from a browser. https://fetch.spec.whatwg.org/#http-cors-protocol */
import { baseHeaders, type EdgeReply, type EdgeRequest } from './edge.ts';
import { TRACE_HEADER } from './trace-context.ts';

/** Apollo's hosted Sandbox; it reaches services on this machine. */
export const apolloSandbox = 'https://studio.apollographql.com';

/** Without the router's credentials, which no browser may hold. */
const ALLOWED_HEADERS =
  'content-type, authorization, traceparent, apollo-require-preflight, apollographql-client-name, apollographql-client-version';
const MAX_AGE_SECONDS = 600;

export interface Cors {
  /** The answer to a browser's preflight request; undefined for other requests and other origins. */
  preflight(request: EdgeRequest): EdgeReply | undefined;
  /** Adds the headers that let the requesting page read the reply. */
  expose(request: EdgeRequest, reply: EdgeReply): EdgeReply;
}

/** What a page reads beyond the body: which call it was, how long to wait, and our clock, for countdowns. */
const READABLE_HEADERS = [TRACE_HEADER, 'retry-after', 'date'].join(', ');

const readable = (allowed: Readonly<Record<string, string>>): Record<string, string> =>
  'access-control-allow-origin' in allowed ? { 'access-control-expose-headers': READABLE_HEADERS } : {};

/** `isLocal`: in sandbox mode, whether an origin that is not listed is of this machine. */
export const createCors = (origins: readonly string[], isLocal?: (origin: string) => boolean): Cors => {
  const isClosed = origins.length === 0 && !isLocal;
  const isAllowed = (origin: string): boolean => origins.includes(origin) || isLocal?.(origin) === true;
  const allow = ({ headers: { origin } }: EdgeRequest): Record<string, string> => ({
    ...(!isClosed && { vary: 'Origin' }),
    ...(origin !== undefined &&
      isAllowed(origin) && {
        'access-control-allow-origin': origin,
      }),
  });
  return {
    preflight(request) {
      const { method, headers } = request;
      const allowed = allow(request);
      if (method !== 'OPTIONS' || !headers['access-control-request-method']) return undefined;
      if (!allowed['access-control-allow-origin']) return undefined;
      // https://wicg.github.io/private-network-access/#private-network-request-heading
      const toThisNetwork = headers['access-control-request-private-network'] === 'true';
      const answers = {
        ...baseHeaders,
        ...allowed,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': ALLOWED_HEADERS,
        'access-control-max-age': `${MAX_AGE_SECONDS}`,
        ...(toThisNetwork && { 'access-control-allow-private-network': 'true' }),
      };
      return { status: 204, headers: answers, body: '' };
    },
    expose: (request, given) =>
      isClosed ? given : { ...given, headers: { ...given.headers, ...allow(request), ...readable(allow(request)) } },
  };
};
