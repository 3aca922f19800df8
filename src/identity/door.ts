/**
 * The door: one address that every wallet opens, and the one address of each channel that payers return to. It reads, and
 * neither redeems nor writes: the app's page does, with what the door hands over.
 */
import type { ReturnParameters } from '../channels/page-return.ts';
import { joinPath } from '../lib/address.ts';
import type { Store } from '../store/store.ts';
import type { Apps, PageRoute } from './apps.ts';
import { mayReturnTo } from './return-pages.ts';
import type { StateTokens } from './state-token.ts';
import { throwUnavailable } from './unavailable.ts';

/** The addresses of the door, below its public one. */
export interface DoorAddresses {
  /** What a payer opens or scans. Short, since it becomes a QR code. */
  open(appId: string, ticket: string): string;
  /** What a channel sends its payers back to. */
  back(appId: string, channelId: string): string;
}

export const OPEN = '/w';
export const BACK = '/return';

export const doorAddresses = (publicUrl: string): DoorAddresses => {
  const base = new URL(publicUrl);
  const at = (...parts: string[]) => base.origin + joinPath(base, parts.join('/'));
  return {
    open: (appId, ticket) => at(OPEN, appId, ticket),
    back: (appId, channelId) => at(BACK, appId, channelId),
  };
};

/** Where a request of the door leads. Never to an address of the request itself. */
export type Destination =
  | { readonly kind: 'REDIRECT'; readonly url: string }
  | { readonly kind: 'CHOICE'; readonly choice: Choice }
  /** Not issued here, for this app and channel. */
  | { readonly kind: 'UNKNOWN' }
  /** The session has ended, and its page is not known any more. */
  | { readonly kind: 'ENDED' }
  /** The app has removed the page of the session from its list. */
  | { readonly kind: 'UNLISTED' };

/** For a browser that belongs to no channel: the payer chooses a channel. */
export interface Choice {
  /** The address that was opened, for another device. */
  readonly url: string;
  readonly pages: readonly { readonly title: string; readonly url: string }[];
}

export interface Door {
  /** Where a ticket leads, by the browser that opens it. Asks the store nothing. */
  open(appId: string, ticket: string, userAgent: string): Destination;
  /** Back to the page of the app, with what the channel has returned. Throws SERVICE_UNAVAILABLE. */
  handOver(appId: string, channelId: string, parameters: ReturnParameters): Promise<Destination>;
}

interface Deps {
  readonly addresses: DoorAddresses;
  readonly apps: Apps;
  readonly store: Pick<Store, 'returnUrl'>;
  readonly stateTokens: Pick<StateTokens, 'verifyState'>;
}

export const createDoor = ({ addresses, apps, store, stateTokens }: Deps): Door => ({
  open(appId, ticket, userAgent) {
    const verified = stateTokens.verifyState(ticket, appId, undefined);
    const routes = verified && pagesOf(apps, appId);
    if (!routes) return { kind: 'UNKNOWN' };
    if (verified.isExpired) return { kind: 'ENDED' };
    const pageOf = ({ channelId, source }: PageRoute): string =>
      source.authorizer.url({ returnUrl: addresses.back(appId, channelId), state: ticket });
    const own = routes.find(({ source: { authorizer } }) => isBrowserOf(authorizer, userAgent));
    if (own) return { kind: 'REDIRECT', url: pageOf(own) };
    const titleOf = ({ channelId }: PageRoute): string => apps.channel(channelId)?.title ?? channelId;
    const pages = routes.map((route) => ({ title: titleOf(route), url: pageOf(route) }));
    return { kind: 'CHOICE', choice: { url: addresses.open(appId, ticket), pages } };
  },

  async handOver(appId, channelId, parameters) {
    const state = parameters.get('state') ?? '';
    const verified = stateTokens.verifyState(state, appId, channelId);
    const route = verified && pagesOf(apps, appId)?.find((page) => page.channelId === channelId);
    if (!route) return { kind: 'UNKNOWN' };
    const returnUrl = await store.returnUrl(verified.stateId).catch(throwUnavailable);
    if (returnUrl === undefined) return { kind: 'ENDED' };
    if (!mayReturnTo(route.app, returnUrl)) return { kind: 'UNLISTED' };
    const given = { ...handedOver(route, parameters), state, channel: channelId };
    return { kind: 'REDIRECT', url: withParameters(returnUrl, given) };
  },
});

const isBrowserOf = ({ browserMark }: PageRoute['source']['authorizer'], userAgent: string): boolean =>
  browserMark !== undefined && userAgent.includes(browserMark);

/** Undefined for an app that is not configured, or that has no channel with a page. */
const pagesOf = (apps: Apps, appId: string): readonly PageRoute[] | undefined =>
  apps.configured({ appId }).appId === undefined ? undefined : apps.pages(appId);

/** One set of names for every channel; the errors are those of OAuth 2.0. https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2.1 */
const handedOver = ({ source }: PageRoute, parameters: ReturnParameters): Readonly<Record<string, string>> => {
  const returned = source.authorizer.read(parameters);
  if ('authCode' in returned) return { code: returned.authCode };
  const { isDeclined, reason } = returned;
  return { error: isDeclined ? 'access_denied' : 'server_error', ...(reason !== undefined && { reason }) };
};

/** The app's own query stays as it is, before ours. */
const withParameters = (returnUrl: string, parameters: Readonly<Record<string, string>>): string => {
  const url = new URL(returnUrl);
  url.search += `${url.search ? '&' : '?'}${new URLSearchParams(parameters)}`;
  return url.href;
};
