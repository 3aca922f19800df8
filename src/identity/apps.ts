/** The merchant applications, and the route of each channel of an app: where its auth codes go. */
import type { OpenedSource, Source } from '../channels/source.ts';
import { PayerIdentityError } from '../failure.ts';
import type { AppChannel, AuthCodeKind, Channel, ChannelCapability } from '../model.ts';
import type { SignaturePolicy } from '../security/app-signature.ts';

/** A merchant application, as configured. */
export interface App {
  readonly id: string;
  /** The name of the source that serves each channel. */
  readonly channels: Readonly<Record<string, string>>;
  /** Pages that a channel may send payers back to; compared character by character. */
  readonly returnUrls: readonly string[];
  /** Only in sandbox mode: besides this machine, the hosts whose pages are accepted without being listed. */
  readonly localHosts?: readonly string[] | undefined;
  /** `required`: only query codes and states that startAuthentication issued are accepted. */
  readonly sessions: 'optional' | 'required';
  /** How many auth codes a session, or a query code of the caller's own, takes until one succeeds. */
  readonly attempts: number;
  /** `required`: startAuthentication needs a codeChallenge. */
  readonly codeChallenge?: 'optional' | 'required' | undefined;
  /** Channels whose payers return by the door also in a session of that channel: one return address serves every page. */
  readonly returnByDoor?: readonly string[];
  /** How the app signs its calls of authenticate; undefined: it does not sign. */
  readonly signature?: SignaturePolicy | undefined;
  /** Present: the app is notified when a session ends that has a clientReferenceId. */
  readonly webhook?: object | undefined;
}

/** Where the auth codes of one app on one channel go. */
export interface Route {
  readonly appId: string;
  readonly app: App;
  readonly channelId: string;
  readonly sourceName: string;
  readonly source: OpenedSource;
  /**
   * The issuer of the auth codes: the type of the source, and the upstream's id of its application. Neither our name for
   * the source nor its address is part of it: two names, or two addresses, may lead to one upstream, which takes a code
   * once. In lower case, since the databases of such platforms take `App1` and `app1` for the same; at an upstream that
   * distinguishes them, a code may be refused as used that is not, but none is sent twice.
   */
  readonly upstreamApp: string;
  readonly capabilities: readonly ChannelCapability[];
  readonly authCodeKind: AuthCodeKind;
}

/** What some sources can do besides redeeming auth codes. */
export type Capability = 'certifier' | 'jobworth';

/** A route whose source has the capability. */
export type CapableRoute<Can extends Capability> = Route & { readonly source: Required<Pick<Source, Can>> };

/** A route whose source has a page that gives out auth codes of the channel. */
export type PageRoute = Route & { readonly source: Required<Pick<Source, 'authorizer'>> };

export const hasPage = (route: Route): route is PageRoute =>
  route.source.authorizer?.channels.includes(route.channelId) === true;

/** The app and channel that a caller named; `needs` chooses the channel of a call that names none. */
export interface AskedNames {
  readonly appId?: unknown;
  readonly channelId?: unknown;
  readonly needs?: Capability | undefined;
}

/** The merchant applications and what serves them. */
export interface Apps {
  /** Throws APP_UNKNOWN or CHANNEL_UNKNOWN. */
  route(appId: string | undefined, channelId: string): Route;
  /** The channels of an app that have a page, in the order of its configuration. Throws APP_UNKNOWN. */
  pages(appId: string | undefined): readonly PageRoute[];
  /** The first channel of an app whose source has the capability. Throws APP_UNKNOWN or CHANNEL_UNSUPPORTED. */
  routeFor<Can extends Capability>(appId: string | undefined, can: Can): CapableRoute<Can>;
  /** Those of the names that are configured: the log shows no text that a caller made up. */
  configured(names: AskedNames): { appId?: string; channelId?: string; source?: string };
  /** The channels of an app. Throws APP_UNKNOWN. */
  channels(appId: string | undefined): AppChannel[];
  channel(id: string): Channel | undefined;
}

interface AppsConfig {
  readonly defaultApp: string;
  readonly apps: readonly App[];
  readonly channelTitles: Readonly<Record<string, string>>;
  /** True: an app may require sessions for a channel whose page can send payers back nowhere. */
  readonly sandbox?: boolean;
  /** An address of this machine that other devices reach, in sandbox mode. */
  readonly sandboxHost?: string | undefined;
  readonly sources: Readonly<Record<string, { readonly type: string }>>;
}

interface SourceSet {
  get(name: string): OpenedSource | undefined;
}

/**
 * Throws when an app names a source that is not configured or does not serve the channel, when an app requires sessions
 * for a channel with a page and lists no return URL, and when a channel without a page is to return its payers by the door.
 */
