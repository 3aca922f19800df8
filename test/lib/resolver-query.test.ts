/** Queries to name servers, with the test in their place: the order, the time to live and the errors of their answers. */
import { promises as system } from 'node:dns';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { askServers, isNegative } from '../../src/lib/resolver-query.ts';

type Answers = Awaited<ReturnType<system.Resolver['resolve4']>> & { address: string; ttl: number }[];

const failed = (code: string) => Object.assign(new Error(code), { code });
/** Long enough for every promise that is settled already, without a timer in between. */
const microtasks = async () => {
  for (let count = 0; count < 50; count += 1) await null;
};

/** The next queries: both of them stay open until the test answers. */
const openQueries = () => {
  const ipv4 = Promise.withResolvers<Answers>();
  const ipv6 = Promise.withResolvers<Answers>();
  for (const { promise } of [ipv4, ipv6]) promise.catch(() => undefined);
  const { prototype } = system.Resolver;
  const asked = vi.spyOn(prototype, 'resolve4').mockReturnValue(ipv4.promise as never);
  vi.spyOn(prototype, 'resolve6').mockReturnValue(ipv6.promise as never);
  const setServers = vi.spyOn(prototype, 'setServers').mockReturnValue();
  const cancel = vi.spyOn(prototype, 'cancel').mockImplementation(() => {
    for (const { reject } of [ipv4, ipv6]) reject(failed('ECANCELLED'));
  });
  return { ipv4, ipv6, asked, setServers, cancel };
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
});

test.each(['ENOTFOUND', 'ENODATA', 'EBADNAME'])('an error with the code %s is a negative answer', (code) => {
  expect(isNegative(failed(code))).toBe(true);
});

test.each([
  ['an error with another code', failed('ESERVFAIL')],
  ['an error without a code', new Error('ENOTFOUND')],
  ['an object that is no error', { code: 'ENOTFOUND' }],
])('%s is no negative answer', (_, error) => {
  expect(isNegative(error)).toBe(false);
});

describe('the answers of both queries', () => {
  test('an answer of AAAA waits for A a moment, and IPv4 comes first', async () => {
    const { ipv4, ipv6 } = openQueries();
    const answer = askServers(['h'], undefined, 1_000);
    ipv6.resolve([{ address: '2001:db8::1', ttl: 60 }] as Answers);
    await microtasks();
    ipv4.resolve([{ address: '192.0.2.1', ttl: 60 }] as Answers);
    expect((await answer).addresses).toEqual([
      { address: '192.0.2.1', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
  });

  test.each([
    [10, 60],
    [60, 10],
  ])('the time to live of answers with %i s and %i s is the shorter one', async (first, second) => {
    const { ipv4, ipv6 } = openQueries();
    ipv4.resolve([{ address: '192.0.2.1', ttl: first }] as Answers);
    ipv6.resolve([{ address: '2001:db8::1', ttl: second }] as Answers);
    expect((await askServers(['h'], undefined, 1_000)).ttlMs).toBe(10_000);
  });

  test('a failure is reported rather than a negative answer that came before it', async () => {
    const { ipv4, ipv6 } = openQueries();
    const answer = expect(askServers(['h'], undefined, 1_000)).rejects.toMatchObject({ code: 'ESERVFAIL' });
    ipv4.reject(failed('ENODATA'));
    await microtasks();
    ipv6.reject(failed('ESERVFAIL'));
    await answer;
  });

  test('the first of two negative answers is reported', async () => {
    const { ipv4, ipv6 } = openQueries();
    ipv4.reject(failed('ENODATA'));
    ipv6.reject(failed('ENOTFOUND'));
    await expect(askServers(['h'], undefined, 1_000)).rejects.toMatchObject({ code: 'ENODATA' });
  });
});

describe('a look-up', () => {
  test.each([
    [undefined, []],
    [['127.0.0.1:53'], [[['127.0.0.1:53']]]],
  ])('a look-up with the name servers %j sets them, if there are any', async (servers, set) => {
    const { ipv4, ipv6, setServers } = openQueries();
    ipv4.resolve([{ address: '192.0.2.1', ttl: 60 }] as Answers);
    ipv6.resolve([] as unknown as Answers);
    expect((await askServers(['h'], servers, 1_000)).addresses).toEqual([{ address: '192.0.2.1', family: 4 }]);
    expect(setServers.mock.calls).toEqual(set);
  });

  test('a look-up is cancelled at its limit of time, and no sooner', async () => {
    const { cancel } = openQueries();
    const answer = expect(askServers(['h'], undefined, 1_000)).rejects.toMatchObject({ code: 'ECANCELLED' });
    vi.advanceTimersByTime(999);
    expect(cancel).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(cancel).toHaveBeenCalledTimes(1);
    await answer;
  });

  test('a look-up that ends leaves no timer and no query behind', async () => {
    const { ipv4, ipv6, cancel } = openQueries();
    ipv4.resolve([{ address: '192.0.2.1', ttl: 60 }] as Answers);
    ipv6.resolve([] as unknown as Answers);
    await askServers(['h'], undefined, 1_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('a look-up asks for the next name after a negative answer, and reports the last one', async () => {
    const { ipv4, ipv6, asked } = openQueries();
    ipv4.reject(failed('ENODATA'));
    ipv6.reject(failed('ENODATA'));
    await expect(askServers(['h.a', 'h'], undefined, 1_000)).rejects.toMatchObject({ code: 'ENODATA' });
    expect(asked.mock.calls.map(([name]) => name)).toEqual(['h.a', 'h']);
  });
});
