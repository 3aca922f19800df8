/** Apollo Server reports nothing: no trace to the router, no usage to Apollo. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { startService } from '../support/services/service.ts';

afterEach(() => vi.unstubAllEnvs());

test('with an APOLLO_KEY in the environment nothing is reported, and a request for a trace gets none', async () => {
  vi.stubEnv('APOLLO_KEY', 'service:payers:0123456789');
  vi.stubEnv('APOLLO_GRAPH_REF', 'payers@current');
  vi.stubEnv('APOLLO_SCHEMA_REPORTING', 'true');
  const origins: string[] = [];
  const listen = (message: unknown) =>
    void origins.push(String((message as { request: { origin: string } }).request.origin));
  subscribe('undici:request:create', listen);
  const service = await startService();
  onTestFinished(async () => {
    unsubscribe('undici:request:create', listen);
    await service.close();
  });
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'apollo-federation-include-trace': 'ftv1' },
    body: JSON.stringify({ query: '{ payerChannels { channel { id } } }' }),
  });
  const answer = await response.json();
  expect(answer).toEqual({
    data: { payerChannels: [{ channel: { id: 'ali_pay' } }, { channel: { id: 'wechat_pay' } }] },
  });
  expect(origins.length).toBeGreaterThan(0);
  expect(origins.filter((origin) => !origin.startsWith('http://127.0.0.1:'))).toEqual([]);
});
