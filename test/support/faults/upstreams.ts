/** Upstreams for the fault suite: one of every kind that sandbox mode lacks, and some that repeat the request. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { FileConfig } from '../../../src/config/load.ts';
import { startDaxpay } from '../../../src/emulators/daxpay.ts';
import { type EmulatorHandler, startEmulator } from '../../../src/emulators/emulator.ts';
import { startWechat } from '../../../src/emulators/wechat.ts';

/** How an upstream repeats the request; the app whose payers it serves has the same name. */
export const echoApps = ['messages', 'page', 'garbage'] as const;

/** Repeats the request in every text of a refusal. */
const inMessages: EmulatorHandler = ({ rawUrl, body, headers }) => {
  const echo = `${rawUrl} ${body} ${JSON.stringify(headers)}`;
  // The code itself, which has the characters of an upstream code, as the reason of its refusal.
  const sub_code = /Cn[0-9a-f]{16}Yq[.\d]*/.exec(echo)?.[0] ?? 'isv.invalid';
  const texts = { sub_code, sub_msg: echo, msg: echo, message: echo, errmsg: echo };
  if (rawUrl.startsWith('/gateway.do'))
    return { status: 200, body: JSON.stringify({ error_response: { code: '40004', ...texts } }) };
  const reply = { code: rawUrl.startsWith('/v3/') ? sub_code : 1, errcode: 40029, data: echo, ...texts };
  return { status: rawUrl.startsWith('/v3/') ? 400 : 200, body: JSON.stringify(reply) };
};

/** Repeats the request in an HTML page of an HTTP error. */
const asPage: EmulatorHandler = ({ rawUrl, body }) => ({
  status: 502,
  headers: { 'content-type': 'text/html', 'x-request': encodeURIComponent(rawUrl) },
  body: `<!doctype html><pre>${rawUrl} ${body}</pre>`,
});

/** Repeats the request as malformed HTTP, which a parser's error may hold. */
const startGarbage = async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => socket.end(`HTTP/1.1 200 OK\r\n${bytes.toString('latin1')} \u0001\r\n\r\n`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger: [],
    close: async () => void server.close(),
  };
};

type SourceOptions = Readonly<Record<string, unknown>> & { readonly type: string };

/** A source of the sandbox with another upstream address. */
const atOrigin = ({ type, ...rest }: SourceOptions, origin: string): SourceOptions => {
  switch (type) {
    case 'alipay':
      return { type, ...rest, gatewayUrl: `${origin}/gateway.do`, apiUrl: origin };
    case 'wechat':
      return { type, ...rest, apiUrl: origin };
    default:
      return { type, ...rest, baseUrl: origin };
  }
};

const newSecret = () => randomBytes(16).toString('hex');

export const startFaultUpstreams = async () => {
  const ga = { appId: 'ga', secret: newSecret(), profile: 'ga', mchNo: 'M1' } as const;
  const resultHolder = { appId: 'resultHolder', secret: newSecret() };
  const [consoleToken, appSecret] = [newSecret(), newSecret()];
  const merchant = { mchId: '10000100', apiKey: newSecret() };
  const upstreams = {
    ga: await startDaxpay({ apps: [ga] }),
    resultHolder: await startDaxpay({ apps: [resultHolder], consoleToken }),
    wechat: await startWechat({ apps: [{ appId: 'wx1', secret: appSecret, merchant }] }),
    messages: await startEmulator(inMessages),
    page: await startEmulator(asPage),
    garbage: await startGarbage(),
  };
  const queryUrl = `${upstreams.resultHolder.origin}/assist/channel/auth/queryAuthResult`;
  const echoes = echoApps.map((name) => ({ name, origin: upstreams[name].origin }));

  const extend = (config: FileConfig): FileConfig => ({
    ...config,
    times: { deadlineMs: 1_500, leaseMs: 3_000 },
    apps: [
      ...config.apps,
      { id: 'ga', channels: { wechat_pay: 'ga' } },
      { id: 'resultHolder', channels: { ali_pay: 'resultHolder' } },
      { id: 'miniprogram', channels: { wechat_pay: 'miniprogram' } },
      { id: 'payment_code', channels: { wechat_pay: 'payment_code' } },
      ...echoes.flatMap(({ name }) => [
        { id: name, channels: { ali_pay: `${name}-alipay`, wechat_pay: `${name}-wechat`, union_pay: `${name}-jucai` } },
        { id: `${name}-dax`, channels: { ali_pay: `${name}-daxpay` } },
      ]),
    ],
    sources: {
      ...config.sources,
      ga: { type: 'daxpay', baseUrl: upstreams.ga.origin, ...ga },
      resultHolder: {
        type: 'daxpay',
        baseUrl: upstreams.resultHolder.origin,
        ...resultHolder,
        resultHolder: { queryUrl, headers: { accesstoken: consoleToken } },
      },
      miniprogram: { type: 'wechat', kind: 'miniprogram', appId: 'wx1', appSecret, apiUrl: upstreams.wechat.origin },
      payment_code: {
        type: 'wechat',
        kind: 'payment_code',
        appId: 'wx1',
        ...merchant,
        payUrl: upstreams.wechat.origin,
        paymentCodePattern: 'test_.*',
      },
      ...Object.fromEntries(
        echoes.flatMap(({ name, origin }) =>
          ['alipay', 'wechat', 'jucai', 'daxpay'].map((source) => [
            `${name}-${source}`,
            atOrigin(config.sources[source] as SourceOptions, origin),
          ]),
        ),
      ),
    },
  });

  return {
    extend,
    ledgers: () => Object.values(upstreams).map(({ ledger }) => ledger),
    close: async () => void (await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()))),
  };
};

/** An app and a channel of every source; below, of every source that repeats. */
export const authRoutes = [
  { appId: 'demo-daxpay', channelId: 'ali_pay' },
  { appId: 'demo-daxpay', channelId: 'wechat_pay' },
  { appId: 'ga', channelId: 'wechat_pay' },
  { appId: 'demo-jucai', channelId: 'wechat_pay' },
  { appId: 'demo', channelId: 'union_pay' },
  { appId: 'demo', channelId: 'ali_pay' },
  { appId: 'demo', channelId: 'wechat_pay' },
  { appId: 'miniprogram', channelId: 'wechat_pay' },
  { appId: 'payment_code', channelId: 'wechat_pay' },
] as const;
export const echoRoutes = echoApps.flatMap((name) => [
  { appId: name, channelId: 'ali_pay' },
  { appId: name, channelId: 'wechat_pay' },
  { appId: name, channelId: 'union_pay' },
  { appId: `${name}-dax`, channelId: 'ali_pay' },
]);
