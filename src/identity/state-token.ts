/**
 * The state token, which travels through a payer's browser: with it a code can be written into one session, and nothing
 * can be read. 72 characters of 0-9 a-f, since WeChat takes letters and digits only and Alipay at most 100: an id, the
 * second when it expires, and a MAC over both, the app and the channel.
 */
import { randomBytes } from 'node:crypto';
import { PayerIdentityError } from '../failure.ts';
import { equalSecrets } from '../lib/digest.ts';
import type { Vault } from '../security/vault.ts';

export interface StateTokens {
  issueState(appId: string, channelId: string, lifeMs: number): { readonly state: string; readonly stateId: string };
  /** The id in a token that this service issued for this app and channel; undefined for any other text. */
  verifyState(
    state: string,
    appId: string,
    channelId: string,
  ): { readonly stateId: string; readonly isExpired: boolean } | undefined;
}

export const createStateTokens = (vault: Vault, now: () => number): StateTokens => {
  const mac = (stateId: string, expiry: string, appId: string, channelId: string) =>
    vault.blindIndex('state ticket', stateId, expiry, appId, channelId).toString('hex').slice(0, 32);
  return {
    issueState(appId, channelId, lifeMs) {
      const stateId = randomBytes(16).toString('hex');
      const expiry = Math.ceil((now() + lifeMs) / 1_000)
        .toString(16)
        .padStart(8, '0');
      return { state: stateId + expiry + mac(stateId, expiry, appId, channelId), stateId };
    },
    verifyState(state, appId, channelId) {
      const [, stateId = '', expiry = '', given = ''] = /^([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{32})$/.exec(state) ?? [];
      if (!equalSecrets(given, mac(stateId, expiry, appId, channelId))) return undefined;
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
