/** The browser of the sandbox's payer: loads the pages of the emulated channels and of the door, and reads their choices. */
import { SteeringError } from './steering-error.ts';

/** Where payers' pages are: the emulated channels', and the door's. */
export interface Places {
  readonly pages: readonly string[];
  readonly doors: readonly string[];
}

/** A choice of a channel's page that leads back to the merchant, with an auth code. */
export interface Choice {
  readonly address: URL;
  /** The parameter that holds the auth code. */
  readonly codeName: string;
}

export interface Opened {
  readonly address: URL;
  readonly page: string;
}

/** What the wallets' own browsers call themselves. */
const userAgents = new Map([
  ['ali_pay', 'Mozilla/5.0 (Linux; Android 14) AlipayClient/10.6.0'],
  ['wechat_pay', 'Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50'],
  ['union_pay', 'Mozilla/5.0 (Linux; Android 14) UnionPay/1.0 CloudPay'],
]);
const CODE_NAMES = ['auth_code', 'code', 'userAuthCode'];

const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
const decodeHtml = (text: string): string =>
  text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => characters[name] ?? '');

/** The choice of this payer on a page, or else the first one that comes with an auth code. */
export const choiceOf = (page: string, payer = ''): Choice => {
  const choices = [...page.matchAll(/\shref="([^"]*)"/g)].flatMap(([, href = '']): Choice[] => {
    const address = URL.parse(decodeHtml(href));
    const codeName = CODE_NAMES.find((name) => address?.searchParams.get(name)?.startsWith('test_'));
    return address && codeName ? [{ address, codeName }] : [];
  });
  const [first] = choices;
  if (first) return choices.find((choice) => isCodeOf(choice, payer)) ?? first;
  const reason = page.split('<h1>')[1]?.split('</h1>')[0] ?? 'it offers no choice';
  throw new SteeringError(`The page of the channel lets no payer authorize: ${reason}`);
};

/** Whether the channel itself gives out the code to this payer. */
export const isCodeOf = ({ address, codeName }: Choice, payer: string): boolean =>
  address.searchParams.get(codeName)?.startsWith(`test_ok_${payer}~`) === true;

const isBelow = (bases: readonly string[], address: URL): boolean =>
  bases.some((base) => address.href.startsWith(`${base}/`));

export const createBrowser = ({ pages, doors }: Places, signal: AbortSignal) => {
  /** Follows no redirect. */
  const load = (address: URL, channelId?: string | null): Promise<Response> => {
    const headers = { 'user-agent': userAgents.get(channelId ?? '') ?? 'Mozilla/5.0' };
    return fetch(address, { redirect: 'manual', headers, signal });
  };
  const locationOf = async (address: URL, channelId?: string | null): Promise<URL | null> =>
    URL.parse((await load(address, channelId)).headers.get('location') ?? '');

  return {
    load,

    /** The address, when it is one of the sandbox's channels. */
    requirePage(text: string, message: string): URL {
      const address = URL.parse(text);
      if (!address || !isBelow(pages, address)) throw new SteeringError(message);
      return address;
    },

    /** Follows the door, in the wallet of the channel, and reads the page of the channel. */
    async open(authorizeUrl: string, channelId: string | null | undefined): Promise<Opened> {
      const address = URL.parse(authorizeUrl.split('#')[0] ?? '');
      if (!address || !isBelow([...pages, ...doors], address))
        throw new SteeringError(
          'authorizeUrl is no address of this sandbox: pass the one that startAuthentication returned',
        );
      if (!isBelow(doors, address)) return { address, page: await (await load(address)).text() };
      const location = await locationOf(address, channelId);
      if (!location || !isBelow(pages, location))
        throw new SteeringError('The door lets the payer choose: name the channelId whose wallet opens it');
      return { address: location, page: await (await load(location)).text() };
    },

    /** Back at the merchant: the door, if there is one in between, sends the browser on. */
    async follow(address: URL): Promise<URL> {
      return isBelow(doors, address) ? ((await locationOf(address)) ?? address) : address;
    },
  };
};
