/**
 * P1, P4: codes that are each redeemed ten times at once: the upstream receives each once, and the ten answers are equal.
 * DUPLICATE_CODES=<number> makes the run longer.
 */
import { expect, onTestFinished, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { AUTHENTICATE, startService } from '../support/services/service.ts';

const CODES = Number(process.env.DUPLICATE_CODES ?? 300);
const DUPLICATES = 10;
const IN_FLIGHT = 160;

const percentile = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);

test('P1, P4: ten calls at once for each code make one request and ten equal answers', {
  timeout: 90_000,
}, async () => {
  const service = await startService();
  onTestFinished(() => service.close());
  const payers = Array.from({ length: CODES }, (_, index) => `payer-${index}`);
  // Duplicates follow each other closely, so that most of them meet the first call while it is in flight.
  const waiting = payers.flatMap((payer) => Array.from({ length: DUPLICATES }, () => payer)).reverse();
  const answers = new Map<string, string[]>(payers.map((payer) => [payer, []]));
  const latenciesMs: number[] = [];

  const worker = async () => {
    for (let payer = waiting.pop(); payer !== undefined; payer = waiting.pop()) {
      const askedAt = performance.now();
      const input = { channelId: 'wechat_pay', authCode: `test_ok_${payer}` };
      const response = await fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: AUTHENTICATE, variables: { input } }),
      });
      answers.get(payer)?.push(`${response.status} ${await response.text()}`);
      latenciesMs.push(performance.now() - askedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const seconds = (performance.now() - startedAt) / 1_000;

  const sentCodes = service.upstream.ledger.map(({ body }) => JSON.parse(body).authCode as string);
  latenciesMs.sort((left, right) => left - right);
  console.log(
    `duplicates: ${CODES} codes x ${DUPLICATES}, ${IN_FLIGHT} in flight: ${sentCodes.length} upstream requests ` +
      `for ${new Set(sentCodes).size} codes, ${[...answers.values()].flat().length} answers in ${seconds.toFixed(1)} s ` +
      `(${Math.round((CODES * DUPLICATES) / seconds)}/s, p50 ${percentile(latenciesMs, 0.5)} ms, ` +
      `p99 ${percentile(latenciesMs, 0.99)} ms)`,
  );
  expect(sentCodes).toHaveLength(CODES);
  expect(new Set(sentCodes)).toEqual(new Set(payers.map((payer) => `test_ok_${payer}`)));
  const inconsistent = payers.filter((payer) => new Set(answers.get(payer)).size !== 1);
  expect(inconsistent).toEqual([]);
  const wrong = payers.filter((payer) => {
    const bodies = answers.get(payer) ?? [];
    const openId = JSON.stringify(idsOf(payer).openid);
    return bodies.length !== DUPLICATES || !bodies[0]?.startsWith('200 ') || !bodies[0].includes(`"openId":${openId}`);
  });
  expect(wrong).toEqual([]);
  const unauthenticated = payers.filter(
    (payer) => !answers.get(payer)?.[0]?.includes('"__typename":"PayerAuthenticated"'),
  );
  expect(unauthenticated).toEqual([]);
  const ids = payers.map((payer) => /"id":"(pid_[^"]+)"/.exec(answers.get(payer)?.[0] ?? '')?.[1]);
  expect(new Set(ids).size).toBe(CODES);
  expect(seconds).toBeLessThan(60);
});
