/** The routes of the service as one function from request to reply; `server.ts` puts it behind node:http. */
import type { Metrics } from '../metrics.ts';
import { createCors } from './cors.ts';
import { BodyTooLarge, baseHeaders, type EdgeReply, type EdgeRequest, type Handler, refuse, reply } from './edge.ts';
import { createGraphqlEndpoint, type EndpointOptions } from './graphql-endpoint.ts';
import { measureRequest } from './measure.ts';
import { toGet } from './methods.ts';
import { exposeMetrics } from './metrics-route.ts';
import { createOperations, createProbes } from './probes.ts';
import type { StaticPage } from './static-file.ts';

export interface HandlerOptions extends EndpointOptions {
  /** Pages for people, by path. */
  readonly pages: ReadonlyMap<string, StaticPage>;
  readonly metrics: Metrics;
  /** Whether /metrics is on this port too. */
  readonly metricsHere: boolean;
  /** Origins whose pages may call from a browser. */
  readonly corsOrigins: readonly string[];
  /** In sandbox mode: whether an origin that is not listed is of this machine. */
  readonly isLocalOrigin?: ((origin: string) => boolean) | undefined;
  /** In sandbox mode: routes beside ours, for the origins that may call. */
  readonly moreRoutes?: ReadonlyMap<string, Handler> | undefined;
  /** False once the service is stopping. */
  readonly accepting: () => boolean;
}

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
  const page = async ({ type, policy, read }: StaticPage) =>
    reply(200, type, await read(), { 'content-security-policy': policy });
  return new Map<string, Handler>([
    ['*', async () => wholeService],
    ['/graphql', graphql],
    ...[...probes].map(([path, probe]): [string, Handler] => [path, lastOn(probe)]),
    ...(metricsHere ? [['/metrics', exposeMetrics(metrics)] as const] : []),
    ...[...pages].map(([path, each]): [string, Handler] => [path, toGet(() => page(each))]),
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
  const { metrics, services, accepting } = options;
  const cors = createCors(options.corsOrigins, options.isLocalOrigin);
  const graphql = createGraphqlEndpoint(options);
  const probes = createProbes({ check: async () => services.store.ready(), accepting });
  const withCors =
    (answer: Handler): Handler =>
    async (request) =>
      cors.expose(request, cors.preflight(request) ?? (await answer(request)));
  const more = [...(options.moreRoutes ?? [])].map(([path, answer]): [string, Handler] => [path, withCors(answer)]);
  const routes = new Map([...routesOf(options, withCors(graphql.handle), probes), ...more]);

  const routeTo = ({ method, path, headers }: EdgeRequest): { name: string; route: Handler } | undefined => {
    const route = routes.get(path);
    // A program that asks here has the wrong address: GraphQL is elsewhere. No browser asks for JSON first.
    const isRead = method === 'GET' || method === 'HEAD';
    const isPage = isRead && /text\/html/.test(headers.accept ?? '') && !/json/.test(headers.accept ?? '');
    return route && (path !== '/' || isPage) ? { name: path, route } : undefined;
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
