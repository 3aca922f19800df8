import type { Source } from '../channels/source.ts';
import { PayerIdentityError } from '../failure.ts';
import type { Channel, ChannelCapability } from '../model.ts';
import type { SignaturePolicy } from '../security/app-signature.ts';

/** A merchant application, as configured. */
export interface App {
  readonly id: string;
  /** The name of the source that serves each channel. */
  readonly channels: Readonly<Record<string, string>>;
  /** Pages that payers may be sent back to; compared character by character. */
  readonly returnUrls: readonly string[];
  /** `required`: only query codes and states that startAuthentication issued are accepted. */
  readonly sessions: 'optional' | 'required';
  /** How the app signs its calls of authenticate; undefined: it does not. */
  readonly signature?: SignaturePolicy | undefined;
}

/** Where the auth codes of one app on one channel go. */
export interface Route {
  readonly appId: string;
  readonly app: App;
  readonly channelId: string;
  readonly sourceName: string;
  readonly source: Source;
  /**
   * Whose auth codes these are: the type of the source and the upstream's id of its application. Neither our name for the
   * source nor its address is part of it: two names, or two addresses, may lead to one upstream, which takes a code once.
   * In lower case, since the databases of such platforms do not tell `App1` from `app1`; where an upstream does, a code
   * counts as used that is not, and none is sent twice.
   */
  readonly upstreamApp: string;
  readonly capabilities: readonly ChannelCapability[];
}

/** What a caller named, or what it needs of an app whose channel it does not name. */
export interface AskedNames {
  readonly appId?: unknown;
  readonly channel?: unknown;
  readonly needs?: 'certifier' | 'jobworth' | undefined;
}

/** The merchant applications and what serves them. */
export interface Apps {
  /** Throws APP_UNKNOWN or CHANNEL_UNKNOWN. */
  route(appId: string | undefined, channelId: string): Route;
  /** The first channel of an app whose source can do it. Throws APP_UNKNOWN or CHANNEL_UNSUPPORTED. */
  routeFor(appId: string | undefined, can: 'certifier' | 'jobworth'): Route;
  /** Those of the names that are configured. Callers may write anything, so only these stand in the log. */
  configured(names: AskedNames): { appId?: string; channelId?: string; source?: string };
  /** The channels of an app; none for an unknown app. */
  channels(appId: string | undefined): Channel[];
  channel(id: string): Channel | undefined;
}

interface AppsConfig {
  readonly defaultApp: string;
  readonly apps: readonly App[];
  readonly channelTitles: Readonly<Record<string, string>>;
  /** True: nothing is asked for that only payers of a real channel would miss. */
  readonly sandbox?: boolean;
  readonly sources: Readonly<Record<string, { readonly type: string }>>;
}

/**
 * Throws when an app names a source that is not configured or does not serve the channel, and when an app requires
 * sessions for a channel that no payer can start one on.
 */
export const createApps = (
  { defaultApp, apps, channelTitles, sources: configured, sandbox = false }: AppsConfig,
  sources: { get(name: string): Source | undefined },
): Apps => {
  const titles = new Map(Object.entries(channelTitles));
  const routesOf = (app: App): [string, Map<string, Route>] => {
    const { id, channels } = app;
    const routes = Object.entries(channels).map(([channelId, sourceName]): [string, Route] => {
      const source = sources.get(sourceName);
      if (!source)
        throw new Error(`App ${id}: channel ${channelId} names the source ${sourceName}, which is not configured`);
      if (!source.channels.includes(channelId))
        throw new Error(`App ${id}: the source ${sourceName} does not serve the channel ${channelId}`);
      const capabilities = capabilitiesOf(source, channelId);
      const route = { appId: id, app, channelId, sourceName, capabilities };
      const current = () => sources.get(sourceName) ?? source;
      // A source is replaced when its keys are; what it can do stays the same.
      return [
        channelId,
        {
          ...route,
          get source() {
            return current();
          },
          get upstreamApp() {
            return `${configured[sourceName]?.type} ${current().upstreamAppId.trim().toLowerCase()}`;
          },
        },
      ];
    });
    if (app.sessions === 'required' && !sandbox) for (const [, route] of routes) requirePage(route);
    return [id, new Map(routes)];
  };
  const byApp = new Map(apps.map(routesOf));
  const twice = apps.find(({ id }, position) => apps.findIndex((app) => app.id === id) !== position);
  if (twice) throw new Error(`The app ${twice.id} is configured twice`);
  if (!byApp.has(defaultApp)) throw new Error(`The default app ${defaultApp} is not configured`);
  const known = new Set([...titles.keys(), ...[...byApp.values()].flatMap((routes) => [...routes.keys()])]);

  const routesFor = (appId: string): Map<string, Route> => {
    const routes = byApp.get(appId);
    if (routes) return routes;
    throw new PayerIdentityError('APP_UNKNOWN', { fields: [{ path: 'appId', message: 'a configured app' }] });
  };

  return {
    routeFor(appId = defaultApp, can) {
      const route = [...routesFor(appId).values()].find(({ source }) => source[can]);
      if (!route) throw new PayerIdentityError('CHANNEL_UNSUPPORTED');
      return route;
    },
    route(appId = defaultApp, channelId) {
      const routes = routesFor(appId);
      const route = routes.get(channelId);
      if (!route) {
        const message = `one of the app's channels: ${[...routes.keys()].join(', ')}`;
        throw new PayerIdentityError('CHANNEL_UNKNOWN', { fields: [{ path: 'channel', message }] });
      }
      return route;
    },
    configured({ appId, channel, needs }) {
      const wantedApp = appId ?? defaultApp;
      const routes = typeof wantedApp === 'string' ? byApp.get(wantedApp) : undefined;
      if (!routes) return {};
      const route =
        typeof channel === 'string'
          ? routes.get(channel)
          : needs && [...routes.values()].find(({ source }) => source[needs]);
      return { appId: `${wantedApp}`, ...(route && { channelId: route.channelId, source: route.sourceName }) };
    },
    channels: (appId = defaultApp) =>
      [...(byApp.get(appId)?.values() ?? [])].map(({ channelId, capabilities }) => ({
        id: channelId,
        title: titles.get(channelId) ?? null,
        capabilities,
      })),
    channel: (id) => (known.has(id) ? { id, title: titles.get(id) ?? null, capabilities: null } : undefined),
  };
};

/**
 * With `sessions: required` a payer page can only write a result for a session, which starts at a page of the channel.
 * Auth codes that come from no page (mini programs, payment codes) are redeemed by `authenticate` and miss none.
 */
const requirePage = ({ app, channelId, sourceName, source, capabilities }: Route): void => {
  if (source.pageless?.includes(channelId)) return;
  const where = `App ${app.id}: sessions is "required", but no payer can start one on the channel ${channelId}`;
  if (!capabilities.includes('AUTHORIZE'))
    throw new Error(
      `${where}: its source ${sourceName} has no page to send payers to. Set sessions to "optional", or serve the channel by a source that has one`,
    );
  if (app.returnUrls.length === 0)
    throw new Error(`${where}: returnUrls lists no page that they may come back to. List yours there`);
};

const capabilitiesOf = (
  { authorizeUrl, authorizes, certifier, jobworth }: Source,
  channelId: string,
): ChannelCapability[] => [
  'AUTHENTICATE',
  ...(authorizeUrl && (authorizes?.includes(channelId) ?? true) ? (['AUTHORIZE'] as const) : []),
  ...(certifier ? (['CERTIFY'] as const) : []),
  ...(jobworth ? (['JOBWORTH'] as const) : []),
];
