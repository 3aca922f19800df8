/** Metrics of requests, operations, redemptions and references, without values of callers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { hello, request } from '../support/http/raw-http.ts';
import { AUTH_RESULT, AUTHENTICATE, type Service, startService } from '../support/services/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

/** The value of a series, written as Prometheus writes it; 0 before it was ever counted. */
const read = async (series: string): Promise<number> => {
  const { body } = await request(service.url, { target: '/metrics' });
  const line = body.split('\n').find((text) => text.startsWith(`payer_identity_${series} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};

/** By how much each series grows while something happens. */
const growth = async (series: readonly string[], happen: () => Promise<unknown>): Promise<number[]> => {
  const before = await Promise.all(series.map(read));
  await happen();
  const after = await Promise.all(series.map(read));
  return after.map((value, position) => value - (before[position] ?? 0));
};

const authenticate = (authCode: string, channel = 'wechat_pay') =>
  service.graphql(AUTHENTICATE, { input: { channelId: channel, authCode } });

test('requests are counted by route and status, and refusals by code', async () => {
  const series = [
    'http_request_seconds_count{route="/livez",status="200"}',
    'http_request_seconds_count{route="none",status="404"}',
    'http_request_seconds_count{route="/graphql",status="415"}',
    'http_refusals_total{code="UNSUPPORTED_MEDIA_TYPE"}',
  ];
  const requests = async () => {
    await request(service.url, { target: '/livez' });
    await request(service.url, { target: '/nothing-1' });
    await request(service.url, { target: '/nothing-2' });
    await request(service.url, { method: 'POST', target: '/graphql', body: hello });
  };
  expect(await growth(series, requests)).toEqual([1, 2, 1, 1]);
});

test('operations are counted by field and outcome, redemptions by source and state', async () => {
  const series = [
    'operation_seconds_count{field="authenticate",outcome="PayerAuthenticated"}',
    'operation_seconds_count{field="authenticate",outcome="AUTH_CODE_REFUSED"}',
    'operation_seconds_count{field="authResult",outcome="QUERY_CODE_UNKNOWN"}',
    'operation_seconds_count{field="payerIdentity",outcome="null"}',
    'redemptions_total{source="daxpay",state="SUCCEEDED"}',
    'redemptions_total{source="daxpay",state="REJECTED"}',
  ];
  const requests = async () => {
    await authenticate('test_ok_metrics');
    // The same call again reads the first outcome, and redeems nothing.
    await authenticate('test_ok_metrics');
    await service.graphql(AUTH_RESULT, { queryCode: 'a-query-code-that-nobody-has' });
    await service.graphql('{ payerIdentity(id: "nobody") { id } }');
    await authenticate('test_invalid_metrics', 'ali_pay');
  };
  expect(await growth(series, requests)).toEqual([2, 1, 1, 1, 1, 1]);
});

test('entity references are counted by entity and result', async () => {
  const { data } = await authenticate('test_ok_referred');
  const representations = [
    { __typename: 'PayerIdentity', id: data.authenticate.identity.id },
    { __typename: 'PayerIdentity', id: 'nobody' },
    { __typename: 'PayerIdentity' },
    { __typename: 'PayerChannel', id: 'ali_pay' },
    { __typename: 'Order', id: '1' },
  ];
  const series = [
    'entity_references_total{entity="PayerIdentity",result="found"}',
    'entity_references_total{entity="PayerIdentity",result="missing"}',
    'entity_references_total{entity="PayerIdentity",result="bad"}',
    'entity_references_total{entity="PayerChannel",result="found"}',
    'entity_references_total{entity="unknown",result="bad"}',
  ];
  const query = 'query($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }';
  expect(await growth(series, () => service.graphql(query, { representations }))).toEqual([1, 1, 1, 1, 1]);
});

test('a reader that waits is counted while it waits', async () => {
  const queryCode = 'a-query-code-to-wait-for';
  const gone = new AbortController();
  await service.store.openSession({ queryCode, stateId: 'state', appId: 'demo', channelId: 'ali_pay' });
  const waiting = fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: AUTH_RESULT, variables: { queryCode, waitSeconds: 20 } }),
    signal: gone.signal,
  }).catch(() => 'gone');
  await expect.poll(() => read('waiting_readers'), { timeout: 5_000 }).toBe(1);
  gone.abort();
  expect(await waiting).toBe('gone');
  await expect.poll(() => read('waiting_readers'), { timeout: 5_000 }).toBe(0);
});

test('no series holds an id, a code or anything else that a caller chose', async () => {
  await authenticate('test_ok_secretive');
  await request(service.url, { target: '/a-path-that-a-caller-chose' });
  await request(service.url, { method: 'BREW', target: '/graphql' });
  const { status, headers, body } = await request(service.url, { target: '/metrics' });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const chosen of ['secretive', idsOf('secretive').openid, 'a-path', 'BREW', 'test_ok'])
    expect(body).not.toContain(chosen);
  const labels = [...body.matchAll(/(\w+)="/g)].map(([, name]) => name);
  const known = ['code', 'entity', 'field', 'le', 'outcome', 'result', 'route', 'source', 'state', 'status'];
  expect([...new Set(labels)].filter((name) => !known.includes(name ?? ''))).toEqual([]);
});
