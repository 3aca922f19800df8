/**
 * The sandbox's test values: every one is given to every channel that the table in src/emulators/test-values.ts names,
 * through the whole service. `UPDATE_DOCS=1 vitest run test/emulators/test-values.test.ts` prints the table into
 * docs/test-values.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCodeKinds } from '../../src/emulators/test-codes.ts';
import {
  channelGroups,
  type TestValue,
  type TestValueOutcome,
  testValues,
  valueKinds,
} from '../../src/emulators/test-values.ts';
import { readTable } from '../support/markdown.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService();
});
afterAll(() => service.close());

const FAILURE = '__typename ... on PayerFailure { code } ... on PayerInvalidInput { fields { path message } }';
const call = async (operation: string, input: Record<string, unknown>) => {
  const { data } = await service.graphql(operation, { input });
  const { code, __typename } = data.r;
  return code ?? __typename;
};

/** An app that requires sessions takes a code of a session alone. */
const openSession = async ({ appId, channelId }: TestValueOutcome): Promise<string | undefined> => {
  if (appId !== 'demo-ways') return undefined;
  const { data } = await service.graphql(
    `query ($appId: ID) { payerChannels(appId: $appId) { channel { id } capabilities } }`,
    { appId },
  );
  const { capabilities } = data.payerChannels.find(
    ({ channel }: { channel: { id: string } }) => channel.id === channelId,
  );
  const returnUrl = capabilities.includes('AUTHORIZE') ? 'http://localhost:5173/back' : undefined;
  const started = await service.graphql(
    `mutation ($input: PayerStartAuthenticationInput!) { r: startAuthentication(input: $input) {
      ... on PayerAuthenticationStarted { queryCode } ... on PayerAuthenticationStartedWithoutPage { queryCode } } }`,
    { input: { appId, channelId, returnUrl } },
  );
  return started.data.r.queryCode;
};

/** Opens the page of a new certification, and presses there what says the value. */
const chooseOnPage = async (value: string, { appId }: TestValueOutcome): Promise<string> => {
  const document = { type: 'IDENTITY_CARD', holderName: '张三', number: '11010519491231002X' };
  const initialized = await service.graphql(
    `mutation ($input: PayerInitializeCertificationInput!) { r: initializeIdentityCertification(input: $input) {
      ... on PayerCertificationInitialized { certifyId } } }`,
    { input: { appId, method: 'FACE', document } },
  );
  const { certifyId } = initialized.data.r;
  const started = await service.graphql(
    `mutation ($input: PayerStartCertificationInput!) { r: startIdentityCertification(input: $input) {
      ... on PayerCertificationStarted { url } } }`,
    { input: { appId, certifyId } },
  );
  const { url } = started.data.r;
  const page = (await (await fetch(url)).text()).replaceAll('&amp;', '&');
  const [, link] = new RegExp(`href="([^"]+)">${value}<`).exec(page) ?? [];
  const form = page.split('<form ').find((each) => each.includes(`>${value}<`)) ?? '';
  const fields = [...form.matchAll(/name="(\w+)" value="(\w+)"/g)].map(([, name = '', given = '']) => [name, given]);
  const chosen = await fetch(new URL(link ?? `/certify?${new URLSearchParams(fields)}`, url));
  if (!(await chosen.text()).includes('已完成')) throw new Error(`the page offers no ${value}`);
  return certifyId;
};

let serial = 0;
const give: Record<TestValue['of'], (value: string, place: TestValueOutcome) => Promise<string>> = {
  async authCode(value, place) {
    serial += 1;
    const authCode = `${value}~${serial}`;
    const { appId, channelId } = place;
    const queryCode = await openSession(place);
    return call(`mutation ($input: PayerAuthenticateInput!) { r: authenticate(input: $input) { ${FAILURE} } }`, {
      appId,
      channelId,
      queryCode,
      authCode,
      clientIp: '127.0.0.1',
    });
  },
  holderName: (holderName, { appId }) =>
    call(
      `mutation ($input: PayerInitializeCertificationInput!) { r: initializeIdentityCertification(input: $input) { ${FAILURE} } }`,
      { appId, method: 'FACE', document: { type: 'IDENTITY_CARD', holderName, number: '11010519491231002X' } },
    ),
  async certification(value, place) {
    const certifyId = await chooseOnPage(value, place);
    const check = `query ($certifyId: ID!, $appId: ID) { r: identityCertification(certifyId: $certifyId, appId: $appId) { ${FAILURE} } }`;
    const { code, __typename } = (await service.graphql(check, { certifyId, appId: place.appId })).data.r;
    return code ?? __typename;
  },
  onceToken: (onceToken, { appId }) =>
    call(`query ($input: PayerJobworthInput!) { r: jobworthAuthentication(input: $input) { ${FAILURE} } }`, {
      appId,
      onceToken,
      agreementId: 'agreement-1',
      match: 'EXACT',
      jobIdentityType: '04',
      serviceId: 's',
      subject: { userId: '2088' },
    }),
};

