import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ExchangeError, type HttpRequest, openUpstream } from '../../src/lib/exchange.ts';

const soon = () => ({ deadline: AbortSignal.timeout(5_000) });
const get = (path = '/'): HttpRequest => ({ method: 'GET', path });

const listen = async (server: Server) => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { sockets, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const connect = (origin: string, options: Parameters<typeof openUpstream>[1] = {}) => {
  const upstream = openUpstream(origin, options);
  onTestFinished(() => upstream.close());
  return upstream;
};

/** Resolves when a connection is closed, gracefully or not. */
const closed = (socket: Socket | undefined) =>
  new Promise<void>((resolve) => {
    if (!socket || socket.closed) resolve();
    else socket.once('close', () => resolve());
  });

/** An HTTP server and a client of its own for one test. */
const open = async (handle: RequestListener, options?: Parameters<typeof openUpstream>[1]) => {
  const paths: string[] = [];
  const server = await listen(
    createServer((request, response) => {
      paths.push(request.url ?? '');
      handle(request, response);
    }),
  );
  return { ...server, paths, ...connect(server.origin, options) };
};

/** A server that speaks bytes: called at each connection, and at the first bytes of each. */
const openRaw = async (
  on: { readonly connection?: (socket: Socket) => void; readonly data?: (socket: Socket) => void },
  options?: Parameters<typeof openUpstream>[1],
) => {
  const received: string[] = [];
  const server = await listen(
    createRawServer((socket) => {
      on.connection?.(socket);
      if (!on.data) return;
      socket.on('data', (bytes) => received.push(bytes.toString()));
      socket.once('data', () => on.data?.(socket));
    }),
  );
  return { ...server, received, ...connect(server.origin, options) };
};

const failureOf = (reply: Promise<unknown>): Promise<unknown> =>
  reply.then(
    () => expect.unreachable('there was a reply'),
    (error: unknown) => error,
  );
const expectFailure = async (reply: Promise<unknown>, sent: boolean) => {
  const error = await failureOf(reply);
  expect(error).toBeInstanceOf(ExchangeError);
  expect(error).toMatchObject({ sent });
};

describe('a reply', () => {
  test('a reply has the status, headers and body that the upstream sent', async () => {
    const { send } = await open((_, response) => {
      response.writeHead(418, { 'x-trace': 't-1', 'set-cookie': ['a=1', 'b=2'] }).end(Buffer.of(0x00, 0xff, 0xd6));
    });
    const { status, headers, body } = await send(get(), soon());
    expect({ status, body: [...body] }).toEqual({ status: 418, body: [0x00, 0xff, 0xd6] });
    expect(headers).toMatchObject({ 'x-trace': 't-1', 'set-cookie': ['a=1', 'b=2'] });
  });

  test('a request goes out with its method, path, headers and body unchanged', async () => {
    const { send } = await open(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method, url, headers } = request;
      response.end(
        JSON.stringify({ method, url, type: headers['content-type'], body: Buffer.concat(chunks).toString() }),
      );
    });
    const headers = { 'content-type': 'text/plain' };
    const { body } = await send({ method: 'POST', path: '/a?b=%20', headers, body: '中文 😀' }, soon());
    expect(JSON.parse(body.toString())).toEqual({
      method: 'POST',
      url: '/a?b=%20',
      type: 'text/plain',
      body: '中文 😀',
    });
  });

  test.each([204, 304, 200])('a reply of HTTP %s may have no body', async (status) => {
    const { send, paths } = await open((_, response) => void response.writeHead(status).end());
    expect(await send(get(), soon())).toMatchObject({ status, body: Buffer.alloc(0) });
    expect((await send(get(), soon())).status).toBe(status);
    expect(paths).toHaveLength(2);
  });

  test('an interim reply is skipped, and the final one returned', async () => {
    const { send } = await open((_, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('final');
    });
    const { status, body } = await send(get(), soon());
    expect([status, body.toString()]).toEqual([200, 'final']);
  });

  test.each([301, 302, 303, 307, 308])('a redirect of HTTP %s is returned and not followed', async (status) => {
    const elsewhere = await open((_, response) => void response.end('elsewhere'));
    const { send, paths } = await open((_, response) => {
      response.writeHead(status, { location: `${elsewhere.origin}/` }).end();
    });
    expect((await send({ method: 'POST', path: '/', body: '{}' }, soon())).status).toBe(status);
    expect([paths.length, elsewhere.paths.length]).toEqual([1, 0]);
  });

  test('a reply of HTTP 503 with retry-after is returned and not retried', async () => {
    const { send, paths } = await open((_, response) => void response.writeHead(503, { 'retry-after': '0' }).end());
    expect((await send(get(), soon())).status).toBe(503);
    expect(paths).toHaveLength(1);
  });

  test('P12: a reply to one request is never given to the next', async () => {
    const reply = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
    const { send } = await openRaw(
      { data: (socket) => void socket.write(reply('mine') + reply('smuggled')) },
      { connections: 1 },
    );
    const replies = await Promise.allSettled([send(get('/1'), soon()), send(get('/2'), soon())]);
    const reasons = replies.map((each) => (each.status === 'rejected' ? each.reason.reason : 'a reply'));
    expect(reasons).toEqual(['REPLY_SURPLUS', 'REPLY_SURPLUS']);
  });
});

