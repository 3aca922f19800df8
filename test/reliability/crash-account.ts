/** What is left when nothing dies any more: the promises, counted in the upstream's ledger and in the database. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { AUTHENTICATE } from '../support/service.ts';
import type { Load } from './crash-load.ts';
import type { CrashService } from './crash-service.ts';

export type States = Readonly<Record<string, number>>;

/** Every state is terminal by then, by the times that the service has when nothing is configured. */
const TERMINAL_WITHIN_MS = 20_000;

const openState = ({ CLAIMED = 0, SENT = 0 }: States) => CLAIMED + SENT;

/** Waits until no redemption is under way, and answers how long after the last death that was. */
const untilTerminal = async (states: () => Promise<States>, lastDeathAt: number): Promise<number> => {
  while (openState(await states()) > 0 && Date.now() - lastDeathAt < 2 * TERMINAL_WITHIN_MS) await delay(100);
  return Date.now() - lastDeathAt;
};

interface Remains {
  readonly load: Load;
  readonly services: readonly CrashService[];
  readonly upstream: Emulator;
  readonly states: () => Promise<States>;
  readonly lastDeathAt: number;
}

/** Holds the promises to what was counted; answers the figures in one line. */
export const account = async ({ load, services, upstream, states, lastDeathAt }: Remains): Promise<string> => {
  const terminalAfterMs = await untilTerminal(states, lastDeathAt);
  const lost: string[] = [];
  const wrong: string[] = [];
  let asked = 0;
  for (const [authCode, text] of load.acknowledged) {
    asked += 1;
    const service = services[asked % services.length] as CrashService;
    if ((await service.ask(AUTHENTICATE, { input: { channel: 'wechat_pay', authCode } })) !== text) lost.push(authCode);
    if (!text.includes(JSON.stringify(idsOf(authCode.replace('test_ok_', '')).openid))) wrong.push(authCode);
  }
  const sent = upstream.ledger.map(({ body }) => JSON.parse(body).authCode as string);
  const seen = new Set<string>();
  const twice = sent.filter((authCode) => seen.size === seen.add(authCode).size);
  const sentAfterAll = [...load.givenUp].filter((authCode) => seen.has(authCode));
  const ended = await states();
  const { SUCCEEDED = 0, INDETERMINATE = 0, ...others } = ended;
  const failures = Object.entries(Object.groupBy(load.calls, ({ code }) => code)).filter(([code]) => code);
  const line =
    `${load.drawn()} codes, ${load.calls.length} calls, ${load.count('cut off')} cut off; ` +
    `${load.acknowledged.size} acknowledged, ${lost.length} lost, ${load.unknown.size} unknown, ` +
    `${load.leftBehind.size} left behind, ${load.givenUp.size} given up unsent; ${sent.length} sends, ` +
    `${twice.length} double, ${sentAfterAll.length} sent after all; states ${JSON.stringify(ended)}, ` +
    `${openState(ended)} not terminal ${(terminalAfterMs / 1_000).toFixed(1)} s after the last death; ` +
    `failures ${JSON.stringify(Object.fromEntries(failures.map(([code, calls = []]) => [code, calls.length])))}`;
  console.log(line);

  const { unexpected } = load;
  const nothing = { unexpected: [], lost: [], wrong: [], twice: [], sentAfterAll: [], others: {} };
  expect({ unexpected, lost, wrong, twice, sentAfterAll, others }).toEqual(nothing);
  expect(terminalAfterMs).toBeLessThanOrEqual(TERMINAL_WITHIN_MS);
  expect(load.acknowledged.size + load.unknown.size + load.leftBehind.size + load.givenUp.size).toBe(load.drawn());
  // A success that nobody was told of, and a doubt that nobody asked about, belong to callers who did not come back.
  expect(SUCCEEDED).toBeGreaterThanOrEqual(load.acknowledged.size);
  expect(INDETERMINATE).toBeGreaterThanOrEqual(load.unknown.size);
  expect(SUCCEEDED + INDETERMINATE).toBeLessThanOrEqual(load.drawn() - load.givenUp.size);
  return line;
};
