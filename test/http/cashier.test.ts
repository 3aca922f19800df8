/** The whole way of a payer, in a real browser: cashier, the channel's page, the payer page, and the result arriving. */
import chromium from '@sparticuz/chromium';
import fc from 'fast-check';
import { type Browser, chromium as driver } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selfSubmittingForm } from '../../src/lib/form.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTHENTICATE_AND_SET } from '../support/services/service.ts';

let service: SandboxService;
let browser: Browser;
beforeAll(async () => {
  service = await startSandboxService();
  browser = await driver.launch({
    executablePath: await chromium.executablePath(),
    // One process for all, as on the functions that this build is for, would die with its first window.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await service?.close();
});

const startAtCashier = async (channel: string, query = '') => {
  const context = await browser.newContext();
  const cashier = await context.newPage();
  const faults: string[] = [];
  cashier.on('pageerror', (error) => faults.push(error.message));
  await cashier.goto(`${service.origin}/cashier${query}`);
  await cashier.getByRole('button', { name: channel }).click();
  return { context, cashier, faults };
};

const openCashier = async (channel: string, query = '') => {
  const { context, cashier, faults } = await startAtCashier(channel, query);
  await cashier.locator('#qr svg').waitFor();
  const [page] = await Promise.all([context.waitForEvent('page'), cashier.getByText('Open as the payer').click()]);
  return { context, cashier, page, faults };
};

test.each([
  ['ali_pay', ''],
  ['wechat_pay', ''],
  ['union_pay', ''],
  ['wechat_pay_website_qr', '?app=demo-ways'],
])('a payer authorizes on %s and the cashier page%s shows who it is', async (channel, query) => {
  const { context, cashier, page, faults } = await openCashier(channel, query);
  await page.getByText('小博').click();
  await page.getByText('Done. You may close this page.').waitFor();
  expect(page.url()).toBe(`${service.origin}/payer`);
  await cashier.getByText('SUCCESS').waitFor();
  const identity = JSON.parse((await cashier.locator('#result').textContent()) ?? '');
  expect(identity.openId ?? identity.userId).toMatch(/.{10,}/);
  expect(faults).toEqual([]);
  await context.close();
});

test('the cashier page shows how a payer gets a code without a page, and then who it is', async () => {
  const { context, cashier, faults } = await startAtCashier('wechat_pay_mini_program', '?app=demo-ways');
  await cashier.getByText('wx.login').waitFor();
  expect(await cashier.getByText('Open as the payer').isVisible()).toBe(false);
  const { infoStr, ...given } = JSON.parse((await cashier.locator('#given').textContent()) ?? '');
  expect(infoStr).toBeNull();
  const phone = `${service.emulators.wechat.origin}/payer-app/login?appid=wx0000000000000003`;
  const { code: authCode } = (await (await fetch(phone)).json()) as { code: string };
  const { data } = await service.graphql(AUTHENTICATE_AND_SET, { input: { ...given, authCode } });
  expect(data.authenticateAndSet).toMatchObject({ __typename: 'PayerAuthResultStored' });
  await cashier.getByText('SUCCESS').waitFor();
  expect(await cashier.locator('#result').textContent()).toContain('openId');
  expect(faults).toEqual([]);
  await context.close();
});

test.each(['ali_pay', 'wechat_pay', 'union_pay'])(
  'a payer opens %s, declines, changes their mind and authorizes, and the cashier page shows each of it',
  async (channel) => {
    const { context, cashier, page, faults } = await openCashier(channel);
    await cashier.locator('#step', { hasText: 'OPENED' }).waitFor();
    await page.getByText('拒绝').click();
    await page.getByText('You did not authorize. You may go back and change your mind').waitFor();
    expect(page.url()).toBe(`${service.origin}/payer`);
    await cashier.locator('#step', { hasText: 'DECLINED' }).waitFor();
    expect(await cashier.locator('#status').textContent()).toBe('WAITING');
    await page.goBack();
    await page.getByText('小艾').click();
    await page.getByText('Done. You may close this page.').waitFor();
    await cashier.getByText('SUCCESS').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  },
);

test('the cashier page cancels, and the payer page says so to a payer who authorizes later', async () => {
  const { context, cashier, page, faults } = await openCashier('ali_pay');
  await cashier.getByRole('button', { name: 'Cancel' }).click();
  await cashier.locator('#status', { hasText: 'FAILED' }).waitFor();
  expect(await cashier.locator('#result').textContent()).toContain('SESSION_CANCELLED');
  expect(await cashier.getByRole('button', { name: 'Cancel' }).isVisible()).toBe(false);
  await page.getByText('小博').click();
  await page.getByText('SESSION_CANCELLED').waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

test.each(['支付宝', '微信支付', '云闪付'])(
  'a payer opens the one address of every wallet, chooses %s, and the cashier page shows who it is',
  async (title) => {
    const { context, cashier, page, faults } = await openCashier('any wallet');
    expect(new URL(page.url()).origin).toBe(service.door);
    await page.getByText(title).click();
    await page.getByText('小博').click();
    await page.getByText('Done. You may close this page.').waitFor();
    expect(page.url()).toBe(`${service.origin}/payer`);
    await cashier.getByText('SUCCESS').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  },
);

test.each([
  ['respCode=34', 'You did not authorize.', 'DECLINED'],
  ['respCode=00&respCode=34', 'You did not authorize.', 'DECLINED'],
  ['error=access_denied', 'You did not authorize.', 'DECLINED'],
  ['', 'You did not authorize.', 'DECLINED'],
  ['errorcode=1&errmsg=x', 'The channel returned an error: 1', null],
  ['error=server_error&reason=99', 'The channel returned an error: server_error', null],
  ['respCode=99', 'The channel returned an error: 99', null],
])(
  'a payer page that the channel returned to with %s shows what happened, and reports it',
  async (query, text, step) => {
    const start = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
    ... on PayerAuthenticationStarted { queryCode state } } }`;
    const input = { channelId: 'union_pay', returnUrl: service.returnUrl('union_pay') };
    const { queryCode, state } = (await service.graphql(start, { input })).data.startAuthentication;
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${service.returnUrl('union_pay')}&state=${state}&${query}`);
    await page.getByText(text).waitFor();
    const read =
      'query ($queryCode: String!) { authResult(queryCode: $queryCode) { ... on PayerAuthWaiting { step } } }';
    expect((await service.graphql(read, { queryCode })).data.authResult).toEqual({ step });
    await page.context().close();
  },
);

test('the explorer runs every example', async () => {
  const context = await browser.newContext();
  const explorer = await context.newPage();
  await explorer.goto(`${service.origin}/explorer`);
  for (const button of await explorer.locator('#examples button').all()) {
    await button.click();
    await explorer.locator('#run').click();
    await expect.poll(() => explorer.locator('#answer').textContent()).toContain('"data"');
    expect(await explorer.locator('#answer').textContent()).not.toContain('"errors"');
  }
  await context.close();
});

test('a self-submitting form holds exactly the fields that it was given', async () => {
  const hostile = [
    '"><script>alert(1)</script>',
    "' onfocus='x",
    '&quot;&#39;&lt;',
    '</form><form action=//evil>',
    '{"a":"b&c<d>"}',
  ];
  // Browsers turn NUL and carriage returns in attributes into others; JSON never holds them.
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !/[\0\r]/.test(value));
  const values = [...hostile, ...fc.sample(text, 300)];
  const forms = values.map((value) => ({
    form: {
      action: `https://openapi.alipay.com/gateway.do?x=${encodeURIComponent(value)}&y=1`,
      fields: [{ name: 'biz_content', value }],
    },
  }));
  const page = await (await browser.newContext()).newPage();
  const documents = forms.map(({ form }) => selfSubmittingForm(form));
  // As text, since it runs in the browser, whose types are not those of these files.
  const read = await page.evaluate(`${JSON.stringify(documents)}.map((html) => {
    const parsed = new DOMParser().parseFromString(html, 'text/html');
    const fields = [...parsed.querySelectorAll('input')].map(({ name, value }) => ({ name, value }));
    const action = parsed.forms[0]?.getAttribute('action');
    return { forms: parsed.forms.length, scripts: parsed.scripts.length, action, fields };
  })`);
  expect(read).toEqual(forms.map(({ form: { action, fields } }) => ({ forms: 1, scripts: 1, action, fields })));
  await page.context().close();
});
