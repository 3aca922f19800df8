/** The routes of the service as one function from request to reply; `server.ts` puts it behind node:http. */
import { createContext } from '../graphql/context.ts';
import type { Metrics } from '../metrics.ts';
import { anonymous } from '../security/caller.ts';
import { execute } from './apollo-adapter.ts';
import { createCors } from './cors.ts';
import { BodyTooLarge, baseHeaders, type EdgeReply, type EdgeRequest, type Handler, refuse, reply } from './edge.ts';
import { createGraphqlEndpoint, type EndpointOptions } from './graphql-endpoint.ts';
import { measureRequest } from './measure.ts';
import { toGet } from './methods.ts';
import { exposeMetrics } from './metrics-route.ts';
import { createOperations, createProbes } from './probes.ts';

export interface HandlerOptions extends EndpointOptions {
  /** Pages for people, by path. */
  readonly pages: ReadonlyMap<string, string>;
  readonly metrics: Metrics;
  /** Whether /metrics is on this port too. */
  readonly metricsHere: boolean;
  /** Origins whose pages may call from a browser. */
  readonly corsOrigins: readonly string[];
  /** In sandbox mode: whether an origin that is not listed is of this machine. */
  readonly isLocalOrigin?: ((origin: string) => boolean) | undefined;
  /** False once the service is stopping. */
  readonly accepting: () => boolean;
}

/** Our pages contain their style and script, and call this origin only. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The landing page is Apollo's own: it answers a GET or HEAD that accepts HTML. */
const landingPage =
  ({ apollo, services }: HandlerOptions): Handler =>
  async (request) => {
    const call = { caller: anonymous, traceId: '', signal: request.signal, prolong() {} };
    const page = await execute(apollo, { ...request, method: 'GET' }, {}, async () => createContext(services, call));
    // Apollo's page asks the address that it was loaded from.
    return {
      ...page,
      body: page.body.replace('window.location.href', "new URL('/graphql', window.location.href).href"),
    };
  };

/** On replies that need no credentials: only the router holds connections open. */
const lastReply = { connection: 'close' };

const lastOn =
  (route: Handler): Handler =>
  async (request) => {
    const given = await route(request);
    return { ...given, headers: { ...given.headers, ...lastReply } };
  };

/** To `OPTIONS *`, which asks for no resource. https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.7 */
const wholeService: EdgeReply = {
  status: 204,
  headers: { ...baseHeaders, ...lastReply, allow: 'GET, HEAD, POST, OPTIONS' },
  body: '',
};

type Routes = ReadonlyMap<string, Handler>;

const routesOf = (options: HandlerOptions, graphql: Handler, probes: Routes): Routes => {
  const { pages, metrics, metricsHere } = options;
  const page = (html: string) =>
    reply(200, 'text/html; charset=utf-8', html, { 'content-security-policy': PAGE_POLICY });
  return new Map<string, Handler>([
    ['*', async () => wholeService],
    ['/graphql', graphql],
    ...[...probes].map(([path, probe]): [string, Handler] => [path, lastOn(probe)]),
    ...(metricsHere ? [['/metrics', exposeMetrics(metrics)] as const] : []),
    ...[...pages].map(([path, html]): [string, Handler] => [path, toGet(async () => page(html))]),
  ]);
};

interface Edge {
  readonly handle: Handler;
  /** For a port of the operator's: probes and metrics. */
  readonly operations: Handler;
  /** Resolves when no operation runs. */
  idle(): Promise<void>;
}

export const createHandler = (options: HandlerOptions): Edge => {
  const { pages, metrics, services, accepting } = options;
  const cors = createCors(options.corsOrigins, options.isLocalOrigin);
  const graphql = createGraphqlEndpoint(options);
  const probes = createProbes({ check: async () => services.store.ready(), accepting });
  const answerGraphql: Handler = async (request) =>
    cors.expose(request, cors.preflight(request) ?? (await graphql.handle(request)));
  const routes = routesOf(options, answerGraphql, probes);
  const landing = landingPage(options);

  const routeTo = ({ method, path, headers }: EdgeRequest): { name: string; route: Handler } | undefined => {
    const route = routes.get(path);
    if (route) return { name: path, route };
    const isPage = (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html');
    return path === '/' && isPage && pages.size > 0 ? { name: '/', route: landing } : undefined;
  };

  const answer = async (request: EdgeRequest, route: Handler): Promise<EdgeReply> => {
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof BodyTooLarge)
        return refuse(413, 'BODY_TOO_LARGE', `At most ${options.bodyBytes} bytes`, { connection: 'close' });
      throw error;
    }
  };

  const handle: Handler = async (request) => {
    const { name, route } = routeTo(request) ?? { name: 'none', route: nothingHere };
    return measureRequest(metrics, name, () => answer(request, route));
  };
  return { handle, operations: createOperations(probes, metrics), idle: graphql.idle };
};

const nothingHere: Handler = async () =>
  refuse(404, 'NOT_FOUND', 'There is nothing here; GraphQL is at /graphql', lastReply);
