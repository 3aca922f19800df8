/** The ways to an auth code: the channel's page, or what the merchant's mini program, app or cashier does instead. */
import { PayerIdentityError } from '../failure.ts';
import type { AuthCodeKind } from '../model.ts';
import type { App, Route } from './apps.ts';

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

/** Throws INPUT_INVALID for a return URL that is not listed, is missing for a page, or is given without one. */
export const wayOf = (
  { app, channelId, source, authCodeKind }: Route,
  { returnUrl, state }: Asked,
): Page | WithoutPage => {
  const { authorizer, infoStr } = source;
  if (authorizer?.channels.includes(channelId)) {
    if (returnUrl === undefined) throw invalidReturnUrl('required: the page that the channel sends the payer back to');
    requireReturnUrl(app, returnUrl);
    return { authorizeUrl: authorizer.url({ returnUrl, state }) };
  }
  if (returnUrl !== undefined)
    throw invalidReturnUrl('not to be given: this channel has no page that sends payers back');
  return { authCodeKind, instruction: instructions[authCodeKind], infoStr: infoStr?.() };
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
export const requireReturnUrl = ({ returnUrls }: App, returnUrl: string): void => {
  if (!returnUrls.includes(returnUrl)) throw invalidReturnUrl("one of the app's returnUrls, character by character");
};

const invalidReturnUrl = (message: string) =>
  new PayerIdentityError('INPUT_INVALID', { fields: [{ path: 'returnUrl', message }] });
