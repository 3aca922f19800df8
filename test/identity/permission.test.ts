import { describe, expect, test } from 'vitest';
import { readableTo, requireScope, visibleTo } from '../../src/identity/permission.ts';
import type { PayerIdentity } from '../../src/model.ts';
import type { Caller } from '../../src/security/caller.ts';

const reader: Caller = { id: 'reader', scopes: new Set(['payer:read']), apps: new Set(['demo']) };
const strangers: [who: string, caller: Caller][] = [
  ['without the scope', { ...reader, scopes: new Set(['payer:authenticate']) }],
  ['of another app', { ...reader, apps: new Set(['other']) }],
  ['of no app', { ...reader, apps: new Set() }],
];

const payer: PayerIdentity = {
  id: 'pid_1',
  appId: 'demo',
  channelId: 'wechat_pay',
  openId: 'open',
  userId: 'user',
  unionId: 'union',
  subAppId: 'sub app',
  subOpenId: 'sub open',
  firstAuthenticatedAt: new Date(1),
  lastAuthenticatedAt: new Date(2),
};

describe('a caller with the scope', () => {
  test('a caller with the scope may act for its app', () => {
    expect(() => requireScope(reader, 'payer:read', 'demo')).not.toThrow();
    expect(() => requireScope({ ...reader, apps: undefined }, 'payer:read', 'any')).not.toThrow();
  });

  test('a caller with the scope sees every field of a payer', () => {
    expect(visibleTo(reader, payer)).toEqual({ ...payer, readable: true });
    expect(readableTo(reader, payer)).toEqual({ ...payer, readable: true });
  });
});

describe.each(strangers)('a caller %s', (_, caller) => {
  test('a caller without the scope for the app may not act for it, and the failure names the scope', () => {
    const failure = expect.objectContaining({ code: 'NOT_ALLOWED', missingScope: 'payer:read' });
    expect(() => requireScope(caller, 'payer:read', 'demo')).toThrow(failure);
  });

  test('a caller without the scope for the app sees the id, channel and app of a payer, and no more', () => {
    const nothing = { openId: null, userId: null, unionId: null, subAppId: null, subOpenId: null };
    const never = { firstAuthenticatedAt: null, lastAuthenticatedAt: null };
    const { id, appId, channelId } = payer;
    expect(visibleTo(caller, payer)).toEqual({ id, appId, channelId, ...nothing, ...never, readable: false });
    expect(readableTo(caller, payer)).toBeUndefined();
  });
});
