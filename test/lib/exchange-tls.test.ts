/** An upstream with an untrusted certificate receives nothing: for some channels only TLS authenticates replies. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openUpstream } from '../../src/lib/exchange.ts';
import vectors from '../vectors/tls.json' with { type: 'json' };

test.each(['127.0.0.1', 'localhost'])(
  'an upstream with a certificate of an unknown CA receives nothing (%s)',
  async (host) => {
    const heard: string[] = [];
    const { cert, key } = vectors.server;
    const server = createServer({ cert, key }, (message, response) => {
      heard.push(message.url ?? '');
      response.end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = openUpstream(`https://${host}:${(server.address() as AddressInfo).port}`);
    onTestFinished(async () => {
      await upstream.close();
      server.close();
    });
    const sent = upstream.send(
      { method: 'POST', path: '/s3cret', body: 's3cret' },
      {
        deadline: AbortSignal.timeout(5_000),
      },
    );
    await expect(sent).rejects.toMatchObject({ name: 'ExchangeError', sent: false });
    expect(heard).toEqual([]);
  },
);

describe('with a certificate authority of its own, an upstream', () => {
  const open = async (host: string) => {
    const resumed: boolean[] = [];
    const server = createServer(vectors.server, (_, response) => void response.end('{}'));
    server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `https://${host}:${(server.address() as AddressInfo).port}`;
    const { send, close } = openUpstream(address, { ca: [vectors.ca] });
    onTestFinished(async () => {
      await close();
      server.close();
    });
    return { resumed, ask: () => send({ method: 'GET', path: '/' }, { deadline: AbortSignal.timeout(5_000) }) };
  };

  test('an upstream with a configured CA is trusted, and its TLS sessions are resumed', async () => {
    const { resumed, ask } = await open('localhost');
    for (let count = 0; count < 3; count += 1) expect((await ask()).status).toBe(200);
    expect(resumed).toEqual([false, true, true]);
  });

  test('an upstream with a configured CA is not trusted under a name that is not in its certificate', async () => {
    const { resumed, ask } = await open('pay.localhost');
    await expect(ask()).rejects.toMatchObject({ sent: false, reason: 'TLS_HOST_MISMATCH' });
    expect(resumed.length).toBeLessThanOrEqual(1);
  });
});
