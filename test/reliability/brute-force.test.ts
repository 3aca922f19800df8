/**
 * Whoever guesses query codes and ids of payers finds none, however many a request holds, and whoever reads by them
 * meanwhile hardly notices. `BRUTE_GUESSES=1000000 BRUTE_P99_RATIO=1.5 vitest run test/reliability/brute-force.test.ts` is the full run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { audience, startIssuer } from '../support/issuer.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from '../support/service.ts';
import { startProcess } from '../support/started-process.ts';
import { payerIds, queryCodes, tellsOfAPayer, vectors } from './brute-guesses.ts';

const GUESSES = Number(process.env.BRUTE_GUESSES ?? 30_000);
/** Beside other tests everything takes longer by turns; on a machine of its own 1.5 is what is promised. */
const MAX_RATIO = Number(process.env.BRUTE_P99_RATIO ?? 5);
const CALM_MS = 500;
const ATTACK_MS = 2_000;
const POLLERS = 4;
const ATTACKER_PAUSE_MS = 30;
const routerSecret = 'the secret that the router of the brute force test sends';
/** Of all guesses; what asks for one at a time would take the longest. */
const shares = { alias: 0.15, fragment: 0.15, batch: 0.4, entities: 0.298, plain: 0.002 } as const;
/** Plain guesses at the end, as fast as they go: more than a caller may make at once. */
const RUSH = 1_000;
type Vector = keyof typeof vectors;
const names = Object.keys(shares) as Vector[];

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
    router: { secrets: [routerSecret] },
    callers: {
      jwt: { issuer: issuer.issuer, audience, algorithms: ['ES256'], jwks: issuer.jwks(), appsClaim: 'apps' },
    },
    keys: generateVaultKeys(),
    // What is known stays known to the end of the full run.
    times: { resultTtlMs: 3_600_000 },
    http: { clientAddressHeader: 'x-forwarded-for' },
    metrics: { port: 0 },
  });
  const tokenOf = async (sub: string, app: string) => {
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    return { authorization: `Bearer ${await issuer.sign({ sub, scope: 'payer:read', apps: [app], exp })}` };
  };
  /** Connections of one client's own. */
  const connect = (headers: Record<string, string>) => {
    const dispatcher = new Agent({ connections: 1, keepAliveTimeout: 15_000 });
    onTestFinished(() => dispatcher.close());
    const all = { 'content-type': 'application/json', 'router-authorization': routerSecret, ...headers };
    return async (body: unknown) => {
      const options = { method: 'POST', headers: all, body: JSON.stringify(body), dispatcher } as const;
      const reply = await request(`${url}/graphql`, options);
      return { status: reply.statusCode, text: await reply.body.text() };
    };
  };
  /** How often a resolver of a field has run. */
  const resolved = async (field: string): Promise<number> => {
    const text = await (await fetch(metricsUrl)).text();
    const counts = text.matchAll(
      new RegExp(`^payer_identity_operation_seconds_count{field="${field}".* (\\d+)$`, 'gm'),
    );
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  return { connect, tokenOf, resolved };
};

const p99 = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length * 0.99)] ?? Number.NaN;

