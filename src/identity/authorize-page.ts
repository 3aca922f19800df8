/** Where the payer of a new session authorizes: at the page of its channel, or at the door, where the payer's wallet chooses. */
import type { AuthorizeRequest } from '../channels/source.ts';
import { PayerIdentityError } from '../failure.ts';
import { type App, type Apps, hasPage } from './apps.ts';
import type { DoorAddresses } from './door.ts';

export interface AuthorizePage {
  readonly app: App;
  url(request: AuthorizeRequest): string;
}

/** Throws APP_UNKNOWN, CHANNEL_UNKNOWN, CHANNEL_UNSUPPORTED or, without a channel and a door, INPUT_INVALID. */
export type AuthorizePageOf = (appId: string | undefined, channelId: string | undefined) => AuthorizePage;

interface Deps {
  readonly apps: Apps;
  /** Absent: no door. */
  readonly door?: DoorAddresses | undefined;
}

export const createAuthorizePageOf =
  ({ apps, door }: Deps): AuthorizePageOf =>
  (appId, channelId) => {
    if (channelId !== undefined) return channelPage(apps, door, appId, channelId);
    if (!door)
      throw invalid('INPUT_INVALID', 'channelId', 'a channel: only a service with a door lets the payer choose');
    const [route] = apps.pages(appId);
    if (!route)
      throw invalid('CHANNEL_UNSUPPORTED', 'appId', 'an app with a channel that has the capability AUTHORIZE');
    return { app: route.app, url: ({ state }) => door.open(route.appId, state) };
  };

const channelPage = (
  apps: Apps,
  door: DoorAddresses | undefined,
  appId: string | undefined,
  channelId: string,
): AuthorizePage => {
  const route = apps.route(appId, channelId);
  if (!hasPage(route)) throw invalid('CHANNEL_UNSUPPORTED', 'channelId', 'a channel with the capability AUTHORIZE');
  const { app, source } = route;
  const backAtDoor = app.returnByDoor?.includes(channelId) ? door?.back(app.id, channelId) : undefined;
  return { app, url: ({ returnUrl, state }) => source.authorizer.url({ returnUrl: backAtDoor ?? returnUrl, state }) };
};

const invalid = (code: 'INPUT_INVALID' | 'CHANNEL_UNSUPPORTED', path: string, message: string) =>
  new PayerIdentityError(code, { fields: [{ path, message }] });
