import type { Source } from '../channels/source.ts';
import { PayerIdentityError } from '../failure.ts';
import type { Channel } from '../model.ts';

/** A merchant application, as configured. */
export interface App {
  readonly id: string;
  /** The name of the source that serves each channel. */
  readonly channels: Readonly<Record<string, string>>;
}

/** Where the auth codes of one app on one channel go. */
export interface Route {
  readonly appId: string;
  readonly channelId: string;
  readonly sourceName: string;
  readonly source: Source;
}

/** The merchant applications and what serves them. */
export interface Apps {
  /** Throws APP_UNKNOWN or CHANNEL_UNKNOWN. */
  route(appId: string | undefined, channelId: string): Route;
  /** The channels of an app; none for an unknown app. */
  channels(appId: string | undefined): Channel[];
  channel(id: string): Channel | undefined;
}

interface AppsConfig {
  readonly defaultApp: string;
  readonly apps: readonly App[];
  readonly channelTitles: Readonly<Record<string, string>>;
}

/** Throws when an app names a source that is not configured or does not serve the channel. */
export const createApps = (
  { defaultApp, apps, channelTitles }: AppsConfig,
  sources: { get(name: string): Source | undefined },
): Apps => {
  const titles = new Map(Object.entries(channelTitles));
  const routesOf = ({ id, channels }: App): [string, Map<string, Route>] => {
    const routes = Object.entries(channels).map(([channelId, sourceName]): [string, Route] => {
      const source = sources.get(sourceName);
      if (!source)
        throw new Error(`App ${id}: channel ${channelId} names the source ${sourceName}, which is not configured`);
      if (!source.channels.includes(channelId))
        throw new Error(`App ${id}: the source ${sourceName} does not serve the channel ${channelId}`);
      return [channelId, { appId: id, channelId, sourceName, source }];
    });
    return [id, new Map(routes)];
  };
  const byApp = new Map(apps.map(routesOf));
  if (!byApp.has(defaultApp)) throw new Error(`The default app ${defaultApp} is not configured`);
  const known = new Set([...titles.keys(), ...[...byApp.values()].flatMap((routes) => [...routes.keys()])]);

  return {
    route(appId = defaultApp, channelId) {
      const routes = byApp.get(appId);
      if (!routes)
        throw new PayerIdentityError('APP_UNKNOWN', { fields: [{ path: 'appId', message: 'a configured app' }] });
      const route = routes.get(channelId);
      if (!route) {
        const message = `one of the app's channels: ${[...routes.keys()].join(', ')}`;
        throw new PayerIdentityError('CHANNEL_UNKNOWN', { fields: [{ path: 'channel', message }] });
      }
      return route;
    },
    channels: (appId = defaultApp) =>
      [...(byApp.get(appId)?.keys() ?? [])].map((id) => ({
        id,
        title: titles.get(id) ?? null,
        capabilities: ['AUTHENTICATE'],
      })),
    channel: (id) => (known.has(id) ? { id, title: titles.get(id) ?? null, capabilities: null } : undefined),
  };
};
