/** Who calls authenticate for an app that signs its calls: the app itself. */
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import { parseBeijingTime } from '../lib/beijing-time.ts';
import { createTokenBuckets } from '../lib/token-bucket.ts';
import { canonicalJson, isSigned, type SignaturePolicy } from '../security/app-signature.ts';
import type { Caller } from '../security/caller.ts';
import type { NonceVerdict, Store } from '../store/store.ts';
import type { Route } from './apps.ts';
import type { CallContext } from './call.ts';
import { type AuthenticateInput, authenticateInput } from './input.ts';
import { throwUnavailable } from './unavailable.ts';

interface Deps {
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

/** What is wrong with the signature of a call; undefined when nothing is. Asks no store: the nonce is not looked at. */
const signatureFault = (
  policy: SignaturePolicy,
  appId: string,
  input: AuthenticateInput,
  nowMs: number,
): FailureCode | undefined => {
  const { sign, nonceStr, reqTime } = input;
  if (sign === undefined || nonceStr === undefined || reqTime === undefined) return 'SIGNATURE_MISSING';
  if (!isSigned(policy, { operation: 'authenticate', appId, input })) return 'SIGNATURE_INVALID';
  return isTimely(reqTime, nowMs) ? undefined : 'REQUEST_TIME_INVALID';
};

/** DaxPay's newer text knows no case, so a nonce in other case has to be the same nonce. */
const nonceOf = ({ nonceStr = '' }: AuthenticateInput): string => nonceStr.toLowerCase();

/**
 * How often one signed call counts as its app's: as often as a router may send it again. Further copies may come from a
 * client that has recorded it, which could use up the app's tokens with them.
 */
const COPIES = { perSecond: 1 / 600, burst: 5 };

/** Whether the app that a call names has signed it; told before admission, without a store. */
export type IsSignedCall = (route: Pick<Route, 'appId' | 'app'>, input: unknown) => boolean;

export const createIsSignedCall = ({ now }: Pick<Deps, 'now'>): IsSignedCall => {
  const copies = createTokenBuckets(COPIES);
  return ({ appId, app: { signature } }, input) => {
    const parsed = authenticateInput.safeParse(input);
    if (!signature || !parsed.success || signatureFault(signature, appId, parsed.data, now())) return false;
    const copy = `${appId} ${nonceOf(parsed.data)}`;
    if (copies.secondsUntil(copy) > 0) return false;
    copies.take(copy);
    return true;
  };
};

export const createCallerOf = ({ store, now }: Deps): CallerOf => {
  /** The nonce is taken before anything else happens; without a store nothing does. */
  const takeNonce = async (appId: string, input: AuthenticateInput): Promise<NonceVerdict> => {
    const use = { appId, nonce: nonceOf(input), fingerprint: `${input.sign} ${canonicalJson(input)}` };
    return store.useNonce(use).catch(throwUnavailable);
  };

  const verify = async (appId: string, policy: SignaturePolicy, input: AuthenticateInput): Promise<void> => {
    const fault = signatureFault(policy, appId, input, now());
    if (fault) throw new PayerIdentityError(fault);
    if ((await takeNonce(appId, input)) === 'USED') throw new PayerIdentityError('NONCE_USED');
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
