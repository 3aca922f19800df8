/** Sends the bodies of large corpora to /graphql, over a few connections that stay open. */
import { Pool } from 'undici';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly tookMs: number;
}

export const openClient = (origin: string, connections = 8) => {
  const pool = new Pool(origin, { connections });
  return {
    async post(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
      const startedAt = performance.now();
      const sent = { 'content-type': 'application/json', ...headers };
      const answer = await pool.request({ method: 'POST', path: '/graphql', headers: sent, body });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, text, tookMs: performance.now() - startedAt };
    },
    close: () => pool.close(),
  };
};

/** Runs a job for every item, several at a time. */
export const forAll = async <T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
  atATime = 8,
): Promise<void> => {
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
};

/** The whole corpus with CORPUS=full; otherwise every nth item, the same in every run. */
export const slice = <T>(items: readonly T[], nth: number): readonly T[] =>
  process.env.CORPUS === 'full' ? items : items.filter((_, index) => index % nth === 0);
