/** A source whose replies have every field, so that no field of the contract is empty. */
import { returnWith } from '../../../src/channels/page-return.ts';
import type { OpenedSource } from '../../../src/channels/source.ts';
import { PayerIdentityError } from '../../../src/failure.ts';

const failures = {
  refused: 'AUTH_CODE_REFUSED',
  indeterminate: 'OUTCOME_UNKNOWN',
  unreachable: 'CHANNEL_UNREACHABLE',
  overloaded: 'OVERLOADED',
} as const;

/** A channel without a page, whose codes a native app gets. */
export const nativeChannel = 'ali_pay_native_app';

/** The prefix of a code names its outcome: `refused`, `pending` and so on; every other succeeds. */
const outcomeOf = (code: string) => code.split('_', 1)[0] ?? '';

export const completeSource = (upstreamAppId: string): OpenedSource => ({
  upstreamAppId,
  channels: ['ali_pay', nativeChannel],
  authCodeKind: (channelId) => (channelId === nativeChannel ? 'NATIVE_APP' : 'PAGE'),
  infoStr: () => 'signed=text',
  async redeem(authCode) {
    const failure = Object.entries(failures).find(([name]) => name === outcomeOf(authCode))?.[1];
    if (failure) throw new PayerIdentityError(failure);
    const ids = { openId: 'open', userId: 'user', unionId: 'union', subAppId: 'sub-app', subOpenId: 'sub-open' };
    return {
      subject: ids,
      accessToken: { value: 'token-canary', expiresAt: new Date('2030-01-01T00:00:00Z') },
    };
  },
  authorizer: {
    channels: ['ali_pay'],
    url: ({ state }) => `https://channel.example/authorize?state=${state}`,
    read: returnWith('code'),
  },
  requireReady: () => {},
  certifier: {
    initialize: async ({ orderNo }) => orderNo,
    page: (certifyId) => ({
      url: `https://channel.example/certify?id=${certifyId}`,
      form: { action: 'https://channel.example/certify', fields: [{ name: 'id', value: certifyId }] },
      deepLink: `channel://certify?id=${certifyId}`,
    }),
    hasPassed: async () => true,
  },
  jobworth: {
    async query({ onceToken }) {
      const resultUrl = 'https://channel.example/result';
      if (outcomeOf(onceToken) === 'pending') return { kind: 'PENDING', resultUrl };
      if (outcomeOf(onceToken) === 'refused')
        return { kind: 'REFUSED', code: 'JOBWORTH_NOT_AUTHORIZED', upstreamCode: 'NO' };
      if (outcomeOf(onceToken) === 'mismatch')
        return { kind: 'REFUSED', code: 'JOBWORTH_MISMATCH', upstreamCode: 'OTHER' };
      const ids = { merchantIdentityId: 'merchant', userId: 'user', openId: 'open' };
      return { kind: 'ANSWERED', trusted: true, confirmed: true, ...ids, resultUrl, authorizationStatus: 'FINISH' };
    },
  },
});
