/**
 * P4: the same call twice at once, with a query code and with a state, at one and at two instances on one PostgreSQL; also
 * as the second chance of a session whose first code was refused.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/databases/postgres.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

/** DUPLICATE_ROUNDS makes the run longer. */
const ROUNDS = Number(process.env.DUPLICATE_ROUNDS ?? 100);
const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { state } ... on PayerFailure { code } } }`;

let postgres: TestPostgres;
let database: TestDatabase;
let services: SandboxService[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  const keys = generateVaultKeys();
  // A wrong guess costs eleven calls: a few would use up this burst.
  const bucket = { perSecond: 1, burst: 8 * ROUNDS };
  const limits = { rates: { caller: bucket, address: bucket, app: bucket, channel: bucket } };
  const start = () => startSandboxService((config) => ({ ...config, keys, store: database.url, limits }));
  const first = await start();
  const shared = first.sources;
  const second = await startSandboxService((config) => ({
    ...config,
    keys,
    store: database.url,
    limits,
    sources: shared,
  }));
  services = [first, second];
}, 60_000);
afterAll(async () => {
  for (const service of services) await service.close();
  await database?.drop();
  await postgres?.close();
}, 30_000);

const ledger = () => services.flatMap(({ emulators }) => emulators.wechat.ledger.map(({ url }) => url));
const sentOf = (codes: readonly string[]) =>
  ledger()
    .map(({ searchParams }) => searchParams.get('code') ?? '')
    .filter((code) => codes.includes(code));

interface Form {
  readonly name: string;
  readonly instances: 1 | 2;
  call(service: SandboxService, input: object): Promise<{ readonly __typename: string; readonly code?: string }>;
  input(service: SandboxService, code: string): Promise<object>;
}
const authenticate: Form['call'] = async (service, input) =>
  (await service.graphql(AUTHENTICATE, { input })).data.authenticate;
const authenticateAndSet: Form['call'] = async (service, input) =>
  (await service.graphql(AUTHENTICATE_AND_SET, { input })).data.authenticateAndSet;
const withQueryCode: Form['input'] = async (_, authCode) => ({ authCode, queryCode: `query-code-of-${authCode}` });
const withState: Form['input'] = async (service, authCode) => {
  const input = { channelId: 'wechat_pay', returnUrl: services[0]?.returnUrl('wechat_pay') };
  const { state } = (await service.graphql(START, { input })).data.startAuthentication;
  return { authCode, state };
};

const forms: readonly Form[] = ([1, 2] as const).flatMap((instances) => [
  { name: 'authenticate with a query code', instances, call: authenticate, input: withQueryCode },
  { name: 'authenticateAndSet with a query code', instances, call: authenticateAndSet, input: withQueryCode },
  { name: 'authenticateAndSet with a state', instances, call: authenticateAndSet, input: withState },
]);

test('P4: the same call twice at once gets the same answer, is sent once, and costs no wrong guess', {
  timeout: 120_000,
}, async () => {
  const [first, second] = services;
  if (!first || !second) throw new Error('Two instances were expected');
  const counts = new Map<string, number>();
  const codes: string[] = [];
  /** Two equal calls at once. */
  const twice = async ({ instances, call }: Form, given: object) => {
    const request = { channelId: 'wechat_pay', ...given };
    const answers = await Promise.all([call(first, request), call(instances === 2 ? second : first, request)]);
    expect(answers[1]).toEqual(answers[0]);
    for (const { __typename, code: failure = '' } of answers) {
      const what = `${__typename} ${failure}`.trim();
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  };
  for (const [number, form] of forms.entries()) {
    const rounds = Math.ceil(ROUNDS / 2);
    for (let round = 0; round < rounds; round += 1) {
      const authCode = `test_ok_payer_${number}_${round}`;
      const given = await form.input(first, authCode);
      // Every fourth round has a second chance.
      const refused = round % 4 > 0 ? [] : [`test_invalid_${number}_${round}`];
      for (const code of refused) await twice(form, { ...given, authCode: code });
      await twice(form, given);
      codes.push(...refused, authCode);
    }
  }
  console.log(`the same call twice at once: ${codes.length} codes, ${JSON.stringify(Object.fromEntries(counts))}`);
  expect([...counts.keys()].sort()).toEqual([
    'PayerAuthResultStored',
    'PayerAuthenticated',
    'PayerAuthorizationRejected AUTH_CODE_INVALID',
  ]);
  expect(sentOf(codes).sort()).toEqual(codes.toSorted());
});
