/** The pages that a channel may send an app's payers back to. */
import { isLocalPage } from '../lib/address.ts';
import type { App } from './apps.ts';

/** Listed by the app, character by character; in sandbox mode also every page of this machine, on any port. */
export const mayReturnTo = ({ returnUrls, localHosts }: App, address: string): boolean =>
  returnUrls.includes(address) || (localHosts !== undefined && isLocalPage(address, localHosts));
