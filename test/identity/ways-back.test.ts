/**
 * What the payer's page and the cashier get for every way back, observed over HTTP and compared with the table in
 * docs/ways-back.md. `UPDATE_DOCS=1 vitest run test/identity/ways-back.test.ts` writes what was observed.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

const docs = new URL('../../docs/ways-back.md', import.meta.url);
const [BEGIN, END] = ['<!-- observed: begin -->\n', '<!-- observed: end -->'];
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
const RESULT = `query ($queryCode: String!) { authResult(queryCode: $queryCode) ${READ} }`;
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

let service: SandboxService;
let brief: SandboxService;
beforeAll(async () => {
  const times = { deadlineMs: 1_000, leaseMs: 2_000 };
  service = await startSandboxService((config) => ({ ...config, times }));
  brief = await startSandboxService((config) => ({ ...config, times: { ...times, resultTtlMs: SHORT_MS } }));
}, 60_000);
afterAll(async () => {
  await service?.close();
  await brief?.close();
});

let codes = 0;
const newCode = (kind: string, payer = 'alice') => {
  codes += 1;
  return `test_${kind}_${payer}~${codes}`;
};

/** A session, and what its payer's page and its cashier can do. */
const open = async (at = service, more: Readonly<Record<string, string>> = {}) => {
  const call = async (query: string, field: string, variables: Record<string, unknown>): Promise<Answer> =>
    (await at.graphql(query, variables)).data[field];
  const input = { channelId, returnUrl: at.returnUrl(channelId), ...more };
  const { queryCode, state } = (await at.graphql(START, { input })).data.startAuthentication;
  return {
    handOver: (authCode: string, verifier?: string) =>
      call(HAND_OVER, 'authenticateAndSet', { input: { channelId, authCode, state, codeVerifier: verifier } }),
    report: (step: string) => call(REPORT, 'reportAuthenticationStep', { input: { channelId, state, step } }),
    read: () => call(RESULT, 'authResult', { queryCode }),
    cancel: () => call(CANCEL, 'cancelAuthentication', { input: { queryCode } }),
  };
};
type Session = Awaited<ReturnType<typeof open>>;

interface Way {
  readonly name: string;
  readonly open?: () => Promise<Session>;
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
    open: () => open(brief),
    async run({ report }) {
      const answer = await report('OPENED');
      await delay(SHORT_MS + 1_100);
      return answer;
    },
  },
  {
    name: 'expired',
    open: () => open(brief),
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
    open: () => open(service, { codeChallenge }),
    run: ({ handOver }) => handOver(newCode('ok')),
    again: ({ handOver }) => handOver(newCode('ok'), verifier),
  },
];

const observe = async ({ name, open: start = open, run, again }: Way): Promise<readonly string[]> => {
  const session = await start();
  const page = written(await run(session));
  const cashier = written(await session.read());
  const afterwards = written(await (again?.(session) ?? session.handOver(newCode('ok'))));
  return [name, page, cashier, afterwards];
};

test("every way back shows the payer's page and the cashier what docs/ways-back.md says", {
  timeout: 60_000,
}, async () => {
  const rows = [
    ['', "the payer's page gets", 'the cashier reads', 'a good code by the same state gets'],
    ['---', '---', '---', '---'],
    ...(await Promise.all(ways.map(observe))),
  ];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  const page = readFileSync(docs, 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  const [, after = ''] = rest.split(END);
  if (process.env.UPDATE_DOCS) writeFileSync(docs, `${before}${BEGIN}${table}${END}${after}`);
  expect(readFileSync(docs, 'utf8')).toContain(`${BEGIN}${table}${END}`);
});
