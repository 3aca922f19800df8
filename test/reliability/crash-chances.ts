/** Payers whose first code fails, and who authorize again under the same query code while processes die. */
import { setTimeout as delay } from 'node:timers/promises';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { AUTH_RESULT, AUTHENTICATE } from '../support/services/service.ts';
import type { Random } from './crash-load.ts';
import type { CrashService } from './crash-service.ts';

interface ChancesOptions {
  readonly services: readonly CrashService[];
  readonly random: Random;
  readonly clients: number;
  readonly giveUpMs: number;
}

type Ending = 'succeeded' | 'refused' | 'unknown' | 'given up';

/** A query code while another code of it is under way, or its redemption cannot be stored. */
const REPEAT = ['OUTCOME_PENDING', 'CHANNEL_UNREACHABLE', 'SERVICE_UNAVAILABLE', 'QUERY_CODE_TAKEN'];

export const startChances = ({ services, random, clients, giveUpMs }: ChancesOptions) => {
  /** Payers by the query code that shows them. */
  const succeeded = new Map<string, string>();
  const unexpected: string[] = [];
  const counts = { payers: 0, codes: 0, refused: 0, unknown: 0, 'given up': 0 };
  const giveUpAt = Date.now() + giveUpMs;
  let running = true;

  const ask = (query: string, variables: object): Promise<string | undefined> => {
    const up = services.filter((service) => service.isUp());
    return up[Math.floor(random(0, up.length))]?.ask(query, variables) ?? Promise.resolve(undefined);
  };

  /** Repeats the call with one code until its outcome is known. */
  const redeem = async (authCode: string, queryCode: string): Promise<Ending> => {
    counts.codes += 1;
    while (Date.now() < giveUpAt) {
      const text = await ask(AUTHENTICATE, { input: { channelId: 'wechat_pay', authCode, queryCode } });
      const result = text === undefined ? undefined : JSON.parse(text).data?.authenticate;
      if (result?.__typename === 'PayerAuthenticated') return 'succeeded';
      if (result?.code === 'AUTH_CODE_REFUSED') return 'refused';
      if (result?.code === 'OUTCOME_UNKNOWN') return 'unknown';
      if (result && !REPEAT.includes(result.code)) unexpected.push(`${authCode}: ${text}`);
      await delay(random(100, 400));
    }
    return 'given up';
  };

  const payer = async (name: string): Promise<void> => {
    const queryCode = `query-code-of-${name}`;
    counts.payers += 1;
    // Fewer codes than a query code takes.
    for (const authCode of [`test_invalid_${name}`, `test_ok_${name}`, `test_ok_${name}~2`, `test_ok_${name}~3`]) {
      const ending = await redeem(authCode, queryCode);
      if (ending === 'succeeded') return void succeeded.set(queryCode, name);
      counts[ending] += 1;
      if (ending === 'given up') return;
    }
  };
  const client = async (_: unknown, index: number) => {
    for (let number = 1; running; number += 1) await payer(`chance-${index}-${number}`);
  };
  const ended = Promise.all(Array.from({ length: clients }, client));

  return {
    succeeded,
    unexpected,
    counts,
    async finish() {
      running = false;
      await ended;
    },
    /** The query codes that do not show their payer. */
    async lost(): Promise<string[]> {
      const answers = await Promise.all(
        [...succeeded].map(async ([queryCode, name]) => ({ name, text: await ask(AUTH_RESULT, { queryCode }) })),
      );
      const shows = ({ name, text = '' }: (typeof answers)[number]) =>
        text.includes('"PayerAuthSucceeded"') && text.includes(JSON.stringify(idsOf(name).openid));
      return answers.filter((answer) => !shows(answer)).map(({ name, text }) => `${name}: ${text}`);
    },
  };
};
