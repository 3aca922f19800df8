/** A real Chromium for the tests of pages: two contexts, accessibility, reflow, and pictures when SCREENSHOTS=write. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import chromium from '@sparticuz/chromium';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium as driver,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';
import { decompress } from 'wawoff2';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const images = new URL('../../../docs/images/', import.meta.url);
const isDrawing = process.env.SCREENSHOTS === 'write';

export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, locale: 'en-US' };
export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 664 },
  locale: 'zh-CN',
  isMobile: true,
  hasTouch: true,
};

/** Chinese glyphs, of which a machine of tests has none: the web font as fonts that Chromium finds as the system's. */
const installFonts = async (folder: string): Promise<string> => {
  const files = join(dirname(require.resolve('@fontsource-variable/noto-sans-sc/package.json')), 'files');
  for (const name of readdirSync(files))
    writeFileSync(join(folder, name.replace('.woff2', '.ttf')), await decompress(readFileSync(join(files, name))));
  const config = join(folder, 'fonts.conf');
  writeFileSync(
    config,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>${folder}</dir><cachedir>${join(folder, 'cache')}</cachedir>
<match target="pattern"><edit name="family" mode="append" binding="strong"><string>DejaVu Sans</string></edit></match></fontconfig>`,
  );
  return config;
};

export interface TestBrowser {
  open(options: BrowserContextOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

export const launchBrowser = async (): Promise<TestBrowser> => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-fonts-'));
  const fonts = isDrawing ? { FONTCONFIG_FILE: await installFonts(folder) } : {};
  const browser: Browser = await driver.launch({
    executablePath: await chromium.executablePath(),
    // One process for all, as on the functions that this build is for, would die with its first window.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    env: { ...process.env, ...fonts },
  });
  return {
    async open(options) {
      // What moves is drawn sixty times a second, without a graphics card by the processor of the tests.
      const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
      // A busy machine takes longer than the default.
      context.setDefaultTimeout(90_000);
      return context;
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Collects what the page throws, and what its policy refuses. */
export const faultsOf = (page: Page): string[] => {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
  });
  return faults;
};

/** By the debugger, which no policy of a page keeps out; once for each document, since it takes a while. */
const loadAxe = async (page: Page): Promise<void> => {
  if (await page.evaluate(`'axe' in window`)) return;
  const debug = await page.context().newCDPSession(page);
  await debug.send('Runtime.evaluate', { expression: axe });
  await debug.detach();
};

interface Checked {
  /** Selectors of what is not ours. */
  readonly except?: readonly string[];
}

/** No finding of any severity, and nothing to scroll sideways at 320 px. */
export const expectAccessible = async (page: Page, name: string, { except = [] }: Checked = {}): Promise<void> => {
  await loadAxe(page);
  const context = JSON.stringify({ include: [['html']], exclude: except.map((each) => [each]) });
  const findings = await page.evaluate(`axe.run(${context}, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
  expect({ name, findings }).toEqual({ name, findings: [] });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 664 });
  expect({ name, width: await page.evaluate('document.documentElement.scrollWidth') }).toEqual({ name, width: 320 });
  if (size) await page.setViewportSize(size);
};

/** Writes docs/images/<name>.png, where pictures are asked for. */
export const draw = async (page: Page, name: string): Promise<void> => {
  if (!isDrawing) return;
  mkdirSync(images, { recursive: true });
  await page.evaluate('document.fonts.ready');
  await page.screenshot({ path: new URL(`${name}.png`, images).pathname, animations: 'disabled' });
};