test(`${GUESSES} guesses find nothing, only single ones reach a resolver, and real pollers are served`, {
  timeout: 60_000 + GUESSES,
}, async () => {
  const { connect, tokenOf, resolved } = await start();
  const page = connect({});
  const input = { channel: 'ali_pay', authCode: 'test_ok_alice' };
  const kept = JSON.parse((await page({ query: AUTHENTICATE_AND_SET, variables: { input } })).text);
  const { queryCode } = kept.data.authenticateAndSet;
  const pollers = await Promise.all(
    Array.from({ length: POLLERS }, async (_, index) => connect(await tokenOf(`shop-${index}`, 'shop'))),
  );
  const read = { query: AUTH_RESULT, variables: { queryCode } };
  const first = await pollers[0]?.(read);
  // What looks for hits would see one.
  expect(tellsOfAPayer(first?.text ?? '')).toBe(true);
  const { id } = JSON.parse(first?.text ?? '').data.authResult.identity;
  let polls = 1;

  const targets = [queryCodes(queryCode), payerIds(id)] as const;
  // Nobody in particular, and a caller of the app's own who may read what it knows: both from one address each.
  const attackers = [connect({ 'x-forwarded-for': '192.0.2.1' }), connect(await tokenOf('mallory', 'shop'))];
  const left = Object.fromEntries(names.map((name) => [name, Math.round(GUESSES * shares[name])]));
  const made = { hits: 0, guesses: 0, requests: 0 };
  /** Plain guesses that were answered, by field: what the resolvers may have seen of this. */
  const answered = { authResult: 0, payerIdentity: 0 };
  const refusals = new Map<string, number>();
  const isLeft = () => names.some((name) => (left[name] ?? 0) > 0);

  const attack = async (attacker: (typeof attackers)[number], goOn: () => boolean, pauseMs: number) => {
    for (let turn = 0; goOn() && isLeft(); turn += 1) {
      const open = names.filter((name) => (left[name] ?? 0) > 0);
      const name = open[turn % open.length] ?? 'plain';
      const target = targets[made.requests % 2] ?? targets[0];
      const { guesses, body } = vectors[name](target);
      left[name] = (left[name] ?? 0) - guesses;
      made.guesses += guesses;
      made.requests += 1;
      const { status, text } = await attacker(body);
      if (tellsOfAPayer(text)) made.hits += 1;
      if (name === 'plain' && status === 200) answered[target.field] += 1;
      const outcome = `${name} ${status}`;
      refusals.set(outcome, (refusals.get(outcome) ?? 0) + 1);
      if (pauseMs > 0) await delay(pauseMs);
    }
  };
  const poll = async (goOn: () => boolean, latenciesMs: number[]) => {
    const one = async (poller: (typeof pollers)[number]) => {
      while (goOn()) {
        const askedAt = performance.now();
        const { text } = await poller(read);
        latenciesMs.push(performance.now() - askedAt);
        polls += 1;
        expect(text).toContain('"SUCCESS"');
        await delay(10);
      }
    };
    await Promise.all(pollers.map(one));
  };

  const [calm, attacked]: [number[], number[]] = [[], []];
  const within = (ms: number) => {
    const until = performance.now() + ms;
    return () => performance.now() < until;
  };
  await poll(within(CALM_MS), []);
  while (isLeft()) {
    await poll(within(CALM_MS), calm);
    const goOn = within(ATTACK_MS);
    await Promise.all([
      poll(goOn, attacked),
      ...attackers.map((attacker) => attack(attacker, goOn, ATTACKER_PAUSE_MS)),
    ]);
  }
  left.plain = RUSH;
  await Promise.all(attackers.map((attacker) => attack(attacker, () => true, 0)));

  const blocked = GUESSES * (shares.alias + shares.fragment + shares.batch);
  const slipped =
    (await resolved('authResult')) -
    polls -
    answered.authResult +
    ((await resolved('payerIdentity')) - answered.payerIdentity);
  const ratio = p99(attacked) / p99(calm);
  console.log(
    `brute force: ${made.guesses} guesses in ${made.requests} requests, ${made.hits} hits; ` +
      `of ${blocked} by alias, fragment and batch ${slipped} reached a resolver; ` +
      `${JSON.stringify(Object.fromEntries([...refusals].sort()))}; ` +
      `pollers' p99 ${p99(calm).toFixed(1)} ms without (${calm.length}), ${p99(attacked).toFixed(1)} ms with ` +
      `(${attacked.length}), ratio ${ratio.toFixed(2)}`,
  );
  expect(made.guesses).toBeGreaterThanOrEqual(GUESSES + RUSH);
  expect(made.hits).toBe(0);
  expect(slipped).toBeLessThanOrEqual(blocked * 0.001);
  expect([...refusals.keys()].filter((outcome) => / 5\d\d$/.test(outcome))).toEqual([]);
  // One caller's guesses are not many a second, wherever it asks from.
  expect(refusals.get('plain 429') ?? 0).toBeGreaterThan(0);
  expect(ratio).toBeLessThanOrEqual(MAX_RATIO);
});
