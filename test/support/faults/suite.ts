/** Everything that goes wrong, and what has to go right before it can, with a canary for every kind of secret. */
import { connect } from 'node:net';
import { vi } from 'vitest';
import { idsOf, testCodeKinds } from '../../../src/emulators/test-codes.ts';
import { forAll, openClient } from '../http/http-client.ts';
import { coordinates } from '../schema/coordinates.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET } from '../services/service.ts';
import { signed } from '../signers/app-signer.ts';
import { CERTIFY, CHECK, ENTITIES, JOBWORTH, mark, newCertNo, PAGE, START } from './operations.ts';
import { authRoutes, echoApps, echoRoutes } from './upstreams.ts';

export interface FaultHost {
  readonly url: string;
  /** What proves that we are the router. */
  readonly headers: Readonly<Record<string, string>>;
  readonly returnUrl: string;
  /** Every request that an upstream saw. */
  requests(): string;
  /** On the database, past the service. */
  run(sql: string): Promise<void>;
  closeUpstreams(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;
export const runFaults = async (host: FaultHost) => {
  const secret = {
    ...{
      payer: mark(),
      job: mark(),
      certName: mark(),
      certNo: newCertNo(),
      passport: mark().toUpperCase(),
      connKey: mark(),
    },
    ...{
      askedUserId: mark(),
      askedOpenId: mark(),
      queryCode: mark(),
      nonceStr: mark(),
      bearer: mark(),
      cookie: mark(),
    },
    ...{ extension: mark(), wrongRouterSecret: mark() },
  };
  const found: Record<string, string> = {};
  const answers: Answer[] = [];
  const client = openClient(host.url);
  const headers = { ...host.headers, cookie: `session=${secret.cookie}`, 'x-forwarded-for': '203.0.113.7' };

  const send = async (body: string | Buffer, changed: Readonly<Record<string, string>> = {}) => {
    const { status, headers: got, text } = await client.post(body, { ...headers, ...changed });
    answers.push({ status, headers: JSON.stringify(got), text });
    return text;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the operations are above
  const ask = async (query: string, variables: Fields): Promise<any> => {
    const extensions = { jwt: { payload: { sub: secret.extension } } };
    const { data } = JSON.parse(await send(JSON.stringify({ query, variables, extensions })));
    return data && Object.values(data)[0];
  };

  let codes = 0;
  const newCode = (kind: string, payer: string = secret.payer) => {
    codes += 1;
    return `test_${kind}_${payer}~${codes}`;
  };
  const authenticate = (route: Fields, authCode: string, more: Fields = {}) =>
    ask(AUTHENTICATE, { input: { ...route, authCode, clientIp: '127.0.0.1', ...more } });
  const certify = (certName: string, more: Fields = {}) =>
    ask(CERTIFY, {
      input: { method: 'FACE', certType: 'IDENTITY_CARD', certName, certNo: secret.certNo, ...more },
    });
  const jobworth = (onceToken: string, more: Fields = { userId: secret.askedUserId }) =>
    ask(JOBWORTH, {
      input: {
        ...{
          onceToken,
          connKey: secret.connKey,
          queryType: 'exact',
          identityType: '04',
          serviceId: 'service',
          ...more,
        },
      },
    });
  const keepAt = (appId: string, authCode: string, more: Fields = {}) =>
    ask(AUTHENTICATE_AND_SET, { input: { appId, channel: 'ali_pay', authCode, ...more } });

  const atRoutes = (routes: readonly Fields[], apps: readonly string[], kind: string): Promise<unknown>[] => [
    ...routes.map((route) => authenticate(route, newCode(kind))),
    ...apps.flatMap((appId) => [
      certify(newCode(kind, secret.certName), { appId }),
      jobworth(newCode(kind, secret.job), {
        ...{ appId, certNo: secret.passport, certType: '1', openId: secret.askedOpenId },
      }),
    ]),
  ];
  /** One call to every upstream operation there is. */
  const everyOperation = (kind: string): Promise<unknown>[] => [
    ...atRoutes(authRoutes, ['demo'], kind),
    keepAt('resultHolder', newCode(kind)),
  ];
  const echoes = async () => {
    await Promise.all(atRoutes(echoRoutes, echoApps, 'ok'));
    // Codes that could be an upstream's reason, by the characters they are made of.
    await Promise.all(echoRoutes.map((route, index) => authenticate(route, `${secret.payer}.${index}`)));
    await Promise.all(echoApps.map((appId) => jobworth(secret.job, { appId, userId: secret.askedUserId })));
  };

  /** What a payer's whole way yields, and the ways to read it. */
  const goodDay = async () => {
    const alipay = await authenticate(authRoutes[5], newCode('ok'), { queryCode: `${secret.queryCode}.alipay` });
    const unionPay = await authenticate(authRoutes[4], newCode('ok'));
    const started = await ask(START, { input: { channel: 'ali_pay', returnUrl: host.returnUrl } });
    await keepAt('demo', newCode('ok'), { state: started.state });
    await keepAt('demo', newCode('ok'), { state: `${started.state.slice(0, -1)}x` });
    await keepAt('resultHolder', newCode('ok'), { queryCode: `${secret.queryCode}.resultHolder` });
    for (const queryCode of [
      started.queryCode,
      `${secret.queryCode}.alipay`,
      `${secret.queryCode}.resultHolder`,
      mark(),
    ])
      await ask(AUTH_RESULT, { queryCode });
    await keepAt('demo', newCode('ok'), { queryCode: `${secret.queryCode}.alipay` });
    const { certifyId } = await certify(newCode('ok', secret.certName), { identityId: alipay.identity.id });
    await ask(PAGE, { input: { certifyId, returnUrl: host.returnUrl } });
    await ask(CHECK, { certifyId });
    const job = await jobworth(newCode('ok', secret.job));
    const key = { __typename: 'PayerIdentity', channel: { id: 'ali_pay' }, appId: 'demo' };
    const { userId } = alipay.identity;
    await ask(ENTITIES, { representations: [{ ...key, userId }, { ...key, openId: secret.payer }, { userId }] });
    const ids = idsOf(secret.payer);
    Object.assign(found, { accessToken: ids.accessToken, openid: ids.openid, userId: ids.userId, openId: ids.openId });
    Object.assign(found, { unionPayId: unionPay.identity.userId, certifyId, state: started.state });
    Object.assign(found, { issuedQueryCode: started.queryCode, jobworthId: job.merchantIdentityId });
    Object.assign(found, { jobUserId: idsOf(secret.job).userId, jobOpenId: idsOf(secret.job).openId });
  };

  const signedCalls = async () => {
    const key = 'the key of demo-signed in sandbox mode';
    const fields = { appId: 'demo-signed', authCode: newCode('ok'), nonceStr: secret.nonceStr };
    const input = signed(fields, { secret: key });
    found.sign = input.sign ?? '';
    await ask(AUTHENTICATE, { input });
    await ask(AUTHENTICATE, { input: { ...input, authCode: newCode('ok') } });
    await ask(AUTHENTICATE, { input: signed({ ...fields, authCode: newCode('ok') }, { secret: key }) });
    await ask(AUTHENTICATE, { input: signed({ ...fields, reqTime: '2026-01-01 00:00:00' }, { secret: key }) });
    await ask(AUTHENTICATE, { input: { ...input, sign: undefined } });
  };

  /** Secrets where they do not fit: every place, in every wrong type, in the variables and in the document. */
  const misfits = async () => {
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
    // Names are not here: a name in a document is no place for a secret, and messages say them.
    const documents = [
      `{ channels(appId: "${every}) { id } }`,
      `{ payerIdentity(id: ${secret.payer}) { id } }`,
      `{ authResult(queryCode: "x", waitSeconds: "${secret.queryCode}") { status } }`,
    ];
    for (const query of documents) await send(JSON.stringify({ query, operationName: secret.payer }));
  };

  const badRequests = async () => {
    const whole = JSON.stringify({
      query: AUTHENTICATE,
      variables: { input: { channel: 'ali_pay', authCode: newCode('ok') } },
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
    await send(`${whole}${` ${secrets}`.repeat(500)}`);
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

  /** The client goes away: with half of its request said, and while an upstream has it. */
  const abortions = async () => {
    const { hostname, port } = new URL(host.url);
    const head = Object.entries({ ...headers, 'content-type': 'application/json', 'content-length': '500' });
    const socket = connect(Number(port), hostname).on('error', () => {});
    const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`POST /graphql HTTP/1.1\r\nhost: x\r\n${lines}\r\n{"query":"${secret.payer}`, () =>
      socket.resetAndDestroy(),
    );
    const gone = new AbortController();
    const authCode = newCode('hang');
    const body = JSON.stringify({ query: AUTHENTICATE, variables: { input: { channel: 'wechat_pay', authCode } } });
    const request = fetch(`${host.url}/graphql`, {
      ...{ method: 'POST', body, signal: gone.signal },
      headers: { ...headers, 'content-type': 'application/json' },
    }).catch(() => {});
    await vi.waitFor(() => {
      if (!host.requests().includes(authCode)) throw new Error('not yet');
    }, 10_000);
    gone.abort();
    await request;
  };

  /** A store that refuses to write, one that has lost a table, and one in which somebody has changed what is sealed. */
  const badStore = async () => {
    await host.run(`CREATE TRIGGER no_claims BEFORE INSERT ON redemptions BEGIN SELECT RAISE(ABORT, 'no'); END`);
    await Promise.all(everyOperation('ok'));
    await host.run(`DROP TRIGGER no_claims;
      CREATE TRIGGER no_outcomes BEFORE UPDATE ON redemptions WHEN NEW.state NOT IN ('CLAIMED', 'SENT')
      BEGIN SELECT RAISE(ABORT, 'no'); END`);
    await Promise.all(everyOperation('ok'));
    await host.run(
      'DROP TRIGGER no_outcomes; ALTER TABLE redemptions RENAME TO lost; ALTER TABLE identities RENAME TO gone',
    );
    await Promise.all(everyOperation('ok'));
    await ask(AUTH_RESULT, { queryCode: `${secret.queryCode}.alipay` });
    await ask(ENTITIES, { representations: [{ __typename: 'PayerIdentity', id: secret.payer }] });
    await host.run('ALTER TABLE lost RENAME TO redemptions; ALTER TABLE gone RENAME TO identities');
    await host.run('UPDATE identities SET subject_sealed = randomblob(length(subject_sealed))');
    await ask(AUTH_RESULT, { queryCode: `${secret.queryCode}.alipay` });
    await Promise.all(everyOperation('ok'));
  };

  await goodDay();
  await signedCalls();
  const faults = Object.keys(testCodeKinds).map((kind) => () => Promise.all(everyOperation(kind)));
  await forAll(faults, async (fault) => void (await fault()), 5);
  await Promise.all([echoes(), misfits(), badRequests(), abortions()]);
  await badStore();
  const seen = host.requests();
  await host.closeUpstreams();
  await Promise.all(everyOperation('ok'));
  await client.close();
  return { canaries: { ...secret, ...found }, answers, seen };
};
