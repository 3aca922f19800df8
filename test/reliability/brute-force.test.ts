/**
 * Guesses of query codes and payer ids find none, however many a request holds, and clients that poll meanwhile are
 * hardly slowed down. `BRUTE_GUESSES=1000000 BRUTE_P99_RATIO=1.5 vitest run test/reliability/brute-force.test.ts` is the full run.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from '../support/services/service.ts';
import { startProcess } from '../support/services/started-process.ts';
import { audience, startIssuer } from '../support/signers/issuer.ts';
import type { Attackers, Order, Tally } from './brute-attacker.ts';
import { connect, tellsOfAPayer, type Vector } from './brute-guesses.ts';

const GUESSES = Number(process.env.BRUTE_GUESSES ?? 30_000);
/** Wide, since other tests run at the same time; on an idle machine 1.5 is promised. */
const MAX_RATIO = Number(process.env.BRUTE_P99_RATIO ?? 5);
/** Of calm and of attack, in turns: what else the machine does meets both alike. */
const TURN_MS = 1_000;
/** Turns of calm and attack before anything is measured, so that the shared code is compiled. */
const WARM_UP_ROUNDS = 2;
const POLLERS = 4;
const ATTACKER_PAUSE_MS = 30;
/** The share of all guesses; one guess for each request takes the longest. */
const shares: Record<Vector, number> = {
  alias: 0.15,
  fragment: 0.15,
  batch: 0.4,
  entities: 0.288,
  page: 0.01,
  plain: 0.002,
};
/** Guesses at the end, without pauses, each alone and, twice as many, ten in a request: more than a caller's burst. */
const RUSH = 1_000;
const router = { 'router-authorization': 'the secret that the router of the brute force test sends' };

const start = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-brute-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = await startDaxpay({ apps: [{ appId: 'M1', secret: 'upstream-secret' }] });
  onTestFinished(() => upstream.close());
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  const channels = { ali_pay: 'upstream' };
  const { url, metricsUrl = '' } = await startProcess(folder, 'service', {
    defaultApp: 'shop',
    apps: ['shop', 'other'].map((id) => ({ id, channels })),
    sources: { upstream: { type: 'daxpay', baseUrl: upstream.origin, appId: 'M1', secret: 'upstream-secret' } },
    router: { secrets: [router['router-authorization']] },
    callers: {
      jwt: { issuer: issuer.issuer, audience, algorithms: ['ES256'], jwks: issuer.jwks(), appsClaim: 'apps' },
    },
    keys: generateVaultKeys(),
    // Rows are readable until the end of the full run.
    times: { resultTtlMs: 3_600_000 },
    http: { clientAddressHeader: 'x-forwarded-for' },
    metrics: { port: 0 },
  });
  const tokenOf = async (sub: string, app: string) => {
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    return { ...router, authorization: `Bearer ${await issuer.sign({ sub, scope: 'payer:read', apps: [app], exp })}` };
  };
  /** How often a resolver of a field has run. */
  const resolved = async (field: string): Promise<number> => {
    const text = await (await fetch(metricsUrl)).text();
    const counts = text.matchAll(
      new RegExp(`^payer_identity_operation_seconds_count{field="${field}".* (\\d+)$`, 'gm'),
    );
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  return { url, tokenOf, resolved };
};

const p99 = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length * 0.99)] ?? Number.NaN;

/** Starts the attackers' thread. */
const hire = (attackers: Attackers) => {
  const worker = new Worker(new URL('./brute-attacker.ts', import.meta.url), { workerData: attackers });
  onTestFinished(async () => void (await worker.terminate()));
  return async (order: Order): Promise<Tally> => {
    worker.postMessage(order);
    const [tally] = await once(worker, 'message');
    return tally;
  };
};

