/** What callers may do and see, decided in one place. The contract declares the same with @requiresScopes. */
import { PayerIdentityError } from '../failure.ts';
import type { PayerIdentity } from '../model.ts';
import { type Caller, permits, type Scope } from '../security/caller.ts';

/** Throws NOT_ALLOWED unless the caller may do this on behalf of the app. */
export const requireScope = (caller: Caller, scope: Scope, appId: string): void => {
  if (!permits(caller, scope, appId)) throw new PayerIdentityError('NOT_ALLOWED', { missingScope: scope });
};

/** Of a payer whom a caller may not read: that there is one, and where. */
type HiddenFields = Exclude<keyof PayerIdentity, 'id' | 'channelId' | 'appId'>;

/** What one caller may see of a payer. */
export type VisibleIdentity = Omit<PayerIdentity, HiddenFields> & {
  readonly [Field in HiddenFields]: PayerIdentity[Field] | null;
} & {
  readonly readable: boolean;
};

const hidden: Readonly<Record<HiddenFields, null>> = {
  openId: null,
  userId: null,
  unionId: null,
  subAppId: null,
  subOpenId: null,
  firstAuthenticatedAt: null,
  lastAuthenticatedAt: null,
};

export const visibleTo = (caller: Caller, identity: PayerIdentity): VisibleIdentity =>
  permits(caller, 'payer:read', identity.appId)
    ? { ...identity, readable: true }
    : { ...identity, ...hidden, readable: false };

/** For those who only ask who a payer is: all or nothing. */
export const readableTo = (caller: Caller, identity: PayerIdentity): VisibleIdentity | undefined => {
  const visible = visibleTo(caller, identity);
  return visible.readable ? visible : undefined;
};
