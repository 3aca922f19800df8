/** Services in which every failure can be provoked: as shipped, with narrow limits, and with callers that need scopes. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { FileConfig } from '../../src/config/load.ts';
import { json, startEmulator } from '../../src/emulators/emulator.ts';
import { freePort } from '../../src/emulators/free-port.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { type ScopedService, startScopedService } from '../support/services/scoped-service.ts';

export interface Stage {
  readonly plain: SandboxService;
  readonly narrow: SandboxService;
  readonly scoped: ScopedService;
  close(): Promise<void>;
}
export type Part = 'plain' | 'narrow' | 'scoped';

export const logOf = (stage: Stage, at: Part): readonly string[] =>
  at === 'scoped' ? stage.scoped.service.logLines : stage[at].logLines;

const newKeys = () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, alipayPublicKey: publicKey.export({ format: 'pem', type: 'spki' }) };
};

/** An Alipay that refuses every call for its rate, in a signed reply. */
const startBusy = async () => {
  const { privateKey, alipayPublicKey } = newKeys();
  const emulator = await startEmulator(() => {
    const body = JSON.stringify({ code: 'app-call-limited' });
    const [timestamp, nonce] = [`${Date.now()}`, 'a nonce'];
    const signature = sign('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), privateKey).toString('base64');
    const signed = { 'alipay-timestamp': timestamp, 'alipay-nonce': nonce, 'alipay-signature': signature };
    return { status: 400, body, headers: { 'content-type': 'application/json', ...signed } };
  });
  return { emulator, alipayPublicKey };
};

/** An Alipay that says of every certification that it has expired, which the emulator says only after three months. */
const startExpired = async () => {
  const { privateKey, alipayPublicKey } = newKeys();
  const node = JSON.stringify({ code: '40004', msg: 'Business Failed', sub_code: 'CERTIFY_ID_EXPIRED', sub_msg: 'x' });
  const signature = sign('sha256', Buffer.from(node), privateKey).toString('base64');
  const body = `{"alipay_user_certify_open_query_response":${node},"sign":"${signature}"}`;
  const emulator = await startEmulator(() => ({ ...json({}), body }));
  return { emulator, alipayPublicKey };
};

const endless = { perSecond: 1_000_000, burst: 1_000_000 };

export const startStage = async (): Promise<Stage> => {
  const expired = await startExpired();
  const busy = await startBusy();
  const deadUrl = `http://127.0.0.1:${await freePort()}`;

  const extend = ({ apps, sources: { alipay, wechat, ...others }, ...config }: FileConfig): FileConfig => ({
    ...config,
    times: { deadlineMs: 1_000, patienceMs: 200, leaseMs: 4_000 },
    apps: [
      ...apps,
      { id: 'dead', channels: { wechat_pay: 'dead', ali_pay: 'dead-alipay' } },
      { id: 'wrong', channels: { wechat_pay: 'wrong' } },
      { id: 'busy', channels: { ali_pay: 'busy' } },
      { id: 'demo-other', channels: { ali_pay: 'alipay' }, returnUrls: apps[0]?.returnUrls ?? [] },
      { id: 'expired', channels: { ali_pay: 'expired' } },
    ],
    sources: {
      alipay: { ...alipay, type: 'alipay' },
      wechat: { ...wechat, type: 'wechat' },
      ...others,
      dead: { ...wechat, type: 'wechat', apiUrl: deadUrl },
      'dead-alipay': { ...alipay, type: 'alipay', gatewayUrl: `${deadUrl}/gateway.do`, apiUrl: deadUrl },
      wrong: { ...wechat, type: 'wechat', appSecret: 'another secret' },
      busy: { ...alipay, type: 'alipay', apiUrl: busy.emulator.origin, alipayPublicKey: busy.alipayPublicKey },
      expired: {
        ...alipay,
        type: 'alipay',
        gatewayUrl: `${expired.emulator.origin}/gateway.do`,
        alipayPublicKey: expired.alipayPublicKey,
      },
    },
  });
  const plain = await startSandboxService(extend);
  const narrow = await startSandboxService((config) => ({
    ...extend(config),
    limits: {
      source: { inFlight: 1, waiting: 0, minimumCalls: 2, suspendMs: 60_000 },
      rates: { caller: endless, address: endless, channel: endless, app: { perSecond: 0.01, burst: 6 } },
    },
  }));
  const scoped = await startScopedService();
  const close = async () => {
    await Promise.all([plain, narrow, scoped, busy.emulator, expired.emulator].map((part) => part.close()));
  };
  return { plain, narrow, scoped, close };
};
