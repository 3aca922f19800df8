import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { wechat } from '../../../src/channels/wechat/wechat.ts';
import { startEmulator } from '../../../src/emulators/emulator.ts';
import { startWechat, type WechatApp } from '../../../src/emulators/wechat.ts';
import { openSource, soon } from '../../support/services/sources.ts';

export const appId = 'wxd930ea5d5a258f4f';
export const appSecret = 'appSecret-0123456789abcdef';
export const mchId = '10000100';
/** From the example of WeChat's own page on signatures. */
export const apiKey = '192006250b4c09247ec02edce69f6a2d';
export const merchant = { appId, mchId, apiKey };
export const sub = { subAppId: 'wx8888888888888888', subMchId: '1900000109' };

export const settings = {
  web: { kind: 'web', appId, appSecret },
  miniprogram: { kind: 'miniprogram', appId, appSecret },
  native: { kind: 'native', appId, appSecret },
  payment_code: { kind: 'payment_code', ...merchant, paymentCodePattern: 'test_.*' },
};
export type Kind = keyof typeof settings;

export interface Options {
  readonly app?: Partial<WechatApp>;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
}

export const openAt = (kind: Kind, origin: string, { source: options = {}, now = Date.now }: Options = {}) => {
  const urls = kind === 'payment_code' ? { payUrl: origin } : { apiUrl: origin };
  return openSource(wechat, { ...settings[kind], ...urls, ...options }, { now });
};

export const start = async (kind: Kind, options: Options = {}) => {
  const { app = {}, now = Date.now } = options;
  const emulator = await startWechat({ apps: [{ appId, secret: appSecret, merchant, ...app }], now });
  return { emulator, ...openAt(kind, emulator.origin, options) };
};

/** A source with its emulator for one test. */
export const open = async (kind: Kind, options?: Options) => {
  const { source, emulator, disconnect } = await start(kind, options);
  onTestFinished(async () => {
    await disconnect();
    await emulator.close();
  });
  const redeem = (authCode: string) => source.redeem(authCode, { channelId: 'wechat_pay' }, soon());
  return { source, emulator, redeem };
};

/** A source whose upstream answers the same to everything. */
export const openAnswering = async (kind: Kind, body: string | Buffer, status = 200) => {
  const emulator = await startEmulator(() => ({ status, headers: { 'content-type': 'text/plain' }, body }));
  const { source, disconnect } = openAt(kind, emulator.origin);
  onTestFinished(async () => {
    await disconnect();
    await emulator.close();
  });
  return () => source.redeem('test_ok_alice', { channelId: 'wechat_pay' }, soon());
};

export const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  );
export const shown = (value: unknown) =>
  `${inspect(value, { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null })}
  ${value instanceof Error && value.stack}`;
