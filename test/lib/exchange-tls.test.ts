/** Upstreams that show a certificate of nobody we trust hear nothing: for some channels TLS is all that vouches. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openUpstream } from '../../src/lib/exchange.ts';
import vectors from '../vectors/tls.json' with { type: 'json' };

test.each(['127.0.0.1', 'localhost'])(
  'an upstream with a certificate of an unknown CA is told nothing (%s)',
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
