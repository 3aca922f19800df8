/** Attackers in a thread of their own, so that making guesses takes no time of the service. */
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { connect, payerIds, queryCodes, tellsOfAPayer, type Vector, vectorNames, vectors } from './brute-guesses.ts';

export interface Attackers {
  readonly url: string;
  /** Headers of each attacker. */
  readonly headers: readonly Record<string, string>[];
  readonly known: { readonly queryCode: string; readonly id: string };
}

/** An order to go on with the remaining guesses. */
export interface Order {
  /** Added to the remaining guesses. */
  readonly guesses: Partial<Record<Vector, number>>;
  readonly forMs: number;
  /** Between two requests of one attacker. */
  readonly pauseMs: number;
}

/** The result of all orders so far. */
export interface Tally {
  hits: number;
  guesses: number;
  requests: number;
  /** Ways to guess with guesses left. */
  left: number;
  /** Plain guesses that were answered, by field: the only ones that resolvers may have seen. */
  readonly answered: { authResult: number; payerIdentity: number };
  /** Guesses of `page` that were admitted. */
  admittedOnPages: number;
  /** Requests by way to guess and status. */
  readonly statuses: Record<string, number>;
}

const { url, headers, known } = workerData as Attackers;
const attackers = headers.map((each) => connect(url, each));
const targets = [queryCodes(known.queryCode), payerIds(known.id)] as const;
const left = new Map<Vector, number>(vectorNames.map((name) => [name, 0]));
const tally: Tally = {
  hits: 0,
  guesses: 0,
  requests: 0,
  left: 0,
  answered: { authResult: 0, payerIdentity: 0 },
  admittedOnPages: 0,
  statuses: {},
};
const open = () => vectorNames.filter((name) => (left.get(name) ?? 0) > 0);

const guess = async (ask: (typeof attackers)[number], name: Vector) => {
  const target = targets[tally.requests % 2] ?? targets[0];
  const { guesses, body } = vectors[name](target);
  left.set(name, (left.get(name) ?? 0) - guesses);
  tally.guesses += guesses;
  tally.requests += 1;
  const { status, text } = await ask(body);
  if (tellsOfAPayer(text)) tally.hits += 1;
  const throttled = text.includes('"PayerServiceBusy"');
  if (name === 'plain' && status === 200 && !throttled) tally.answered[target.field] += 1;
  if (name === 'page') tally.admittedOnPages += text.split('"PayerAuthNotFound"').length - 1;
  const outcome = `${name} ${throttled ? 'throttled' : status}`;
  tally.statuses[outcome] = (tally.statuses[outcome] ?? 0) + 1;
};

const attack = async (ask: (typeof attackers)[number], until: number, pauseMs: number) => {
  for (let turn = 0; performance.now() < until; turn += 1) {
    const names = open();
    const name = names[turn % names.length];
    if (name === undefined) return;
    await guess(ask, name);
    if (pauseMs > 0) await delay(pauseMs);
  }
};

parentPort?.on('message', async ({ guesses, forMs, pauseMs }: Order) => {
  for (const name of vectorNames) left.set(name, (left.get(name) ?? 0) + (guesses[name] ?? 0));
  const until = performance.now() + forMs;
  await Promise.all(attackers.map((ask) => attack(ask, until, pauseMs)));
  parentPort?.postMessage({ ...tally, left: open().length } satisfies Tally);
});
