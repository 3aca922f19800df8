/** What a caller may do and see. The contract declares the same scopes with @requiresScopes. */
import { PayerIdentityError } from '../failure.ts';
import type { PayerIdentity } from '../model.ts';
import { type Caller, permits, type Scope } from '../security/caller.ts';

/** Throws NOT_ALLOWED unless the caller may do this on behalf of the app. */
export const requireScope = (caller: Caller, scope: Scope, appId: string): void => {
  if (!permits(caller, scope, appId)) throw new PayerIdentityError('NOT_ALLOWED', { missingScope: scope });
};

/** What a caller without `payer:read` does not see: it gets the id, the channel and the app. */
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

/** For lookups: a payer that the caller may not read is answered as one that does not exist. */
export const readableTo = (caller: Caller, identity: PayerIdentity): VisibleIdentity | undefined => {
  const visible = visibleTo(caller, identity);
  return visible.readable ? visible : undefined;
};
