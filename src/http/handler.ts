/**
 * The edge as a plain function: a request in, a reply out, no sockets. `server.ts` puts it behind node:http.
 */
import { randomBytes } from 'node:crypto';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import { type Context, createContext, type Services } from '../graphql/context.ts';
import { anonymous, type Caller } from '../security/caller.ts';
import type { Callers } from '../security/callers.ts';
import { KeysUnavailable } from '../security/jwt.ts';
import type { RequestHead, RouterCheck } from '../security/router-check.ts';

export interface EdgeRequest extends RequestHead {
  /** Reads the body; throws BodyTooLarge above the limit. */
  readBody(maxBytes: number): Promise<Buffer>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface EdgeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Handler = (request: EdgeRequest) => Promise<EdgeReply>;

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

export interface HandlerOptions {
  readonly apollo: ApolloServer<Context>;
  readonly services: Services;
  readonly router: RouterCheck;
  readonly callers: Callers;
  /** Pages for people, by path. */
  readonly pages: ReadonlyMap<string, string>;
  /** False once the service is to stop. */
  readonly accepting: () => boolean;
}

const MAX_BODY_BYTES = 65_536;

/** Pages hold their own style and script, and talk to this origin only. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const baseHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

const reply = (status: number, type: string, body: string, headers: Record<string, string> = {}): EdgeReply => ({
  status,
  headers: { ...baseHeaders, 'content-type': type, ...headers },
  body,
});

/** Every refusal is a GraphQL error: clients need only one way to read answers. */
const refuse = (status: number, code: string, message: string, headers?: Record<string, string>): EdgeReply =>
  reply(
    status,
    'application/json; charset=utf-8',
    JSON.stringify({ errors: [{ message, extensions: { code } }] }),
    headers,
  );

/** The trace that the caller is in, or a new one. https://www.w3.org/TR/trace-context/#traceparent-header */
const traceIdOf = (traceparent = ''): string =>
  /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent)?.[1] ??
  randomBytes(16).toString('hex');

const isJson = (contentType = ''): boolean =>
  /^application\/(?:json|graphql\+json)\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(contentType);

const parseJson = (body: Buffer): object | undefined => {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
};

const notTheRouter = () => refuse(401, 'UNAUTHENTICATED', 'Only the router may call this subgraph');

export const createHandler = ({ apollo, services, router, callers, pages, accepting }: HandlerOptions): Handler => {
  const execute = async (request: EdgeRequest, body: object, caller: Caller): Promise<EdgeReply> => {
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(name, value);
    const traceId = traceIdOf(request.headers.traceparent);
    const {
      status,
      headers: replyHeaders,
      body: result,
    } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: request.method, headers, search: '', body },
      context: async () => {
        const { peer, signal } = request;
        return createContext(services, { caller, traceId, address: peer.address, signal });
      },
    });
    if (result.kind !== 'complete') throw new Error('Incremental delivery is not offered');
    return {
      status: status ?? 200,
      headers: { ...baseHeaders, ...Object.fromEntries(replyHeaders) },
      body: result.string,
    };
  };

  const graphql: Handler = async (request) => {
    if (request.method !== 'POST')
      return refuse(405, 'METHOD_NOT_ALLOWED', 'GraphQL is answered to POST only', { allow: 'POST' });
    const verdict = router.head(request);
    if (verdict === 'stranger') return notTheRouter();
    if (!isJson(request.headers['content-type']))
      return refuse(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body has to be application/json in UTF-8');
    const bytes = await request.readBody(MAX_BODY_BYTES);
    const body = parseJson(bytes);
    if (verdict === 'pending' && !(body && router.body(request, bytes, body))) return notTheRouter();
    if (!body) return refuse(400, 'BAD_REQUEST', 'Invalid JSON');
    const caller = await callers.identify(request, 'extensions' in body ? body.extensions : undefined);
    if (!caller)
      return refuse(401, 'UNAUTHENTICATED', "The caller's credentials are not valid", {
        'www-authenticate': 'Bearer error="invalid_token"',
      });
    return execute(request, body, caller);
  };

  const ready: Handler = async () => {
    if (!accepting()) return refuse(503, 'STOPPING', 'The service is stopping');
    return services.store.ready().then(
      () => reply(200, 'application/json; charset=utf-8', '{"status":"ready"}'),
      () => refuse(503, 'STORE_UNAVAILABLE', 'The store cannot keep its promises now'),
    );
  };

  const routes = new Map<string, Handler>([
    ['/graphql', graphql],
    ['/livez', async () => reply(200, 'application/json; charset=utf-8', '{"status":"live"}')],
    ['/readyz', ready],
  ]);
  for (const [path, html] of pages)
    routes.set(path, async () =>
      reply(200, 'text/html; charset=utf-8', html, { 'content-security-policy': PAGE_POLICY }),
    );

  /** The landing page is Apollo's own: it answers a GET that accepts HTML. */
  const landingPage: Handler = async (request) => {
    const page = await execute(request, {}, anonymous);
    // Apollo's page asks the address that it was loaded from.
    return {
      ...page,
      body: page.body.replace('window.location.href', "new URL('/graphql', window.location.href).href"),
    };
  };

  return async (request) => {
    const path = request.target.split('?', 1)[0] ?? '';
    const isPage = request.method === 'GET' && request.headers.accept?.includes('text/html');
    const route = routes.get(path) ?? (path === '/' && isPage && pages.size > 0 ? landingPage : undefined);
    if (!route) return refuse(404, 'NOT_FOUND', 'There is nothing here; GraphQL is at /graphql');
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof KeysUnavailable)
        return refuse(503, 'CALLER_KEYS_UNAVAILABLE', 'Whether the credentials are valid cannot be told now', {
          'retry-after': '2',
        });
      if (error instanceof BodyTooLarge)
        return refuse(413, 'BODY_TOO_LARGE', `At most ${MAX_BODY_BYTES} bytes`, { connection: 'close' });
      throw error;
    }
  };
};
