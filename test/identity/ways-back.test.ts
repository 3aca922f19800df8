/**
 * What the payer's page and the cashier get for every way back, and what each may do next, observed over HTTP on both
 * engines and compared with the tables in docs/ways-back.md. `UPDATE_DOCS=1 vitest run test/identity/ways-back.test.ts`
 * writes what was observed.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payerText } from '../../examples/front-end/texts.ts';
import { startPostgres, type TestPostgres } from '../support/databases/postgres.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

const docs = new URL('../../docs/ways-back.md', import.meta.url);
/** Of the session that expires. */
const SHORT_MS = 3_000;
const channelId = 'wechat_pay';

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state } } }`;
const HAND_OVER = `mutation ($input: PayerAuthenticateAndSetInput!) { authenticateAndSet(input: $input) { __typename
  ... on PayerFailure { code } } }`;
const REPORT = `mutation ($input: PayerReportAuthenticationStepInput!) { reportAuthenticationStep(input: $input) { __typename
  ... on PayerFailure { code } } }`;
const READ = `{ __typename ... on PayerAuthWaiting { step attemptsLeft lastFailure { code } }
  ... on PayerAuthFailed { failure { code } } ... on PayerFailure { code } }`;
const RESULT = `query ($queryCode: String!, $waitSeconds: Int) { authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) ${READ} }`;
const WHO = `query ($queryCode: String!) { authResult(queryCode: $queryCode) {
  __typename ... on PayerAuthSucceeded { identity { id } } } }`;
const CANCEL = `mutation ($input: PayerCancelAuthenticationInput!) { cancelAuthentication(input: $input) ${READ} }`;

interface Answer {
  readonly __typename: string;
  readonly code?: string;
  readonly step?: string | null;
  readonly attemptsLeft?: number;
  readonly lastFailure?: { readonly code: string } | null;
  readonly failure?: { readonly code: string };
}
const written = ({ __typename, code, failure, lastFailure, step, attemptsLeft }: Answer): string =>
  [
    `\`${__typename}\``,
    code ?? failure?.code,
    step,
    lastFailure?.code,
    attemptsLeft === undefined ? undefined : `${attemptsLeft} left`,
  ]
    .filter((part) => part !== undefined && part !== null)
    .join(' ');

interface Services {
  readonly usual: SandboxService;
  /** Its sessions end soon. */
  readonly brief: SandboxService;
}
/** On both engines; the process is the same. */
const started = new Map<string, Services>();
let postgres: TestPostgres | undefined;
beforeAll(async () => {
  postgres = await startPostgres();
  const database = await postgres.createDatabase();
  const times = { deadlineMs: 1_000, leaseMs: 2_000 };
  const start = (store: string | undefined, more: object = {}) =>
    startSandboxService((config) => ({ ...config, ...(store && { store }), times: { ...times, ...more } }));
  for (const [engine, store] of [
    ['SQLite', undefined],
    ['PostgreSQL', database.url],
  ] as const) {
    const usual = await start(store);
    // A database of its own, since the time of a session is that of the instance that sweeps it.
    const briefStore = store && (await postgres.createDatabase()).url;
    started.set(engine, { usual, brief: await start(briefStore, { resultTtlMs: SHORT_MS }) });
  }
}, 120_000);
afterAll(async () => {
  for (const { usual, brief } of started.values()) await Promise.all([usual.close(), brief.close()]);
  await postgres?.close();
});

let codes = 0;
const newCode = (kind: string, payer = 'alice') => {
  codes += 1;
  return `test_${kind}_${payer}~${codes}`;
};

/** A session, and what its payer's page and its cashier can do. */
const open = async (at: SandboxService, more: Readonly<Record<string, string>> = {}) => {
  const call = async (query: string, field: string, variables: Record<string, unknown>): Promise<Answer> =>
    (await at.graphql(query, variables)).data[field];
  const input = { channelId, returnUrl: at.returnUrl(channelId), ...more };
  const { queryCode, state } = (await at.graphql(START, { input })).data.startAuthentication;
  return {
    handOver: (authCode: string, verifier?: string) =>
      call(HAND_OVER, 'authenticateAndSet', { input: { channelId, authCode, state, codeVerifier: verifier } }),
    report: (step: string) => call(REPORT, 'reportAuthenticationStep', { input: { channelId, state, step } }),
    read: (waitSeconds = 0) => call(RESULT, 'authResult', { queryCode, waitSeconds }),
    who: async () => (await at.graphql(WHO, { queryCode })).data.authResult,
    cancel: () => call(CANCEL, 'cancelAuthentication', { input: { queryCode } }),
  };
};
type Session = Awaited<ReturnType<typeof open>>;

