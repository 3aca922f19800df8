/** The payer page of the sandbox's payer: what it knows of a session by its address, and what it sends to the service. */
import { fieldsOf } from '../emulator.ts';

/** A session of startAuthentication, as the payer meets it. */
export interface PayerSession {
  /** What startAuthentication returned, or what its QR code says. */
  readonly authorizeUrl: string;
  /** The app that the session was started for. Omitted: the default app. */
  readonly appId?: string | null | undefined;
  /** Omitted: the channel of the page. With the address of the door: the channel whose wallet opens it. */
  readonly channelId?: string | null | undefined;
  /** How long the payer waits first: 0 to 60. */
  readonly afterSeconds?: number | null | undefined;
}

interface Service {
  readonly serviceUrl: () => string;
  readonly signal: AbortSignal;
}

const channelsByPage = new Map([
  ['/oauth2/publicAppAuthorize.htm', 'ali_pay'],
  ['/connect/oauth2/authorize', 'wechat_pay'],
  ['/connect/qrconnect', 'wechat_pay_website_qr'],
  ['/qrcGtwWeb-web/api/userAuth', 'union_pay'],
]);

/** What the payer page knows of the session whose channel's page has this address. */
export const placeOf = ({ appId, channelId: named }: PayerSession, address: URL) => {
  const [, channelOfPage] = [...channelsByPage].find(([path]) => address.pathname.endsWith(path)) ?? [];
  // UnionPay's page has the state in the address that it returns to.
  const back = URL.parse(address.searchParams.get('redirectUrl') ?? '');
  const state = (back ?? address).searchParams.get('state') ?? '';
  return { appId, channelId: named ?? channelOfPage ?? '', state };
};

/** Why an input was refused, for the test that gave it. */
const reasonOf = ({ message, fields }: Readonly<Record<string, unknown>>): string | null => {
  const faults = (Array.isArray(fields) ? fields : []).map(fieldsOf).map(({ path, message: is }) => `${path}: ${is}`);
  return faults.join('; ') || (typeof message === 'string' ? message : null);
};

/** Sends what payer pages send. */
export const createAsk =
  ({ serviceUrl, signal }: Service) =>
  async (field: string, type: string, input: Readonly<Record<string, unknown>>) => {
    const query = `mutation ($input: ${type}!) { answer: ${field}(input: $input) { __typename ... on PayerFailure { code message } ... on PayerInvalidInput { fields { path message } } } }`;
    const response = await fetch(`${serviceUrl()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
      signal,
    });
    const answer = fieldsOf(fieldsOf(fieldsOf(await response.json()).data).answer);
    const { __typename, code } = answer;
    return { answer: String(__typename), code: code === undefined ? null : String(code), reason: reasonOf(answer) };
  };
