/** How often, and how many at the same time: rates and bulkheads in front of the sensitive fields. */
import { BulkheadRejectedError, TaskCancelledError } from 'cockatiel';
import { describe, expect, test, vi } from 'vitest';
import type { OpenedSource } from '../../src/channels/source.ts';
import { PayerIdentityError } from '../../src/failure.ts';
import { rulesOf } from '../../src/graphql/sensitive-fields.ts';
import { createAdmission } from '../../src/identity/admission.ts';
import { createApps } from '../../src/identity/apps.ts';
import { bulkheadsConfig } from '../../src/identity/bulkheads.ts';
import type { CallContext } from '../../src/identity/call.ts';
import { ratesConfig } from '../../src/identity/rates.ts';
import { signatureConfig } from '../../src/security/app-signature.ts';
import { allScopes, anonymous, type Caller } from '../../src/security/caller.ts';

const endless = { perSecond: 1_000_000, burst: 1_000_000 };
const unlimited = { caller: endless, address: endless, app: endless, channel: endless };
const merchant: Caller = { id: 'merchant', scopes: new Set(allScopes) };

const capable = { certifier: {}, jobworth: {}, authCodeKind: () => 'PAGE' };
const source = { upstreamAppId: 'u', channels: ['a', 'b'], ...capable } as unknown as OpenedSource;
const app = { returnUrls: [], sessions: 'optional', attempts: 5 } as const;
const signature = signatureConfig.parse({ keys: [{ secret: 'a key that is 32 bytes long, or so' }] });
const appsThat = (sign: typeof signature | undefined) =>
  createApps(
    {
      defaultApp: 'shop',
      apps: [
        { ...app, id: 'shop', channels: { a: 's', b: 's' }, signature: sign },
        { ...app, id: 'other', channels: { a: 's' }, signature: sign },
        { ...app, id: 'unsigned', channels: { a: 's' } },
      ],
      channelTitles: {},
      sources: { s: { type: 'daxpay' } },
    },
    { get: () => source },
  );

const rulesFor = (field: string) => {
  const rules = rulesOf(field);
  if (!rules) throw new Error(`${field} is no sensitive field`);
  return rules;
};

const open = (limits: { rates?: object; bulkheads?: object; signing?: boolean }) => {
  const clock = { ms: 0 };
  const signedCalls = new WeakSet<object>();
  const admission = createAdmission({
    apps: appsThat(limits.signing ? signature : undefined),
    isSignedCall: (_, asked) => signedCalls.has(asked as object),
    rates: limits.rates && ratesConfig.parse({ ...unlimited, ...limits.rates }),
    bulkheads: limits.bulkheads && bulkheadsConfig.parse(limits.bulkheads),
    now: () => clock.ms,
  });
  const callBy = (caller: Caller, clientIp?: string, signal = new AbortController().signal): CallContext => ({
    caller,
    clientIp,
    traceId: 'trace',
    signal,
    prolong() {},
    note() {},
  });
  const ask = (field: string, asked: object, call: CallContext, work = async () => 'done') =>
    admission.admit(rulesFor(field), asked, call, work).catch((error: unknown) => {
      if (error instanceof PayerIdentityError) return `${error.code} ${error.retryAfterSeconds}`;
      throw error;
    });
  return { admission, clock, callBy, ask, signedCalls };
};
type Open = ReturnType<typeof open>;

/** Asks one by one, as often as said. */
const repeat = async (count: number, ask: () => Promise<string>) => {
  const answers: string[] = [];
  for (let done = 0; done < count; done += 1) answers.push(await ask());
  return answers;
};
const passing = (count: number) => Array<string>(count).fill('done');

