/**
 * The state that travels through a payer's browser: a ticket to write one session, and not to read it.
 * 72 characters of 0-9 a-f, since WeChat takes letters and digits only and Alipay at most 100 of them:
 * an id, the second it expires, and a MAC over both and over the app and channel it is for.
 */
import { randomBytes } from 'node:crypto';
import { equalSecrets } from '../lib/digest.ts';
import type { Vault } from '../security/vault.ts';

export interface StateTokens {
  issueState(appId: string, channelId: string, lifeMs: number): { readonly state: string; readonly stateId: string };
  /** The id in a ticket that we issued for this app and channel and that has not expired; undefined otherwise. */
  verifyState(state: string, appId: string, channelId: string): string | undefined;
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
      return Number.parseInt(expiry, 16) * 1_000 > now() ? stateId : undefined;
    },
  };
};
