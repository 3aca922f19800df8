/** What keeps a failing source from dragging others along. Through the whole service: reliability/suspension.test.ts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { guardConfig, guardSource } from '../../src/channels/guard.ts';
import type { Source } from '../../src/channels/source.ts';
import { type FailureCode, PayerIdentityError } from '../../src/failure.ts';
import { ExchangeError, type Until } from '../../src/lib/exchange.ts';
import type { Redeemed } from '../../src/model.ts';

const alice: Redeemed = { subject: { openId: 'alice', userId: undefined }, accessToken: undefined };
const request = { channelId: 'a' };
const noAnswer = new ExchangeError('the deadline passed', true);
const suspended = { code: 'CHANNEL_SUSPENDED', retryAfterSeconds: 2 };

const patient = (): Until => ({ deadline: new AbortController().signal });

interface Pending {
  succeed(): void;
  fail(error: Error): void;
  readonly until: Until;
}

/** A guarded source whose calls end when the test says so. */
const openGuarded = (options: object = {}) => {
  const calls: Pending[] = [];
  const call = <T>(value: T, until: Until) =>
    new Promise<T>((resolve, reject) => {
      until.deadline.addEventListener('abort', () => reject(new ExchangeError('aborted', true)));
      calls.push({ succeed: () => resolve(value), fail: reject, until });
    });
  const inner: Source = {
    upstreamAppId: 'app',
    channels: ['a'],
    redeem: (_, __, until) => call(alice, until),
    authorizeUrl: () => 'https://example.com',
    keeper: {
      redeemAndKeep: (_, __, ___, until) => call(undefined, until),
      collect: (_, until) => call(alice, until),
    },
    certifier: {
      initialize: (_, until) => call('certify id', until),
      page: () => ({ url: '', form: { action: '', fields: [] }, deepLink: '' }),
      hasPassed: (_, until) => call(true, until),
    },
    jobworth: { query: (_, until) => call({ kind: 'PENDING' }, until) },
  };
  const source = guardSource(inner, guardConfig.parse(options));
  const redeem = (until: Until = patient()) => source.redeem('code', request, until);
  const end = async (redeeming: Promise<unknown>, how: 'succeed' | Error) => {
    const pending = calls.at(-1);
    if (how === 'succeed') pending?.succeed();
    else pending?.fail(how);
    await redeeming.catch(() => {});
  };
  const succeed = () => end(redeem(), 'succeed');
  const fail = (error: Error = noAnswer) => end(redeem(), error);
  const isSuspended = () => {
    try {
      source.requireReady?.();
      return false;
    } catch (error) {
      expect(error).toMatchObject(suspended);
      return true;
    }
  };
  return { source, calls, redeem, succeed, fail, isSuspended };
};

const times = async (count: number, work: () => Promise<void>) => {
  for (let done = 0; done < count; done += 1) await work();
};

const settled = (promises: readonly Promise<unknown>[]) =>
  Promise.allSettled(promises).then((results) =>
    results.map((result) => (result.status === 'fulfilled' ? 'ok' : (result.reason as PayerIdentityError).code)),
  );

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a source is suspended', () => {
  test('19 failures suspend nothing, the 20th does', async () => {
    const { fail, isSuspended, redeem, calls } = openGuarded();
    await times(19, fail);
    expect(isSuspended()).toBe(false);
    await fail();
    expect(isSuspended()).toBe(true);
    await expect(redeem()).rejects.toMatchObject(suspended);
    expect(calls).toHaveLength(20);
  });

  test('half of the calls suspend it, one less does not', async () => {
    const more = openGuarded();
    await times(10, more.succeed);
    await times(9, more.fail);
    expect(more.isSuspended()).toBe(false);
    await more.fail();
    expect(more.isSuspended()).toBe(true);

    const fewer = openGuarded();
    await times(11, fewer.succeed);
    await times(10, fewer.fail);
    expect(fewer.isSuspended()).toBe(false);
    await fewer.fail();
    expect(fewer.isSuspended()).toBe(true);
  });

  test('what failed 10 seconds ago no longer counts', async () => {
    const { fail, isSuspended } = openGuarded();
    await times(19, fail);
    vi.setSystemTime(1_010_000);
    await fail();
    expect(isSuspended()).toBe(false);
    await times(18, fail);
    expect(isSuspended()).toBe(false);
    vi.setSystemTime(1_019_999);
    await fail();
    expect(isSuspended()).toBe(true);
  });

  test('each tenth of the window is forgotten by itself', async () => {
    const { fail, isSuspended } = openGuarded();
    await times(10, fail);
    vi.setSystemTime(1_001_000);
    await times(9, fail);
    vi.setSystemTime(1_010_000);
    await times(10, fail);
    expect(isSuspended()).toBe(false);
    await fail();
    expect(isSuspended()).toBe(true);
  });

  test.each<FailureCode>(['OUTCOME_UNKNOWN', 'REPLY_MALFORMED', 'REPLY_UNVERIFIED', 'CHANNEL_NO_ANSWER'])(
    '%s is a failure',
    async (code) => {
      const { fail, isSuspended } = openGuarded();
      await times(20, () => fail(new PayerIdentityError(code)));
      expect(isSuspended()).toBe(true);
    },
  );

  test('so is a connection that is refused', async () => {
    const { fail, isSuspended } = openGuarded();
    await times(20, () => fail(new ExchangeError('the connection failed', false)));
    expect(isSuspended()).toBe(true);
  });

  test.each<FailureCode>([
    'AUTH_CODE_INVALID',
    'AUTH_CODE_USED',
    'AUTH_CODE_EXPIRED',
    'AUTH_CODE_REFUSED',
    'ONCE_TOKEN_INVALID',
    'CERTIFICATION_REFUSED',
    'INPUT_INVALID',
    'CHANNEL_BUSY',
    'CHANNEL_MISCONFIGURED',
  ])('%s is not, however often', async (code) => {
    const { fail, isSuspended } = openGuarded();
    await times(100, () => fail(new PayerIdentityError(code)));
    expect(isSuspended()).toBe(false);
    // They count as calls that were answered.
    await times(99, fail);
    expect(isSuspended()).toBe(false);
    await fail();
    expect(isSuspended()).toBe(true);
  });
});

