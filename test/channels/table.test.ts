/**
 * What every source answers to every kind of fault, observed through the whole service and compared with the table in
 * docs/channels.md. `UPDATE_DOCS=1 vitest run test/channels/table.test.ts` writes what was observed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { type TestCodeKind, testCodeKinds } from '../../src/emulators/test-codes.ts';
import { startWechat } from '../../src/emulators/wechat.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const docs = new URL('../../docs/channels.md', import.meta.url);
const [BEGIN, END] = ['<!-- observed: begin -->\n', '<!-- observed: end -->'];
const kinds = (Object.keys(testCodeKinds) as TestCodeKind[]).sort(
  (left, right) => Number(right === 'ok') - Number(left === 'ok'),
);

let service: SandboxService;
let daxpayGa: Emulator;
let daxpayKeeper: Emulator;
let wechat: Emulator;

const wechatApp = { appId: 'wx1', secret: 's'.repeat(32), merchant: { mchId: '10000100', apiKey: 'k'.repeat(32) } };
const ga = { appId: 'ga', secret: 'secret', profile: 'ga', mchNo: 'M1' } as const;
const resultHolder = { appId: 'resultHolder', secret: 'secret' };

beforeAll(async () => {
  daxpayGa = await startDaxpay({ apps: [ga] });
  daxpayKeeper = await startDaxpay({ apps: [resultHolder], consoleToken: 'token' });
  wechat = await startWechat({ apps: [wechatApp] });
  service = await startSandboxService((config) => ({
    ...config,
    times: { deadlineMs: 2_500, leaseMs: 5_000 },
    apps: [
      ...config.apps,
      { id: 'ga', channels: { wechat_pay: 'ga' } },
      { id: 'resultHolder', channels: { ali_pay: 'resultHolder' } },
      { id: 'miniprogram', channels: { wechat_pay: 'miniprogram' } },
      { id: 'payment_code', channels: { wechat_pay: 'payment_code' } },
    ],
    sources: {
      ...config.sources,
      ga: { type: 'daxpay', baseUrl: daxpayGa.origin, ...ga },
      resultHolder: {
        type: 'daxpay',
        baseUrl: daxpayKeeper.origin,
        ...resultHolder,
        resultHolder: {
          queryUrl: `${daxpayKeeper.origin}/assist/channel/auth/queryAuthResult`,
          headers: { accesstoken: 'token' },
        },
      },
      miniprogram: {
        type: 'wechat',
        kind: 'miniprogram',
        appId: 'wx1',
        appSecret: wechatApp.secret,
        apiUrl: wechat.origin,
      },
      payment_code: {
        type: 'wechat',
        kind: 'payment_code',
        appId: 'wx1',
        ...wechatApp.merchant,
        payUrl: wechat.origin,
        paymentCodePattern: 'test_.*',
      },
    },
  }));
});
afterAll(async () => {
  await service.close();
  await Promise.all([daxpayGa, daxpayKeeper, wechat].map((emulator) => emulator.close()));
});

interface Answer {
  readonly __typename: string;
  readonly code?: string;
}
interface Operation {
  readonly upstream: () => Emulator;
  readonly run: (code: string) => Promise<Answer>;
}

const authenticate = (channelId: string, appId: string | null) => async (authCode: string) =>
  (await service.graphql(AUTHENTICATE, { input: { channelId, appId, authCode, clientIp: '127.0.0.1' } })).data
    .authenticate;

const operations: Readonly<Record<string, Operation>> = {
  'daxpay beta ali_pay': { upstream: () => service.emulators.daxpay, run: authenticate('ali_pay', 'demo-daxpay') },
  'daxpay beta wechat_pay': {
    upstream: () => service.emulators.daxpay,
    run: authenticate('wechat_pay', 'demo-daxpay'),
  },
  'daxpay ga wechat_pay': { upstream: () => daxpayGa, run: authenticate('wechat_pay', 'ga') },
  'daxpay authAndSet': {
    upstream: () => daxpayKeeper,
    run: async (authCode) =>
      (
        await service.graphql(AUTHENTICATE_AND_SET, {
          input: { channelId: 'ali_pay', appId: 'resultHolder', authCode },
        })
      ).data.authenticateAndSet,
  },
  'jucai wechat_pay': { upstream: () => service.emulators.jucai, run: authenticate('wechat_pay', 'demo-jucai') },
  'jucai union_pay': { upstream: () => service.emulators.jucai, run: authenticate('union_pay', null) },
  'alipay oauth': { upstream: () => service.emulators.alipay, run: authenticate('ali_pay', null) },
  'alipay certify': {
    upstream: () => service.emulators.alipay,
    run: async (holderName) => {
      const input = { method: 'FACE', document: { type: 'IDENTITY_CARD', holderName, number: '11010519491231002X' } };
      const query = `mutation ($input: PayerInitializeCertificationInput!) {
        initializeIdentityCertification(input: $input) { __typename ... on PayerFailure { code } } }`;
      return (await service.graphql(query, { input })).data.initializeIdentityCertification;
    },
  },
  'alipay jobworth': {
    upstream: () => service.emulators.alipay,
    run: async (onceToken) => {
      const rest = {
        agreementId: 'c',
        match: 'EXACT',
        jobIdentityType: '04',
        serviceId: 's',
        subject: { userId: '2088' },
      };
      const query = `query ($input: PayerJobworthInput!) {
        jobworthAuthentication(input: $input) { __typename ... on PayerFailure { code } } }`;
      return (await service.graphql(query, { input: { onceToken, ...rest } })).data.jobworthAuthentication;
    },
  },
  'wechat web': { upstream: () => service.emulators.wechat, run: authenticate('wechat_pay', null) },
  'wechat miniprogram': { upstream: () => wechat, run: authenticate('wechat_pay', 'miniprogram') },
  'wechat payment_code': { upstream: () => wechat, run: authenticate('wechat_pay', 'payment_code') },
};

/** The answer, and how many requests the upstream saw for it. */
const observe = async (name: string, kind: TestCodeKind): Promise<string> => {
  const { upstream, run } = operations[name] ?? expect.unreachable();
  const authCode = `test_${kind}_${name.replaceAll(' ', '-')}`;
  const { __typename, code } = await run(authCode);
  const requests = upstream().ledger.filter(({ rawUrl, body }) => (rawUrl + body).includes(authCode));
  return `${code ?? __typename} ×${requests.length}`;
};

test('docs/channels.md shows what every source answers to every fault, and no request is sent twice', {
  timeout: 60_000,
}, async () => {
  const names = Object.keys(operations);
  const rows: string[] = [];
  for (const kind of kinds) {
    const cells = await Promise.all(names.map((name) => observe(name, kind)));
    rows.push(`| \`${kind}\` | ${cells.join(' | ')} |`);
    for (const cell of cells) expect(cell, `${kind}: ${cells.join(', ')}`).toMatch(/ ×1$/);
  }
  const table = `| | ${names.join(' | ')} |\n|---|${names.map(() => '---|').join('')}\n${rows.join('\n')}\n`;
  const text = readFileSync(docs, 'utf8');
  const [at, until] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (process.env.UPDATE_DOCS) writeFileSync(docs, text.slice(0, at) + table + text.slice(until));
  else expect(text.slice(at, until)).toBe(table);
});
