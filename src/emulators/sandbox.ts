import { randomBytes } from 'node:crypto';
import type { FileConfig } from '../config.ts';
import { startDaxpay } from './daxpay.ts';
import type { Emulator } from './emulator.ts';

export interface Sandbox {
  readonly config: FileConfig;
  readonly emulators: Readonly<Record<string, Emulator>>;
  close(): Promise<void>;
}

const channelTitles = { ali_pay: '支付宝', wechat_pay: '微信支付', union_pay: '云闪付' };

/** Starts the emulated channels with credentials made up on the spot, and writes the configuration that uses them. */
export const startSandbox = async (): Promise<Sandbox> => {
  const secret = randomBytes(16).toString('hex');
  const daxpay = await startDaxpay({ apps: [{ appId: 'demo', secret, reqTimeoutSeconds: 300 }] });
  const emulators = { daxpay };
  return {
    emulators,
    config: {
      defaultApp: 'demo',
      apps: [{ id: 'demo', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' } }],
      sources: { daxpay: { type: 'daxpay', baseUrl: daxpay.origin, appId: 'demo', secret } },
      channelTitles,
    },
    close: async () => void (await Promise.all(Object.values(emulators).map((emulator) => emulator.close()))),
  };
};
