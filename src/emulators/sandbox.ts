/** The sandbox: emulated channels with new credentials, and a configuration that uses them. */

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { FileConfig } from '../config/load.ts';
import type { EdgeReply, EdgeRequest } from '../http/edge.ts';
import type { NewIdentityId } from '../store/model.ts';
import { startAlipay } from './alipay.ts';
import { startDaxpay } from './daxpay.ts';
import type { Emulator } from './emulator.ts';
import { freePort } from './free-port.ts';
import { jucaiRefusals, startJucai } from './jucai.ts';
import { type LanFront, openLanFront } from './lan-front.ts';
import { createPayer, type Payer } from './payer.ts';
import { alipayApps, waysApp, waysSources, waysTitles, wechatApps } from './sandbox-ways.ts';
import { createSteering } from './steering.ts';
import { startWechat } from './wechat.ts';

export interface Sandbox {
  readonly config: FileConfig;
  /** The payer, for tests. */
  readonly payer: Payer;
  /** Beside the routes of the service: /sandbox/graphql. */
  readonly routes: ReadonlyMap<string, (request: EdgeRequest) => Promise<EdgeReply>>;
  readonly emulators: Readonly<Record<'alipay' | 'wechat' | 'jucai' | 'daxpay', Emulator>>;
  /** For phones in the room: the door's address, which belongs in `door.publicUrl`. Undefined without a host of them. */
  readonly lanDoorUrl: string | undefined;
  /** Called when the service listens. Returns its address for phones in the room, with the key; undefined without a host. */
  listening(serviceUrl: string): Promise<string | undefined>;
  close(): Promise<void>;
}

const wallets = { ali_pay: '支付宝', wechat_pay: '微信支付', union_pay: '云闪付' };

/** Not a secret: examples/signed-call.ts has it too. */
const signingKey = { secret: 'the key of demo-signed in sandbox mode' };

/**
 * PayerIdentity.id of a test payer: derived from PayerIdentity.ref, so that fixtures of other teams can name it.
 * docs/federation.md lists them.
 */
export const testIdentityId: NewIdentityId = ({ channelId, appId, openId, userId = '' }) => {
  const ref = [channelId, appId, ...(openId === undefined ? ['userId', userId] : ['openId', openId])];
  const hash = createHash('sha256').update(ref.map(encodeURIComponent).join('/')).digest('base64url');
  return `pid_${hash.slice(0, 22)}`;
};

const newSecret = () => randomBytes(16).toString('hex');
const newKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: ReturnType<typeof newKeys>['privateKey']): string =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();

/** Each with credentials of its own, which the sources of the configuration have. */
const startEmulators = async () => {
  const secrets = { wechat: newSecret(), wechatPay: newSecret(), jucai: newSecret(), daxpay: newSecret() };
  const [ourKeys, alipayKeys] = [newKeys(), newKeys()];
  const emulators = {
    alipay: await startAlipay({
      apps: alipayApps(ourKeys.publicKey),
      privateKey: alipayKeys.privateKey,
    }),
    wechat: await startWechat({ apps: wechatApps(secrets.wechat, secrets.wechatPay) }),
    jucai: await startJucai({ merchants: [{ mchNo: 'MCH_1', appId: 'MCH_A1', secret: secrets.jucai }] }),
    daxpay: await startDaxpay({ apps: [{ appId: 'demo', secret: secrets.daxpay, reqTimeoutSeconds: 300 }] }),
  };
  return { emulators, secrets, keys: { privateKey: ourKeys.privateKey, alipayPublicKey: alipayKeys.publicKey } };
};