describe('how often', () => {
  const slow = (burst: number) => ({ perSecond: 0.1, burst });
  const authenticate = (
    { ask, callBy }: Open,
    caller = merchant,
    asked: object = { channelId: 'a' },
    address?: string,
  ) => ask('authenticate', asked, callBy(caller, address));
  const set = ({ ask, callBy }: Open, address: string | undefined, asked: object = { channelId: 'a' }) =>
    ask('authenticateAndSet', asked, callBy(anonymous, address));

  test('a caller may call as often as limits.rates.caller.burst says, and not once more', async () => {
    const opened = open({ rates: { caller: slow(5) } });
    expect(await repeat(6, () => authenticate(opened))).toEqual([...passing(5), 'RATE_LIMITED 10']);
    expect(await authenticate(opened, { ...merchant, id: 'another' })).toBe('done');
  });

  test('callers without a name may call as often as limits.rates.address.burst says from one address', async () => {
    const opened = open({ rates: { address: slow(5) } });
    expect(await repeat(6, () => set(opened, '192.0.2.1'))).toEqual([...passing(5), 'RATE_LIMITED 10']);
    expect(await set(opened, '192.0.2.2')).toBe('done');
  });

  test('the address of a caller with a name does not count', async () => {
    const opened = open({ rates: { address: slow(1) } });
    expect(await repeat(9, () => authenticate(opened, merchant, {}, '192.0.2.1'))).toEqual(passing(9));
  });

  test('an unknown address does not count', async () => {
    const opened = open({ rates: { address: slow(1) } });
    expect(await repeat(3, () => set(opened, undefined))).toEqual(passing(3));
  });

  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1', true],
    ['2001:db8:1:2::', '2001:0DB8:0001:0002:ffff::', true],
    ['2001:db8::', '2001:db8::1', true],
    ['::1', '::2', true],
    ['::1', '0:0:0:0::', true],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::', true],
    ['2001:db8::1:2:3:4:5', '2001:db8::1', false],
    ['::1:2:3:4:5:6:7', '0:1:2:3::', true],
    ['1:23::', '12:3::', false],
    ['::ffff:203.113.200.150', '203.113.200.150', true],
    ['1::ffff:192.0.2.1', '192.0.2.1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['fe80::1%eth0', 'fe80::2%eth1', true],
  ])('the addresses %s and %s share a bucket: %s', async (first, second, same) => {
    const opened = open({ rates: { address: slow(1) } });
    await set(opened, first);
    expect(await set(opened, second)).toBe(same ? 'RATE_LIMITED 10' : 'done');
  });

  test('an app is called for as often as limits.rates.app.burst says, however it is named', async () => {
    const opened = open({ rates: { app: slow(4) } });
    const asked = [
      { channelId: 'a' },
      { channelId: 'b', appId: 'shop' },
      { channelId: 'a', appId: null },
      { channelId: 'b' },
    ];
    for (const input of asked) expect(await authenticate(opened, merchant, input)).toBe('done');
    expect(await authenticate(opened)).toBe('RATE_LIMITED 10');
    expect(await authenticate(opened, merchant, { channelId: 'a', appId: 'other' })).toBe('done');
  });

  test('a channel is called for as often as limits.rates.channel.burst says, for each app by itself', async () => {
    const opened = open({ rates: { channel: slow(2) } });
    expect(await repeat(3, () => authenticate(opened))).toEqual([...passing(2), 'RATE_LIMITED 10']);
    expect(await authenticate(opened, merchant, { channelId: 'a', appId: 'other' })).toBe('done');
    expect(await authenticate(opened, merchant, { channelId: 'b' })).toBe('done');
  });

  test('certification and job identity count for the channel that serves them', async () => {
    const { ask, callBy } = open({ rates: { app: slow(2) } });
    expect(await ask('initializeIdentityCertification', {}, callBy(merchant))).toBe('done');
    expect(await ask('jobworthAuthentication', { appId: 'shop' }, callBy(merchant))).toBe('done');
    expect(await ask('identityCertification', {}, callBy(merchant))).toBe('RATE_LIMITED 10');
  });

  test.each(['caller', 'address', 'app', 'channel'])(
    'rates.%s: after as long as perSecond says there is one more call',
    async (kind) => {
      const opened = open({ rates: { [kind]: { perSecond: 2, burst: 1 } } });
      const ask = () => (kind === 'address' ? set(opened, '192.0.2.1') : authenticate(opened));
      expect(await repeat(2, ask)).toEqual(['done', 'RATE_LIMITED 1']);
      opened.clock.ms = 499;
      expect(await ask()).toBe('RATE_LIMITED 1');
      opened.clock.ms = 500;
      expect(await repeat(2, ask)).toEqual(['done', 'RATE_LIMITED 1']);
    },
  );

  test('public calls take no tokens of trusted calls for the same app and channel', async () => {
    const opened = open({ rates: { app: slow(3), channel: slow(3) } });
    expect(await repeat(4, () => set(opened, undefined))).toEqual([...passing(3), 'RATE_LIMITED 10']);
    // Without the scope a call of any field is public.
    expect(await authenticate(opened, anonymous)).toBe('RATE_LIMITED 10');
    expect(await authenticate(opened, { id: 'reader', scopes: new Set(['payer:read']) })).toBe('RATE_LIMITED 10');
    expect(await authenticate(opened, { ...merchant, apps: new Set(['other']) })).toBe('RATE_LIMITED 10');
    expect(await repeat(4, () => authenticate(opened))).toEqual([...passing(3), 'RATE_LIMITED 10']);
  });

  describe('an app that signs its calls', () => {
    const openSigning = (rates: object) => {
      const opened = open({ rates, signing: true });
      const call = (asked: object, caller: Caller = anonymous, address?: string) =>
        opened.ask('authenticate', asked, opened.callBy(caller, address));
      const signed = (fields: object = {}) => {
        const asked = { channelId: 'a', ...fields };
        opened.signedCalls.add(asked);
        return call(asked, anonymous, '192.0.2.9');
      };
      const unsigned = (caller?: Caller, address?: string) => call({ channelId: 'a' }, caller, address);
      return { ...opened, signed, unsigned };
    };

    test.each(['app', 'channel', 'address'])(
      'an app that signs has %s tokens that calls without its signature do not take',
      async (of) => {
        const { signed, unsigned } = openSigning({ [of]: slow(2) });
        const strangers = await repeat(3, () => unsigned(anonymous, '192.0.2.9'));
        expect(strangers).toEqual([...passing(2), 'RATE_LIMITED 10']);
        expect(await repeat(2, signed)).toEqual(passing(2));
      },
    );

    test('an app that signs counts as a caller of its own, which no address and no other app is charged for', async () => {
      const { signed, unsigned, ask, callBy } = openSigning({ caller: slow(2), address: slow(1) });
      expect(await repeat(3, signed)).toEqual([...passing(2), 'RATE_LIMITED 10']);
      expect(await unsigned(anonymous, '192.0.2.9')).toBe('done');
      expect(await signed({ appId: 'other' })).toBe('done');
      expect(await ask('authenticate', { channelId: 'a', appId: 'unsigned' }, callBy(merchant))).toBe('done');
    });

    test.each([merchant, { ...merchant, id: 'router' }])(
      'a call by %o without the signature of an app that signs counts as public',
      async (caller) => {
        const { signed, unsigned } = openSigning({ app: slow(2) });
        expect(await repeat(3, () => unsigned(caller))).toEqual([...passing(2), 'RATE_LIMITED 10']);
        expect(await unsigned(anonymous)).toBe('RATE_LIMITED 10');
        expect(await signed()).toBe('done');
      },
    );

    test('an app that signs shares no tokens with callers that have scopes for it', async () => {
      const { signed, ask, callBy } = openSigning({ app: slow(2) });
      const certify = () => ask('identityCertification', {}, callBy({ ...merchant, id: 'router' }));
      expect(await repeat(3, certify)).toEqual([...passing(2), 'RATE_LIMITED 10']);
      expect(await repeat(3, signed)).toEqual([...passing(2), 'RATE_LIMITED 10']);
    });

    test('an app that signs is charged for its own wrong guesses, and for no others', async () => {
      const { admission, signedCalls, callBy, signed, unsigned } = openSigning({ caller: slow(12), address: slow(12) });
      const asked = { channelId: 'a' };
      signedCalls.add(asked);
      const call = callBy(anonymous, '192.0.2.9');
      expect(await admission.admit(rulesFor('authenticate'), asked, call, () => 'done')).toBe('done');
      admission.countGuess(callBy(anonymous, '192.0.2.9'), { channelId: 'a' });
      admission.countGuess(callBy(anonymous, '192.0.2.9'));
      expect(await signed()).toBe('done');
      expect(await unsigned(anonymous, '192.0.2.9')).toMatch('RATE_LIMITED');
      admission.countGuess(call, asked);
      expect(await signed()).toMatch('RATE_LIMITED');
    });

    test('an app signs authenticate alone: calls of other fields by payer pages stay public', async () => {
      const { ask, callBy, signedCalls } = openSigning({ app: slow(1) });
      const asked = { channelId: 'a' };
      signedCalls.add(asked);
      expect(await ask('authenticateAndSet', asked, callBy(anonymous))).toBe('done');
      expect(await ask('authenticateAndSet', { channelId: 'a' }, callBy(anonymous))).toBe('RATE_LIMITED 10');
    });

    test('a signed call runs among trusted calls while payer pages fill the public bulkhead', async () => {
      const one = { running: 1, waiting: 0 };
      const opened = open({ bulkheads: { public: one, trusted: one }, signing: true });
      const end = Promise.withResolvers<string>();
      const busy = opened.ask('authenticate', { channelId: 'a' }, opened.callBy(anonymous), () => end.promise);
      const asked = { channelId: 'a' };
      opened.signedCalls.add(asked);
      expect(await opened.ask('authenticate', asked, opened.callBy(anonymous))).toBe('done');
      end.resolve('done');
      await busy;
    });
  });

  test('payer pages of one app take no tokens of another app on the same channel', async () => {
    const opened = open({ rates: { app: slow(3), channel: slow(2) } });
    expect(await repeat(3, () => set(opened, undefined))).toEqual([...passing(2), 'RATE_LIMITED 10']);
    expect(await repeat(2, () => set(opened, undefined, { channelId: 'a', appId: 'other' }))).toEqual(passing(2));
  });

  test('an app and a channel take more by default than one address may use up', () => {
    const { address, app, channel } = ratesConfig.parse({});
    for (const { perSecond, burst } of [app, channel]) {
      expect(perSecond).toBeGreaterThan(3 * address.perSecond);
      expect(burst).toBeGreaterThan(3 * address.burst);
    }
  });

  test('callers that have only the scopes that the router grants count by address where it is known', async () => {
    const opened = open({ rates: { caller: slow(2), address: slow(1) } });
    const nameless = { ...merchant, id: 'router' };
    expect(await repeat(2, () => authenticate(opened, nameless, {}, '192.0.2.1'))).toEqual(['done', 'RATE_LIMITED 10']);
    expect(await authenticate(opened, nameless, {}, '192.0.2.2')).toBe('done');
    expect(await repeat(3, () => authenticate(opened, nameless, {}))).toEqual([...passing(2), 'RATE_LIMITED 10']);
  });

  test('a call that one bucket refuses takes no token from the others', async () => {
    const opened = open({ rates: { address: slow(1), app: slow(2) } });
    expect(await repeat(5, () => set(opened, '192.0.2.1'))).toEqual(['done', ...Array(4).fill('RATE_LIMITED 10')]);
    expect(await set(opened, '192.0.2.2')).toBe('done');
  });

  test('apps and channels that do not exist have no bucket: the use case answers what is wrong', async () => {
    const opened = open({ rates: { app: slow(1), channel: slow(1) } });
    expect(await repeat(9, () => authenticate(opened, merchant, { channelId: 'nowhere' }))).toEqual(passing(9));
    expect(await repeat(9, () => authenticate(opened, merchant, { channelId: 'a', appId: 'x' }))).toEqual(passing(9));
  });

  test('a call that names neither app nor channel takes no token of an app or channel', async () => {
    const { ask, callBy } = open({ rates: { app: slow(1), channel: slow(1) } });
    expect(await repeat(3, () => ask('authResult', {}, callBy(anonymous)))).toEqual(passing(3));
  });

  test('a wrong guess costs eleven calls', async () => {
    const { admission, ask, callBy } = open({ rates: { address: slow(22) } });
    const call = callBy(anonymous, '192.0.2.1');
    const guess = async () => {
      const answer = await ask('authResult', {}, call);
      if (answer === 'done') admission.countGuess(call);
      return answer;
    };
    expect(await repeat(3, guess)).toEqual(['done', 'done', 'RATE_LIMITED 10']);
  });

  test('guesses of a whole burst at the same time are all charged: the debt is up to ten bursts', async () => {
    const { admission, ask, callBy } = open({ rates: { address: slow(4) } });
    const call = callBy(anonymous, '192.0.2.1');
    expect(await repeat(4, () => ask('authResult', {}, call))).toEqual(passing(4));
    for (let guesses = 0; guesses < 3; guesses += 1) admission.countGuess(call);
    expect(await ask('authResult', {}, call)).toBe('RATE_LIMITED 310');
    for (let guesses = 0; guesses < 3; guesses += 1) admission.countGuess(call);
    // Empty, and ten bursts of 4 tokens below that; a token more admits a call.
    expect(await ask('authResult', {}, call)).toBe('RATE_LIMITED 410');
  });
});

