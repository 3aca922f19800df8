/**
 * The state token, which travels through a payer's browser: with it a code can be written into one session, and nothing
 * can be read. 72 characters of 0-9 a-f, since WeChat takes letters and digits only and Alipay at most 100: an id, the
 * second when it expires, and a MAC over both, the app and the channel, or no channel where the payer may choose one.
 */
import { randomBytes } from 'node:crypto';
import { PayerIdentityError } from '../failure.ts';
import { equalSecrets } from '../lib/digest.ts';
import type { Vault } from '../security/vault.ts';

export interface StateTokens {
  /** Without a channel: for any of the app. */
  issueState(
    appId: string,
    channelId: string | undefined,
    lifeMs: number,
  ): { readonly state: string; readonly stateId: string };
  /**
   * The id in a token that this service issued for this app, and for this channel or any; undefined for any other text.
   * Without a channel, only a token for any channel is one.
   */
  verifyState(
    state: string,
    appId: string,
    channelId: string | undefined,
  ): { readonly stateId: string; readonly isExpired: boolean } | undefined;
}

/** Stands in the MAC for a channel that the payer chooses. No channel has this name. */
const ANY_CHANNEL = '';

export const createStateTokens = (vault: Vault, now: () => number): StateTokens => {
  const mac = (stateId: string, expiry: string, appId: string, channelId: string) =>
    vault.blindIndex('state ticket', stateId, expiry, appId, channelId).toString('hex').slice(0, 32);
  return {
    issueState(appId, channelId = ANY_CHANNEL, lifeMs) {
      const stateId = randomBytes(16).toString('hex');
      const expiry = Math.ceil((now() + lifeMs) / 1_000)
        .toString(16)
        .padStart(8, '0');
      return { state: stateId + expiry + mac(stateId, expiry, appId, channelId), stateId };
    },
    verifyState(state, appId, channelId = ANY_CHANNEL) {
      const [, stateId = '', expiry = '', given = ''] = /^([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{32})$/.exec(state) ?? [];
      const isIssuedFor = (channel: string) => equalSecrets(given, mac(stateId, expiry, appId, channel));
      if (!isIssuedFor(channelId) && !isIssuedFor(ANY_CHANNEL)) return undefined;
      return { stateId, isExpired: Number.parseInt(expiry, 16) * 1_000 <= now() };
    },
  };
};

/** The id in a state. Throws INPUT_INVALID for one that was not issued for this app and channel, and SESSION_EXPIRED. */
export const requireState = (
  stateTokens: Pick<StateTokens, 'verifyState'>,
  state: string,
  { appId, channelId }: { readonly appId: string; readonly channelId: string },
): string => {
  const verified = stateTokens.verifyState(state, appId, channelId);
  if (verified?.isExpired) throw new PayerIdentityError('SESSION_EXPIRED');
  if (verified) return verified.stateId;
  const message = 'the state that startAuthentication issued for this app and channel';
  throw new PayerIdentityError('INPUT_INVALID', { fields: [{ path: 'state', message }] });
};
