/** The listener, at a server that does not answer. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { createWakeups } from '../../../src/lib/wakeups.ts';
import { createConnector } from '../../../src/store/engine/postgres-connection.ts';
import { createListener } from '../../../src/store/engine/postgres-listener.ts';

test('a listener that is closed while it connects ends at once, even when the server hangs up meanwhile', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const knocked = once(server, 'connection') as Promise<[Socket]>;
  const connect = createConnector(`postgres://127.0.0.1:${port}/database`);
  const listener = createListener({
    connect: (signal) => connect({ signal }),
    notify: () => Promise.reject(new Error('Nothing listens')),
    wakeups: createWakeups(),
    log: createLog('silent'),
    onPooling: () => undefined,
  });
  const [socket] = await knocked;
  onTestFinished(() => void server.close());
  const startedAt = performance.now();
  const closed = listener.close();
  socket.destroy();
  await closed;
  await listener.tried;
  expect(performance.now() - startedAt).toBeLessThan(1_500);
}, 5_000);