describe('how many at the same time', () => {
  const pools = [
    ['public', 'authenticateAndSet', anonymous],
    ['public', 'authenticate', anonymous],
    ['public', 'startAuthentication', merchant],
    ['public', 'reportAuthenticationStep', merchant],
    ['trusted', 'authenticate', merchant],
    ['trusted', 'identityCertification', merchant],
    ['trusted', 'jobworthAuthentication', merchant],
    ['polls', 'authResult', anonymous],
    ['polls', 'cancelAuthentication', anonymous],
  ] as const;

  /** Work that ends when the test says so. */
  const createWork = () => {
    const ends: (() => void)[] = [];
    const work = () => new Promise<string>((resolve) => ends.push(() => resolve('done')));
    return { work, ends };
  };

  test.each(pools)(
    '%s, %s: as many run as may, and as many wait; one more is OVERLOADED',
    async (pool, field, caller) => {
      const { ask, callBy } = open({ bulkheads: { [pool]: { running: 3, waiting: 2 } } });
      const { work, ends } = createWork();
      const inside = Array.from({ length: 5 }, () => ask(field, { channelId: 'a' }, callBy(caller), work));
      expect(await ask(field, { channelId: 'a' }, callBy(caller), work)).toBe('OVERLOADED 1');
      await vi.waitFor(() => expect(ends).toHaveLength(3));
      for (const end of ends) end();
      await vi.waitFor(() => expect(ends).toHaveLength(5));
      for (const end of ends) end();
      expect(await Promise.all(inside)).toEqual(passing(5));
      expect(await ask(field, { channelId: 'a' }, callBy(caller))).toBe('done');
    },
  );

  test('a full public bulkhead delays no trusted calls and polls, and the other way round', async () => {
    const one = { running: 1, waiting: 0 };
    const { ask, callBy } = open({ bulkheads: { public: one, trusted: one, polls: one } });
    const { work, ends } = createWork();
    const set = () => ask('authenticateAndSet', {}, callBy(anonymous), work);
    const authenticate = () => ask('authenticate', {}, callBy(merchant), work);
    const poll = () => ask('authResult', {}, callBy(anonymous), work);
    const inside = [set(), authenticate(), poll()];
    expect(await Promise.all([set(), authenticate(), poll()])).toEqual(Array(3).fill('OVERLOADED 1'));
    for (const end of ends) end();
    expect(await Promise.all(inside)).toEqual(passing(3));
  });

  test('readers with the scope are never refused by a bulkhead', async () => {
    const one = { running: 1, waiting: 0 };
    const { ask, callBy } = open({ bulkheads: { public: one, trusted: one, polls: one } });
    const { work, ends } = createWork();
    const readers = Array.from({ length: 100 }, () => ask('authResult', {}, callBy(merchant), work));
    await vi.waitFor(() => expect(ends).toHaveLength(100));
    for (const end of ends) end();
    expect(await Promise.all(readers)).toEqual(passing(100));
  });

  test('calls for one app take no places of another app', async () => {
    const one = { running: 1, waiting: 0 };
    const { ask, callBy } = open({ bulkheads: { public: one, trusted: one } });
    const { work, ends } = createWork();
    const set = (appId: string) => ask('authenticateAndSet', { channelId: 'a', appId }, callBy(anonymous), work);
    const authenticate = (appId: string) => ask('authenticate', { channelId: 'a', appId }, callBy(merchant), work);
    const inside = [set('shop'), authenticate('shop'), set('other'), authenticate('other')];
    expect(ends).toHaveLength(4);
    expect(await Promise.all([set('shop'), authenticate('shop')])).toEqual(Array(2).fill('OVERLOADED 1'));
    for (const end of ends) end();
    expect(await Promise.all(inside)).toEqual(passing(4));
  });

  describe('from one address', () => {
    const near = ['2001:db8:1:2::1', '2001:db8:1:2::2'];
    const openSharing = () => {
      const opened = open({ bulkheads: { public: { running: 2, waiting: 3 }, polls: { running: 4, waiting: 0 } } });
      const { work, ends } = createWork();
      const ask = (field: 'authenticateAndSet' | 'authResult', address?: string, caller: Caller = anonymous) =>
        opened.ask(field, field === 'authResult' ? {} : { channelId: 'a' }, opened.callBy(caller, address), work);
      return { ask, ends };
    };

    test.each([
      ['authenticateAndSet', 3],
      ['authResult', 2],
    ] as const)(
      'one address of %s takes half of the places at most, running and waiting, and again when they are free',
      async (field, half) => {
        const { ask, ends } = openSharing();
        const inside = Array.from({ length: half }, (_, index) => ask(field, near[index % 2]));
        expect(await ask(field, near[0])).toBe('OVERLOADED 1');
        inside.push(ask(field, '192.0.2.1'), ask(field));
        await vi.waitFor(() => {
          for (const end of ends) end();
          expect(ends.length).toBeGreaterThanOrEqual(half + 2);
        });
        expect(await Promise.all(inside)).toEqual(passing(half + 2));
        const again = Array.from({ length: half }, () => ask(field, near[1]));
        expect(await ask(field, near[0])).toBe('OVERLOADED 1');
        await vi.waitFor(() => {
          for (const end of ends) end();
          expect(ends.length).toBeGreaterThanOrEqual(2 * half + 2);
        });
        expect(await Promise.all(again)).toEqual(passing(half));
      },
    );

    test('callers with a name may take every place from one address', async () => {
      const { ask, ends } = openSharing();
      const reader: Caller = { id: 'reader', scopes: new Set() };
      const inside = Array.from({ length: 4 }, () => ask('authResult', '192.0.2.1', reader));
      await vi.waitFor(() => expect(ends).toHaveLength(4));
      for (const end of ends) end();
      expect(await Promise.all(inside)).toEqual(passing(4));
    });
  });

  test('work whose client has gone before it has a place does not run', async () => {
    const { ask, callBy } = open({ bulkheads: { public: { running: 1, waiting: 1 } } });
    const { work, ends } = createWork();
    const first = ask('authenticateAndSet', {}, callBy(anonymous), work);
    const gone = new AbortController();
    const second = ask('authenticateAndSet', {}, callBy(anonymous, undefined, gone.signal), work);
    gone.abort();
    for (const end of ends) end();
    expect(await Promise.all([first, second])).toEqual(['done', 'OVERLOADED 1']);
    expect(ends).toHaveLength(1);
  });

  test('an error of the work is thrown unchanged', async () => {
    const { admission, callBy } = open({ bulkheads: { trusted: {} } });
    // Work may have a bulkhead of its own, whose refusal is not ours.
    for (const error of [new Error('as it is'), new TaskCancelledError('as it is'), new BulkheadRejectedError(1, 1)]) {
      const failed = admission.admit(rulesFor('authenticate'), {}, callBy(merchant), async () => {
        throw error;
      });
      await expect(failed).rejects.toBe(error);
    }
  });
});
