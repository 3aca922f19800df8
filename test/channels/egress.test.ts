/** How a source reaches its upstream: through a forward proxy, with a certificate authority of its own. */
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSources } from '../../src/channels/registry.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { createLog } from '../../src/lib/log.ts';
import { soon } from '../support/services/sources.ts';
import { startForwardProxy } from '../support/upstreams/forward-proxy.ts';
import vectors from '../vectors/tls.json' with { type: 'json' };

const options = { type: 'daxpay', appId: 'demo', secret: '123456' };

const openWith = (more: Readonly<Record<string, unknown>>) => {
  const sources = openSources({ main: { ...options, ...more } });
  onTestFinished(() => sources.close());
  const source = sources.get('main');
  if (!source) throw new Error('not opened');
  return () => source.redeem('test_ok_alice~1', { channelId: 'wechat_pay' }, soon());
};

const failureOf = (redeemed: Promise<unknown>) =>
  redeemed.then(
    () => expect.unreachable('there was a reply'),
    (error: unknown) => error,
  );

const startEmulator = async () => {
  const emulator = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  onTestFinished(() => emulator.close());
  return emulator;
};

const startProxy = async (...instead: Parameters<typeof startForwardProxy>) => {
  const proxy = await startForwardProxy(...instead);
  onTestFinished(() => proxy.close());
  return proxy;
};