const isSlow = ({ value }: TestValue) => /_hang_|_delay_/.test(value);

/** The value at all its channels at once: as the table says it, and as it was observed. */
const compare = async ({ value, of, outcomes }: TestValue) => {
  const observed = await Promise.all(
    outcomes.map(async (place) => ({ ...place, outcome: await give[of](value, place) })),
  );
  expect({ of, value, outcomes: observed }).toEqual({ of, value, outcomes });
};

test('every test value has the outcome of the table on every channel', { timeout: 60_000 }, async () => {
  const quick = async () => {
    for (const value of testValues.filter((value) => !isSlow(value))) await compare(value);
  };
  await Promise.all([...testValues.filter(isSlow).map(compare), quick()]);
});

test('the table has every kind of test code for each use, and every channel of the sandbox that needs no signature', () => {
  for (const use of ['authCode', 'holderName', 'certification', 'onceToken'] as const) {
    const kinds = testValues.filter(({ of }) => of === use).map(({ value }) => /^test_([a-z0-9]+)_/.exec(value)?.[1]);
    expect([...new Set(kinds.filter(Boolean))].toSorted()).toEqual(Object.keys(testCodeKinds).toSorted());
  }
  const listed = Object.values(channelGroups)
    .flat()
    .map(([appId, channelId]) => `${appId} ${channelId}`);
  const channels = service.config.apps
    .filter(({ signature }) => !signature)
    .flatMap(({ id, channels }) => Object.keys(channels).map((channel) => `${id} ${channel}`));
  expect(listed.toSorted()).toEqual(channels.toSorted());
});

test('docs/sandbox.md lists the apps of the sandbox, with their channels', () => {
  const { apps } = service.config;
  const rows = readTable('sandbox.md', /^\| app \|/).map(([id = '', channels = '']) => [id, channels] as const);
  expect(rows.map(([id]) => id).toSorted()).toEqual(apps.map(({ id }) => id).toSorted());
  for (const { id, channels } of apps.filter((app) => app.id !== 'demo-ways'))
    expect([id, new Map(rows).get(id)]).toEqual([id, Object.keys(channels).join(', ')]);
});

const docs = new URL('../../docs/test-values.md', import.meta.url);
const [BEGIN, END] = ['<!-- values: begin -->\n', '<!-- values: end -->'];

const printed = (): string => {
  const groups = Object.entries(channelGroups);
  const outcomeAt = ({ outcomes }: TestValue, [appId, channelId]: readonly [string, string]) =>
    outcomes.find((place) => place.appId === appId && place.channelId === channelId)?.outcome ?? '';
  const sections = Object.entries(valueKinds).map(([kind, title]) => {
    const values = testValues.filter(({ of }) => of === kind);
    const isCode = kind === 'authCode';
    const columns = isCode ? groups.map(([name]) => name) : ['`demo`, `ali_pay`'];
    const cells = (value: TestValue) =>
      isCode ? groups.map(([, [place]]) => outcomeAt(value, place)) : value.outcomes.map(({ outcome }) => outcome);
    const rows = values.map(
      (value) =>
        `| \`${value.value}\` | ${value.does} | ${cells(value)
          .map((cell) => `\`${cell}\``)
          .join(' | ')} |`,
    );
    const head = `| value | what happens | ${columns.join(' | ')} |\n|---|---|${columns.map(() => '---|').join('')}`;
    return `## ${title}\n\n${head}\n${rows.join('\n')}\n`;
  });
  const places = groups.map(
    ([name, list]) => `| ${name} | ${list.map(([app, channel]) => `\`${app}\` \`${channel}\``).join(', ')} |`,
  );
  return [
    ...sections,
    `## Which channels these are\n\n| column | apps and channels |\n|---|---|\n${places.join('\n')}\n`,
  ].join('\n');
};

test('docs/test-values.md shows the table', () => {
  const text = readFileSync(docs, 'utf8');
  const [at, until] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (process.env.UPDATE_DOCS) writeFileSync(docs, text.slice(0, at) + printed() + text.slice(until));
  else expect(text.slice(at, until)).toBe(printed());
});
