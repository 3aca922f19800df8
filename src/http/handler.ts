/** The edge as a plain function, from routes to reply. `server.ts` puts it behind node:http. */
import { createContext } from '../graphql/context.ts';
import type { Metrics } from '../lib/metrics.ts';
import { anonymous } from '../security/caller.ts';
import { KeysUnavailable } from '../security/issuer-keys.ts';
import { execute } from './apollo.ts';
import { createCors } from './cors.ts';
import { BodyTooLarge, type EdgeReply, type EdgeRequest, type Handler, refuse, reply } from './edge.ts';
import { createGraphql, type GraphqlOptions, MAX_BODY_BYTES } from './graphql.ts';
import { exposeMetrics } from './metrics.ts';

export interface HandlerOptions extends GraphqlOptions {
  /** Pages for people, by path. */
  readonly pages: ReadonlyMap<string, string>;
  readonly metrics: Metrics;
  /** Whether /metrics is here too, and not only on a port of its own. */
  readonly metricsHere: boolean;
  /** Origins whose pages may call from a browser. */
  readonly corsOrigins: readonly string[];
  /** False once the service is to stop. */
  readonly accepting: () => boolean;
}

/** Pages hold their own style and script, and talk to this origin only. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const json = (status: number, value: object): EdgeReply =>
  reply(status, 'application/json; charset=utf-8', JSON.stringify(value));

const readiness =
  ({ services, accepting }: HandlerOptions): Handler =>
  async () => {
    if (!accepting()) return refuse(503, 'STOPPING', 'The service is stopping');
    return services.store.ready().then(
      () => json(200, { status: 'ready' }),
      () => refuse(503, 'STORE_UNAVAILABLE', 'The store cannot keep its promises now'),
    );
  };

/** The landing page is Apollo's own: it answers a GET that accepts HTML. */
const landingPage =
  ({ apollo, services }: HandlerOptions): Handler =>
  async (request) => {
    const call = { caller: anonymous, traceId: '', signal: request.signal, prolong() {} };
    const page = await execute(apollo, request, {}, async () => createContext(services, call));
    // Apollo's page asks the address that it was loaded from.
    return {
      ...page,
      body: page.body.replace('window.location.href', "new URL('/graphql', window.location.href).href"),
    };
  };

const routesOf = (options: HandlerOptions, graphql: Handler): ReadonlyMap<string, Handler> => {
  const { pages, metrics, metricsHere } = options;
  const page = (html: string) =>
    reply(200, 'text/html; charset=utf-8', html, { 'content-security-policy': PAGE_POLICY });
  return new Map<string, Handler>([
    ['/graphql', graphql],
    ['/livez', async () => json(200, { status: 'live' })],
    ['/readyz', readiness(options)],
    ...(metricsHere ? [['/metrics', exposeMetrics(metrics)] as const] : []),
    ...[...pages].map(([path, html]): [string, Handler] => [path, async () => page(html)]),
  ]);
};

export const createHandler = (options: HandlerOptions): { handle: Handler; idle(): Promise<void> } => {
  const { pages, metrics } = options;
  const cors = createCors(options.corsOrigins);
  const graphql = createGraphql(options);
  const routes = routesOf(options, async (request) =>
    cors.expose(request, cors.preflight(request) ?? (await graphql.handle(request))),
  );
  const landing = landingPage(options);

  const routeTo = ({ method, target, headers }: EdgeRequest): { name: string; route: Handler } | undefined => {
    const path = target.split('?', 1)[0] ?? '';
    const route = routes.get(path);
    if (route) return { name: path, route };
    const isPage = method === 'GET' && headers.accept?.includes('text/html');
    return path === '/' && isPage && pages.size > 0 ? { name: '/', route: landing } : undefined;
  };

  const answer = async (request: EdgeRequest, route: Handler): Promise<EdgeReply> => {
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof BodyTooLarge)
        return refuse(413, 'BODY_TOO_LARGE', `At most ${MAX_BODY_BYTES} bytes`, { connection: 'close' });
      if (error instanceof KeysUnavailable)
        return refuse(503, 'CALLER_KEYS_UNAVAILABLE', 'Whether the credentials are valid cannot be determined now', {
          'retry-after': `${error.retryAfterSeconds}`,
        });
      throw error;
    }
  };

  const handle: Handler = async (request) => {
    const { name, route } = routeTo(request) ?? { name: 'none', route: nothingHere };
    const measure = metrics.requests.startTimer({ route: name });
    const answered = await answer(request, route).catch((error: unknown) => {
      measure({ status: 500 });
      throw error;
    });
    measure({ status: answered.status });
    if (answered.refusal !== undefined) metrics.refusals.inc({ code: answered.refusal });
    return answered;
  };
  return { handle, idle: graphql.idle };
};

const nothingHere: Handler = async () => refuse(404, 'NOT_FOUND', 'There is nothing here; GraphQL is at /graphql');
