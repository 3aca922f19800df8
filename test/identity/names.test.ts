/** One application of an upstream under several names of ours: each of its codes is sent once. */
import { expect, test } from 'vitest';
import type { FileConfig } from '../../src/config/load.ts';
import { authenticate, startOn, startUpstream, temporaryFolder } from './redemption-service.ts';

const app = (id: string, source: string): FileConfig['apps'][number] => ({ id, channels: { wechat_pay: source } });
const sourceAt = (baseUrl: string, rest: object = {}) => ({
  type: 'daxpay',
  baseUrl,
  appId: 'demo',
  secret: '123456',
  ...rest,
});

test('P1: two sources of one application, at two addresses, send a code once', async () => {
  const upstream = await startUpstream();
  const config: Partial<FileConfig> = {
    apps: [app('demo', 'first'), app('other', 'second'), app('third', 'with-resultHolder')],
    sources: {
      first: sourceAt(upstream.origin),
      second: sourceAt(upstream.origin.replace('127.0.0.1', 'localhost')),
      'with-resultHolder': sourceAt(upstream.origin, { resultHolder: { queryUrl: `${upstream.origin}/query` } }),
    },
  };
  const service = await startOn({ folder: temporaryFolder(), upstream, config });
  const input = { authCode: 'test_ok_alice' };
  expect(await authenticate(service, input)).toMatchObject({ __typename: 'PayerAuthenticated' });
  for (const appId of ['other', 'third'])
    expect(await authenticate(service, { ...input, appId })).toMatchObject({ code: 'AUTH_CODE_USED' });
  expect(upstream.ledger).toHaveLength(1);
});

test('a source that is renamed reads what was redeemed under its earlier name', async () => {
  const upstream = await startUpstream();
  const folder = temporaryFolder();
  const named = (name: string) =>
    startOn({
      folder,
      upstream,
      config: { apps: [app('demo', name)], sources: { [name]: sourceAt(upstream.origin) } },
    });
  const earlier = await named('dax');
  const input = { authCode: 'test_ok_alice' };
  const first = await authenticate(earlier, input);
  expect(first).toMatchObject({ __typename: 'PayerAuthenticated' });
  // As in a rolling update: both run, on one database.
  const renamed = await named('daxpay');
  expect(await authenticate(renamed, input)).toEqual(first);
  await earlier.stop();
  expect(await authenticate(renamed, input)).toEqual(first);
  expect(upstream.ledger).toHaveLength(1);
});

test('two applications of one upstream each have codes of their own', async () => {
  const upstream = await startUpstream();
  const config: Partial<FileConfig> = {
    apps: [app('demo', 'first'), app('other', 'second')],
    sources: { first: sourceAt(upstream.origin), second: sourceAt(upstream.origin, { appId: 'other' }) },
  };
  const service = await startOn({ folder: temporaryFolder(), upstream, config });
  await authenticate(service, { authCode: 'test_ok_alice' });
  expect(await authenticate(service, { authCode: 'test_ok_alice', appId: 'other' })).not.toMatchObject({
    code: 'AUTH_CODE_USED',
  });
  expect(upstream.ledger).toHaveLength(2);
});
