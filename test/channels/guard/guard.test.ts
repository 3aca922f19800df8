/** The guards of a source, by themselves. Through the whole service: reliability/suspension.test.ts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { guardConfig } from '../../../src/channels/guard/guard.ts';
import { returnWith } from '../../../src/channels/page-return.ts';
import { type CallOrigin, defineSource, type Exchange, type SourceCall } from '../../../src/channels/source.ts';
import { PayerIdentityError } from '../../../src/failure.ts';
import type { FailureCode } from '../../../src/failure-codes.ts';
import { type Cancellation, ExchangeError, type HttpReply } from '../../../src/lib/exchange.ts';
import type { Redeemed } from '../../../src/model.ts';
import { anyCertification, anyJobQuery, openSource } from '../../support/services/sources.ts';

const alice: Redeemed = { subject: { openId: 'alice', userId: undefined }, accessToken: undefined };
const request = { channelId: 'a' };
const noAnswer = new ExchangeError('the deadline passed', true);
const suspended = { code: 'CHANNEL_SUSPENDED', retryAfterSeconds: 2 };

const trusted: CallOrigin = { channelId: 'a', traffic: 'trusted' };
const patient = (origin = trusted): SourceCall => ({ deadline: new AbortController().signal, origin });

interface Pending {
  succeed(): void;
  /** With an ExchangeError there is no reply; any other error is what the source makes of a reply. */
  fail(error: Error): void;
  readonly until: Cancellation;
}

/** A guarded source whose exchanges end when the test says so. */
const openGuarded = (options: object = {}) => {
  const calls: Pending[] = [];
  const faults = new WeakMap<HttpReply, Error>();
  const send = (_: unknown, cancellation: Cancellation) =>
    new Promise<HttpReply>((resolve, reject) => {
      const answer = (fault?: Error) => {
        const reply = { status: 200, headers: {}, body: Buffer.alloc(0) };
        if (fault) faults.set(reply, fault);
        resolve(reply);
      };
      cancellation.deadline.addEventListener('abort', () => reject(new ExchangeError('aborted', true)));
      calls.push({
        succeed: () => answer(),
        fail: (error) => (error instanceof ExchangeError ? reject(error) : answer(error)),
        until: cancellation,
      });
    });
  const judged =
    <T>(value: T) =>
    (reply: HttpReply): T => {
      const fault = faults.get(reply);
      if (fault) throw fault;
      return value;
    };
  const get = { method: 'GET', path: '/', headers: {} } as const;
  const exchanging = <T>(exchange: Exchange, value: T, call: SourceCall) => exchange(get, judged(value), call);
  const definition = defineSource({
    config: z.object({ channels: z.array(z.string()) }),
    open({ channels }, { connect }) {
      const exchange = connect('http://127.0.0.1');
      return {
        upstreamAppId: 'app',
        channels,
        authCodeKind: () => 'PAGE',
        redeem: (_, __, call) => exchanging(exchange, alice, call),
        authorizer: { channels, url: () => 'https://example.com', read: returnWith('code') },
        resultHolder: {
          redeemAndHold: (_, __, ___, call) => exchanging(exchange, undefined, call),
          collect: (_, call) => exchanging(exchange, alice, call),
        },
        certifier: {
          initialize: (_, call) => exchanging(exchange, 'certify id', call),
          page: () => ({ url: '', form: { action: '', fields: [] }, deepLink: '' }),
          hasPassed: (_, call) => exchanging(exchange, true, call),
        },
        jobworth: { query: (_, call) => exchanging(exchange, { kind: 'PENDING' }, call) },
      };
    },
  });
  const guard = guardConfig.parse(options);
  const { source } = openSource(definition, { channels: ['a'] }, { guard, observe: () => send });
  const redeem = (call: SourceCall = patient()) => source.redeem('code', request, call);
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
      source.requireReady(trusted);
      return false;
    } catch (error) {
      expect(error).toMatchObject(suspended);
      return true;
    }
  };
  return { source, calls, redeem, succeed, fail, isSuspended };
};

/** The same source, called by payer pages. */
const openPublic = (options: object = {}) => {
  const guarded = openGuarded(options);
  const origin = (client?: string) => ({ channelId: 'a', traffic: 'public' as const, client });
  const redeem = (client?: string) => guarded.source.redeem('code', request, patient(origin(client)));
  const end = async (how: 'succeed' | Error, client?: string) => {
    const redeeming = redeem(client);
    const pending = guarded.calls.at(-1);
    if (how === 'succeed') pending?.succeed();
    else pending?.fail(how);
    await redeeming.catch(() => {});
  };
  const isSuspendedFor = (client?: string) => {
    try {
      guarded.source.requireReady(origin(client));
      return false;
    } catch (error) {
      expect(error).toMatchObject(suspended);
      return true;
    }
  };
  return { ...guarded, redeem, isSuspendedFor, fail: (client?: string) => end(noAnswer, client), end };
};

