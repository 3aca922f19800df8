/** The server of a merchant that receives webhooks: verifies each with the example of docs/webhooks.md, and answers as the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { verifyWebhook } from '../../../examples/webhook.ts';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly path: string;
  /** Undefined when the signature is not valid. */
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape
  readonly event: any;
}

type Keys = Parameters<typeof verifyWebhook>[1]['keys'];
/** Ends the response, or leaves it open. */
export type Answer = (response: ServerResponse, received: Received, earlier: number) => void;

export const acknowledge: Answer = (response) => void response.writeHead(204).end();
export const path = '/hooks/payer?shop=1';

export const startReceiver = async (keys: Keys, answer: Answer = acknowledge) => {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { headers, url: target = '' } = message;
    let event: unknown;
    try {
      event = verifyWebhook({ headers, body }, { url, keys });
    } catch {}
    const one = { headers, body, path: target, event };
    received.push(one);
    answer(response, one, received.length - 1);
    for (const check of waiting) check();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url,
    received,
    /** Resolves when so many requests were received. */
    count: (many: number, timeoutMs = 20_000) =>
      new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${received.length} of ${many} after ${timeoutMs} ms`)),
          timeoutMs,
        );
        const check = () => {
          if (received.length < many) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
};
