/** Query codes cannot be guessed, and the answer to a wrong one does not show why it is wrong. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newQueryCode } from '../../src/identity/authentication.ts';
import { type ScopedService, startScopedService } from '../support/services/scoped-service.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

let scoped: ScopedService;
beforeAll(async () => {
  const times = { deadlineMs: 100, leaseMs: 1_100, resultTtlMs: 1_200 };
  scoped = await startScopedService({}, { times });
});
afterAll(() => scoped.close());

const unknownCode = newQueryCode();
const traceparent = `00-${'4'.repeat(32)}-${'2'.repeat(16)}-01`;

/** All of an answer but when it was given, in one trace: an answer to a wrong code names its trace. */
const ask = async (query: string, variables: object, app: string) => {
  const reply = await fetch(`${scoped.service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent, ...(await scoped.as({ apps: [app] })) },
    body: JSON.stringify({ query, variables }),
  });
  const headers = [...reply.headers].filter(([name]) => name !== 'date');
  return { status: reply.status, headers, body: await reply.text() };
};
const poll = (queryCode: string, app = 'shop') => ask(AUTH_RESULT, { queryCode }, app);

test('an unknown, a foreign and an expired query code are answered alike, to the byte', async () => {
  const input = { channelId: 'ali_pay', authCode: 'ok_for_the_query_code' };
  const { data } = await scoped.service.graphql(AUTHENTICATE_AND_SET, { input });
  const { queryCode, expiresAt } = data.authenticateAndSet;
  expect((await poll(queryCode)).body).toContain('"PayerAuthSucceeded"');
  const unknown = await poll(unknownCode);
  expect(unknown.body).toContain('"QUERY_CODE_UNKNOWN"');
  expect(await poll(queryCode, 'bar')).toEqual(unknown);
  expect(Date.now(), 'the foreign one was not expired as well').toBeLessThan(Date.parse(expiresAt));
  await expect.poll(() => poll(queryCode), { timeout: 5_000 }).toEqual(unknown);
});

test('an unknown and a foreign payer are answered alike, to the byte', async () => {
  const input = { channelId: 'ali_pay', authCode: 'ok_for_the_id' };
  const { data } = await scoped.service.graphql(AUTHENTICATE, { input }, await scoped.as());
  const { id } = data.authenticate.identity;
  const read = 'query ($id: ID!) { payerIdentity(id: $id) { openId } }';
  expect((await ask(read, { id }, 'shop')).body).toContain('"openId":"open"');
  expect(await ask(read, { id }, 'bar')).toEqual(await ask(read, { id: 'pid_nobody' }, 'bar'));
});

test('100,000 query codes are all different, and each of their 256 bits is set in half of them', () => {
  const count = 100_000;
  const codes = Array.from({ length: count }, newQueryCode);
  expect(new Set(codes).size).toBe(count);
  const set = new Array<number>(256).fill(0);
  for (const code of codes) {
    const bytes = Buffer.from(code, 'base64url');
    expect(bytes.length === 32 && bytes.toString('base64url') === code).toBe(true);
    for (let bit = 0; bit < 256; bit += 1) set[bit] = (set[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1);
  }
  // Seven standard deviations: chance alone fails this once in billions of runs.
  const allowed = 7 * Math.sqrt(count / 4);
  expect(set.filter((times) => Math.abs(times - count / 2) > allowed)).toEqual([]);
});