const times = async (count: number, work: () => Promise<void>) => {
  for (let done = 0; done < count; done += 1) await work();
};

const settled = (promises: readonly Promise<unknown>[]) =>
  Promise.allSettled(promises).then((results) =>
    results.map((result) => (result.status === 'fulfilled' ? 'ok' : (result.reason as PayerIdentityError).code)),
  );

/** Moves the clock of the guard forward to this millisecond. */
const at = (ms: number) => vi.advanceTimersByTime(ms - performance.now());

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  at(1_000_000);
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

  test('a failure of 10 seconds ago no longer counts', async () => {
    const { fail, isSuspended } = openGuarded();
    await times(19, fail);
    at(1_010_000);
    await fail();
    expect(isSuspended()).toBe(false);
    await times(18, fail);
    expect(isSuspended()).toBe(false);
    at(1_019_999);
    await fail();
    expect(isSuspended()).toBe(true);
  });

  test('each tenth of the window expires by itself', async () => {
    const { fail, isSuspended } = openGuarded();
    await times(10, fail);
    at(1_001_000);
    await times(9, fail);
    at(1_010_000);
    await times(10, fail);
    expect(isSuspended()).toBe(false);
    await fail();
    expect(isSuspended()).toBe(true);
  });

  test.each<FailureCode>(['REPLY_MALFORMED', 'CHANNEL_NO_ANSWER'])(
    '20 replies that end as %s suspend the source',
    async (code) => {
      const { fail, isSuspended } = openGuarded();
      await times(20, () => fail(new PayerIdentityError(code)));
      expect(isSuspended()).toBe(true);
    },
  );

  test('20 refused connections suspend the source', async () => {
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
    'OUTCOME_UNKNOWN',
    'REPLY_UNVERIFIED',
  ])('%s counts as answered, and never suspends the source', async (code) => {
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

describe('what an upstream answered in time is no failure of it', () => {
  test.each([
    ['REPLY_MALFORMED with HTTP_200', true, 'HTTP_200'],
    ['REPLY_MALFORMED with HTTP_500', true, 'HTTP_500'],
    ['REPLY_MALFORMED with HTTP_599', true, 'HTTP_599'],
    ['REPLY_MALFORMED with HTTP_499', false, 'HTTP_499'],
    ['REPLY_MALFORMED with HTTP_403', false, 'HTTP_403'],
    ['REPLY_MALFORMED with HTTP_429', false, 'HTTP_429'],
    ['REPLY_MALFORMED with HTTP_302', false, 'HTTP_302'],
    ['REPLY_MALFORMED with an upstream code that begins like a status', true, 'HTTP_4031'],
  ])('20 times %s suspends the source: %s', async (_, isFailure, upstreamCode) => {
    const { fail, isSuspended } = openGuarded();
    await times(20, () => fail(new PayerIdentityError('REPLY_MALFORMED', { upstreamCode })));
    expect(isSuspended()).toBe(isFailure);
  });

  test('an error of our own does not suspend the source', async () => {
    const { fail, isSuspended } = openGuarded();
    await times(20, () => fail(new TypeError('ours')));
    expect(isSuspended()).toBe(false);
  });
});

describe('payer pages', () => {
  test('P7: payer pages suspend only public traffic of their own channel', async () => {
    const { source, fail, isSuspended, isSuspendedFor } = openPublic();
    await times(20, fail);
    expect(isSuspendedFor()).toBe(true);
    expect(isSuspended()).toBe(false);
    expect(() => source.requireReady({ channelId: 'b', traffic: 'public' })).not.toThrow();
    expect(() => source.requireReady({ channelId: 'a', traffic: 'trusted' })).not.toThrow();
  });

  test('trusted calls that fail do not suspend payer pages', async () => {
    const { source, calls, isSuspended, isSuspendedFor } = openPublic();
    await times(20, async () => {
      const redeeming = source.redeem('code', request, patient());
      calls.at(-1)?.fail(noAnswer);
      await redeeming.catch(() => {});
    });
    expect(isSuspended()).toBe(true);
    expect(isSuspendedFor()).toBe(false);
  });

  test('collecting a held result counts for the traffic of the reader', async () => {
    const { source, fail } = openPublic();
    await times(20, fail);
    const collected = source.resultHolder?.collect('query', patient({ channelId: 'a', traffic: 'public' }));
    await expect(collected).rejects.toMatchObject(suspended);
  });

  test('payer pages are not suspended while one call in a quarter of the window is answered', async () => {
    const { fail, end, isSuspendedFor } = openPublic();
    for (let tenth = 0; tenth < 40; tenth += 1) {
      await end('succeed');
      at(1_000_000 + tenth * 2_400);
      await times(100, fail);
      at(1_000_000 + tenth * 2_400 + 99);
      expect(isSuspendedFor()).toBe(false);
    }
  });

  test('payer pages are suspended by a failure when the last answer is a quarter of the window old', async () => {
    const { fail, end, isSuspendedFor } = openPublic();
    await end('succeed');
    await times(100, fail);
    at(1_002_499);
    await fail();
    expect(isSuspendedFor()).toBe(false);
    at(1_002_500);
    await fail();
    expect(isSuspendedFor()).toBe(true);
  });

  test('payer pages are suspended by 20 failures when no call was ever answered', async () => {
    const { fail, isSuspendedFor } = openPublic();
    await times(19, fail);
    expect(isSuspendedFor()).toBe(false);
    await fail();
    expect(isSuspendedFor()).toBe(true);
  });

  test('P7: payer pages fill their own bulkhead, and no other', async () => {
    const { source, redeem, calls } = openPublic({ inFlight: 2, waiting: 0 });
    const hanging = [redeem(), redeem()];
    await expect(redeem()).rejects.toMatchObject({ code: 'OVERLOADED' });
    const others = [
      source.redeem('code', request, patient()),
      source.redeem('code', { channelId: 'b' }, patient({ channelId: 'b', traffic: 'public' })),
    ];
    expect(calls).toHaveLength(4);
    for (const call of calls) call.succeed();
    expect(await settled([...hanging, ...others])).toEqual(Array(4).fill('ok'));
  });
});

describe('trial calls of payer pages', () => {
  const openSuspendedPublic = async (client?: string) => {
    const guarded = openPublic();
    await times(20, () => guarded.fail(client));
    expect(guarded.isSuspendedFor(client)).toBe(true);
    return guarded;
  };

  test('payer pages have three trial calls after each suspendMs', async () => {
    const { fail, isSuspendedFor, calls } = await openSuspendedPublic();
    for (const ms of [1_001_000, 1_002_000]) {
      at(ms - 1);
      expect(isSuspendedFor()).toBe(true);
      at(ms);
      await times(2, fail);
      expect(isSuspendedFor()).toBe(false);
      await fail();
      expect(isSuspendedFor()).toBe(true);
    }
    expect(calls).toHaveLength(26);
  });

  test('three trial calls may run at the same time, and the first answer ends the suspension', async () => {
    const { redeem, calls, isSuspendedFor } = await openSuspendedPublic();
    at(1_001_000);
    const trials = [redeem(), redeem(), redeem()];
    await expect(redeem()).rejects.toMatchObject(suspended);
    calls[20]?.fail(noAnswer);
    await trials[0]?.catch(() => {});
    expect(isSuspendedFor()).toBe(true);
    calls[21]?.succeed();
    await trials[1];
    expect(isSuspendedFor()).toBe(false);
    calls[22]?.fail(noAnswer);
    await trials[2]?.catch(() => {});
    expect(isSuspendedFor()).toBe(false);
  });

  test('clients without a trial call may try while another client has used up its trials', async () => {
    const { fail, end, isSuspendedFor } = await openSuspendedPublic('junk');
    expect(isSuspendedFor('good')).toBe(true);
    at(1_001_000);
    // Its first trial is one of the three for clients that have not tried yet.
    await times(4, () => fail('junk'));
    expect(isSuspendedFor('junk')).toBe(true);
    for (const client of ['a', 'b', 'c']) {
      expect(isSuspendedFor(client)).toBe(false);
      await fail(client);
      expect(isSuspendedFor(client)).toBe(true);
    }
    expect(isSuspendedFor('d')).toBe(true);
    at(1_002_000);
    await times(3, () => fail('junk'));
    expect(isSuspendedFor('junk')).toBe(true);
    // A call without a known client may come from the one that has to wait.
    expect(isSuspendedFor()).toBe(true);
    await end('succeed', 'good');
    expect(isSuspendedFor('junk')).toBe(false);
  });

  test("a trial call of one client does not wait for the end of another client's", async () => {
    const { redeem, calls, isSuspendedFor } = await openSuspendedPublic('junk');
    at(1_001_000);
    const hanging = Array.from({ length: 4 }, () => redeem('junk'));
    expect(isSuspendedFor('junk')).toBe(true);
    const good = redeem('good');
    calls.at(-1)?.succeed();
    await good;
    expect(isSuspendedFor('junk')).toBe(false);
    for (const call of calls) call.fail(noAnswer);
    await settled(hanging);
    expect(isSuspendedFor('junk')).toBe(false);
  });

  test('a single client is not shut out by its own failures', async () => {
    const { fail, end, isSuspendedFor } = await openSuspendedPublic('one');
    for (let second = 1; second < 10; second += 1) {
      at(1_000_000 + second * 1_000);
      // Its first trial is one of those for other clients.
      await times(second === 1 ? 4 : 3, () => fail('one'));
      expect(isSuspendedFor('one')).toBe(true);
    }
    at(1_010_000);
    await end('succeed', 'one');
    expect(isSuspendedFor('one')).toBe(false);
  });
});

const openSuspended = async (options: object = {}) => {
  const guarded = openGuarded(options);
  await times(20, guarded.fail);
  expect(guarded.isSuspended()).toBe(true);
  return guarded;
};

describe('a suspended source', () => {
  test('a suspended source is sent nothing for suspendMs, to the millisecond', async () => {
    const { redeem, calls, isSuspended } = await openSuspended({ suspendMs: 2_000 });
    at(1_001_999);
    await expect(redeem()).rejects.toMatchObject(suspended);
    at(1_002_000);
    expect(isSuspended()).toBe(false);
    const trial = redeem();
    calls[20]?.succeed();
    await expect(trial).resolves.toEqual(alice);
  });

  test('a suspended source is sent one trial call, and no other before that has ended', async () => {
    const { redeem, calls, isSuspended } = await openSuspended();
    at(1_001_000);
    const trial = redeem();
    expect(isSuspended()).toBe(true);
    expect(await settled(Array.from({ length: 50 }, () => redeem()))).toEqual(Array(50).fill('CHANNEL_SUSPENDED'));
    expect(calls).toHaveLength(21);
    calls[20]?.succeed();
    await trial;
    expect(isSuspended()).toBe(false);
  });

  test('a source stays suspended when the trial fails, and resumes when one succeeds', async () => {
    const { fail, succeed, isSuspended } = await openSuspended();
    at(1_001_000);
    await fail();
    expect(isSuspended()).toBe(true);
    at(1_001_999);
    expect(isSuspended()).toBe(true);
    at(1_002_000);
    await succeed();
    expect(isSuspended()).toBe(false);
  });

  test('a source resumes when the trial is a refusal, and counts from zero', async () => {
    const { fail, isSuspended } = await openSuspended();
    at(1_001_000);
    await fail(new PayerIdentityError('AUTH_CODE_INVALID'));
    await times(18, fail);
    expect(isSuspended()).toBe(false);
    await fail();
    expect(isSuspended()).toBe(true);
  });

  test('a trial call ends after trialMs', async () => {
    const { redeem, calls, isSuspended } = await openSuspended({ trialMs: 50 });
    at(1_001_000);
    await expect(redeem()).rejects.toThrow(ExchangeError);
    expect(calls[20]?.until.deadline.aborted).toBe(true);
    expect(isSuspended()).toBe(true);
  });

  test('calls that began before the suspension neither end it nor count afterwards', async () => {
    const guarded = openGuarded();
    const slow = Array.from({ length: 25 }, () => guarded.redeem());
    await times(20, guarded.fail);
    at(1_001_000);
    const trial = guarded.redeem();
    for (const call of guarded.calls.slice(0, 12)) call.fail(noAnswer);
    await settled(slow.slice(0, 12));
    guarded.calls[45]?.succeed();
    await expect(trial).resolves.toEqual(alice);
    for (const call of guarded.calls.slice(12, 25)) call.fail(noAnswer);
    await settled(slow);
    expect(guarded.isSuspended()).toBe(false);
  });

  test('a suspended source sends nothing of any capability', async () => {
    const { source, calls } = await openSuspended();
    const cancellation = patient();
    const asked = [
      source.resultHolder?.redeemAndHold('code', 'query', request, cancellation),
      source.resultHolder?.collect('query', cancellation),
      source.certifier?.initialize(anyCertification, cancellation),
      source.certifier?.hasPassed('id', cancellation),
      source.jobworth?.query(anyJobQuery, cancellation),
    ];
    expect(await settled(asked.map((call) => Promise.resolve(call)))).toEqual(Array(5).fill('CHANNEL_SUSPENDED'));
    expect(calls).toHaveLength(20);
  });

  test('a suspended source still builds pages, which send nothing', async () => {
    const { source } = await openSuspended();
    expect(source.authorizer?.url({ returnUrl: '', state: '' })).toBe('https://example.com');
    expect(source.certifier?.page('id', undefined).url).toBe('');
  });
});

test('a guarded source that works answers as without a guard', async () => {
  const { source, calls } = openGuarded();
  const cancellation = patient();
  const asked = [
    source.redeem('code', request, cancellation),
    source.resultHolder?.redeemAndHold('code', 'query', request, cancellation),
    source.resultHolder?.collect('query', cancellation),
    source.certifier?.initialize(anyCertification, cancellation),
    source.certifier?.hasPassed('id', cancellation),
    source.jobworth?.query(anyJobQuery, cancellation),
  ];
  expect(calls.map((call) => call.until)).toEqual(Array(6).fill(cancellation));
  for (const call of calls) call.succeed();
  expect(await Promise.all(asked)).toEqual([alice, undefined, alice, 'certify id', true, { kind: 'PENDING' }]);
});

describe('clients that leave before anything was sent', () => {
  const leave = async ({ redeem, calls }: ReturnType<typeof openGuarded>) => {
    const gone = new AbortController();
    const left = redeem({ ...patient(), clientGone: gone.signal });
    gone.abort();
    calls.at(-1)?.fail(new ExchangeError('the client is gone', false));
    await expect(left).rejects.toThrow(ExchangeError);
  };

  test('clients that leave before anything was sent do not suspend a source', async () => {
    const guarded = openGuarded();
    for (let client = 0; client < 30; client += 1) await leave(guarded);
    expect(guarded.isSuspended()).toBe(false);
    await times(20, guarded.fail);
    expect(guarded.isSuspended()).toBe(true);
  });

  test('calls whose sendBy has passed do not suspend a source', async () => {
    const { redeem, calls, isSuspended } = openGuarded();
    const lapsed = performance.now() - 1;
    const unsent = new ExchangeError('not to be sent', false);
    await times(30, async () => {
      const redeeming = redeem({ ...patient(), sendBy: lapsed });
      calls.at(-1)?.fail(unsent);
      await expect(redeeming).rejects.toBe(unsent);
    });
    expect(isSuspended()).toBe(false);
    // As long as it holds, a connection that fails is the upstream's fault; and so is an answer that does not come.
    await times(10, async () => {
      const redeeming = redeem({ ...patient(), sendBy: performance.now() + 60_000 });
      calls.at(-1)?.fail(unsent);
      await redeeming.catch(() => {});
    });
    await times(10, async () => {
      const redeeming = redeem({ ...patient(), sendBy: lapsed });
      calls.at(-1)?.fail(noAnswer);
      await redeeming.catch(() => {});
    });
    expect(isSuspended()).toBe(true);
  });

  test('a client that leaves does not end a suspension', async () => {
    const guarded = await openSuspended();
    at(1_001_000);
    await leave(guarded);
    expect(guarded.isSuspended()).toBe(true);
  });
});

describe('a crowd at one source', () => {
  test('calls up to inFlight run, calls up to waiting wait, and one more is OVERLOADED', async () => {
    const { redeem, calls } = openGuarded({ inFlight: 50, waiting: 10 });
    const crowd = Array.from({ length: 60 }, () => redeem());
    expect(calls).toHaveLength(50);
    await expect(redeem()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
    for (const call of calls) call.succeed();
    await vi.waitFor(() => expect(calls).toHaveLength(60));
    for (const call of calls) call.succeed();
    expect(await settled(crowd)).toEqual(Array(60).fill('ok'));
  });

  test('calls that wait when the source is suspended are CHANNEL_SUSPENDED and send nothing', async () => {
    const { redeem, calls } = openGuarded({ inFlight: 20, waiting: 10 });
    const crowd = Array.from({ length: 30 }, () => redeem());
    for (const call of calls) call.fail(noAnswer);
    const ends = await Promise.allSettled(crowd);
    expect(ends.slice(20).map((end) => end.status === 'rejected' && end.reason.code)).toEqual(
      Array(10).fill('CHANNEL_SUSPENDED'),
    );
    expect(calls).toHaveLength(20);
  });

  test.each(['deadline', 'clientGone'] as const)(
    'a call whose %s aborts while it waits is OVERLOADED and sends nothing',
    async (why) => {
      const { redeem, calls } = openGuarded({ inFlight: 1, waiting: 1 });
      const first = redeem();
      const end = new AbortController();
      const second = redeem({ ...patient(), [why]: end.signal });
      end.abort();
      calls[0]?.succeed();
      await first;
      await expect(second).rejects.toMatchObject({ code: 'OVERLOADED' });
      expect(calls).toHaveLength(1);
    },
  );
});
