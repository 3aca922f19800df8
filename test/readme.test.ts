import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { startSandboxService } from './support/services/sandbox.ts';
import vectors from './vectors/alipay.json' with { type: 'json' };

const readPage = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = readPage('README.md');
const contributing = readPage('CONTRIBUTING.md');
const block = (language: string, having: string) => {
  const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  return blocks.find(([, kind, text]) => kind === language && text?.includes(having))?.[2] ?? '';
};

test('the README has 700 words at most', () => {
  const words = readme.split(/\s+/).length;
  expect(words).toBeLessThanOrEqual(700);
  expect(words).toBeGreaterThan(300);
});

test('the README shows an answer that the service gives, the second time as well', async () => {
  const service = await startSandboxService();
  onTestFinished(() => service.close());
  const command = block('sh', 'curl').replace('http://127.0.0.1:4001', service.origin);
  for (const _ of [1, 2]) {
    const { stdout } = await promisify(execFile)('bash', ['-c', command]);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(block('json', '"data"')));
  }
});

test('README.zh.md has the commands of the README', () => {
  const shell = /```sh\n[\s\S]*?```/g;
  expect(readPage('README.zh.md').match(shell)).toEqual(readme.match(shell));
});

test('the quick start shows a configuration that is accepted', async () => {
  const [, text = ''] = /```json\n([\s\S]*?)```/.exec(readPage('docs/quick-start.md')) ?? [];
  const fileOf = (name: string): string => {
    if (name === 'alipay-app-private.pem') return vectors.appPrivateKeyPkcs8DerBase64;
    if (name === 'alipay-public.pem') return vectors.alipayPublicKeySpkiDerBase64;
    return name.endsWith('.key') ? createHash('sha256').update(name).digest('base64') : 's'.repeat(32);
  };
  const shown = text.replaceAll(/\{ "\$(?:env|file)": "([^"]+)" \}/g, (_, name: string) =>
    JSON.stringify(fileOf(name)),
  );
  const config = await loadConfig({}, async () => JSON.parse(shown));
  expect(config.apps[0]?.sessions).toBe('required');
});

test('every file that llms.txt names exists', () => {
  const named = [...readPage('llms.txt').matchAll(/\]\(([^)]+)\)|\b((?:docs|examples)\/[\w/-]+\.\w+)/g)];
  const files = named.map(([, link, text]) => link ?? text ?? '');
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((file) => !existsSync(new URL(`../${file}`, import.meta.url)))).toEqual([]);
});

test('the README and its pages name only commands that npm knows', () => {
  const { scripts } = JSON.parse(readPage('package.json'));
  const pages = readme + contributing + readPage('docs/configuration.md');
  const named = [...pages.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name = '']) => name);
  expect(named).toEqual(expect.arrayContaining(['migrate', 'store:copy', 'keys:rotate', 'payer:erase']));
  for (const name of named) {
    const file = /^node (?:--\w+ )*(\S+)/.exec(scripts[name])?.[1];
    if (file) expect(() => readFileSync(new URL(`../${file}`, import.meta.url)), name).not.toThrow();
    expect(scripts, name).toHaveProperty([name]);
  }
});

/** Run by npm itself, or by another script. */
const internal = new Set(['prepack']);

test('every command of npm is explained on a page for its reader', () => {
  const { scripts } = JSON.parse(readPage('package.json'));
  const pages = ['README.md', 'CONTRIBUTING.md', 'docs/configuration.md'].map(readPage).join('\n');
  const isNamed = (name: string) => new RegExp(`(?:npm (?:run )?(?:-s )?|\`)${name}(?![\\w:-])`).test(pages);
  expect(Object.keys(scripts).filter((name) => !internal.has(name) && !isNamed(name))).toEqual([]);
});

test('README.zh.md leads to every page and picture that the README leads to', () => {
  const linksOf = (text: string) => new Set([...text.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = '']) => path));
  const inChinese = linksOf(readPage('README.zh.md'));
  inChinese.add('README.zh.md');
  expect([...linksOf(readme)].filter((path) => !inChinese.has(path))).toEqual([]);
});

test('the README and the pages beside it link only to files that exist', () => {
  const pages = readme + readPage('README.zh.md') + contributing + readPage('SECURITY.md') + readPage('CHANGELOG.md');
  const links = [...pages.matchAll(/\]\((?!http)([^)#]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(15);
  for (const path of links)
    expect(() => readFileSync(new URL(`../${path}`, import.meta.url)), path).not.toThrow(/ENOENT/);
});