describe('connections', () => {
  test('each connection carries one request, with connection: close', async () => {
    const asked: (string | undefined)[] = [];
    const { send, sockets } = await open((request, response) => {
      asked.push(request.headers.connection);
      response.end('ok');
    });
    for (let count = 0; count < 5; count += 1) await send(get(), soon());
    expect(sockets.size).toBe(5);
    expect(asked).toEqual(Array(5).fill('close'));
  });

  test('a connection is closed after a redirect, an error and a reply without a body', async () => {
    const statuses = [302, 500, 204, 200];
    const { send, sockets } = await open((_, response) => void response.writeHead(statuses.shift() ?? 200).end());
    for (const status of [...statuses]) expect((await send(get(), soon())).status).toBe(status);
    for (const socket of sockets) await closed(socket);
    expect(sockets.size).toBe(4);
  });

  test('no more connections are open at the same time than configured', async () => {
    const busy = { now: 0, most: 0 };
    const { send, sockets } = await open(
      async (_, response) => {
        busy.most = Math.max(busy.most, ++busy.now);
        await delay(5);
        busy.now -= 1;
        response.end();
      },
      { connections: 2 },
    );
    await Promise.all(Array.from({ length: 12 }, () => send(get(), soon())));
    expect(sockets.size).toBe(12);
    expect(busy.most).toBe(2);
  });
});

