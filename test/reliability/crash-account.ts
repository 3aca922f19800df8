/** The promises P1 to P3 after the last death, counted in the upstream's ledger and in the database. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
import type { Load } from './crash-load.ts';
import type { CrashService } from './crash-service.ts';

type States = Readonly<Record<string, number>>;

/** By the default leases and sweeps, everything that was under way at a death has ended by then. */
const TERMINAL_WITHIN_MS = 20_000;

/** What the account reads from the database. */
export interface Books {
  readonly states: () => Promise<States>;
  /** Redemptions that had begun at that instant and are under way. */
  readonly open: (begunUntil: number) => Promise<number>;
}

/** The books of either engine. */
export const openBooks = (query: (sql: string) => Promise<Record<string, unknown>[]>): Books => ({
  async states() {
    const rows = await query('SELECT state, count(*) AS count FROM redemptions GROUP BY state');
    return Object.fromEntries(rows.map(({ state, count }) => [String(state), Number(count)]));
  },
  async open(begunUntil) {
    const open = "SELECT count(*) AS count FROM redemptions WHERE state IN ('CLAIMED', 'SENT') AND created_at <= ";
    return Number((await query(open + begunUntil))[0]?.count);
  },
});

/** Milliseconds from the last death until nothing is under way that had begun before it. */
export const untilTerminal = async ({ open }: Books, lastDeathAt: number): Promise<number> => {
  while ((await open(lastDeathAt)) > 0 && Date.now() - lastDeathAt < 3 * TERMINAL_WITHIN_MS) await delay(200);
  return Date.now() - lastDeathAt;
};

interface Remains {
  readonly load: Load;
  readonly services: readonly CrashService[];
  readonly upstream: Emulator;
  readonly books: Books;
  readonly terminalAfterMs: number;
}

/** Compares the promises with the counts, and prints these. */
export const account = async ({ load, services, upstream, books, terminalAfterMs }: Remains): Promise<void> => {
  const lost: string[] = [];
  const wrong: string[] = [];
  const toAsk = [...load.acknowledged];
  const askAgain = async () => {
    for (let entry = toAsk.pop(); entry !== undefined; entry = toAsk.pop()) {
      const [authCode, text] = entry;
      const service = services[toAsk.length % services.length] as CrashService;
      const again = await service.ask(AUTHENTICATE, { input: { channelId: 'wechat_pay', authCode } });
      if (again !== text) lost.push(`${authCode}: ${again}, and not ${text}`);
      if (!text.includes(JSON.stringify(idsOf(authCode.replace('test_ok_', '')).openid))) wrong.push(authCode);
    }
  };
  await Promise.all(Array.from({ length: 16 }, askAgain));
  const { chances } = load;
  const lostChances = await chances.lost();
  const sent = upstream.ledger.map(({ body }) => JSON.parse(body).authCode as string);
  const seen = new Set<string>();
  const twice = sent.filter((authCode) => seen.size === seen.add(authCode).size);
  const sentAfterAll = [...load.givenUp].filter((authCode) => seen.has(authCode));
  const ended = await books.states();
  const { SUCCEEDED = 0, INDETERMINATE = 0, REJECTED = 0, ...others } = ended;
  const failures = Object.entries(Object.groupBy(load.calls, ({ code }) => code)).filter(([code]) => code);
  console.log(
    `${load.drawn()} codes, ${load.calls.length} calls, ${load.count('cut off')} cut off; ` +
      `${load.acknowledged.size} acknowledged, ${lost.length} lost, ${load.unknown.size} unknown, ` +
      `${load.leftBehind.size} left behind, ${load.givenUp.size} given up unsent; ${sent.length} sends, ` +
      `${twice.length} double, ${sentAfterAll.length} sent after all; states ${JSON.stringify(ended)}, ` +
      `nothing under way ${(terminalAfterMs / 1_000).toFixed(1)} s after the last death; ` +
      `second chances: ${JSON.stringify(chances.counts)}, ${chances.succeeded.size} succeeded, ${lostChances.length} lost; ` +
      `failures ${JSON.stringify(Object.fromEntries(failures.map(([code, calls = []]) => [code, calls.length])))}`,
  );

  const unexpected = [...load.unexpected, ...chances.unexpected];
  const nothing = { unexpected: [], lost: [], lostChances: [], wrong: [], twice: [], sentAfterAll: [], others: {} };
  expect({ unexpected, lost, lostChances, wrong, twice, sentAfterAll, others }).toEqual(nothing);
  expect(terminalAfterMs).toBeLessThanOrEqual(TERMINAL_WITHIN_MS);
  expect(load.acknowledged.size + load.unknown.size + load.leftBehind.size + load.givenUp.size).toBe(load.drawn());
  const { counts, succeeded } = chances;
  expect(REJECTED).toBe(counts.refused);
  expect(succeeded.size).toBeGreaterThan(0);
  // A success that was never answered, and an indeterminate one that was never read, belong to callers that did not return.
  expect(SUCCEEDED).toBeGreaterThanOrEqual(load.acknowledged.size + succeeded.size);
  expect(INDETERMINATE).toBeGreaterThanOrEqual(load.unknown.size + counts.unknown);
  expect(SUCCEEDED + INDETERMINATE).toBeLessThanOrEqual(
    load.drawn() - load.givenUp.size + counts.codes - counts.refused,
  );
};
