/**
 * P1, P4: codes that are each redeemed ten times at once, every fourth as a second chance: the upstream receives each once,
 * and the ten answers are equal. DUPLICATE_CODES=<number> makes the run longer.
 */
import { expect, onTestFinished, test } from 'vitest';
import { AUTHENTICATE, startService } from '../support/services/service.ts';
import { redeemTenTimes } from './duplicate-calls.ts';

const CODES = Number(process.env.DUPLICATE_CODES ?? 300);

test('P1, P4: ten calls at once for each code make one request and ten equal answers', {
  timeout: 90_000,
}, async () => {
  const service = await startService({ daxpay: { profile: 'ga' }, source: { profile: 'ga', mchNo: 'M1' } });
  onTestFinished(() => service.close());
  const { seconds, authCodes, summary } = await redeemTenTimes(CODES, 'AUTH_CODE_INVALID', async (input) => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: AUTHENTICATE, variables: { input } }),
    });
    return `${response.status} ${await response.text()}`;
  });
  const sentCodes = service.upstream.ledger.map(({ body }) => JSON.parse(body).authCode as string);
  console.log(`duplicates: ${summary}: ${sentCodes.length} upstream requests for ${new Set(sentCodes).size} codes`);
  expect(sentCodes.sort()).toEqual(authCodes.toSorted());
  expect(seconds).toBeLessThan(60);
});