interface Way {
  readonly name: string;
  readonly open?: (services: Services) => Promise<Session>;
  /** Up to the answer that the payer's page shows. */
  readonly run: (session: Session) => Promise<Answer>;
  /** The payer comes back once more, with a good code. */
  readonly again?: (session: Session) => Promise<Answer>;
}
const verifier = 'the-verifier-of-the-browser-that-has-started-it';
const codeChallenge = createHash('sha256').update(verifier).digest('base64url');

const ways: readonly Way[] = [
  { name: 'granted', run: ({ handOver }) => handOver(newCode('ok')) },
  { name: 'refused', run: ({ handOver }) => handOver(newCode('invalid')) },
  {
    name: 'refused, as often as the app permits',
    async run({ handOver }) {
      for (let attempt = 1; attempt < 5; attempt += 1) await handOver(newCode('invalid'));
      return handOver(newCode('invalid'));
    },
  },
  { name: 'no reply of the channel', run: ({ handOver }) => handOver(newCode('reset')) },
  { name: "WeChat's snapshot page", run: ({ handOver }) => handOver(newCode('ok', 'snapshot')) },
  { name: "the channel's page was opened", run: ({ report }) => report('OPENED') },
  { name: 'declined', run: ({ report }) => report('DECLINED') },
  {
    name: 'closed, and never back',
    open: ({ brief }) => open(brief),
    async run({ report }) {
      const answer = await report('OPENED');
      await delay(SHORT_MS + 1_100);
      return answer;
    },
  },
  {
    name: 'expired',
    open: ({ brief }) => open(brief),
    async run({ handOver }) {
      await delay(SHORT_MS + 1_100);
      return handOver(newCode('ok'));
    },
  },
  {
    name: 'cancelled by the cashier',
    async run({ cancel, handOver }) {
      await cancel();
      return handOver(newCode('ok'));
    },
  },
  {
    name: 'cancelled after it was granted',
    async run({ cancel, handOver }) {
      const answer = await handOver(newCode('ok'));
      await cancel();
      return answer;
    },
  },
  {
    name: 'the page is loaded twice, with one code',
    async run({ handOver }) {
      const code = newCode('ok');
      await handOver(code);
      return handOver(code);
    },
  },
  {
    name: 'two redirects at once, with two codes',
    async run({ handOver }) {
      const [first, second] = await Promise.all([handOver(newCode('ok')), handOver(newCode('ok'))]);
      expect(second).toEqual(first);
      return second as Answer;
    },
  },
  {
    name: 'another browser, without the verifier',
    open: ({ usual }) => open(usual, { codeChallenge }),
    run: ({ handOver }) => handOver(newCode('ok')),
    again: ({ handOver }) => handOver(newCode('ok'), verifier),
  },
];

/** What the payer reads of a failure, where the page shows the texts of examples/failure-codes.json. */
const readByPayer = ({ code }: Answer): string => (code === undefined ? '' : payerText(code, 'en'));

const observe =
  (services: Services) =>
  async (way: Way): Promise<readonly string[]> => {
    const session = await (way.open?.(services) ?? open(services.usual));
    const page = await way.run(session);
    const cashier = written(await session.read());
    const opened = written(await session.report('OPENED'));
    const afterwards = written(await (way.again?.(session) ?? session.handOver(newCode('ok'))));
    return [way.name, written(page), readByPayer(page), cashier, opened, afterwards];
  };

const succeeds = async (session: Session): Promise<void> => {
  expect(await session.handOver(newCode('ok'))).toEqual({ __typename: 'PayerAuthResultStored' });
  expect(await session.read()).toMatchObject({ __typename: 'PayerAuthSucceeded' });
};
/** Nothing changes the end of this session, and another one succeeds. */
const startsAnew = async (ended: Session, { usual }: Services): Promise<void> => {
  const end = await ended.read();
  await ended.handOver(newCode('ok'));
  await ended.report('OPENED');
  await ended.cancel();
  expect(await ended.read()).toEqual(end);
  await succeeds(await open(usual));
};

interface Next {
  readonly cells: readonly [reads: string, cashier: string, payer: string];
  readonly is: (answer: Answer) => boolean;
  /** Sessions of which the cashier reads it. */
  readonly cases: readonly ((services: Services) => Promise<Session>)[];
  /** What both do, as the cells say. */
  readonly holds: (session: Session, services: Services) => Promise<void>;
}

const after =
  (run: (session: Session) => Promise<unknown>) =>
  async ({ usual }: Services) => {
    const session = await open(usual);
    await run(session);
    return session;
  };
