/** Calls that an app has signed: the app is their caller, with scopes of its own, and each signature is used once. */

import { PayerIdentityError } from '../failure.ts';
import type { FailureCode } from '../failure-codes.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import { createTokenBuckets } from '../lib/token-bucket.ts';
import { type CallSignature, isSigned, type SignaturePolicy } from '../security/app-signature.ts';
import type { Caller } from '../security/caller.ts';
import type { Store } from '../store/store.ts';
import type { Route } from './apps.ts';
import type { CallContext } from './call.ts';
import { type AuthenticateInput, authenticateInput } from './input.ts';
import { throwUnavailable } from './unavailable.ts';

interface Deps {
  readonly store: Pick<Store, 'useNonce'>;
  readonly now: () => number;
}

/**
 * The caller whose scopes count: the app for one that signs, else the caller of the operation. Throws SIGNATURE_MISSING,
 * SIGNATURE_INVALID, REQUEST_TIME_INVALID or NONCE_USED for an app that signs.
 */
export type CallerOf = (
  route: Pick<Route, 'appId' | 'app'>,
  input: AuthenticateInput,
  call: Pick<CallContext, 'caller' | 'note'>,
) => Promise<Caller>;

/** How much earlier or later than our clock a call may be signed. */
const MAX_SKEW_MS = 300_000;

/** A signature that holds, or why it does not. The nonce is checked later, in the store. */
const checkSignature = (
  policy: SignaturePolicy,
  appId: string,
  { signature, ...input }: AuthenticateInput,
  nowMs: number,
): CallSignature | FailureCode => {
  if (!signature) return 'SIGNATURE_MISSING';
  if (!isSigned(policy, { operation: 'authenticate', appId, input, signature })) return 'SIGNATURE_INVALID';
  const isTimely = Math.abs(nowMs - signature.signedAt.getTime()) <= MAX_SKEW_MS;
  return isTimely ? signature : 'REQUEST_TIME_INVALID';
};

/** DaxPay 3.0.0 signs upper-cased text, so a nonce in another case is the same nonce. */
const nonceOf = ({ nonce }: CallSignature): string => nonce.toLowerCase();

/**
 * How often one signed call counts as its app's: as often as a router may repeat it. A client that has recorded the call
 * could use up the app's tokens with further copies, so those count as public.
 */
const COPIES = { perSecond: 1 / 600, burst: 5 };

/** Whether the app that a call names has signed it. Decided before admission, without the store. */
export type IsSignedCall = (route: Pick<Route, 'appId' | 'app'>, input: unknown) => boolean;

export const createIsSignedCall = ({ now }: Pick<Deps, 'now'>): IsSignedCall => {
  const copies = createTokenBuckets(COPIES);
  return ({ appId, app: { signature } }, input) => {
    const parsed = authenticateInput.safeParse(input);
    if (!signature || !parsed.success) return false;
    const checked = checkSignature(signature, appId, parsed.data, now());
    if (typeof checked === 'string') return false;
    const copy = `${appId} ${nonceOf(checked)}`;
    if (copies.secondsUntil(copy) > 0) return false;
    copies.take(copy);
    return true;
  };
};

export const createCallerOf = ({ store, now }: Deps): CallerOf => {
  /** Before anything is claimed or sent. Throws SERVICE_UNAVAILABLE without the store. */
  const verify = async (appId: string, policy: SignaturePolicy, input: AuthenticateInput): Promise<void> => {
    const signature = checkSignature(policy, appId, input, now());
    if (typeof signature === 'string') throw new PayerIdentityError(signature);
    const use = { appId, nonce: nonceOf(signature), fingerprint: canonicalJson(input) };
    if ((await store.useNonce(use).catch(throwUnavailable)) === 'USED') throw new PayerIdentityError('NONCE_USED');
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