export const createApps = (config: AppsConfig, sources: SourceSet): Apps => {
  const { defaultApp, channelTitles } = config;
  const byApp = routesByApp(config, sources);
  const titles = new Map(Object.entries(channelTitles));
  const channelIds = new Set([...titles.keys(), ...[...byApp.values()].flatMap((routes) => [...routes.keys()])]);

  const routesOf = (appId: string): RoutesByChannel => {
    const routes = byApp.get(appId);
    if (routes) return routes;
    throw new PayerIdentityError('APP_UNKNOWN', { fields: [{ path: 'appId', message: 'a configured app' }] });
  };

  return {
    route(appId = defaultApp, channelId) {
      const routes = routesOf(appId);
      const route = routes.get(channelId);
      if (route) return route;
      const message = `one of the app's channels: ${[...routes.keys()].join(', ')}`;
      throw new PayerIdentityError('CHANNEL_UNKNOWN', { fields: [{ path: 'channelId', message }] });
    },
    pages: (appId = defaultApp) => [...routesOf(appId).values()].filter(hasPage),
    routeFor(appId = defaultApp, can) {
      const route = firstCapable(routesOf(appId), can);
      if (route) return route;
      const message = 'an app with a channel that has this capability';
      throw new PayerIdentityError('CHANNEL_UNSUPPORTED', { fields: [{ path: 'appId', message }] });
    },
    configured({ appId: given, channelId, needs }) {
      const appId = given ?? defaultApp;
      if (typeof appId !== 'string') return {};
      const routes = byApp.get(appId);
      if (!routes) return {};
      const route = typeof channelId === 'string' ? routes.get(channelId) : needs && firstCapable(routes, needs);
      return route ? { appId, channelId: route.channelId, source: route.sourceName } : { appId };
    },
    channels: (appId = defaultApp) =>
      [...routesOf(appId).values()].map(({ channelId, capabilities, authCodeKind }) => ({
        channel: { id: channelId, title: titles.get(channelId) ?? null },
        capabilities,
        authCodeKind,
      })),
    channel: (id) => (channelIds.has(id) ? { id, title: titles.get(id) ?? null } : undefined),
  };
};

type RoutesByChannel = ReadonlyMap<string, Route>;

const routesByApp = (config: AppsConfig, sources: SourceSet): ReadonlyMap<string, RoutesByChannel> => {
  const { defaultApp, sandbox = false, sandboxHost } = config;
  const localHosts = sandboxHost === undefined ? [] : [sandboxHost];
  const apps = sandbox ? config.apps.map((app) => ({ ...app, localHosts })) : config.apps;
  const byApp = new Map<string, RoutesByChannel>();
  for (const app of apps) {
    const routes = Object.entries(app.channels).map((served) => createRoute(config, sources, app, served));
    if (app.sessions === 'required' && !sandbox) for (const route of routes) requireReturnUrls(route);
    requireDoorPages(app, routes);
    if (byApp.has(app.id)) throw new Error(`The app ${app.id} is configured twice`);
    byApp.set(app.id, new Map(routes.map((route) => [route.channelId, route])));
  }
  if (!byApp.has(defaultApp)) throw new Error(`The default app ${defaultApp} is not configured`);
  return byApp;
};

const createRoute = (
  config: AppsConfig,
  sources: SourceSet,
  app: App,
  [channelId, sourceName]: readonly [channelId: string, sourceName: string],
): Route => {
  const source = sources.get(sourceName);
  if (!source)
    throw new Error(`App ${app.id}: channel ${channelId} names the source ${sourceName}, which is not configured`);
  if (!source.channels.includes(channelId))
    throw new Error(`App ${app.id}: the source ${sourceName} does not serve the channel ${channelId}`);
  // A source is replaced when its keys are; its capabilities stay the same.
  const current = () => sources.get(sourceName) ?? source;
  return {
    appId: app.id,
    app,
    channelId,
    sourceName,
    capabilities: capabilitiesOf(source, channelId),
    authCodeKind: source.authCodeKind(channelId),
    get source() {
      return current();
    },
    get upstreamApp() {
      return `${config.sources[sourceName]?.type} ${current().upstreamAppId.trim().toLowerCase()}`;
    },
  };
};

const firstCapable = <Can extends Capability>(routes: RoutesByChannel, can: Can): CapableRoute<Can> | undefined =>
  [...routes.values()].find((route): route is CapableRoute<Can> => route.source[can] !== undefined);

/** With `sessions: required` a session starts before the code; where it starts at a page, payers have to come back to one. */
const requireReturnUrls = ({ app, channelId, capabilities }: Route): void => {
  if (!capabilities.includes('AUTHORIZE') || app.returnUrls.length > 0) return;
  throw new Error(
    `App ${app.id}: sessions is "required", but no payer can start one on the channel ${channelId}: returnUrls lists no page that they may come back to. List yours there`,
  );
};

const requireDoorPages = ({ id, returnByDoor = [] }: App, routes: readonly Route[]): void => {
  const pages = new Set(routes.filter(hasPage).map(({ channelId }) => channelId));
  for (const channelId of returnByDoor)
    if (!pages.has(channelId))
      throw new Error(`App ${id}: returnByDoor names ${channelId}, which is no channel of the app with a page`);
};

const capabilitiesOf = ({ authorizer, certifier, jobworth }: Source, channelId: string): ChannelCapability[] => [
  'AUTHENTICATE',
  ...(authorizer?.channels.includes(channelId) ? (['AUTHORIZE'] as const) : []),
  ...(certifier ? (['CERTIFY'] as const) : []),
  ...(jobworth ? (['JOBWORTH'] as const) : []),
];
