/**
 * Callers by the digest of their verified token, for as long as the token would be verified again: the same set of keys
 * is in use, and its time has not changed from valid to invalid. A set that was fetched again is another one.
 */
import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { Caller } from './caller.ts';
import type { KeySet } from './issuer-key-set.ts';

export interface VerifiedToken {
  /** With which it was verified. */
  readonly keys: KeySet;
  readonly payload: Pick<JWTPayload, 'exp' | 'nbf'>;
  readonly caller: Caller;
}

export interface RememberedCallers {
  /** Undefined for a token that has to be verified. */
  find(token: string, keys: KeySet): Caller | undefined;
  /** Only for tokens that were verified: no other one takes a place. */
  add(token: string, verified: VerifiedToken): void;
}

interface Limits {
  readonly clockToleranceSeconds: number;
  /** Of all tokens together; the token first added is forgotten first. A caller takes less memory than its claims. */
  readonly characters: number;
}

/** As jose compares them. https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4 */
const isInTime = ({ exp = 0, nbf = 0 }: VerifiedToken['payload'], toleranceSeconds: number): boolean => {
  const now = Math.floor(Date.now() / 1_000);
  return exp > now - toleranceSeconds && nbf <= now + toleranceSeconds;
};

const digestOf = (token: string): string => hash('sha256', token, 'base64');

export const rememberCallers = ({ clockToleranceSeconds, characters }: Limits): RememberedCallers => {
  const remembered = new Map<string, VerifiedToken & { readonly length: number }>();
  let total = 0;
  const forget = (digest: string): void => {
    total -= remembered.get(digest)?.length ?? 0;
    remembered.delete(digest);
  };
  return {
    find(token, keys) {
      const digest = digestOf(token);
      const verified = remembered.get(digest);
      if (!verified) return undefined;
      if (verified.keys === keys && isInTime(verified.payload, clockToleranceSeconds)) return verified.caller;
      forget(digest);
      return undefined;
    },
    add(token, { keys, payload: { exp, nbf }, caller }) {
      const digest = digestOf(token);
      forget(digest);
      const payload = { ...(exp !== undefined && { exp }), ...(nbf !== undefined && { nbf }) };
      remembered.set(digest, { keys, payload, caller, length: token.length });
      total += token.length;
      for (const oldest of remembered.keys()) {
        if (total <= characters) return;
        forget(oldest);
      }
    },
  };
};
