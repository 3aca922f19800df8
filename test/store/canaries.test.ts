/**
 * The database shows no value of the payer: every secret goes through the whole service, and is searched for in every
 * byte that the store has written.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { challengeOf } from '../../src/identity/code-challenge.ts';
import { searchCanaries } from '../support/canaries/canaries.ts';
import { dumpPostgres } from '../support/canaries/postgres-dump.ts';
import { startPostgres } from '../support/databases/postgres.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

interface Written {
  readonly service: SandboxService;
  /** Everything that the store has written so far. */
  dump(): Promise<Record<string, Buffer>>;
  /** Runs a statement without the store. */
  run(sql: string): Promise<void>;
}

const onSqlite = async (): Promise<Written> => {
  const service = await startSandboxService();
  onTestFinished(() => service.close());
  const folder = dirname(service.file);
  return {
    service,
    dump: async () => {
      const names = readdirSync(folder).filter((name) => name.includes('.sqlite'));
      return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
    },
    async run(sql) {
      const db = new DatabaseSync(service.file);
      db.exec(sql);
      db.close();
    },
  };
};

const onPostgres = async (): Promise<Written> => {
  const server = await startPostgres();
  onTestFinished(() => server.close());
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  const service = await startSandboxService((config) => ({ ...config, store: database.url }));
  onTestFinished(() => service.close());
  return {
    service,
    dump: () => dumpPostgres(database.url),
    async run(sql) {
      const client = new pg.Client(database.url);
      await client.connect();
      await client.query(sql);
      await client.end();
    },
  };
};

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
  __typename ... on PayerAuthenticationStarted { queryCode state } } }`;
const JOBWORTH = `query ($input: PayerJobworthInput!) { jobworthAuthentication(input: $input) {
  __typename ... on PayerJobworthAnswered { merchantIdentityId resultUrl } } }`;
const CERTIFY = `mutation ($input: PayerInitializeCertificationInput!) { initializeIdentityCertification(input: $input) {
  __typename ... on PayerCertificationInitialized { certifyId } } }`;

/** Passes every secret through the service, and returns them by name. */
const plant = async ({ graphql, store, returnUrl }: SandboxService): Promise<Record<string, string>> => {
  const mark = randomBytes(6).toString('hex');
  const payer = `canary-${mark}`;
  const ids = idsOf(payer);
  const ask = async (query: string, input: Record<string, unknown>, wanted: string) => {
    const { data } = await graphql(query, { input });
    const [answer] = Object.values(data) as { __typename: string }[];
    expect(answer).toMatchObject({ __typename: wanted });
    return answer as unknown as Record<string, string>;
  };

  const authCode = `test_ok_${payer}~1`;
  const queryCode = `canary.query-code~${mark}`;
  const authenticated = await ask(AUTHENTICATE, { channelId: 'wechat_pay', authCode, queryCode }, 'PayerAuthenticated');
  expect(authenticated).toMatchObject({ accessToken: { value: ids.accessToken }, identity: { openId: ids.openid } });
  const identityId = (authenticated.identity as unknown as { id: string }).id;

  const codeVerifier = `canary-code-verifier-of-43-characters-${mark}`;
  const started = await ask(
    START,
    { channelId: 'ali_pay', returnUrl: returnUrl('ali_pay'), codeChallenge: challengeOf(codeVerifier) },
    'PayerAuthenticationStarted',
  );
  const setCode = `test_ok_${payer}~2`;
  const byState = { channelId: 'ali_pay', authCode: setCode, state: started.state, codeVerifier };
  await ask(AUTHENTICATE_AND_SET, byState, 'PayerAuthResultStored');
  const { data } = await graphql(AUTH_RESULT, { queryCode: started.queryCode });
  expect(data.authResult.__typename).toBe('PayerAuthSucceeded');

  const jobworth = { match: 'EXACT', jobIdentityType: '04', serviceId: '2019120400000000000004450100' };
  const onceToken = `test_ok_${payer}~3`;
  const agreementId = `canary-conn-key-${mark}`;
  const documentNumber = '11010519491231002X';
  const answer = await ask(
    JOBWORTH,
    { ...jobworth, agreementId, onceToken, subject: { document: { type: 'IDENTITY_CARD', number: documentNumber } } },
    'PayerJobworthAnswered',
  );
  const holderName = `金丝雀${mark}`;
  const document = { type: 'IDENTITY_CARD', holderName, number: documentNumber };
  const certification = { identityId, method: 'FACE', document };
  const { certifyId = '' } = await ask(CERTIFY, certification, 'PayerCertificationInitialized');

  // No channel of the sandbox returns a unionId, nor all ids of a payer at once: these go through the store alone.
  const direct = { source: 'wechat', upstreamAppId: 'wx', appId: 'demo', channelId: 'wechat_pay', traceId: 'trace' };
  const verdict = await store.claim({ ...direct, kind: 'authCode', code: `canary-code-${mark}`, binding: ['router'] });
  if (verdict.kind !== 'CLAIMED') throw new Error('Expected to claim it');
  await store.markSent(verdict.lease);
  const unionId = `canary-union-id-${mark}`;
  const [subAppId, subOpenId] = [`canary-sub-app-${mark}`, `canary-sub-open-${mark}`];
  const subject = { openId: `canary-open-id-${mark}`, userId: `canary-user-id-${mark}`, unionId, subAppId, subOpenId };
  await store.settle(verdict.lease, { state: 'SUCCEEDED', subject, accessToken: { value: `canary-token-${mark}` } });

  return {
    authCode,
    setCode,
    codeVerifier,
    queryCode,
    onceToken,
    agreementId,
    documentNumber,
    holderName,
    certifyId,
    ...subject,
    directCode: `canary-code-${mark}`,
    directToken: `canary-token-${mark}`,
    payer,
    accessToken: ids.accessToken,
    wechatOpenId: ids.openid,
    alipayUserId: ids.userId,
    alipayOpenId: ids.openId,
    issuedQueryCode: started.queryCode ?? '',
    state: started.state ?? '',
    stateId: (started.state ?? '').slice(0, 32),
    jobworthAnswer: answer.merchantIdentityId ?? answer.resultUrl ?? '',
  };
};

test.each([
  ['SQLite', onSqlite],
  ['PostgreSQL', onPostgres],
])('P8: what %s has written shows no value of the payer, in any spelling', { timeout: 120_000 }, async (name, open) => {
  const { service, dump, run } = await open();
  const canaries = await plant(service);
  const places = await dump();
  for (const [place, written] of Object.entries(places))
    if (!place.endsWith('-shm')) expect(written.length).toBeGreaterThan(0);
  const { hits, needles, bytes } = searchCanaries(canaries, places);
  console.log(
    `${name}: ${Object.keys(canaries).length} canaries in ${needles} spellings, ${hits.length} hits in ${bytes} bytes of ` +
      Object.entries(places)
        .map(([place, { length }]) => `${place} (${length})`)
        .join(', '),
  );
  expect(hits).toEqual([]);

  // The search does find secrets: one in clear, one in base64 at another offset, one in hexadecimal.
  const { accessToken = '', wechatOpenId = '', holderName = '' } = canaries;
  const clear = [
    accessToken,
    Buffer.from(`?${wechatOpenId}?`).toString('base64'),
    Buffer.from(holderName).toString('hex'),
  ];
  await run(`UPDATE redemptions SET source = '${clear.join(' ')}'`);
  const after = searchCanaries({ accessToken, wechatOpenId, holderName }, await dump());
  const wal = name === 'SQLite' ? ['payer-identity.sqlite-wal'] : Object.keys(places);
  expect(after.hits).toEqual(
    expect.arrayContaining(
      wal.flatMap((place) => ['accessToken', 'wechatOpenId', 'holderName'].map((what) => `${what} in ${place}`)),
    ),
  );
});
