/**
 * `PayerIdentity.ref`: the key by which other teams reference a payer whose channel id they know. One text, since
 * gateways cannot plan keys of several fields that may be null (docs/decisions/0005-keys-of-payer-identity.md).
 */
import type { IdentityRef, PayerIdentity } from '../model.ts';

const MAX_PART = 128;
/** encodeURIComponent makes nine characters of one at most; the other parts are of ASCII. */
export const MAX_REF = 9 * MAX_PART + '/'.length * 3 + 32 + 32 + 'openId'.length;

const kinds = ['openId', 'userId'] as const;

/** Undefined for a payer whose ids the caller does not see. */
export const refOf = ({
  channelId,
  appId,
  openId,
  userId,
}: Pick<PayerIdentity, 'channelId' | 'appId' | 'openId' | 'userId'>): string | undefined => {
  const named = openId === null ? ['userId', userId] : ['openId', openId];
  const parts = [channelId, appId, ...named];
  return parts.every((part) => part !== null) ? parts.map(encodeURIComponent).join('/') : undefined;
};

const decode = (part: string): string | undefined => {
  try {
    const text = decodeURIComponent(part);
    return text.length >= 1 && text.length <= MAX_PART && text.isWellFormed() ? text : undefined;
  } catch {
    return undefined;
  }
};

/** The ids of a ref; undefined for a text that is no ref. Parts may be encoded more than encodeURIComponent does. */
export const parseRef = (ref: string): IdentityRef | undefined => {
  const parts = ref.length <= MAX_REF ? ref.split('/') : [];
  const [channelId, appId, kind, id] = parts.map(decode);
  if (parts.length !== 4 || channelId === undefined || appId === undefined || id === undefined) return undefined;
  const [openId, userId] = kinds.map((name) => (kind === name ? id : undefined));
  if (openId !== undefined) return { channelId, appId, openId };
  return userId === undefined ? undefined : { channelId, appId, userId };
};
