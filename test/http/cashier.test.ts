/** The whole way of a payer, in a real browser: every state of the cashier in words, on a desktop and on a phone. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import fc from 'fast-check';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/emulators/free-port.ts';
import { testCodeKinds } from '../../src/emulators/test-codes.ts';
import { selfSubmittingForm } from '../../src/lib/form.ts';
import { startSandbox, type TestSandbox } from '../../src/testing/index.ts';
import {
  desktop,
  draw,
  expectAccessible,
  faultsOf,
  launchBrowser,
  phone,
  type TestBrowser,
} from '../support/http/browser.ts';
import { readQr } from '../support/http/qr.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

let service: SandboxService;
/** With PORT=0: its port is known when it listens. */
let chosen: TestSandbox;
let browser: TestBrowser;
beforeAll(async () => {
  [service, chosen, browser] = await Promise.all([startSandboxService(), startSandbox(), launchBrowser()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await chosen?.close();
  await service?.close();
});

/** A busy machine takes as long. */
const SLOW = 180_000;
const heading = (page: Page, text: string) => page.getByRole('heading', { name: text, exact: true }).waitFor();

interface Shop {
  readonly context: BrowserContext;
  readonly cashier: Page;
  readonly faults: string[];
}

const openShop = async (options = desktop, query = '', origin = service.origin): Promise<Shop> => {
  const context = await browser.open(options);
  const cashier = await context.newPage();
  const faults = faultsOf(cashier);
  await cashier.goto(`${origin}/cashier${query}`);
  return { context, cashier, faults };
};

const choose = async ({ cashier }: Shop, channel: string) => cashier.locator(`[data-channel=${channel}]`).click();

const openAsPayer = async ({ context, cashier, faults }: Shop): Promise<Page> => {
  const [page] = await Promise.all([context.waitForEvent('page'), cashier.getByText('Open as the payer').click()]);
  page.on('pageerror', (error) => faults.push(error.message));
  await page.waitForLoadState();
  return page;
};

/** On a channel's page, as buttons; returns their test codes. */
const expectEveryFault = async (page: Page): Promise<string[]> => {
  const codes = await page.locator('details code').allTextContents();
  const kinds = Object.keys(testCodeKinds).filter((kind) => kind !== 'ok');
  expect(codes).toEqual(expect.arrayContaining(kinds.map((kind) => `test_${kind}_alice`)));
  expect(codes).toContain('test_ok_alice_delay_2s');
  expect(await page.locator('details a').count()).toBe(0);
  return codes;
};

/** The page of choice, in the cashier's colours, and what a payer with a wrong address reads. */
const lookAtDoor = async (cashier: Page, payer: Page): Promise<void> => {
  const colours = `['ground', 'card', 'ink', 'soft', 'line', 'brand', 'tint', 'bad'].map((name) =>
    getComputedStyle(document.documentElement).getPropertyValue('--' + name))`;
  await expectAccessible(payer, 'the door');
  await draw(payer, 'door-choose');
  for (const colorScheme of ['dark', 'light'] as const) {
    await cashier.emulateMedia({ colorScheme });
    await payer.emulateMedia({ colorScheme });
    expect(await payer.evaluate(colours)).toEqual(await cashier.evaluate(colours));
  }
  const wrong = await payer.context().newPage();
  await wrong.emulateMedia({ colorScheme: 'dark' });
  await wrong.goto(`${service.door}/w/demo/wrong`);
  await expectAccessible(wrong, 'a wrong address of the door, dark');
  await draw(wrong, 'door-invalid-dark');
  await wrong.close();
};

describe('on a desktop', () => {
  const shops = new Map<string, Shop>();
  /** The same cashier for one payment after the other, as in a shop. */
  const enterShop = async (query = '', origin = service.origin): Promise<Shop> => {
    const shop = shops.get(origin + query) ?? (await openShop(desktop, query, origin));
    shops.set(origin + query, shop);
    return shop;
  };
  const leaveShop = async ({ cashier, faults }: Shop, payer: Page): Promise<void> => {
    await payer.close();
    await cashier.getByRole('button', { name: 'Next payment' }).click();
    await heading(cashier, 'How do you want to pay?');
    expect(faults).toEqual([]);
  };
  afterAll(() => Promise.all([...shops.values()].map(({ context }) => context.close())));

  test.each([
    ['ali_pay', '', 'localhost where PORT=0 chose the port', () => chosen.url.replace('127.0.0.1', 'localhost')],
    ['wechat_pay', '', '127.0.0.1 where PORT=0 chose the port', () => chosen.url],
    ['union_pay', '', '127.0.0.1', () => service.origin],
    ['wechat_pay_website_qr', '?app=demo-ways', '127.0.0.1', () => service.origin],
  ])(
    'a payer authorizes on %s and the cashier%s on %s shows who it is; link, QR code and return page are of this address',
    async (channel, query, _, origin) => {
      const shop = await enterShop(query, origin());
      await choose(shop, channel);
      const link = await shop.cashier.getByText('Open as the payer').getAttribute('href');
      const qr = await shop.cashier.locator('.qr img').getAttribute('src');
      expect(readQr(decodeURIComponent(qr ?? ''))).toBe(link);
      expect(decodeURIComponent(link ?? '')).toContain(`${origin()}/payer?`);
      const payer = await openAsPayer(shop);
      await payer.getByText('小博').click();
      await payer.getByText('You may close this page.').waitFor();
      expect(payer.url()).toBe(`${origin()}/payer`);
      await heading(shop.cashier, 'The payer is identified');
      await shop.cashier
        .locator('#identity-openId, #identity-userId')
        .filter({ hasText: /\S{10,}/ })
        .waitFor();
      await leaveShop(shop, payer);
    },
    SLOW,
  );

  test(
    'one session is waiting, opened, declined, refused, slow, unknown and successful, each in words with a next step',
    async () => {
      const shop = await openShop();
      const { cashier } = shop;
      await heading(cashier, 'How do you want to pay?');
      expect(await cashier.getByText('Open as the payer').count()).toBe(0);
      await cashier.getByText('Scan a QR code with the app').first().waitFor();
      expect(await cashier.locator('main').textContent()).not.toMatch(/_pay|\p{Script=Han}/u);
      await expectAccessible(cashier, 'choose');
      await draw(cashier, 'cashier-choose');

      await choose(shop, 'ali_pay');
      await heading(cashier, 'Waiting for the payer');
      await cashier.getByRole('img', { name: 'QR code that opens the page of Alipay' }).waitFor();
      await cashier
        .getByRole('timer')
        .filter({ hasText: /Time left\s+[45]:\d\d/ })
        .waitFor();
      // The browser of these tests prefers reduced motion.
      expect(await cashier.evaluate(`getComputedStyle(document.querySelector('.dots i')).animationName`)).toBe('none');
      await expectAccessible(cashier, 'waiting');
      await draw(cashier, 'cashier-waiting');

      const payer = await openAsPayer(shop);
      await payer.getByText('Demo shop').waitFor();
      await expectAccessible(payer, "the channel's page");
      await draw(payer, 'channel-alipay');
      await heading(cashier, 'The payer is at the page of Alipay');
      await draw(cashier, 'cashier-opened');

      await payer.getByText('拒绝').click();
      await heading(payer, 'You did not authorize');
      await expectAccessible(payer, 'the payer page');
      await draw(payer, 'payer-declined');
      await heading(cashier, 'The payer declined');
      await cashier.getByText('scan it again, or pay another way').waitFor();
      await draw(cashier, 'cashier-declined');

      const fault = async (label: string, image?: string) => {
        await payer.getByRole('button', { name: 'Back to the channel' }).click();
        await payer.getByText('Choose a fault').click();
        if (image) await draw(payer, image);
        await payer.getByRole('button', { name: label }).click();
      };
      await fault('The code is unknown', 'channel-faults');
      await heading(payer, 'Please try again');
      await draw(payer, 'payer-refused');
      await heading(cashier, 'Please try again');
      await cashier.getByText('Please authorize once more. Tries left: 4.').waitFor();
      await expectAccessible(cashier, 'refused');
      await draw(cashier, 'cashier-refused');

      await fault('The channel never answers');
      await payer.getByText('The channel takes longer than usual.').waitFor();
      await draw(payer, 'payer-slow');
      await heading(payer, 'The outcome is unknown');
      await heading(cashier, 'The outcome is unknown');
      await cashier.getByText('Tries left: 3.').waitFor();
      await draw(cashier, 'cashier-unknown');

      await fault('Answers after 2 s');
      await heading(payer, 'Done');
      await draw(payer, 'payer-done');
      await heading(cashier, 'The payer is identified');
      expect(await cashier.locator('main').textContent()).not.toMatch(/\p{Script=Han}/u);
      await expectAccessible(cashier, 'success');
      await draw(cashier, 'cashier-success');
      expect(shop.faults).toEqual([]);
      await shop.context.close();
    },
    SLOW,
  );

  test(
    'the cashier cancels, and the payer page says so to a payer who authorizes later',
    async () => {
      const shop = await openShop();
      await choose(shop, 'ali_pay');
      const payer = await openAsPayer(shop);
      await shop.cashier.getByRole('button', { name: 'Cancel' }).click();
      await heading(shop.cashier, 'Cancelled');
      await shop.cashier.getByText('SESSION_CANCELLED').waitFor();
      await draw(shop.cashier, 'cashier-cancelled');
      await payer.getByText('小博').click();
      await heading(payer, 'Cancelled');
      await shop.cashier.getByRole('button', { name: 'Start again' }).click();
      await heading(shop.cashier, 'Waiting for the payer');
      expect(shop.faults).toEqual([]);
      await shop.context.close();
    },
    SLOW,
  );

  test(
    'a payer whose last attempt has failed is not led back to the channel, and reads that the session has ended',
    async () => {
      const shop = await openShop();
      await choose(shop, 'ali_pay');
      const payer = await openAsPayer(shop);
      for (let left = 4; left >= 0; left -= 1) {
        await payer.getByText('Choose a fault').click();
        await payer.getByRole('button', { name: 'The code is unknown' }).click();
        await heading(payer, 'Please try again');
        if (left > 0) await shop.cashier.getByText(`Tries left: ${left}.`).waitFor();
        else await heading(shop.cashier, 'Not completed');
        await payer.getByRole('button', { name: 'Back to the channel' }).click();
      }
      await payer.getByText('That did not work several times. Please start again').waitFor();
      expect(await payer.getByRole('button', { name: 'Back to the channel' }).count()).toBe(0);
      expect(shop.faults).toEqual([]);
      await shop.context.close();
    },
    SLOW,
  );

  test(
    'a session that expires is called so at the cashier and on the payer page',
    async () => {
      const short = { deadlineMs: 500, patienceMs: 500, leaseMs: 2_000, resultTtlMs: 4_000 };
      const hasty = await startSandboxService((config) => ({ ...config, times: short }));
      const shop = await openShop(desktop, '', hasty.origin);
      await choose(shop, 'ali_pay');
      const payer = await openAsPayer(shop);
      await heading(shop.cashier, 'The code has expired');
      await shop.cashier.getByText('Please start again.').waitFor();
      await draw(shop.cashier, 'cashier-expired');
      await payer.getByText('小博').click();
      await heading(payer, 'The code has expired');
      await draw(payer, 'payer-expired');
      expect(shop.faults).toEqual([]);
      await shop.context.close();
      await hasty.close();
    },
    SLOW,
  );

  test(
    'a lost connection, 503, 429 and a fault in place of data are shown with the seconds until the next try, and survived by cashier and payer page',
    async () => {
      const shop = await openShop();
      const { context, cashier } = shop;
      const headers = { 'retry-after': '1' };
      // What a gateway that knows no other status makes of a deadline.
      const body = JSON.stringify({ errors: [{ message: 'late', extensions: { code: 'DEADLINE_EXCEEDED' } }] });
      const replies = [503, 429, 200];
      const toPayer: (number | 'failed')[] = ['failed', 503, 200];
      await context.route('**/graphql', (route) => {
        const isHandOver = route.request().postData()?.includes('authenticateAndSet');
        const reply = (isHandOver ? toPayer : replies).shift();
        if (reply === undefined) return route.continue();
        return reply === 'failed'
          ? route.abort()
          : route.fulfill({ status: reply, headers, body: reply === 200 ? body : '' });
      });
      await choose(shop, 'wechat_pay');
      await cashier.getByText('The shop is busy. Trying again in 1 s').waitFor();
      await heading(cashier, 'Waiting for the payer');
      expect(replies).toEqual([]);
      const payer = await openAsPayer(shop);
      await context.setOffline(true);
      await cashier.getByText('No connection to the shop.').waitFor();
      await draw(cashier, 'cashier-offline');
      await context.setOffline(false);
      await cashier.getByRole('alert').waitFor({ state: 'hidden' });
      await payer.getByText('小艾').click();
      await payer.getByText('No connection to the shop. Trying again in 1 s').waitFor();
      await heading(payer, 'Done');
      expect(await payer.getByRole('alert').isVisible()).toBe(false);
      expect(toPayer).toEqual([]);
      await heading(cashier, 'The payer is identified');
      expect(shop.faults).toEqual([]);
      await context.close();
    },
    SLOW,
  );

  test(
    'an app that is unknown, and a fault of the page itself, end in words',
    async () => {
      const { context, cashier } = await openShop(desktop, '?app=nobody');
      await cashier.getByText('There is no way to pay here. Please ask the shop.').waitFor();
      await expectAccessible(cashier, 'nothing to choose');
      await cashier.goto(`${service.origin}/cashier`);
      await cashier.locator('[data-channel=ali_pay]').waitFor();
      await context.route('**/graphql', (route) =>
        route.fulfill({ status: 400, body: '{"errors":[{"message":"x"}]}' }),
      );
      await cashier.locator('[data-channel=ali_pay]').click();
      await heading(cashier, 'Not completed');
      await cashier.getByRole('button', { name: 'Pay another way' }).waitFor();
      await context.close();
    },
    SLOW,
  );

  test(
    'everything is reached with the keyboard, and a new card has the focus',
    async () => {
      const shop = await openShop();
      const { cashier } = shop;
      await cashier.locator('[data-channel=union_pay]').waitFor();
      const focused = () =>
        cashier.evaluate(`document.activeElement?.dataset?.channel ?? document.activeElement?.innerText`);
      for (let presses = 0; presses < 20 && (await focused()) !== 'union_pay'; presses += 1)
        await cashier.keyboard.press('Tab');
      await cashier.keyboard.press('Enter');
      await heading(cashier, 'Waiting for the payer');
      expect(await focused()).toBe('UnionPay');
      await cashier.keyboard.press('Tab');
      expect(await focused()).toBe('Open as the payer');
      await cashier.keyboard.press('Tab');
      expect(await focused()).toBe('Cancel');
      await cashier.keyboard.press('Enter');
      await heading(cashier, 'Cancelled');
      await shop.context.close();
    },
    SLOW,
  );

  test.each(['支付宝', '微信支付', '云闪付'])(
    'a payer opens the one address of every wallet, chooses %s, and the cashier shows who it is',
    async (title) => {
      const shop = await enterShop();
      await choose(shop, 'any');
      const payer = await openAsPayer(shop);
      expect(new URL(payer.url()).origin).toBe(service.door);
      if (title === '支付宝') await lookAtDoor(shop.cashier, payer);
      await payer.getByText(title).click();
      await payer.getByText('小博').click();
      await heading(payer, 'Done');
      await heading(shop.cashier, 'The payer is identified');
      await leaveShop(shop, payer);
    },
    SLOW,
  );

  test(
    'an emulated page offers every kind of test code and a delay, and no fault is a link',
    async () => {
      const shop = await openShop({ ...desktop, colorScheme: 'dark' });
      await choose(shop, 'wechat_pay');
      const payer = await openAsPayer(shop);
      await payer.getByText('Choose a fault').click();
      expect(await expectEveryFault(payer)).toContain('test_ok_snapshot');
      await expectAccessible(payer, "the channel's page, dark");
      await draw(payer, 'channel-wechat-dark');
      await payer.getByRole('button', { name: 'snapshot' }).click();
      await payer.getByText('You see a preview of this page').waitFor();
      await expectAccessible(shop.cashier, 'refused, dark');
      await draw(shop.cashier, 'cashier-dark');
      await shop.context.close();
    },
    SLOW,
  );
});

test(
  'the page of docs/quick-start.md, served on another port, starts a session, takes the payer back and shows who it is',
  async () => {
    const text = readFileSync(new URL('../../docs/quick-start.md', import.meta.url), 'utf8');
    const html = /```html\n([\s\S]*?)```/.exec(text)?.[1]?.replace('http://127.0.0.1:4001', service.origin);
    const port = await freePort();
    const server = createServer((_, response) => void response.setHeader('content-type', 'text/html').end(html));
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
    const context = await browser.open(desktop);
    const own = await context.newPage();
    await own.goto(`http://localhost:${port}/`);
    await own.getByText('Waiting for the payer').waitFor();
    const [payer] = await Promise.all([context.waitForEvent('page'), own.getByText('Authorize as the payer').click()]);
    await payer.getByText('小博').click();
    await payer.getByText('Done: close this page').waitFor();
    expect(payer.url()).toBe(`http://localhost:${port}/`);
    await own.getByText(/"PayerAuthSucceeded".*"userId":"[^"]{10}/).waitFor();
    await context.close();
    server.close();
  },
  SLOW,
);

describe('on a phone', () => {
  test(
    'the link comes first and the QR code on demand; the payer goes to the channel, comes back and sees the result',
    async () => {
      const shop = await openShop(phone);
      const { cashier } = shop;
      await heading(cashier, '请选择付款方式');
      await expectAccessible(cashier, 'choose on a phone');
      await draw(cashier, 'phone-choose');
      await choose(shop, 'wechat_pay');
      await heading(cashier, '等待付款人操作');
      expect(await cashier.locator('.qr img').isVisible()).toBe(false);
      await expectAccessible(cashier, 'waiting on a phone');
      await draw(cashier, 'phone-waiting');
      await cashier.getByText('使用另一部手机付款').click();
      expect(await cashier.locator('.qr img').isVisible()).toBe(true);
      await cashier.getByRole('link', { name: '前往微信支付' }).click();
      await cashier.getByText('小卡').waitFor();
      await draw(cashier, 'phone-channel');
      await cashier.getByText('小卡').click();
      await heading(cashier, '已完成');
      await expectAccessible(cashier, 'payer page on a phone');
      await draw(cashier, 'phone-done');
      await cashier.getByRole('link', { name: '返回收银台' }).click();
      await heading(cashier, '已识别付款人');
      await draw(cashier, 'phone-success');
      await cashier.getByRole('button', { name: 'English' }).click();
      await heading(cashier, 'The payer is identified');
      expect(await cashier.evaluate('document.documentElement.lang')).toBe('en');
      expect(shop.faults).toEqual([]);
      await shop.context.close();
    },
    SLOW,
  );

  test(
    'a channel without a page shows how its code is handed over, that it was refused, and then who it is',
    async () => {
      const shop = await openShop({ ...phone, colorScheme: 'dark' }, '?app=demo-ways');
      await choose(shop, 'wechat_pay_mini_program');
      await heading(shop.cashier, '此渠道没有网页');
      await expectAccessible(shop.cashier, 'without a page');
      await draw(shop.cashier, 'phone-mini-program-dark');
      const code = shop.cashier.getByRole('combobox', { name: '授权码' });
      const good = await code.inputValue();
      await code.fill('test_invalid_1~handed-over');
      await shop.cashier.getByRole('button', { name: '提交' }).click();
      await heading(shop.cashier, '请再试一次');
      await shop.cashier.getByText('还可尝试 4 次').waitFor();
      await code.fill(good);
      await shop.cashier.getByRole('button', { name: '提交' }).click();
      await heading(shop.cashier, '已识别付款人');
      expect(shop.faults).toEqual([]);
      await shop.context.close();
    },
    SLOW,
  );
});

test(
  'on a phone the certification has the link first too, and the QR code on demand',
  async () => {
    const { context, cashier, faults } = await openShop(phone, '#certify');
    await cashier.getByRole('button', { name: '开始认证' }).click();
    await cashier.getByRole('link', { name: '前往支付宝' }).waitFor();
    expect(await cashier.locator('.qr img').isVisible()).toBe(false);
    await expectAccessible(cashier, 'certification on a phone');
    await draw(cashier, 'phone-certify');
    await cashier.getByText('使用另一部手机认证').click();
    expect(await cashier.locator('.qr img').isVisible()).toBe(true);
    expect(faults).toEqual([]);
    await context.close();
  },
  SLOW,
);

describe('the payer page', () => {
  let page: Page;
  beforeAll(async () => {
    page = await (await browser.open(desktop)).newPage();
  }, 60_000);
  afterAll(() => page?.context().close());

  test.each([
    ['respCode=34', 'You did not authorize', 'DECLINED'],
    ['respCode=00&respCode=34', 'You did not authorize', 'DECLINED'],
    ['error=access_denied', 'You did not authorize', 'DECLINED'],
    ['', 'You did not authorize', 'DECLINED'],
    ['errorcode=1&errmsg=x', 'Its reason: 1.', null],
    ['error=server_error&reason=99', 'Its reason: server_error.', null],
    ['respCode=99', 'Its reason: 99.', null],
  ])(
    'that the channel returned to with %s shows what happened, and reports it',
    async (query, text, step) => {
      const start = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
    ... on PayerAuthenticationStarted { queryCode state } } }`;
      const input = { channelId: 'union_pay', returnUrl: service.returnUrl('union_pay') };
      const { queryCode, state } = (await service.graphql(start, { input })).data.startAuthentication;
      await page.goto(`${service.returnUrl('union_pay')}&state=${state}&${query}`);
      await page.getByText(text).waitFor();
      const read =
        'query ($queryCode: String!) { authResult(queryCode: $queryCode) { ... on PayerAuthWaiting { step } } }';
      expect((await service.graphql(read, { queryCode })).data.authResult).toEqual({ step });
    },
    SLOW,
  );
});

describe('the checks of a payer', () => {
  test(
    'a payer certifies, reads no word of declining, and the cashier shows that the name is certified',
    async () => {
      const shop = await openShop(desktop, '#certify');
      const { cashier } = shop;
      await heading(cashier, 'Real name');
      await expectAccessible(cashier, 'certification');
      await draw(cashier, 'certify-form');
      await cashier.getByRole('button', { name: 'Begin' }).click();
      await heading(cashier, 'Waiting for the certification');
      await expectAccessible(cashier, 'certification waiting');
      await draw(cashier, 'certify-waiting');
      const payer = await openAsPayer(shop);
      await expectAccessible(payer, "Alipay's page of the certification");
      await draw(payer, 'certify-alipay');
      await payer.getByText('Pass · 通过', { exact: true }).click();
      await heading(payer, 'You are back from the channel');
      expect(await payer.locator('main').textContent()).not.toMatch(/not authorize|declined/);
      await heading(cashier, 'The real name is certified');
      await draw(cashier, 'certify-passed');
      expect(shop.faults).toEqual([]);
      await shop.context.close();
    },
    SLOW,
  );

  test(
    'the page of the certification offers every fault: the cashier waits a broken answer out, and says what has expired or is refused',
    async () => {
      const shop = await openShop(desktop, '#certify');
      const { cashier } = shop;
      await cashier.getByRole('button', { name: 'Begin' }).click();
      const payer = await openAsPayer(shop);
      await payer.getByText('Choose a fault').click();
      await expectEveryFault(payer);
      await expectAccessible(payer, 'the faults of the certification');
      await draw(payer, 'certify-faults');
      await payer.getByRole('button', { name: 'HTTP 500' }).click();
      await heading(payer, 'You are back from the channel');
      await cashier.getByText('The network is busy. Please wait a moment.').waitFor();
      await payer.goBack();
      await payer.getByText('Choose a fault').click();
      await payer.getByRole('button', { name: 'The certification has expired' }).click();
      await cashier.getByText('CERTIFY_ID_EXPIRED').waitFor();
      await draw(cashier, 'certify-expired');
      await cashier.getByRole('button', { name: 'Start again' }).click();
      await cashier.getByRole('textbox', { name: 'Name' }).fill('拒绝');
      await cashier.getByRole('button', { name: 'Begin' }).click();
      await cashier.getByText('Please check what you entered.').waitFor();
      expect(shop.faults).toEqual([]);
      await shop.context.close();
    },
    SLOW,
  );

  describe('with one cashier', () => {
    let shop: Shop;
    beforeAll(async () => {
      shop = await openShop(desktop, '#job');
      await heading(shop.cashier, 'Job identity');
      await expectAccessible(shop.cashier, 'job identity');
      await draw(shop.cashier, 'job-form');
    }, SLOW);
    afterAll(() => shop?.context.close());

    test.each([
      ['test_ok_alice', 'The job is confirmed', 'job-confirmed'],
      ['test_ok_unconfirmed', 'The job is not confirmed', undefined],
      ['test_ok_error-USER_NOT_AUTHORIZE', 'Not completed', undefined],
    ])(
      'a job identity with the token %s ends with: %s',
      async (token, words, image) => {
        const { cashier, faults } = shop;
        await cashier.locator('select[name=token]').selectOption(token);
        await cashier.getByRole('button', { name: 'Ask Zhima' }).click();
        await heading(cashier, words);
        if (image) await draw(cashier, image);
        await cashier.getByRole('button', { name: 'Start again' }).click();
        expect(faults).toEqual([]);
      },
      SLOW,
    );
  });
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
  const page = await (await browser.open(desktop)).newPage();
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