/** The emulator behind TLS, with a certificate of the tests' own authority. */
const startSecure = async () => {
  const emulator = await startEmulator();
  const server = createTlsServer(vectors.server, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const reply = await fetch(emulator.origin + request.url, { method: 'POST', body: Buffer.concat(chunks) });
    response.end(await reply.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { emulator, port: (server.address() as AddressInfo).port };
};

const alice = { subject: { openId: idsOf('alice').openid } };

describe('through a forward proxy', () => {
  test('a source of HTTP is reached by CONNECT, with the credentials of the proxy', async () => {
    const [emulator, proxy] = [await startEmulator(), await startProxy()];
    const redeem = openWith({ baseUrl: emulator.origin, proxy: `http://user:p%40ss@${proxy.host}` });
    expect(await redeem()).toMatchObject(alice);
    const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ target: new URL(emulator.origin).host, authorization }]);
    expect(emulator.ledger[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('a source of HTTPS is reached by TLS within the tunnel, and the proxy looks its name up', async () => {
    const [{ emulator, port }, proxy] = [await startSecure(), await startProxy()];
    const redeem = openWith({ baseUrl: `https://localhost:${port}`, proxy: `http://${proxy.host}`, ca: vectors.ca });
    expect(await redeem()).toMatchObject(alice);
    expect(proxy.asked).toEqual([{ target: `localhost:${port}`, authorization: undefined }]);
    expect(emulator.ledger).toHaveLength(1);
    const named = openWith({
      baseUrl: emulator.origin.replace('127.0.0.1', 'pay.test'),
      proxy: `http://${proxy.host}`,
    });
    expect(await failureOf(named())).toMatchObject({ code: expect.anything() });
    expect(proxy.asked[1]?.target).toMatch(/^pay\.test:/);
  });

  test('each exchange has a tunnel of its own', async () => {
    const [emulator, proxy] = [await startEmulator(), await startProxy()];
    const redeem = openWith({ baseUrl: emulator.origin, proxy: `http://${proxy.host}` });
    await redeem();
    await failureOf(redeem());
    expect(proxy.asked).toHaveLength(2);
  });

  const refusing = (text: string) => (_: unknown, client: Socket) => Boolean(client.end(text));
  test.each([
    ['refuses', refusing('HTTP/1.1 407 x\r\ncontent-length: 0\r\n\r\n'), 'PROXY_REFUSED', 'HTTP_407'],
    ['refuses with a page', refusing('HTTP/1.1 503 x\r\n\r\n<h1>no</h1>'), 'PROXY_REFUSED', 'HTTP_503'],
    ['redirects', refusing('HTTP/1.1 302 x\r\nlocation: http://127.0.0.1\r\n\r\n'), 'PROXY_REFUSED', 'HTTP_302'],
    ['answers twice', refusing('HTTP/1.1 200 x\r\n\r\n'.repeat(2)), 'PROXY_FAILED', undefined],
    ['speaks first', refusing('HTTP/1.1 200 x\r\n\r\n{"code":0}'), 'PROXY_FAILED', undefined],
    ['speaks no HTTP', refusing('SSH-2.0-x\r\n\r\n'), 'PROXY_FAILED', undefined],
    ['hangs up', refusing(''), 'PROXY_FAILED', 'ECONNRESET'],
    ['says nothing', () => true, 'PROXY_TIMED_OUT', undefined],
  ] as const)('through a proxy that %s, nothing is sent', async (_, instead, reason, code) => {
    const [emulator, proxy] = [await startEmulator(), await startProxy(instead)];
    const redeem = openWith({ baseUrl: emulator.origin, proxy: `http://user:s3cret@${proxy.host}` });
    const error = await failureOf(redeem());
    expect(error).toMatchObject({ name: 'ExchangeError', sent: false, reason, origin: emulator.origin });
    if (code) expect(error).toMatchObject({ cause: { code } });
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/s3cret|czNjcmV0/);
    expect(emulator.ledger).toEqual([]);
  });

  test('through a proxy that is down, nothing is sent, and the upstream gets no direct connection', async () => {
    const emulator = await startEmulator();
    const error = await failureOf(openWith({ baseUrl: emulator.origin, proxy: 'http://127.0.0.1:9' })());
    expect(error).toMatchObject({ sent: false, reason: 'PROXY_FAILED', cause: { code: 'ECONNREFUSED' } });
    expect(emulator.ledger).toEqual([]);
  });

  test('a proxy that the environment names is not used', async () => {
    const [emulator, proxy] = [await startEmulator(), await startProxy()];
    const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
    for (const name of names) process.env[name] = `http://${proxy.host}`;
    onTestFinished(() => {
      for (const name of names) delete process.env[name];
    });
    expect(await openWith({ baseUrl: emulator.origin })()).toMatchObject(alice);
    expect(proxy.asked).toEqual([]);
  });
});

describe('faulty options', () => {
  test.each([
    ['proxy', 's3cret:3128'],
    ['proxy', 'socks5://s3cret:1080'],
    ['proxy', 'http://user:s3cret@proxy/path'],
    ['proxy', 'http://user:s3cret@proxy?a'],
    ['proxy', 'http://user:s3%zzcret@proxy'],
    ['proxy', 'http://user:s3cret%0d%0ax:y@proxy'],
    ['proxy', 'http://user:s3cret@proxy:0'],
    ['proxy', 'http://user:s3cret @proxy'],
    ['proxy', 'http://s3cret@a@proxy'],
    ['proxy', ['s3cret']],
    ['ca', 's3cret'],
    ['ca', ''],
    ['ca', '-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----'],
    ['ca', `${vectors.ca}${vectors.server.key}`],
    ['ca', [vectors.ca]],
  ])('the option %s: %j is refused at start, and the message does not repeat it', (name, value) => {
    let said = '';
    try {
      openWith({ baseUrl: 'https://pay.example', [name]: value });
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(`Source main: ${name}: `);
    expect(said).not.toContain('s3cret');
  });

  test('an upstream on this machine behind a proxy on another one is refused at start', () => {
    const open = (proxy: string) => openWith({ baseUrl: 'http://127.0.0.1:1', proxy });
    expect(() => open('http://proxy.example:3128')).toThrow(/^Source main: proxy: /);
    for (const proxy of ['http://127.0.0.1:1', 'https://localhost:1/', 'http://[::1]:1'])
      expect(() => open(proxy)).not.toThrow();
  });
});

describe('a certificate authority of its own', () => {
  test('a configured certificate authority makes an upstream trusted', async () => {
    const { port } = await startSecure();
    const baseUrl = `https://localhost:${port}`;
    expect(await openWith({ baseUrl, ca: `# test\n${vectors.ca}\n${vectors.ca}` })()).toMatchObject(alice);
    expect(await failureOf(openWith({ baseUrl })())).toMatchObject({ sent: false, reason: 'TLS_UNTRUSTED' });
  });
});

test('a failed exchange is logged with its reason, its codes and the origin, and nothing else of it', async () => {
  const [{ port }, emulator] = [await startSecure(), await startEmulator()];
  const plain = new URL(emulator.origin).port;
  const lineOf = async (more: Readonly<Record<string, unknown>>) => {
    const lines: string[] = [];
    const error = await failureOf(openWith(more)());
    createLog('info', { write: (line) => void lines.push(line) }).warn('failed', { error });
    const { reason, origin, codes } = JSON.parse(lines[0] ?? '').error;
    return [reason, origin, codes];
  };
  expect(await lineOf({ baseUrl: 'http://127.0.0.1:9' })).toEqual([
    'CONNECT_REFUSED',
    'http://127.0.0.1:9',
    ['ECONNREFUSED', 'connect'],
  ]);
  expect(await lineOf({ baseUrl: `https://127.0.0.1:${plain}` })).toEqual([
    'TLS_PROTOCOL',
    `https://127.0.0.1:${plain}`,
    [expect.stringMatching(/^ERR_SSL_/)],
  ]);
  expect((await lineOf({ baseUrl: `https://localhost:${port}` })).slice(0, 2)).toEqual([
    'TLS_UNTRUSTED',
    `https://localhost:${port}`,
  ]);
  expect((await lineOf({ baseUrl: 'http://no-such-host.invalid' }))[0]).toMatch(
    /^NAME_(?:NOT_FOUND|TIMED_OUT|FAILED)$/,
  );
}, 20_000);
