/** How a connection is opened: the options of TCP and TLS, the addresses of the host, and a socket that closes early. */
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Attempt, createConnect, type Egress } from '../../src/lib/connection.ts';
import type { Resolver } from '../../src/lib/resolver.ts';
import { memorySocket } from '../support/upstreams/memory-socket.ts';

vi.mock('node:net', async (original) => ({ ...(await original<object>()), connect: vi.fn() }));
vi.mock('node:tls', async (original) => ({
  ...(await original<object>()),
  connect: vi.fn(),
  createSecureContext: vi.fn(),
}));

const CONTEXT = { context: 'of the test' } as SecureContext;
const addresses = [
  { address: '192.0.2.1', family: 4 },
  { address: '2001:db8::1', family: 6 },
];

/** A socket that reports an event as soon as it is listened to. */
const socketWith = (event: string, ...values: unknown[]): Socket => {
  const { socket } = memorySocket((from) => void from.push('HTTP/1.1 200 OK\r\n\r\n'));
  socket.on('newListener', (name) => {
    if (name === 'close') queueMicrotask(() => socket.emit(event, ...values));
  });
  return socket.on('error', () => undefined);
};

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(createSecureContext).mockReturnValue(CONTEXT);
  vi.mocked(connectTcp).mockImplementation(() => socketWith('connect'));
  vi.mocked(connectTls as () => unknown).mockImplementation(() => socketWith('secureConnect'));
});

const open = async (target: string, egress: Partial<Egress> = {}) => {
  const asked: string[] = [];
  const stages: string[] = [];
  const resolve: Resolver['resolve'] = async (host) => {
    asked.push(host);
    return addresses;
  };
  const attempt: Attempt = {
    stage: 'START',
    hold: (start) => {
      stages.push(attempt.stage);
      return start();
    },
  };
  const resolver: Resolver = { resolve, lookup: () => undefined };
  const socket = await createConnect(new URL(target), { resolver, ...egress })(attempt);
  return { socket, asked, stages };
};

const tcpOptions = () => vi.mocked(connectTcp).mock.calls.map(([options]) => options as unknown as TcpNetConnectOpts);
const tlsOptions = () => vi.mocked(connectTls).mock.calls.map(([options]) => options as unknown as ConnectionOptions);

describe('a TCP connection', () => {
  test('a TCP connection goes to the host and port of its upstream, without delay', async () => {
    const { asked, stages } = await open('http://pay.example:8080/p');
    expect(tcpOptions()).toMatchObject([{ host: 'pay.example', port: 8080, noDelay: true }]);
    expect([asked, stages]).toEqual([['pay.example'], ['CONNECT']]);
    expect(createSecureContext).not.toHaveBeenCalled();
    expect(connectTls).not.toHaveBeenCalled();
  });

  test('a TCP connection to an IPv6 address names it without brackets', async () => {
    const { asked } = await open('http://[2001:db8::1]');
    expect(asked).toEqual(['2001:db8::1']);
    expect(tcpOptions()).toMatchObject([{ host: '2001:db8::1', port: 80 }]);
  });

  test.each([
    [true, addresses, [null, addresses]],
    [false, addresses, [null, '192.0.2.1', 4]],
    [true, [], [null, []]],
    [false, [], [null, '', undefined]],
  ])('its look-up with all: %s and the addresses %j answers %j', async (all, found, expected) => {
    const resolver: Resolver = { resolve: async () => found, lookup: () => undefined };
    await open('http://pay.example', { resolver });
    const done = vi.fn();
    tcpOptions()[0]?.lookup?.('pay.example', { all }, done);
    expect(done.mock.calls).toEqual([expected]);
  });

  test('a TCP connection that closes before it is open fails with ECONNRESET', async () => {
    vi.mocked(connectTcp).mockImplementation(() => socketWith('close'));
    await expect(open('http://pay.example')).rejects.toMatchObject({ code: 'ECONNRESET' });
  }, 1_000);

  test('a TCP connection that fails passes its error on', async () => {
    vi.mocked(connectTcp).mockImplementation(() => socketWith('error', new Error('broken')));
    await expect(open('http://pay.example')).rejects.toThrow('broken');
  }, 1_000);
});

describe('a TLS connection', () => {
  test.each([
    ['https://pay.example', { host: 'pay.example', servername: 'pay.example' }],
    ['https://192.0.2.1', { host: '192.0.2.1' }],
    ['https://[2001:db8::1]', { host: '2001:db8::1' }],
  ])('a TLS connection to %s has the options %j, and HTTP/1.1 alone', async (target, names) => {
    const { stages } = await open(target);
    const [options] = tlsOptions();
    expect(options).toEqual({
      socket: expect.anything(),
      secureContext: CONTEXT,
      ALPNProtocols: ['http/1.1'],
      ...names,
    });
    expect(Object.hasOwn(options ?? {}, 'servername')).toBe('servername' in names);
    expect(stages).toEqual(['CONNECT', 'TLS']);
  });

  test('a TLS connection goes through a proxy of HTTP with one handshake', async () => {
    const { asked, stages } = await open('https://pay.example', { proxy: 'http://proxy.example' });
    expect(asked).toEqual(['proxy.example']);
    expect(tlsOptions()).toMatchObject([{ servername: 'pay.example', secureContext: CONTEXT }]);
    expect(stages).toEqual(['PROXY', 'TLS']);
  });

  test('a TLS connection goes through a proxy of HTTPS with two handshakes, the first one with the proxy', async () => {
    const { stages } = await open('https://pay.example', { proxy: 'https://proxy.example:3128' });
    expect(tcpOptions()).toMatchObject([{ host: 'proxy.example', port: 3128 }]);
    expect(tlsOptions()).toMatchObject([
      { servername: 'proxy.example', secureContext: CONTEXT },
      { servername: 'pay.example', secureContext: CONTEXT },
    ]);
    expect(stages).toEqual(['PROXY', 'PROXY', 'TLS']);
  });

  test('a connection without TLS through a proxy of HTTPS has one handshake, with the proxy', async () => {
    await open('http://pay.example', { proxy: 'https://proxy.example' });
    expect(tlsOptions()).toMatchObject([{ servername: 'proxy.example', secureContext: CONTEXT }]);
  });

  test('a TLS connection that closes within its handshake fails with ECONNRESET', async () => {
    vi.mocked(connectTls as () => unknown).mockImplementation(() => socketWith('close'));
    await expect(open('https://pay.example')).rejects.toMatchObject({ code: 'ECONNRESET' });
  }, 1_000);
});
