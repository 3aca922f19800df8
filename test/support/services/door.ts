/** What callers and payers do with the door of the sandbox. */
import type { SandboxService } from './sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from './service.ts';

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt }
  ... on PayerFailure { code } ... on PayerInvalidInput { fields { path message } } } }`;

/** A request that follows no redirect. */
export const visit = (url: string | URL, userAgent = '', init: RequestInit = {}): Promise<Response> =>
  fetch(url, { redirect: 'manual', ...init, headers: { 'user-agent': userAgent, ...init.headers } });

/** Where a reply redirects to. */
export const locationOf = (response: Response): URL => new URL(response.headers.get('location') ?? 'about:blank');

/** What a payer does on an emulated channel's page: chooses who to be, or refuses, and is sent back. */
export const chooseOnPage = async (authorizeUrl: string | URL, label = '小艾'): Promise<string> => {
  const page = await (await fetch(`${authorizeUrl}`.split('#')[0] ?? '')).text();
  const links = [...page.matchAll(/<a href="([^"]*)">([^<]*)</g)];
  const href = links.find(([, , text]) => text === label)?.[1];
  if (href === undefined) throw new Error(`the page offers no ${label}: ${page}`);
  return href.replaceAll('&amp;', '&');
};

export const callersOf = (service: SandboxService) => {
  const call = async (query: string, field: string, variables: Record<string, unknown>) =>
    (await service.graphql(query, variables)).data[field];
  return {
    start: (input: Record<string, unknown> = {}) =>
      call(START, 'startAuthentication', { input: { returnUrl: `${service.origin}/payer`, ...input } }),
    set: (input: Record<string, unknown>) => call(AUTHENTICATE_AND_SET, 'authenticateAndSet', { input }),
    result: (queryCode: string) => call(AUTH_RESULT, 'authResult', { queryCode }),
  };
};

/** Requests that redeem a code at an emulated channel; its pages are not counted. */
export const redemptionsAt = ({ emulators }: SandboxService): number =>
  Object.values(emulators).reduce(
    (sum, { ledger }) => sum + ledger.filter(({ url }) => !/authorize|publicApp|userAuth/i.test(url.pathname)).length,
    0,
  );