const openSuspended = async (options: object = {}) => {
  const guarded = openGuarded(options);
  await times(20, guarded.fail);
  expect(guarded.isSuspended()).toBe(true);
  return guarded;
};

describe('a suspended source', () => {
  test('is left alone for suspendMs, to the millisecond', async () => {
    const { redeem, calls, isSuspended } = await openSuspended({ suspendMs: 2_000 });
    vi.setSystemTime(1_001_999);
    await expect(redeem()).rejects.toMatchObject(suspended);
    vi.setSystemTime(1_002_000);
    expect(isSuspended()).toBe(false);
    const trial = redeem();
    calls[20]?.succeed();
    await expect(trial).resolves.toEqual(alice);
  });

  test('gets one call for a trial, and no other before that has ended', async () => {
    const { redeem, calls, isSuspended } = await openSuspended();
    vi.setSystemTime(1_001_000);
    const trial = redeem();
    expect(isSuspended()).toBe(true);
    expect(await settled(Array.from({ length: 50 }, () => redeem()))).toEqual(Array(50).fill('CHANNEL_SUSPENDED'));
    expect(calls).toHaveLength(21);
    calls[20]?.succeed();
    await trial;
    expect(isSuspended()).toBe(false);
  });

  test('stays suspended when the trial fails, and is back when one succeeds', async () => {
    const { fail, succeed, isSuspended } = await openSuspended();
    vi.setSystemTime(1_001_000);
    await fail();
    expect(isSuspended()).toBe(true);
    vi.setSystemTime(1_001_999);
    expect(isSuspended()).toBe(true);
    vi.setSystemTime(1_002_000);
    await succeed();
    expect(isSuspended()).toBe(false);
  });

  test('is back when the trial is a refusal, and starts counting anew', async () => {
    const { fail, isSuspended } = await openSuspended();
    vi.setSystemTime(1_001_000);
    await fail(new PayerIdentityError('AUTH_CODE_INVALID'));
    await times(18, fail);
    expect(isSuspended()).toBe(false);
    await fail();
    expect(isSuspended()).toBe(true);
  });

  test('a trial ends after trialMs', async () => {
    const { redeem, calls, isSuspended } = await openSuspended({ trialMs: 50 });
    vi.setSystemTime(1_001_000);
    await expect(redeem()).rejects.toThrow(ExchangeError);
    expect(calls[20]?.until.deadline.aborted).toBe(true);
    expect(isSuspended()).toBe(true);
  });

  test('calls of before neither end the trial nor count afterwards', async () => {
    const guarded = openGuarded();
    const slow = Array.from({ length: 25 }, () => guarded.redeem());
    await times(20, guarded.fail);
    vi.setSystemTime(1_001_000);
    const trial = guarded.redeem();
    for (const call of guarded.calls.slice(0, 12)) call.fail(noAnswer);
    await settled(slow.slice(0, 12));
    guarded.calls[45]?.succeed();
    await expect(trial).resolves.toEqual(alice);
    for (const call of guarded.calls.slice(12, 25)) call.fail(noAnswer);
    await settled(slow);
    expect(guarded.isSuspended()).toBe(false);
  });

  test('lets nothing else through either', async () => {
    const { source, calls } = await openSuspended();
    const until = patient();
    const certify = { orderNo: '1', method: 'FACE', certType: 'a', certName: 'b', certNo: 'c' } as const;
    const query = { connKey: 'a', onceToken: 'b', queryType: 'exact', identityType: 'c', serviceId: 'd' } as const;
    const asked = [
      source.keeper?.redeemAndKeep('code', 'query', request, until),
      source.keeper?.collect('query', until),
      source.certifier?.initialize(certify, until),
      source.certifier?.hasPassed('id', until),
      source.jobworth?.query(query, until),
    ];
    expect(await settled(asked.map((call) => Promise.resolve(call)))).toEqual(Array(5).fill('CHANNEL_SUSPENDED'));
    expect(calls).toHaveLength(20);
  });

  test('still tells what it need not send for', async () => {
    const { source } = await openSuspended();
    expect(source.authorizeUrl?.({ channelId: 'a', returnUrl: '', state: '' })).toBe('https://example.com');
    expect(source.certifier?.page('id', undefined).url).toBe('');
  });
});

