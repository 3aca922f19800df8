/** Codes that are each redeemed ten times at once; every fourth of them as the second chance of its query code. */
import { expect } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';

const DUPLICATES = 10;
const IN_FLIGHT = 160;
const SECOND_CHANCE_EVERY = 4;

/** The input of `authenticate`. */
interface Input {
  readonly channelId: string;
  readonly authCode: string;
  readonly queryCode?: string;
}

interface Expected {
  readonly input: Input;
  /** What each of the ten equal answers holds. */
  readonly holds: readonly string[];
}

const percentile = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);

/** The codes that fail come first: the good codes of their query codes are sent when all of them are answered. */
const passes = (codes: number, failure: string): readonly (readonly Expected[])[] => {
  const channelId = 'wechat_pay';
  const good = Array.from({ length: codes }, (_, index): Expected => {
    const payer = `payer-${index}`;
    const queryCode = index % SECOND_CHANCE_EVERY === 0 && { queryCode: `query-code-of-${payer}` };
    return {
      input: { channelId, authCode: `test_ok_${payer}`, ...queryCode },
      holds: ['"__typename":"PayerAuthenticated"', `"openId":${JSON.stringify(idsOf(payer).openid)}`],
    };
  });
  const failing = good.flatMap(({ input: { queryCode } }, index): Expected[] =>
    queryCode
      ? [{ input: { channelId, authCode: `test_invalid_${index}`, queryCode }, holds: [`"code":"${failure}"`] }]
      : [],
  );
  return [failing, good];
};

/**
 * Makes the calls, and expects that each code got ten equal and right answers. `failure` is what the first code of a second
 * chance ends with.
 */
export const redeemTenTimes = async (
  codes: number,
  failure: string,
  ask: (input: Input) => Promise<string | undefined>,
) => {
  const answers = new Map<string, (string | undefined)[]>();
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const both = passes(codes, failure);
  for (const pass of both) {
    // Duplicates follow each other closely, so that most of them meet the first call while it is in flight.
    const waiting = pass.flatMap(({ input }) => Array.from({ length: DUPLICATES }, () => input)).reverse();
    const worker = async () => {
      for (let input = waiting.pop(); input; input = waiting.pop()) {
        const askedAt = performance.now();
        const answer = await ask(input);
        answers.set(input.authCode, [...(answers.get(input.authCode) ?? []), answer]);
        latenciesMs.push(performance.now() - askedAt);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const wrong = both.flat().flatMap(({ input: { authCode }, holds }) => {
    const bodies = answers.get(authCode) ?? [];
    const right = bodies.length === DUPLICATES && new Set(bodies).size === 1;
    return right && holds.every((text) => bodies[0]?.includes(text))
      ? []
      : [{ authCode, bodies: [...new Set(bodies)] }];
  });
  expect(wrong).toEqual([]);
  const ids = both[1]?.map(({ input }) => /"id":"(pid_[^"]+)"/.exec(answers.get(input.authCode)?.[0] ?? '')?.[1]);
  expect(new Set(ids).size).toBe(codes);
  latenciesMs.sort((left, right) => left - right);
  return {
    seconds,
    authCodes: both.flat().map(({ input }) => input.authCode),
    failed: both[0]?.length ?? 0,
    summary:
      `${codes} codes x ${DUPLICATES}, ${both[0]?.length} of them second chances, ${IN_FLIGHT} in flight, ` +
      `${latenciesMs.length} answers in ${seconds.toFixed(1)} s (${Math.round(latenciesMs.length / seconds)}/s, ` +
      `p50 ${percentile(latenciesMs, 0.5)} ms, p99 ${percentile(latenciesMs, 0.99)} ms)`,
  };
};
