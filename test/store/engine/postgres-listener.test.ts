/** The listener, at a server that does not answer. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
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

test('a connection for notices that stays lost is logged once for each reason', async () => {
  const reasons = ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED', '57P03', '57P03'];
  let attempts = 0;
  const logged: unknown[] = [];
  const log = { ...createLog('silent'), warn: (_: string, fields?: object) => logged.push(fields) };
  const listener = createListener({
    connect: async () => {
      const code = reasons[attempts++] ?? '57P03';
      throw Object.assign(new Error('refused'), { code });
    },
    notify: () => Promise.reject(new Error('Nothing listens')),
    wakeups: createWakeups(),
    log,
    onPooling: () => undefined,
  });
  onTestFinished(() => listener.close());
  await vi.waitFor(() => expect(attempts).toBeGreaterThan(4), { timeout: 5_000 });
  expect(logged).toMatchObject([{ code: 'ECONNREFUSED' }, { code: '57P03' }]);
}, 10_000);