test('a source that is well answers whatever it is asked, as without a guard', async () => {
  const { source, calls } = openGuarded();
  const until = patient();
  const certify = { orderNo: '1', method: 'FACE', certType: 'a', certName: 'b', certNo: 'c' } as const;
  const query = { connKey: 'a', onceToken: 'b', queryType: 'exact', identityType: 'c', serviceId: 'd' } as const;
  const asked = [
    source.redeem('code', request, until),
    source.keeper?.redeemAndKeep('code', 'query', request, until),
    source.keeper?.collect('query', until),
    source.certifier?.initialize(certify, until),
    source.certifier?.hasPassed('id', until),
    source.jobworth?.query(query, until),
  ];
  expect(calls.map((call) => call.until)).toEqual(Array(6).fill(until));
  for (const call of calls) call.succeed();
  expect(await Promise.all(asked)).toEqual([alice, undefined, alice, 'certify id', true, { kind: 'PENDING' }]);
});

describe('clients that go away before anything was sent', () => {
  const leave = async ({ redeem, calls }: ReturnType<typeof openGuarded>) => {
    const gone = new AbortController();
    const left = redeem({ ...patient(), unwanted: gone.signal });
    gone.abort();
    calls.at(-1)?.fail(new ExchangeError('nobody waits for the reply', false));
    await expect(left).rejects.toThrow(ExchangeError);
  };

  test('do not suspend a source', async () => {
    const guarded = openGuarded();
    for (let client = 0; client < 30; client += 1) await leave(guarded);
    expect(guarded.isSuspended()).toBe(false);
    await times(20, guarded.fail);
    expect(guarded.isSuspended()).toBe(true);
  });

  test('do not show either that it is well again', async () => {
    const guarded = await openSuspended();
    vi.setSystemTime(1_001_000);
    await leave(guarded);
    expect(guarded.isSuspended()).toBe(true);
  });
});

describe('a crowd at one source', () => {
  test('as many are in flight as may, and as many wait; one more is OVERLOADED', async () => {
    const { redeem, calls } = openGuarded({ inFlight: 50, waiting: 10 });
    const crowd = Array.from({ length: 60 }, () => redeem());
    expect(calls).toHaveLength(50);
    await expect(redeem()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
    for (const call of calls) call.succeed();
    await vi.waitFor(() => expect(calls).toHaveLength(60));
    for (const call of calls) call.succeed();
    expect(await settled(crowd)).toEqual(Array(60).fill('ok'));
  });

  test('those who wait leave unsent when the source is suspended meanwhile', async () => {
    const { redeem, calls } = openGuarded({ inFlight: 20, waiting: 10 });
    const crowd = Array.from({ length: 30 }, () => redeem());
    for (const call of calls) call.fail(noAnswer);
    const ends = await Promise.allSettled(crowd);
    expect(ends.slice(20).map((end) => end.status === 'rejected' && end.reason.code)).toEqual(
      Array(10).fill('CHANNEL_SUSPENDED'),
    );
    expect(calls).toHaveLength(20);
  });

  test.each(['deadline', 'unwanted'] as const)('those whose %s comes while they wait leave unsent', async (why) => {
    const { redeem, calls } = openGuarded({ inFlight: 1, waiting: 1 });
    const first = redeem();
    const end = new AbortController();
    const second = redeem({ ...patient(), [why]: end.signal });
    end.abort();
    calls[0]?.succeed();
    await first;
    await expect(second).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(calls).toHaveLength(1);
  });
});
