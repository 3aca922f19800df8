/** Who calls authenticate for an app that signs its calls: the app itself. */
import { PayerIdentityError } from '../failure.ts';
import { parseBeijingTime } from '../lib/beijing-time.ts';
import type { Caller } from '../security/caller.ts';
import { canonicalJson, isSigned, type SignaturePolicy } from '../security/request-signature.ts';
import type { NonceVerdict, Store } from '../store/store.ts';
import type { Route } from './apps.ts';
import type { CallContext } from './call.ts';
import type { AuthenticateInput } from './input.ts';
import { storeAway } from './store-away.ts';

interface Tools {
  readonly store: Pick<Store, 'useNonce'>;
  readonly now: () => number;
}

/** The caller whose scopes count. Throws NotAllowed codes for an app that signs when the signature does not hold. */
export type CallerOf = (
  route: Pick<Route, 'appId' | 'app'>,
  input: AuthenticateInput,
  call: Pick<CallContext, 'caller' | 'note'>,
) => Promise<Caller>;

/** Either way. */
const MAX_OFF_MS = 300_000;

export const isTimely = (reqTime: string, nowMs: number): boolean => {
  const atMs = parseBeijingTime(reqTime);
  return atMs !== undefined && Math.abs(nowMs - atMs) <= MAX_OFF_MS;
};

export const createCallerOf = ({ store, now }: Tools): CallerOf => {
  /** The nonce is taken before anything else happens; without a store nothing does. */
  const takeNonce = async (appId: string, nonceStr: string, input: AuthenticateInput): Promise<NonceVerdict> => {
    // DaxPay's newer text knows no case, so a nonce in other case has to be the same nonce.
    const use = { appId, nonce: nonceStr.toLowerCase(), fingerprint: `${input.sign} ${canonicalJson(input)}` };
    return store.useNonce(use).catch(storeAway);
  };

  const verify = async (appId: string, policy: SignaturePolicy, input: AuthenticateInput): Promise<void> => {
    const { sign, nonceStr, reqTime } = input;
    if (sign === undefined || nonceStr === undefined || reqTime === undefined)
      throw new PayerIdentityError('SIGNATURE_MISSING');
    if (!isSigned(policy, { operation: 'authenticate', appId, input }))
      throw new PayerIdentityError('SIGNATURE_INVALID');
    if (!isTimely(reqTime, now())) throw new PayerIdentityError('REQUEST_TIME_INVALID');
    if ((await takeNonce(appId, nonceStr, input)) === 'USED') throw new PayerIdentityError('NONCE_USED');
  };

  return async ({ appId, app: { signature } }, input, { caller, note }) => {
    if (!signature) return caller;
    await verify(appId, signature, input);
    note({ signed: true });
    const token = signature.accessToken ? (['payer:token'] as const) : [];
    return {
      id: `app:${appId}`,
      scopes: new Set(['payer:authenticate', 'payer:read', ...token]),
      apps: new Set([appId]),
    };
  };
};
