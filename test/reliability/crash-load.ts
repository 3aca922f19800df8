/** Clients that go on calling while a process dies, and a record of what each code was answered. */
import { setTimeout as delay } from 'node:timers/promises';
import { AUTHENTICATE } from '../support/services/service.ts';
import { startChances } from './crash-chances.ts';
import type { CrashService } from './crash-service.ts';

export type Random = (from: number, to: number) => number;

/** Mulberry32: small, and the same numbers for the same seed. */
export const createRandom = (seed: number): Random => {
  let state = seed;
  return (from, to) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return from + (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (to - from);
  };
};

/** How a client reads an answer. 'again' and 'unavailable': repeat the call; after the latter nothing has been sent. */
type Verdict = 'acknowledged' | 'unknown' | 'again' | 'unavailable' | 'cut off' | 'unexpected';

export interface Call {
  readonly authCode: string;
  readonly service: CrashService;
  readonly isFirst: boolean;
  readonly verdict: Verdict;
  /** The failure's code; empty when there was none. */
  readonly code: string;
  readonly askedAt: number;
  readonly answeredAt: number;
}

interface LoadOptions {
  readonly services: readonly CrashService[];
  readonly random: Random;
  readonly clients: number;
  /** Clients go on until they have used so many codes, also after the last death. */
  readonly minCodes: number;
  readonly giveUpMs: number;
}

const verdicts: Readonly<Record<string, Verdict>> = {
  OUTCOME_UNKNOWN: 'unknown',
  OUTCOME_PENDING: 'again',
  CHANNEL_UNREACHABLE: 'again',
  SERVICE_UNAVAILABLE: 'unavailable',
};

const judge = (text: string | undefined): { verdict: Verdict; code: string } => {
  if (text === undefined) return { verdict: 'cut off', code: '' };
  const { data, errors } = JSON.parse(text);
  // What the call has sent goes on: its repetition reads the outcome.
  if (errors?.[0]?.extensions.code === 'DEADLINE_EXCEEDED') return { verdict: 'again', code: 'DEADLINE_EXCEEDED' };
  const result = data?.authenticate as { __typename: string; code?: string } | undefined;
  if (result?.__typename === 'PayerAuthenticated') return { verdict: 'acknowledged', code: '' };
  return { verdict: verdicts[result?.code ?? ''] ?? 'unexpected', code: result?.code ?? '' };
};

export const startLoad = ({ services, random, clients, minCodes, giveUpMs }: LoadOptions) => {
  const acknowledged = new Map<string, string>();
  const unknown = new Set<string>();
  /** Codes whose caller did not return after the connection broke: only the sweep ends these. */
  const leftBehind = new Set<string>();
  /** Codes whose caller was answered SERVICE_UNAVAILABLE and stopped: no upstream may ever receive these. */
  const givenUp = new Set<string>();
  const unexpected: string[] = [];
  const calls: Call[] = [];
  const again: string[] = [];
  const giveUpAt = Date.now() + giveUpMs;
  let drawn = 0;
  let running = true;

  const next = (): string | undefined => {
    if (again.length > 0 && (random(0, 1) < 0.25 || !running))
      return again.splice(Math.floor(random(0, again.length)), 1)[0];
    if (!running && drawn >= minCodes) return undefined;
    drawn += 1;
    return `test_ok_payer-${drawn}`;
  };

  const call = async (service: CrashService, authCode: string, isFirst: boolean): Promise<Verdict> => {
    const askedAt = Date.now();
    const text = await service.ask(AUTHENTICATE, { input: { channelId: 'wechat_pay', authCode } });
    const { verdict, code } = judge(text);
    calls.push({ authCode, service, isFirst, verdict, code, askedAt, answeredAt: Date.now() });
    const known = acknowledged.get(authCode);
    const contradicts = verdict === 'unknown' ? known !== undefined : unknown.has(authCode) || (known ?? text) !== text;
    if (verdict === 'unexpected' || (['acknowledged', 'unknown'].includes(verdict) && contradicts))
      unexpected.push(`${authCode}: ${text}`);
    else if (verdict === 'unknown') unknown.add(authCode);
    else if (verdict === 'acknowledged' && text) acknowledged.set(authCode, text);
    return verdict;
  };

  /** Decides how a code goes on after one or two calls at once. */
  const follow = (authCode: string, isFirst: boolean, outcomes: readonly Verdict[]) => {
    if (unknown.has(authCode)) return;
    // Some clients repeat a call later that was answered already.
    const isEnd = acknowledged.has(authCode) && (!running || random(0, 1) > 0.1);
    if (isEnd) return;
    const leaves = !acknowledged.has(authCode) && outcomes.includes('cut off') && random(0, 1) < 0.25;
    const givesUp = isFirst && outcomes.every((verdict) => verdict === 'unavailable') && random(0, 1) < 0.5;
    if (leaves) leftBehind.add(authCode);
    else if (givesUp) givenUp.add(authCode);
    else again.push(authCode);
  };

  const client = async () => {
    while (Date.now() < giveUpAt) {
      const up = services.filter((service) => service.isUp());
      if (up.length === 0) {
        await delay(random(10, 50));
        continue;
      }
      const earlier = drawn;
      const authCode = next();
      if (authCode === undefined) return;
      const isFirst = drawn > earlier;
      // Every tenth code is sent twice at once, to any instance.
      const places = random(0, 1) < 0.1 ? 2 : 1;
      const outcomes = await Promise.all(
        Array.from({ length: places }, () =>
          call(up[Math.floor(random(0, up.length))] as CrashService, authCode, isFirst),
        ),
      );
      follow(authCode, isFirst, outcomes);
      if (outcomes.includes('unavailable')) await delay(random(100, 400));
    }
  };
  const chances = startChances({ services, random, clients: Math.ceil(clients / 4), giveUpMs });
  const ended = Promise.all(Array.from({ length: clients }, client));

  return {
    acknowledged,
    unknown,
    leftBehind,
    givenUp,
    unexpected,
    calls,
    chances,
    drawn: () => drawn,
    count: (verdict: Verdict) => calls.filter((made) => made.verdict === verdict).length,
    /** After the last death: the clients finish every code. */
    async finish() {
      running = false;
      await Promise.all([ended, chances.finish()]);
    },
  };
};

export type Load = ReturnType<typeof startLoad>;