const ended = /^(?:SESSION_EXPIRED|SESSION_SPENT|SESSION_CANCELLED|AUTH_CODE_INVALID|OUTCOME_UNKNOWN)$/;
const again = 'authorize in the new session';

const nexts: readonly Next[] = [
  {
    cells: [
      '`PayerAuthWaiting`',
      'polls, or waits with `waitSeconds`; shows `step` and the reason of `lastFailure`',
      "open the channel's page again, and authorize",
    ],
    is: ({ __typename }) => __typename === 'PayerAuthWaiting',
    cases: [
      after(async () => undefined),
      after(({ report }) => report('DECLINED')),
      after(({ handOver }) => handOver(newCode('invalid'))),
    ],
    async holds(session) {
      // Waits, is answered when the payer opens the page again, waits on, and is answered with the success.
      await session.report('DECLINED');
      const waiting = session.read(20);
      await delay(200);
      await session.report('OPENED');
      expect(await waiting).toMatchObject({ __typename: 'PayerAuthWaiting', step: 'OPENED' });
      const polling = session.read(20);
      await delay(200);
      await succeeds(session);
      expect(await polling).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    },
  },
  {
    cells: ['`PayerAuthSucceeded`', 'goes on with the identity', 'close the page'],
    is: ({ __typename }) => __typename === 'PayerAuthSucceeded',
    cases: [after(({ handOver }) => handOver(newCode('ok')))],
    async holds({ who, report, handOver, cancel }) {
      const first = await who();
      expect(first.identity.id).toMatch(/^pid_/);
      // Whether the payer's page is closed, loaded again, or the cashier cancels too late.
      await report('DECLINED');
      await handOver(newCode('ok', 'bob'));
      await cancel();
      expect(await who()).toEqual(first);
    },
  },
  {
    cells: [
      '`PayerAuthFailed` with `SESSION_EXPIRED`, `SESSION_SPENT` or `SESSION_CANCELLED`, or with the failure of the last attempt',
      'starts a new session',
      again,
    ],
    is: ({ __typename, failure }) => __typename === 'PayerAuthFailed' && ended.test(`${failure?.code}`),
    cases: [
      after(({ cancel }) => cancel()),
      after(async ({ handOver }) => {
        for (let attempt = 1; attempt <= 5; attempt += 1) await handOver(newCode('invalid'));
      }),
      async ({ brief }) => {
        const session = await open(brief);
        await delay(SHORT_MS + 100);
        return session;
      },
    ],
    holds: startsAnew,
  },
  {
    cells: ['`PayerAuthNotFound`', 'starts a new session', again],
    is: ({ __typename }) => __typename === 'PayerAuthNotFound',
    cases: [
      async ({ brief }) => {
        const session = await open(brief);
        await delay(2 * SHORT_MS + 200);
        return session;
      },
    ],
    holds: startsAnew,
  },
];

const tableOf = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');

/** Compares, or writes, what is between the marks of this name. */
const expectOnPage = (name: string, table: string): void => {
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`];
  const page = readFileSync(docs, 'utf8');
  const [before = '', rest = ''] = page.split(begin);
  const [, after = ''] = rest.split(end);
  if (process.env.UPDATE_DOCS) writeFileSync(docs, `${before}${begin}${table}${end}${after}`);
  expect(readFileSync(docs, 'utf8')).toContain(`${begin}${table}${end}`);
};

describe.each(['SQLite', 'PostgreSQL'])('with %s', (engine) => {
  const services = (): Services => {
    const both = started.get(engine);
    if (!both) throw new Error(`${engine} did not start`);
    return both;
  };

  test("every way back shows the payer's page and the cashier what docs/ways-back.md says", {
    timeout: 60_000,
  }, async () => {
    const rows = await Promise.all(ways.map(observe(services())));
    const head = [
      '',
      "the payer's page gets",
      'the payer reads',
      'the cashier reads',
      'the report `OPENED` gets',
      'a good code by the same state gets',
    ];
    expectOnPage('observed', tableOf([head, head.map(() => '---'), ...rows]));
  });

  test('what may be done next is what docs/ways-back.md says, for everything that the cashier can read', {
    timeout: 60_000,
  }, async () => {
    await Promise.all(
      nexts.flatMap(({ is, cases, holds }) =>
        cases.map(async (make) => {
          const session = await make(services());
          expect(await session.read()).toSatisfy(is);
          await holds(session, services());
        }),
      ),
    );
    const head = ['the cashier reads', 'the cashier does', 'the payer may'];
    expectOnPage('next', tableOf([head, head.map(() => '---'), ...nexts.map(({ cells }) => cells)]));
  });
});