describe('a request that provably was not sent says so', () => {
  test('a request to a closed port fails as not sent', async () => {
    const server = createRawServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await expectFailure(connect(`http://127.0.0.1:${port}`).send(get(), soon()), false);
  });

  test('a request to an unknown host fails as not sent', async () => {
    await expectFailure(connect('http://payer-identity.invalid').send(get(), soon()), false);
  });

  test('a request to a server without TLS fails as not sent', async () => {
    const { origin, received } = await openRaw({
      data: (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    });
    const request = { method: 'POST', path: '/s3cret', body: 's3cret' } as const;
    await expectFailure(connect(origin.replace('http:', 'https:')).send(request, soon()), false);
    expect(received.join('')).not.toContain('s3cret');
  });

  test('a request whose TLS handshake times out fails as not sent', async () => {
    const { origin } = await openRaw({});
    const upstream = connect(origin.replace('http:', 'https:'), { connectTimeoutMs: 200 });
    const error = await failureOf(upstream.send(get(), soon()));
    expect(error).toMatchObject({ name: 'ExchangeError', sent: false, reason: 'TLS_TIMED_OUT' });
  });

  test('a request after its deadline fails as not sent', async () => {
    const { send, sockets } = await open((_, response) => void response.end());
    await expectFailure(send(get(), { deadline: AbortSignal.abort() }), false);
    expect(sockets.size).toBe(0);
  });

  test('a request aborted while it connects fails as not sent, and is not sent later', async () => {
    const { send, paths } = await open((_, response) => void response.end(), { connections: 1 });
    const abort = new AbortController();
    const reply = send(get('/aborted'), { deadline: abort.signal });
    abort.abort();
    await expectFailure(reply, false);
    await send(get('/later'), soon());
    expect(paths).toEqual(['/later']);
  });

  test('a request aborted while it waits for a slot fails as not sent, and is not sent later', async () => {
    const held: (() => void)[] = [];
    const { send, paths } = await open(
      ({ url }, response) => {
        if (url === '/busy') held.push(() => response.end('done'));
        else response.end();
      },
      { connections: 1 },
    );
    const busy = send(get('/busy'), soon());
    await expect.poll(() => held.length, { interval: 5 }).toBe(1);
    const abort = new AbortController();
    const queued = [1, 2, 3].map((n) =>
      send({ method: 'POST', path: `/aborted-${n}`, body: '{}' }, { deadline: abort.signal }),
    );
    const late = send(get('/late'), { deadline: AbortSignal.timeout(30) });
    abort.abort();
    for (const reply of [...queued, late]) await expectFailure(reply, false);
    const patient = send(get('/patient'), soon());
    held[0]?.();
    expect((await busy).body.toString()).toBe('done');
    await patient;
    await send(get('/next'), soon());
    expect(paths).toEqual(['/busy', '/patient', '/next']);
  });

  test('a request whose client is gone before it is sent fails as not sent, and is not sent later', async () => {
    const held: (() => void)[] = [];
    const { send, paths } = await open(
      ({ url }, response) => {
        if (url === '/busy') held.push(() => response.end('done'));
        else response.end();
      },
      { connections: 1 },
    );
    const gone = new AbortController();
    const until = { ...soon(), clientGone: gone.signal };
    const connecting = send(get('/busy'), soon());
    const waiting = send(get('/unwanted'), until);
    await expect.poll(() => held.length, { interval: 5 }).toBe(1);
    gone.abort();
    await expectFailure(waiting, false);
    await expectFailure(send(get('/unwanted'), until), false);
    held[0]?.();
    await connecting;
    await send(get('/next'), soon());
    expect(paths).toEqual(['/busy', '/next']);
  });

  test('a request with an invalid path or header fails as not sent', async () => {
    const { send, paths } = await open((_, response) => void response.end());
    await expectFailure(send(get('/a b\r\nx: y'), soon()), false);
    await expectFailure(send({ ...get(), headers: { 'x-bad': 'a\r\nb: c' } }, soon()), false);
    expect(paths).toEqual([]);
  });

  test('a request that cannot be written gives its connection slot back', async () => {
    const { send } = await open((_, response) => void response.end(), { connections: 1 });
    await expectFailure(send(get('/a b'), soon()), false);
    expect((await send(get(), { deadline: AbortSignal.timeout(1_000) })).status).toBe(200);
  });
});

describe('a request that may have been sent says so, and is not repeated', () => {
  /** Long enough for a second try to be seen. */
  const onlyOnce = async (count: () => number) => {
    await delay(50);
    expect(count()).toBe(1);
  };

  test('a connection reset before the request is read fails as sent, once', async () => {
    const { send, sockets } = await openRaw({
      // The request is not read: after the reset it is not known what the other side has seen.
      connection: (socket) => void setTimeout(() => socket.resetAndDestroy(), 30),
    });
    await expectFailure(send({ method: 'POST', path: '/', body: '{}' }, soon()), true);
    await onlyOnce(() => sockets.size);
  });

  test.each([
    ['is reset after the request', (socket: Socket) => void socket.resetAndDestroy()],
    ['ends without a word', (socket: Socket) => void socket.end()],
    ['ends within the head of the reply', (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\nconte')],
    ['ends within the body', (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a":')],
    [
      'ends within a chunk',
      (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{'),
    ],
    ['speaks no HTTP', (socket: Socket) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n')],
    [
      'has two lengths',
      (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}'),
    ],
    ['has too long a head', (socket: Socket) => void socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)],
  ])('a request whose connection %s fails as sent, once', async (_, answer) => {
    for (const request of [get(), { method: 'POST', path: '/', body: '{}' }] as const) {
      const { send, received, sockets } = await openRaw({ data: answer });
      await expectFailure(send(request, soon()), true);
      await onlyOnce(() => sockets.size);
      expect(received.join('').match(/HTTP\/1\.1/g)).toHaveLength(1);
    }
  });

  test('P8: the error of an unreadable reply holds no bytes of the reply', async () => {
    for (const reply of [
      's3cret',
      'HTTP/1.1 200 OK\r\ns3cret\r\n\r\n{"s3cret":1}',
      'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\ns3cret',
    ]) {
      const { send } = await openRaw({ data: (socket) => void socket.end(reply) });
      const error = await failureOf(send(get(), soon()));
      expect(error).toMatchObject({ name: 'ExchangeError', sent: true });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('s3cret');
    }
  });

  test('a request that runs when its upstream is closed fails as sent', async () => {
    const { send, close, sockets } = await open(() => {});
    const reply = failureOf(send(get(), soon()));
    await expect.poll(() => sockets.size, { interval: 5 }).toBe(1);
    await delay(20);
    await close();
    expect(await reply).toMatchObject({ name: 'ExchangeError', sent: true });
  });
});

describe('the deadline holds', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n';
  const drip = (text: string) => (socket: Socket) => {
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 10);
    socket.on('close', () => clearInterval(timer));
  };

  test.each([
    ['no answer at all', () => {}],
    ['an answer whose head comes byte by byte', drip(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(900)}`)],
    [
      'an answer whose body comes byte by byte',
      (socket: Socket) => {
        socket.write(HEAD);
        drip(' ')(socket);
      },
    ],
    ['an answer that stops half-way', (socket: Socket) => void socket.write(`${HEAD}{`)],
  ])('the deadline ends an exchange with %s as sent, and closes the connection', async (_, answer) => {
    const { send, sockets } = await openRaw({ data: answer });
    const start = performance.now();
    await expectFailure(send(get(), { deadline: AbortSignal.timeout(150) }), true);
    expect(performance.now() - start).toBeGreaterThanOrEqual(145);
    expect(performance.now() - start).toBeLessThan(1_500);
    const [socket] = sockets;
    await closed(socket);
  });

  test('the reason of the deadline is the cause of the error', async () => {
    const { send } = await open(() => {});
    const error = await failureOf(send(get(), { deadline: AbortSignal.timeout(50) }));
    expect(error).toMatchObject({ reason: 'REPLY_TIMED_OUT', cause: { name: 'TimeoutError' } });
  });

  test('P5: a request that was sent goes on when its client is gone', async () => {
    const held: (() => void)[] = [];
    const { send } = await open((_, response) => held.push(() => response.end('ok')));
    const gone = new AbortController();
    const reply = send(get(), { ...soon(), clientGone: gone.signal });
    await expect.poll(() => held.length, { interval: 5 }).toBe(1);
    gone.abort();
    held[0]?.();
    expect((await reply).body.toString()).toBe('ok');
  });

  test('a deadline after the reply changes nothing', async () => {
    const { send } = await open((_, response) => void response.end('ok'), { connections: 1 });
    const abort = new AbortController();
    const { body } = await send(get(), { deadline: abort.signal });
    abort.abort();
    expect(body.toString()).toBe('ok');
    expect((await send(get(), soon())).status).toBe(200);
  });
});

describe('the size of a reply is bounded', () => {
  test('a reply of the configured size is accepted, and of one byte more refused', async () => {
    const { send } = await open(({ url }, response) => void response.end('x'.repeat(Number(url?.slice(1)))), {
      maxReplyBytes: 1_000,
    });
    expect((await send(get('/1000'), soon())).body).toHaveLength(1_000);
    const error = await failureOf(send(get('/1001'), soon()));
    expect(error).toMatchObject({ name: 'ExchangeError', sent: true, reason: 'REPLY_TOO_LARGE' });
  });

  test('a reply is limited to 64 KiB by default', async () => {
    const { send } = await open(({ url }, response) => void response.end('x'.repeat(Number(url?.slice(1)))));
    expect((await send(get('/65536'), soon())).body).toHaveLength(65_536);
    await expectFailure(send(get('/65537'), soon()), true);
  });

  test('an endless reply is cut off at the limit', async () => {
    const { send, sockets } = await open((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(8_192)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await expectFailure(send(get(), soon()), true);
    const [socket] = sockets;
    await closed(socket);
    expect(socket?.bytesWritten).toBeLessThan(10_000_000);
  });

  test('the limit of size applies to each reply by itself', async () => {
    const { send } = await open((_, response) => void response.end('x'.repeat(900)), { maxReplyBytes: 1_000 });
    for (let count = 0; count < 3; count += 1) expect((await send(get(), soon())).body).toHaveLength(900);
  });
});
