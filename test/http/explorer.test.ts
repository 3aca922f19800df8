/** The explorer and the page that chooses it, in a real browser: every example runs, and nothing comes from elsewhere unasked. */
import type { BrowserContext, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readExamples } from '../../src/http/explorer-pages.ts';
import {
  desktop,
  draw,
  expectAccessible,
  faultsOf,
  launchBrowser,
  phone,
  type TestBrowser,
} from '../support/http/browser.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

let service: SandboxService;
let browser: TestBrowser;
beforeAll(async () => {
  [service, browser] = await Promise.all([startSandboxService(), launchBrowser()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await service?.close();
});

const localhost = () => service.origin.replace('127.0.0.1', 'localhost');

/** GraphiQL's tabs hold buttons. */
const ofGraphiql = { except: ['.graphiql-tab'] };

/** Every host that a page of the context asks for. */
const hostsOf = (context: BrowserContext): Set<string> => {
  const hosts = new Set<string>();
  context.on('request', (request) => /^https?:/.test(request.url()) && hosts.add(new URL(request.url()).hostname));
  return hosts;
};

const openExplorer = async (context: BrowserContext, origin: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${origin}/explorer`);
  await page.locator('.graphiql-execute-button').waitFor();
  return page;
};

const seeAnswer = (page: Page, hasText: string): Promise<void> =>
  page.locator('.result-window').filter({ hasText }).waitFor();

/** GraphiQL ignores a press while it draws another tab or an answer; a person presses again. */
const openTab = async (page: Page, index: number, operation: string): Promise<void> => {
  const line = page.locator('.graphiql-query-editor .view-line').filter({ hasText: new RegExp(`\\b${operation}\\b`) });
  await vi.waitFor(
    async () => {
      await page.locator('.graphiql-tab-button').nth(index).click({ delay: 50 });
      await line.first().waitFor({ timeout: 1_000 });
    },
    { timeout: 30_000 },
  );
};

/** Runs the tab that is open, and returns the response of the service. */
const run = async (
  page: Page,
  operation: string,
): Promise<{ errors?: unknown; data: Record<string, { __typename?: string }> }> => {
  const isAnswer = (each: Response): boolean =>
    each.url().endsWith('/graphql') && new RegExp(`\\b${operation}\\b`).test(each.request().postData() ?? '');
  const response = await vi.waitFor(
    async () => {
      const [answer] = await Promise.all([
        page.waitForResponse(isAnswer, { timeout: 3_000 }),
        page.locator('.graphiql-execute-button').click({ delay: 50 }),
      ]);
      return answer;
    },
    { timeout: 30_000, interval: 300 },
  );
  await seeAnswer(page, '"data"');
  return response.json();
};

const failureOf = (name: string): string => ({ refused: 'PayerAuthorizationRejected' })[name] ?? '';

describe('the explorer', () => {
  test('on localhost and on 127.0.0.1, every example is a tab that runs, and runs again after a reload', async () => {
    const context = await browser.open(desktop);
    context.setDefaultTimeout(30_000);
    const hosts = hostsOf(context);
    const all = [...readExamples().entries()];
    // The second time those alone that hold codes or addresses.
    const again = all.filter(([, { variables }]) => Object.keys(variables).length > 0);
    for (const [origin, examples] of [
      [localhost(), all],
      [service.origin, again],
    ] as const) {
      const page = await openExplorer(context, origin);
      const faults = faultsOf(page);
      for (const [index, { name, operation: text }] of examples) {
        const [, operation = ''] = /^(?:query|mutation|subscription) (\w+)/m.exec(text) ?? [];
        await openTab(page, index, operation);
        const { errors, data } = await run(page, operation);
        expect({ name, errors }).toEqual({ name, errors: undefined });
        const [answer] = Object.values(data);
        const failed = /Rejected|InvalidInput|NotFound|NotAllowed|Unknown$/.test(answer?.__typename ?? '');
        expect({ name, failed: failed && answer?.__typename }).toEqual({ name, failed: failed && failureOf(name) });
      }
      expect(faults).toEqual([]);
      await page.close();
    }
    expect([...hosts].sort()).toEqual(['127.0.0.1', 'localhost']);
    await context.close();
  }, 180_000);

  test('it completes fields, shows the documentation, variables and headers, and fits a phone', async () => {
    const context = await browser.open(desktop);
    const page = await openExplorer(context, service.origin);
    await run(page, 'Authenticate');
    await seeAnswer(page, 'PayerAuthenticated');
    await draw(page, 'explorer');
    await expectAccessible(page, 'explorer', ofGraphiql);
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page
      .getByRole('link', { name: 'Mutation' })
      .or(page.getByText('Mutation', { exact: true }))
      .first()
      .click();
    await page.getByText('Redeems a one-time auth code').first().waitFor();
    const editor = page.locator('.graphiql-query-editor .monaco-editor').first();
    await editor.click({ position: { x: 200, y: 100 } });
    await page.keyboard.press('Control+A');
    await page.keyboard.type('{ payerCh');
    await page.keyboard.press('Control+Space');
    await page.locator('.suggest-widget').getByText('payerChannels').first().waitFor();
    await draw(page, 'explorer-completion');
    expect(new URL(page.url()).search).toBe('');
    await context.close();
    const small = await browser.open({ ...phone, colorScheme: 'dark' });
    const onPhone = await openExplorer(small, service.origin);
    await run(onPhone, 'Authenticate');
    await draw(onPhone, 'phone-explorer-dark');
    await expectAccessible(onPhone, 'explorer on a phone, dark', ofGraphiql);
    expect(await onPhone.evaluate('document.documentElement.scrollWidth')).toBe(390);
    const answer = await onPhone.locator('.result-window').boundingBox();
    expect(answer?.width).toBeGreaterThan(200);
    expect(answer?.height).toBeGreaterThan(100);
    await small.close();
  }, 180_000);
});

describe('the first page', () => {
  const open = async (answer: 'hangs' | 'refuses' | 'is absent' | 'answers') => {
    const context = await browser.open(desktop);
    const hosts = hostsOf(context);
    await context.route(/^https:/, (route) => {
      if (answer === 'hangs') return new Promise(() => {});
      if (answer === 'refuses') return route.abort('connectionrefused');
      if (answer === 'is absent') return route.abort('namenotresolved');
      const isScript = route.request().url().endsWith('.js');
      return route.fulfill(
        isScript
          ? {
              contentType: 'text/javascript',
              body: `window.EmbeddedSandbox = class { constructor(options) {
                const frame = document.createElement('iframe');
                frame.src = 'https://sandbox.embed.apollographql.com/sandbox/explorer';
                frame.title = options.initialEndpoint + ' ' + options.initialState.document;
                document.querySelector(options.target).append(frame);
              } };`,
            }
          : { contentType: 'text/html', body: '<h1>Apollo Sandbox</h1>' },
      );
    });
    const page = await context.newPage();
    const startedAt = Date.now();
    await page.goto(`${service.origin}/`, { waitUntil: 'domcontentloaded' });
    return { context, page, hosts, startedAt };
  };

  test.each(['hangs', 'refuses', 'is absent'] as const)(
    'when the CDN %s, the page is painted at once and the own explorer opens within 3 seconds',
    async (answer) => {
      const { context, page, hosts, startedAt } = await open(answer);
      if (answer === 'hangs') {
        await page.getByText('Asking whether Apollo Sandbox can be reached').waitFor();
        expect(Date.now() - startedAt).toBeLessThan(1_500);
        await draw(page, 'home');
      }
      await page.waitForURL(`${service.origin}/explorer`, { timeout: 5_000, waitUntil: 'commit' });
      expect([...hosts].sort()).toEqual(['127.0.0.1', 'embeddable-sandbox.cdn.apollographql.com']);
      await context.close();
    },
    30_000,
  );

  test('when the CDN answers, Apollo Sandbox opens with the first example and this GraphQL, and no font is loaded', async () => {
    const { context, page, hosts } = await open('answers');
    const frame = page.locator('iframe');
    await frame.waitFor();
    const title = (await frame.getAttribute('title')) ?? '';
    expect(title).toContain(`${service.origin}/graphql`);
    expect(title).toContain('mutation Authenticate');
    // In the frame is what Apollo serves.
    await expectAccessible(page, 'home with Apollo Sandbox', { except: ['iframe'] });
    expect(page.url()).toBe(`${service.origin}/`);
    expect([...hosts].sort()).toEqual([
      '127.0.0.1',
      'embeddable-sandbox.cdn.apollographql.com',
      'sandbox.embed.apollographql.com',
    ]);
    await context.close();
  }, 30_000);

  test('the pages lead to each other and to the documents', async () => {
    const context = await browser.open(desktop);
    const page = await context.newPage();
    await context.route('**/home.js', (route) => route.abort());
    await page.goto(`${service.origin}/`);
    await expectAccessible(page, 'home');
    await page.goto(`${service.origin}/docs`);
    await expectAccessible(page, 'docs');
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('favicon.svg');
    for (const each of await page.locator('a').all()) {
      const link = new URL((await each.getAttribute('href')) ?? '', page.url()).href;
      const reply = await fetch(link, { headers: { accept: 'text/html' } });
      expect({ link, status: reply.status }).toEqual({ link, status: 200 });
      await reply.body?.cancel();
    }
    await context.close();
  });
});