test(`${GUESSES} guesses find nothing, none is admitted beyond the charged rate, and real pollers are served`, {
  timeout: 90_000 + GUESSES,
}, async () => {
  const { url, tokenOf, resolved } = await start();
  const input = { channelId: 'ali_pay', authCode: 'test_ok_alice' };
  const stored = await connect(url, router)({ query: AUTHENTICATE_AND_SET, variables: { input } });
  const { queryCode } = JSON.parse(stored.text).data.authenticateAndSet;
  const pollers = await Promise.all(
    Array.from({ length: POLLERS }, async (_, index) => connect(url, await tokenOf(`shop-${index}`, 'shop'))),
  );
  const read = { query: AUTH_RESULT, variables: { queryCode } };
  const first = await pollers[0]?.(read);
  // The search for hits finds one.
  expect(tellsOfAPayer(first?.text ?? '')).toBe(true);
  const { id } = JSON.parse(first?.text ?? '').data.authResult.identity;
  let polls = 1;

  // An anonymous caller, and a caller of the app with payer:read, each from one address.
  const headers = [{ ...router, 'x-forwarded-for': '192.0.2.1' }, await tokenOf('mallory', 'shop')];
  const attack = hire({ url, headers, known: { queryCode, id } });

  const poll = async (goOn: () => boolean, latenciesMs: number[]) => {
    const one = async (poller: (typeof pollers)[number]) => {
      while (goOn()) {
        const askedAt = performance.now();
        const { text } = await poller(read);
        latenciesMs.push(performance.now() - askedAt);
        polls += 1;
        expect(text).toContain('"PayerAuthSucceeded"');
        await delay(10);
      }
    };
    await Promise.all(pollers.map(one));
  };
  const within = (ms: number) => {
    const until = performance.now() + ms;
    return () => performance.now() < until;
  };

  const [calm, attacked]: [number[], number[]] = [[], []];
  let guesses: Order['guesses'] = Object.fromEntries(
    Object.entries(shares).map(([name, share]) => [name, Math.round(GUESSES * share)]),
  );
  let tally: Tally;
  const attackedFrom = performance.now();
  let round = 0;
  do {
    const counts = round >= WARM_UP_ROUNDS;
    await poll(within(TURN_MS), counts ? calm : []);
    const order = { guesses, forMs: TURN_MS, pauseMs: ATTACKER_PAUSE_MS };
    [tally] = await Promise.all([attack(order), poll(within(TURN_MS), counts ? attacked : [])]);
    guesses = {};
    round += 1;
  } while (tally.left > 0);
  tally = await attack({ guesses: { plain: RUSH, page: 2 * RUSH }, forMs: 60_000, pauseMs: 0 });

  const blocked = GUESSES * (shares.alias + shares.fragment + shares.batch);
  const slipped =
    (await resolved('authResult')) -
    polls -
    tally.answered.authResult -
    tally.admittedOnPages +
    ((await resolved('payerIdentity')) - tally.answered.payerIdentity);
  /** Two callers: what their buckets held and what has flowed in since, at eleven calls a guess, and one page each. */
  const charged = (2 * (1_000 + (200 * (performance.now() - attackedFrom)) / 1_000)) / 11 + 2 * 10;
  const ratio = p99(attacked) / p99(calm);
  console.log(
    `brute force: ${tally.guesses} guesses in ${tally.requests} requests, ${tally.hits} hits; ` +
      `of ${blocked} by alias, fragment and batch ${slipped} reached a resolver; ` +
      `${tally.answered.authResult + tally.admittedOnPages} of query codes were admitted, at most ${charged.toFixed(0)} are charged for; ` +
      `${JSON.stringify(Object.fromEntries(Object.entries(tally.statuses).sort()))}; ` +
      `pollers' p99 ${p99(calm).toFixed(1)} ms without (${calm.length}), ${p99(attacked).toFixed(1)} ms with ` +
      `(${attacked.length}), ratio ${ratio.toFixed(2)}`,
  );
  expect(tally.guesses).toBeGreaterThanOrEqual(GUESSES + 3 * RUSH);
  expect(tally.hits).toBe(0);
  expect(slipped).toBeLessThanOrEqual(blocked * 0.001);
  expect(Object.keys(tally.statuses).filter((outcome) => / 5\d\d$/.test(outcome))).toEqual([]);
  // The rate of one caller is limited, from all addresses together.
  expect(tally.statuses['plain throttled'] ?? 0).toBeGreaterThan(0);
  expect(tally.statuses['page throttled'] ?? 0).toBeGreaterThan(0);
  expect(tally.answered.authResult + tally.admittedOnPages).toBeLessThanOrEqual(charged);
  expect(ratio).toBeLessThanOrEqual(MAX_RATIO);
});
