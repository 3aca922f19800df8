/** A real HTTP server before an emulated upstream that can be slow, broken or mute, and counts requests. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

type Mood = 'well' | 'broken' | 'mute';

export const startUpstreamProxy = async (target: string) => {
  let mood: Mood = 'well';
  let delayMs = 0;
  let received = 0;
  const mute = new Set<ServerResponse>();

  const server = createServer(async (message, response) => {
    received += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    if (mood === 'mute') return void mute.add(response);
    if (mood === 'broken') return void response.writeHead(500).end();
    await delay(delayMs);
    const { method = 'POST', headers, url } = message;
    const reply = await fetch(target + url, {
      method,
      headers: { 'content-type': headers['content-type'] ?? 'application/json' },
      body: Buffer.concat(chunks),
    });
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' });
    response.end(await reply.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Sets the mood of later requests; earlier ones that wait stay unanswered. */
    be(next: Mood) {
      mood = next;
    },
    takeMs(ms: number) {
      delayMs = ms;
    },
    get received() {
      return received;
    },
    /** The number of requests that never get an answer. */
    get owing() {
      return mute.size;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

export type UpstreamProxy = Awaited<ReturnType<typeof startUpstreamProxy>>;
