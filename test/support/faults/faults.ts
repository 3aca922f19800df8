/** The faults of the fault suite, and what has to succeed before they can happen. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { vi } from 'vitest';
import { idsOf } from '../../../src/emulators/test-codes.ts';
import { forAll } from '../http/http-client.ts';
import { coordinates } from '../schema/coordinates.ts';
import { AUTH_RESULT, AUTHENTICATE } from '../services/service.ts';
import { signed } from '../signers/app-signer.ts';
import { authenticate, authenticateAndSet, callEveryOperation, certify, type FaultCalls, queryJob } from './calls.ts';
import { CHECK, ENTITIES, mark, PAGE, START } from './operations.ts';
import { authRoutes } from './upstreams.ts';

/** All that succeeds for a payer, and every way to read it. */
export const runWithoutFaults = async (calls: FaultCalls): Promise<void> => {
  const { ask, host, issued, newCode, secret } = calls;
  const alipay = await authenticate(calls, authRoutes[5], newCode('ok'), { queryCode: `${secret.queryCode}.alipay` });
  const unionPay = await authenticate(calls, authRoutes[4], newCode('ok'));
  const codeChallenge = createHash('sha256').update(secret.codeVerifier).digest('base64url');
  const started = await ask(START, { input: { channelId: 'ali_pay', returnUrl: host.returnUrl, codeChallenge } });
  for (const codeVerifier of [undefined, `${secret.codeVerifier}x`, `${secret.codeVerifier}é`, secret.codeVerifier])
    await authenticateAndSet(calls, 'demo', newCode('ok'), { state: started.state, codeVerifier });
  await authenticateAndSet(calls, 'demo', newCode('ok'), { state: `${started.state.slice(0, -1)}x` });
  await authenticateAndSet(calls, 'resultHolder', newCode('ok'), { queryCode: `${secret.queryCode}.resultHolder` });
  for (const queryCode of [started.queryCode, `${secret.queryCode}.alipay`, `${secret.queryCode}.resultHolder`, mark()])
    await ask(AUTH_RESULT, { queryCode });
  await authenticateAndSet(calls, 'demo', newCode('ok'), { queryCode: `${secret.queryCode}.alipay` });
  const { certifyId } = await certify(calls, newCode('ok', secret.certName), { identityId: alipay.identity.id });
  await ask(PAGE, { input: { certifyId, returnUrl: host.returnUrl } });
  await ask(CHECK, { certifyId });
  const job = await queryJob(calls, newCode('ok', secret.job));
  const key = { __typename: 'PayerIdentity' };
  const { userId } = alipay.identity;
  const refs = [`ali_pay/demo/userId/${userId}`, `ali_pay/demo/openId/${secret.payer}`, userId, secret.payer];
  await ask(ENTITIES, { representations: [...refs.map((ref) => ({ ...key, ref })), { ...key, userId }] });
  const ids = idsOf(secret.payer);
  Object.assign(issued, { accessToken: ids.accessToken, openid: ids.openid, userId: ids.userId, openId: ids.openId });
  Object.assign(issued, { unionPayId: unionPay.identity.userId, certifyId, state: started.state });
  Object.assign(issued, { issuedQueryCode: started.queryCode, jobworthId: job.merchantIdentityId });
  Object.assign(issued, { jobUserId: idsOf(secret.job).userId, jobOpenId: idsOf(secret.job).openId });
};

/** Calls of an app that signs: a good one, and one for each fault of a signature. */
export const signCalls = async ({ ask, issued, newCode, secret }: FaultCalls): Promise<void> => {
  const key = 'the key of demo-signed in sandbox mode';
  const fields = { appId: 'demo-signed', authCode: newCode('ok') };
  const options = { secret: key, nonce: secret.nonce };
  const input = signed(fields, options);
  issued.signature = input.signature.value;
  await ask(AUTHENTICATE, { input });
  await ask(AUTHENTICATE, { input: { ...input, authCode: newCode('ok') } });
  await ask(AUTHENTICATE, { input: signed({ ...fields, authCode: newCode('ok') }, options) });
  await ask(AUTHENTICATE, { input: signed(fields, { ...options, signedAt: '2026-01-01T00:00:00.000Z' }) });
  await ask(AUTHENTICATE, { input: { ...input, signature: undefined } });
};

/** Secrets where they do not fit: every place, in every wrong type, in the variables and in the document. */
export const sendWrongTypes = async ({ newCode, secret, send }: FaultCalls): Promise<void> => {
  const every = newCode('ok');
  const values = [
    every,
    `${every} `.repeat(20),
    [every],
    [[every]],
    { value: every },
    `${secret.certNo}\n${secret.queryCode}`,
  ];
  const requests = coordinates.flatMap(({ request }) =>
    values.flatMap((value) => [request(value), request(value, 'literal')]),
  );
  await forAll(requests, async (request) => void (await send(JSON.stringify(request))));
  // Without names: a document's names are not secret, and messages repeat them.
  const documents = [
    `{ channels(appId: "${every}) { id } }`,
    `{ payerIdentity(id: ${secret.payer}) { id } }`,
    `{ authResult(queryCode: "x", waitSeconds: "${secret.queryCode}") { __typename } }`,
  ];
  for (const query of documents) await send(JSON.stringify({ query, operationName: secret.payer }));
};