interface Fronts {
  /** The address of a server for payers' browsers: the server's own, or that of its front. */
  of(origin: string, port?: number): Promise<string>;
  /** That of the door, which expects the path of its public address: the key. Undefined without a front. */
  ofDoor(origin: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** The fronts of all pages share one random key. */
const createFronts = (host: string | undefined): Fronts => {
  const key = randomBytes(12).toString('base64url');
  const open: LanFront[] = [];
  const openAt = async (host: string, port: number, target: string): Promise<string> => {
    const front = await openLanFront({ host, port, key, target });
    open.push(front);
    return front.url;
  };
  return {
    of: async (target, port = 0) => (host === undefined ? target : openAt(host, port, target)),
    ofDoor: async (target) => (host === undefined ? undefined : openAt(host, 0, `${target}/${key}`)),
    close: async () => void (await Promise.all(open.map((front) => front.close()))),
  };
};

interface Parts {
  /** Where the service will listen. */
  readonly origin: string;
  readonly door: NonNullable<FileConfig['door']>;
  readonly started: Awaited<ReturnType<typeof startEmulators>>;
  /** Where payers' browsers reach the pages of a channel: the emulator's address, or that of its front. */
  readonly pages: Readonly<Record<'alipay' | 'wechat' | 'unionpay', string>>;
}

const sourcesOf = ({ started: { emulators, secrets, keys }, pages }: Parts): FileConfig['sources'] => {
  const alipay = {
    type: 'alipay',
    privateKey: pem(keys.privateKey),
    alipayPublicKey: pem(keys.alipayPublicKey),
    // The page of the certification is at this address too.
    gatewayUrl: `${pages.alipay}/gateway.do`,
    apiUrl: emulators.alipay.origin,
  };
  const wechat = { type: 'wechat', appSecret: secrets.wechat, apiUrl: emulators.wechat.origin };
  return {
    alipay: {
      ...alipay,
      appId: '2021000000000001',
      authorizeUrl: `${pages.alipay}/oauth2/publicAppAuthorize.htm`,
    },
    wechat: { ...wechat, appId: 'wx0000000000000001', authorizeUrl: `${pages.wechat}/connect/oauth2/authorize` },
    jucai: {
      type: 'jucai',
      baseUrl: emulators.jucai.origin,
      mchNo: 'MCH_1',
      appId: 'MCH_A1',
      secret: secrets.jucai,
      refusals: jucaiRefusals,
      unionpayAuthorizeUrl: `${pages.unionpay}/qrcGtwWeb-web/api/userAuth`,
    },
    daxpay: { type: 'daxpay', baseUrl: emulators.daxpay.origin, appId: 'demo', secret: secrets.daxpay },
    ...waysSources({ alipay, wechat, wechatPages: pages.wechat, wechatApiKey: secrets.wechatPay }),
  };
};

const configOf = (parts: Parts): FileConfig => {
  const { origin, door } = parts;
  const returnUrls = [
    `${origin}/payer`,
    ...Object.keys(wallets).map((channel) => `${origin}/payer?channel=${channel}`),
  ];
  return {
    defaultApp: 'demo',
    apps: [
      { id: 'demo', channels: { ali_pay: 'alipay', wechat_pay: 'wechat', union_pay: 'jucai' }, returnUrls },
      { id: 'demo-daxpay', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' } },
      { id: 'demo-jucai', channels: { wechat_pay: 'jucai', union_pay: 'jucai' }, returnUrls },
      { id: 'demo-signed', channels: { ali_pay: 'alipay', wechat_pay: 'wechat' }, signature: { keys: [signingKey] } },
      waysApp(origin),
    ],
    sources: sourcesOf(parts),
    channelTitles: { ...wallets, ...waysTitles },
    door,
  };
};

/**
 * Starts the emulated channels and returns the configuration that uses them. `origin` is where the service will listen:
 * the channels send payers back to its payer page. `lanHost` is an address of this machine that phones in the room
 * reach: pages for payers get addresses there.
 */
export const startSandbox = async (origin: string, lanHost?: string): Promise<Sandbox> => {
  // Its address has to be known before it listens.
  const door = { host: '127.0.0.1', port: await freePort() };
  const publicUrl = `http://${door.host}:${door.port}`;
  const started = await startEmulators();
  const { emulators } = started;
  const fronts = createFronts(lanHost);
  const [alipay, wechat, unionpay] = await Promise.all([
    fronts.of(emulators.alipay.origin),
    fronts.of(emulators.wechat.origin),
    fronts.of(emulators.jucai.origin),
  ]);
  const pages = { alipay, wechat, unionpay };
  const lanDoorUrl = await fronts.ofDoor(publicUrl);
  let service = origin;
  const closing = new AbortController();
  const payer = createPayer({
    pages: [...Object.values(emulators).map((emulator) => emulator.origin), ...Object.values(pages)],
    doors: [publicUrl, ...(lanDoorUrl === undefined ? [] : [lanDoorUrl])],
    serviceUrl: () => service,
    signal: closing.signal,
  });

  return {
    emulators,
    payer,
    routes: new Map([['/sandbox/graphql', createSteering(payer)]]),
    lanDoorUrl,
    config: configOf({ origin, door: { publicUrl, ...door }, started, pages }),
    async listening(serviceUrl) {
      service = serviceUrl;
      return lanHost === undefined ? undefined : fronts.of(serviceUrl, Number(new URL(serviceUrl).port));
    },
    async close() {
      closing.abort();
      await fronts.close();
      await Promise.all(Object.values(emulators).map((emulator) => emulator.close()));
    },
  };
};
