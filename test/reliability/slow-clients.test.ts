/** Clients that send their requests slowly. The same with a tool: slowhttptest -c 400 -H and -B. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startService } from '../support/services/service.ts';

const EACH = 400;
const SHED_WITHIN_MS = 15_000;
const start = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

test(`${EACH} slow headers, ${EACH} slow bodies and ${EACH} silent clients are shed, and other clients are served meanwhile`, {
  timeout: 60_000,
}, async () => {
  const service = await startService();
  onTestFinished(() => service.close());
  const port = Number(new URL(service.url).port);

  /** Resolves to the lifetime of its connection in ms. */
  const dawdle = async (opening: string, drip: string): Promise<number> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    const startedAt = performance.now();
    if (opening) socket.write(opening);
    const dripping = setInterval(() => drip && socket.write(drip), 500);
    socket.resume();
    await once(socket, 'close');
    clearInterval(dripping);
    return performance.now() - startedAt;
  };
  const kinds = [
    [start, 'x: y\r\n'],
    [`${start}content-length: 1000\r\n\r\n`, ' '],
    ['', ''],
  ] as const;
  let dawdling = true;
  const lives = Promise.all(
    kinds.flatMap(([opening, drip]) => Array.from({ length: EACH }, () => dawdle(opening, drip))),
  ).finally(() => {
    dawdling = false;
  });

  const latencies: number[] = [];
  while (dawdling) {
    const startedAt = performance.now();
    expect(await service.graphql('{ __typename }')).toMatchObject({ status: 200, data: { __typename: 'Query' } });
    latencies.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const longest = Math.max(...(await lives));
  expect(longest).toBeLessThan(SHED_WITHIN_MS);
  // No client was shed at once: each had its time.
  expect(Math.min(...(await lives))).toBeGreaterThan(4_000);
  expect(latencies.length).toBeGreaterThan(20);
  expect(latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)]).toBeLessThan(2_000);
});
