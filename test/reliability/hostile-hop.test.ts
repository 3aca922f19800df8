/**
 * P12: a hop before the upstream that answers early, late, twice, in pieces and for other payers: each payer gets the
 * own identity or none. The replies are signed and valid, but no protocol names the request that a reply answers.
 * HOSTILE_RUNS sets the length.
 */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { daxpay } from '../../src/channels/daxpay/daxpay.ts';
import { wechat } from '../../src/channels/wechat/wechat.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { startWechat } from '../../src/emulators/wechat.ts';
import { openSource, soon } from '../support/services/sources.ts';
import { startHostileHop, type Trick } from '../support/upstreams/hostile-hop.ts';

const RUNS = Number(process.env.HOSTILE_RUNS ?? 12);

const afterMs = fc.constantFrom(0, 0, 1, 5, 10, 30);
const trick: fc.Arbitrary<Trick> = fc.oneof(
  fc.constant<Trick>({ kind: 'honest' }),
  fc.record({ kind: fc.constant('late' as const), afterMs }),
  fc.record({ kind: fc.constant('split' as const), pieces: fc.integer({ min: 2, max: 40 }) }),
  fc.record({ kind: fc.constant('early' as const), afterMs }),
  fc.record({ kind: fc.constant('twice' as const), afterMs }),
  fc.record({ kind: fc.constant('surplus' as const), afterMs }),
  fc.record({ kind: fc.constant('pipelined' as const), first: fc.constantFrom('other' as const, 'own' as const) }),
);

const upstreams = {
  daxpay: {
    start: () => startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] }),
    open: (baseUrl: string) => openSource(daxpay, { baseUrl, appId: 'demo', secret: '123456' }),
    idOf: (payer: string) => idsOf(payer).openid,
  },
  wechat: {
    start: () => startWechat({ apps: [{ appId: 'wx1', secret: 's' }] }),
    open: (apiUrl: string) => openSource(wechat, { apiUrl, appId: 'wx1', appSecret: 's' }),
    idOf: (payer: string) => idsOf(payer).openid,
  },
};

test.each(Object.entries(upstreams))(
  'P12: a hop that reorders, repeats and splits replies of %s gives no payer the identity of another',
  async (name, { start, open, idOf }) => {
    const emulator = await start();
    onTestFinished(() => emulator.close());
    const counts: Record<string, number> = { right: 0, wrong: 0 };
    let payer = 0;

    const property = fc.asyncProperty(fc.array(trick, { minLength: 20, maxLength: 40 }), async (tricks) => {
      const next = [...tricks];
      const hop = await startHostileHop(emulator.origin, () => next.shift() ?? { kind: 'honest' });
      const { source, disconnect } = open(hop.origin);
      const redeem = async () => {
        const name = `payer${++payer}`;
        try {
          const { subject } = await source.redeem(`test_ok_${name}`, { channelId: 'wechat_pay' }, soon());
          const right = subject.openId === idOf(name);
          counts[right ? 'right' : 'wrong'] = (counts[right ? 'right' : 'wrong'] ?? 0) + 1;
          return right;
        } catch (error) {
          const reason = String((error as { reason?: string }).reason ?? (error as Error).name);
          counts[reason] = (counts[reason] ?? 0) + 1;
          return true;
        }
      };
      // First one after the other, so that there are replies to repeat, then many at once.
      const results = [await redeem(), await redeem(), ...(await Promise.all(tricks.map(redeem)))];
      await disconnect();
      await hop.close();
      expect(results).not.toContain(false);
    });
    await fc.assert(property, { numRuns: RUNS });
    console.log(`${name} behind a hostile hop: ${payer} payers: ${JSON.stringify(counts)}`);
    expect(counts.wrong).toBe(0);
    expect(counts.right).toBeGreaterThan(payer / 4);
  },
  60_000 + RUNS * 2_000,
);