/** Bodies that are cut off, longer than allowed or not GraphQL; wrong headers; secrets in the URL. */
export const sendBadRequests = async ({ answers, host, newCode, secret, send }: FaultCalls): Promise<void> => {
  const whole = JSON.stringify({
    query: AUTHENTICATE,
    variables: { input: { channelId: 'ali_pay', authCode: newCode('ok') } },
  });
  const secrets = Object.values(secret).join(' ');
  for (const body of [
    whole.slice(0, -3),
    `${whole}${secrets}`,
    `"${secrets}"`,
    `["${secrets}"]`,
    secrets,
    `{"${secrets}":1}`,
  ])
    await send(body);
  await send(Buffer.concat([Buffer.from(whole), Buffer.of(0xff)]));
  await send(JSON.stringify({ query: secrets, variables: secrets, operationName: secrets, extensions: secrets }));
  // Answered before it was read; when the service closes the connection while the rest is written, the answer may be lost.
  const isCut = (error: unknown) =>
    error instanceof Error && 'code' in error && /^(?:EPIPE|ECONNRESET)$/.test(String(error.code));
  for (let isAnswered = false, tries = 0; !isAnswered && tries < 20; tries += 1)
    isAnswered = await send(`${whole}${` ${secrets}`.repeat(5_000)}`).then(
      () => true,
      (error: unknown) => {
        if (isCut(error)) return false;
        throw error;
      },
    );
  await send(whole, { 'content-type': `text/plain; boundary=${secret.payer}` });
  await send(whole, { authorization: `Bearer ${secret.bearer}`, traceparent: secret.bearer });
  if (host.headers['router-authorization']) await send(whole, { 'router-authorization': secret.wrongRouterSecret });
  for (const target of ['/graphql', '/', '/livez', `/${secret.payer}`]) {
    const answer = await fetch(`${host.url}${target}?code=${secret.payer}&state=${secret.queryCode}`, {
      headers: host.headers,
    });
    answers.push({ status: answer.status, headers: JSON.stringify([...answer.headers]), text: await answer.text() });
  }
};

/** The client disconnects: with half of its request sent, and while an upstream has the code. */
export const disconnect = async ({ headers, host, newCode, secret }: FaultCalls): Promise<void> => {
  const { hostname, port } = new URL(host.url);
  const head = Object.entries({ ...headers, 'content-type': 'application/json', 'content-length': '500' });
  const socket = connect(Number(port), hostname).on('error', () => {});
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`POST /graphql HTTP/1.1\r\nhost: x\r\n${lines}\r\n{"query":"${secret.payer}`, () =>
    socket.resetAndDestroy(),
  );
  const gone = new AbortController();
  const authCode = newCode('hang');
  const body = JSON.stringify({ query: AUTHENTICATE, variables: { input: { channelId: 'wechat_pay', authCode } } });
  const request = fetch(`${host.url}/graphql`, {
    method: 'POST',
    body,
    signal: gone.signal,
    headers: { ...headers, 'content-type': 'application/json' },
  }).catch(() => {});
  await vi.waitFor(() => {
    if (!host.requests().includes(authCode)) throw new Error('not yet');
  }, 10_000);
  gone.abort();
  await request;
};

/** A store that refuses to write, one that has lost a table, and one whose sealed values were changed. */
export const breakStore = async (calls: FaultCalls): Promise<void> => {
  const { ask, host, secret } = calls;
  await host.run(`CREATE TRIGGER no_claims BEFORE INSERT ON redemptions BEGIN SELECT RAISE(ABORT, 'no'); END`);
  await callEveryOperation(calls, 'ok');
  await host.run(`DROP TRIGGER no_claims;
    CREATE TRIGGER no_outcomes BEFORE UPDATE ON redemptions WHEN NEW.state NOT IN ('CLAIMED', 'SENT')
    BEGIN SELECT RAISE(ABORT, 'no'); END`);
  await callEveryOperation(calls, 'ok');
  await host.run(
    'DROP TRIGGER no_outcomes; ALTER TABLE redemptions RENAME TO lost; ALTER TABLE identities RENAME TO gone',
  );
  await callEveryOperation(calls, 'ok');
  await ask(AUTH_RESULT, { queryCode: `${secret.queryCode}.alipay` });
  await ask(ENTITIES, { representations: [{ __typename: 'PayerIdentity', id: secret.payer }] });
  await host.run('ALTER TABLE lost RENAME TO redemptions; ALTER TABLE gone RENAME TO identities');
  await host.run('UPDATE identities SET subject_sealed = randomblob(length(subject_sealed))');
  await ask(AUTH_RESULT, { queryCode: `${secret.queryCode}.alipay` });
  await callEveryOperation(calls, 'ok');
};
