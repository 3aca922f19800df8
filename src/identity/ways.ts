/** The ways to an auth code: the channel's page, or what the merchant's mini program, app or cashier does instead. */
import { PayerIdentityError } from '../failure.ts';
import type { AuthCodeKind } from '../model.ts';
import { type App, type Apps, hasPage, type Route } from './apps.ts';
import type { DoorAddresses } from './door.ts';
import { mayReturnTo } from './return-pages.ts';

/** A page of the channel, where the payer authorizes. */
export interface Page {
  readonly authorizeUrl: string;
}

/** The channel has no page here: the auth code comes from elsewhere. */
export interface WithoutPage {
  readonly authCodeKind: AuthCodeKind;
  /** How the payer gets an auth code, as one sentence for people. */
  readonly instruction: string;
  /** What the channel's SDK in the merchant's app is called with, where it needs a text signed by us. */
  readonly infoStr: string | undefined;
}

interface Asked {
  readonly returnUrl: string | undefined;
  readonly state: string;
}

/** A session's way to an auth code, before its state is known. */
export interface Way {
  readonly app: App;
  /** How many auth codes the session takes until one succeeds. */
  readonly attempts: number;
  /** Throws INPUT_INVALID for a return URL that is not listed, is missing for a page, or is given without one. */
  at(asked: Asked): Page | WithoutPage;
}

/** Throws APP_UNKNOWN, CHANNEL_UNKNOWN, CHANNEL_UNSUPPORTED or, without a channel and a door, INPUT_INVALID. */
export type WayOf = (appId: string | undefined, channelId: string | undefined) => Way;

interface Deps {
  readonly apps: Apps;
  /** Absent: no door. */
  readonly door?: DoorAddresses | undefined;
}

export const createWayOf =
  ({ apps, door }: Deps): WayOf =>
  (appId, channelId) =>
    channelId === undefined ? wayByDoor(apps, door, appId) : wayOfRoute(apps.route(appId, channelId), door);

/** The payer's wallet chooses the channel. */
const wayByDoor = (apps: Apps, door: DoorAddresses | undefined, appId: string | undefined): Way => {
  if (!door) throw invalid('INPUT_INVALID', 'channelId', 'a channel: only a service with a door lets the payer choose');
  const [route] = apps.pages(appId);
  if (!route) throw invalid('CHANNEL_UNSUPPORTED', 'appId', 'an app with a channel that has the capability AUTHORIZE');
  const { app } = route;
  return {
    app,
    attempts: app.attempts,
    at({ returnUrl, state }) {
      requireReturnUrl(app, returnUrl);
      return { authorizeUrl: door.open(app.id, state) };
    },
  };
};

const wayOfRoute = (route: Route, door: DoorAddresses | undefined): Way => {
  const { app, channelId, source, authCodeKind } = route;
  // The upstream may be given the query code, under which it would overwrite the result of another auth code.
  const attempts = source.resultHolder ? 1 : app.attempts;
  if (hasPage(route)) {
    const { authorizer } = route.source;
    const backAtDoor = app.returnByDoor?.includes(channelId) ? door?.back(app.id, channelId) : undefined;
    const at = ({ returnUrl, state }: Asked): Page => {
      const listed = requireReturnUrl(app, returnUrl);
      return { authorizeUrl: authorizer.url({ returnUrl: backAtDoor ?? listed, state }) };
    };
    return { app, attempts, at };
  }
  const at = ({ returnUrl }: Asked): WithoutPage => {
    if (returnUrl === undefined)
      return { authCodeKind, instruction: instructions[authCodeKind], infoStr: source.infoStr?.() };
    throw invalid('INPUT_INVALID', 'returnUrl', 'not to be given: this channel has no page that sends payers back');
  };
  return { app, attempts, at };
};

const ownPage =
  "Send the payer to the channel's authorization page with this state, since this service has no address of it, and pass the auth code that comes back to authenticateAndSet with the state.";
const instructions: Readonly<Record<AuthCodeKind, string>> = {
  PAGE: ownPage,
  WEBSITE_QR: ownPage,
  MINI_PROGRAM:
    'Give the state to your mini program, which gets an auth code by wx.login in WeChat or my.getAuthCode in Alipay, and passes both to authenticateAndSet.',
  PAYMENT_CODE:
    "Scan the payment code that the payer's wallet shows, and pass it to authenticateAndSet with the state.",
  NATIVE_APP:
    "Give the state to your app, which gets an auth code from the channel's SDK (Alipay's is called with infoStr), and passes both to authenticateAndSet.",
};

/** Throws INPUT_INVALID for a page that the app has not listed: the payer's auth code would go there. */
export const requireReturnUrl = (app: App, returnUrl: string | undefined): string => {
  if (returnUrl === undefined)
    throw invalid('INPUT_INVALID', 'returnUrl', 'required: the page that the channel sends the payer back to');
  if (mayReturnTo(app, returnUrl)) return returnUrl;
  const local = app.localHosts ? ', or a page of this machine, such as http://localhost:5173/back' : '';
  throw invalid('INPUT_INVALID', 'returnUrl', `one of the app's returnUrls, character by character${local}`);
};

const invalid = (code: 'INPUT_INVALID' | 'CHANNEL_UNSUPPORTED', path: string, message: string) =>
  new PayerIdentityError(code, { fields: [{ path, message }] });
