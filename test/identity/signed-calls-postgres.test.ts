/** The same signed call at two instances at once: PostgreSQL knows the nonce for both, and the code is sent once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openSources } from '../../src/channels/registry.ts';
import { loadConfig, storeTimes } from '../../src/config/load.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/databases/postgres.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
import { type SignedCall, signed, signingKey } from '../support/signers/app-signer.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let upstream: Emulator;
let instances: Awaited<ReturnType<typeof startInstance>>[];
const keys = generateVaultKeys();
const log = createLog('silent');

const startInstance = async () => {
  const config = await loadConfig({ PORT: '0' }, async () => ({
    defaultApp: 'demo',
    apps: [{ id: 'demo', channels: { wechat_pay: 'daxpay' }, signature: { keys: [{ secret: signingKey }] } }],
    sources: { daxpay: { type: 'daxpay', baseUrl: upstream.origin, appId: 'demo', secret: '123456' } },
  }));
  const vault = openVault(keys);
  const store = createStore(await openPostgres({ url: database.url, log }), { vault, times: storeTimes(config) });
  const sources = openSources(config.sources);
  const app = await createApp(config, { store, sources, vault, log });
  const server = await listen(app.handle, { host: '127.0.0.1', port: 0, log });
  return {
    async ask(input: SignedCall) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: AUTHENTICATE, variables: { input } }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: the test asserts the shape
      return ((await response.json()) as any).data.authenticate;
    },
    async close() {
      await server.close(1_000);
      await app.close();
      await sources.close();
      await store.close();
    },
  };
};

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  instances = [await startInstance(), await startInstance()];
}, 60_000);

afterAll(async () => {
  for (const instance of instances ?? []) await instance.close();
  await upstream?.close();
  await database?.drop();
  await postgres?.close();
}, 30_000);

const atOnce = (inputs: readonly SignedCall[]) =>
  Promise.all(inputs.map((input, index) => instances[index % 2]!.ask(input)));

test('ten identical signed calls get ten equal answers, and the upstream one request', async () => {
  const input = signed({ authCode: 'test_ok_twice' });
  const answers = await atOnce(Array.from({ length: 10 }, () => input));
  expect(answers[0]).toMatchObject({ __typename: 'PayerAuthenticated' });
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(upstream.ledger.map(({ body }) => JSON.parse(body).authCode)).toEqual(['test_ok_twice']);
});

test('of ten signed calls with one nonce and a code each, one reaches the upstream', async () => {
  const before = upstream.ledger.length;
  const nonce = 'one-nonce-for-all';
  const inputs = Array.from({ length: 10 }, (_, index) => signed({ authCode: `test_ok_of-ten-${index}` }, { nonce }));
  const answers = await atOnce(inputs);
  const names = answers.map(({ code, __typename }) => code ?? __typename).sort();
  expect(names).toEqual([...Array.from({ length: 9 }, () => 'NONCE_USED'), 'PayerAuthenticated']);
  expect(upstream.ledger).toHaveLength(before + 1);
});
