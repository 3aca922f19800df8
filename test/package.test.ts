/**
 * The package as others install it: `npm pack`, its tarball in an empty project beside the production dependencies alone,
 * their size, and a start from there. Builds for some seconds, so it runs with PACKAGE=1: `npm run check:package`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readLockFile } from '../scripts/lib/lock-file.ts';
import { generateVaultKeys } from '../src/security/vault.ts';
import { readBlocks } from './support/markdown.ts';
import { childEnv } from './support/services/child-env.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const project = mkdtempSync(join(tmpdir(), 'payer-identity-package-'));
afterAll(() => rmSync(project, { recursive: true, force: true }), 60_000);

const run = (file: string, args: readonly string[], cwd = project): string =>
  execFileSync(file, args, { cwd, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });

/** Copies what `npm ci --omit=dev` installs, from the packages that are here. */
const copyProduction = (to: string): void => {
  const lock = readLockFile(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, { dev, devOptional }] of Object.entries(lock)) {
    if (path === '' || dev || devOptional || !existsSync(join(root, path))) continue;
    mkdirSync(join(to, dirname(path)), { recursive: true });
    // Packages within a package have entries of their own.
    cpSync(join(root, path), join(to, path), {
      recursive: true,
      filter: (file) => !file.slice(join(root, path).length).includes('/node_modules'),
    });
  }
};

/** In MB, as `du -s` counts it. */
const megabytesOf = (folder: string): number => Number(run('du', ['-sk', folder]).split('\t')[0]) / 1_024;

const packages = ['@grafbase', '@apollo/gateway', 'vitest', 'playwright-core', 'typescript', 'node', '@biomejs'];

/** Resolves when the service is ready. */
const started = async (child: ChildProcess): Promise<string> => {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  child.once('exit', () => {
    output += ' (it ended)';
  });
  const deadline = Date.now() + 30_000;
  for (;;) {
    const url = /(http:\/\/127\.0\.0\.1:\d+)"[^\n]*"msg":"listening"|GraphQL +(http:\S+)\/graphql/.exec(output);
    if (url) return url[1] ?? url[2] ?? '';
    if (Date.now() > deadline || output.includes('(it ended)')) throw new Error(`it did not start: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const spawnHere = (cwd: string, args: readonly string[], env: Record<string, string>) => {
  const child = spawn(process.execPath, args, {
    cwd,
    env: childEnv({ PORT: '0', DATA_DIR: join(cwd, 'data'), ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return child;
};

const production = () => ({
  defaultApp: 'shop',
  apps: [{ id: 'shop', channels: { wechat_pay: 'wechat' } }],
  sources: { wechat: { type: 'wechat', appId: 'wx1', appSecret: 's' } },
  router: { secrets: ['s'.repeat(32)] },
  keys: generateVaultKeys(),
});

describe.skipIf(!process.env.PACKAGE)('the production install', { timeout: 120_000 }, () => {
  const lean = join(project, 'lean');
  beforeAll(() => copyProduction(lean), 60_000);

  test('has 60 MB at most, and no tools of tests', () => {
    const size = megabytesOf(join(lean, 'node_modules'));
    console.log(`npm ci --omit=dev: ${size.toFixed(0)} MB`);
    expect(size).toBeLessThanOrEqual(60);
    const found = packages.filter((name) => existsSync(join(lean, 'node_modules', name)));
    expect(found).toEqual([]);
  });

  test('has a bill of materials of every package, by the commands of docs/operations.md, and only free licenses', () => {
    const [command = ''] = readBlocks('operations.md').flatMap(({ text }) => (text.includes('npm sbom') ? [text] : []));
    cpSync(join(root, 'package.json'), join(lean, 'package.json'));
    const { components } = JSON.parse(run('bash', ['-ceu', command], lean));
    cpSync(join(root, 'package.json'), join(lean, 'package.json'));
    const named: string[] = components.map(({ name }: { name: string }) => name);
    const lock = readLockFile(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const installed = Object.entries(lock)
      .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional && existsSync(join(root, path)))
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect([...new Set(named)].toSorted()).toEqual([...new Set(installed)].toSorted());
    const licenses = new Set<string>(
      components.flatMap(({ licenses = [{}] }: { licenses?: { license?: { id?: string }; expression?: string }[] }) =>
        licenses.map(({ license, expression }) => license?.id ?? expression ?? 'none'),
      ),
    );
    const free = /^\(?(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0| (?:OR|AND) )+\)?$/;
    expect([...licenses].filter((license) => !free.test(license))).toEqual([]);
  });

  test('starts from src, schema and the packages alone: nothing of examples/ is read', async () => {
    for (const name of ['src', 'schema', 'package.json', ...(existsSync(join(root, 'bin')) ? ['bin'] : [])])
      cpSync(join(root, name), join(lean, name), { recursive: true });
    writeFileSync(join(lean, 'config.json'), JSON.stringify(production()));
    const url = await started(spawnHere(lean, ['src/main.ts'], { CONFIG: 'config.json' }));
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});

/** What a browser loads of the pages of a sandbox: each file that a page names, and the workers that the explorer starts. */
const PAGES = `
const read = async (url) => {
  const response = await fetch(url, { headers: { accept: 'text/html,*/*' } });
  const text = await response.text();
  return { status: response.status, type: response.headers.get('content-type'), isEmpty: text === '', text };
};
export const readPages = async (origin) => {
  const found = new Map();
  const add = async (url) => found.get(url) ?? found.set(url, await read(url)).get(url);
  for (const path of ['/', '/cashier', '/payer', '/docs', '/explorer']) {
    const { text } = await add(origin + path);
    const base = new URL(/<base href="([^"]*)">/.exec(text)?.[1] ?? '', origin + path);
    for (const [, link] of text.matchAll(/(?<!<base )(?:src|href)="([^"]+)"/g)) await add(new URL(link, base).href);
    for (const [, map] of text.matchAll(/<script type="importmap">([^<]*)</g))
      for (const link of Object.values(JSON.parse(map).imports)) await add(new URL(link, base).href);
  }
  // A Map goes on with what is added to it.
  for (const [url, { text }] of found)
    if (new URL(url).pathname.startsWith('/cashier/'))
      for (const [, link] of text.matchAll(/ from '(\\.[^']+)'/g)) await add(new URL(link, url).href);
  for (const name of ['editor', 'json', 'graphql']) await add(origin + '/explorer/' + name + '.worker.js');
  return [...found].map(([url, { text, ...page }]) => ({ path: url.slice(origin.length), ...page }));
};
`;

interface ReadPage {
  readonly path: string;
  readonly status: number;
  readonly type: string;
  readonly isEmpty: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const expectPages = (pages: readonly ReadPage[]): void => {
  const expected = pages.map(({ path }) => ({
    path,
    status: 200,
    type: types[extname(path)] ?? 'text/html; charset=utf-8',
    isEmpty: false,
  }));
  expect(pages).toEqual(expected);
  expect(pages.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      ...['graphiql.js', 'graphiql.css', 'editor.worker.js'].map((name) => `/explorer/${name}`),
      ...[
        '/pages/explorer.js',
        '/cashier/cashier.ts',
        '/cashier/payer.ts',
        '/cashier/lit-html.js',
        '/failure-codes.json',
      ],
      ...['/docs/configuration.md', '/docs/sources/wechat.md'],
    ]),
  );
};

describe.skipIf(!process.env.PACKAGE)('the package in an empty project', { timeout: 240_000 }, () => {
  const installed = join(project, 'consumer/node_modules/payer-identity');
  const consumer = join(project, 'consumer');
  let tarball = '';

  beforeAll(() => {
    run('npm', ['pack', '--silent', '--pack-destination', project], root);
    tarball = join(project, `payer-identity-${manifest.version}.tgz`);
    console.log(`npm pack: ${(statSync(tarball).size / 2 ** 20).toFixed(1)} MB`);
    copyProduction(consumer);
    mkdirSync(installed, { recursive: true });
    run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
    writeFileSync(join(consumer, 'pages.mjs'), PAGES);
    writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    for (const name of ['@types/node', 'undici-types'])
      cpSync(join(root, 'node_modules', name), join(consumer, 'node_modules', name), { recursive: true });
  }, 240_000);

  test('has every file that its exports name, and none of the repository’s own', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    const named = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(Object(entry)),
    );
    for (const path of named.filter((path) => typeof path === 'string' && !path.includes('*')))
      expect(files).toContain(String(path).replace(/^\.\//, ''));
    expect(files.filter((file) => /^(?:src|test|bench|scripts)\/|\.test\.|keys\.json$|\.sqlite/.test(file))).toEqual(
      [],
    );
    expect(files.filter((file) => /^dist\/.*(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(files).toContain('dist/store/engine/migrations/sqlite/0001-redemptions.sql');
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE', 'dist/http/pages/graphiql.LICENSE']));
  });

  test('is imported, and required: the sandbox authenticates a payer, the double answers a reference, and both end', () => {
    writeFileSync(
      join(consumer, 'consumer.mjs'),
      `import { createRequire } from 'node:module';
import { startPayerIdentityDouble, startSandbox } from 'payer-identity/testing';
import { readPages } from './pages.mjs';
const required = createRequire(import.meta.url)('payer-identity/testing');
if (required.startSandbox !== startSandbox) throw new Error('two copies');
const ask = async (url, query, variables) => (await (await fetch(url, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) })).json()).data;
const sandbox = await startSandbox();
const { r } = await ask(sandbox.graphqlUrl, 'mutation { r: startAuthentication(input: { channelId: "ali_pay", returnUrl: "http://localhost:5173/" }) { ... on PayerAuthenticationStarted { authorizeUrl } } }');
const visit = await sandbox.payer.authorizes({ authorizeUrl: r.authorizeUrl, payer: 'bob' });
const pages = await readPages(sandbox.url);
await sandbox.close();
const double = await startPayerIdentityDouble({ identities: [{ id: 'pid_1', openId: 'o1' }] });
const { _entities } = await ask(double.graphqlUrl, 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on PayerIdentity { openId } } }', { r: [{ __typename: 'PayerIdentity', id: 'pid_1' }] });
await double.close();
console.log(JSON.stringify({ answer: visit.answer, openId: _entities[0].openId, pages }));
`,
    );
    const { pages, ...answers } = JSON.parse(run(process.execPath, ['consumer.mjs'], consumer));
    expect(answers).toEqual({ answer: 'PayerAuthResultStored', openId: 'o1' });
    expectPages(pages);
  });

  test('has types that a strict project checks, with those of its dependencies', () => {
    writeFileSync(
      join(consumer, 'consumer.ts'),
      `import { type IdentityFixture, type SandboxOptions, startPayerIdentityDouble, startSandbox } from 'payer-identity/testing';
const options: SandboxOptions = { apps: [{ id: 'shop', channels: { ali_pay: 'alipay' } }], scopesInSdl: false };
const sandbox = await startSandbox(options);
const { returnedTo } = await sandbox.payer.authorizes({ authorizeUrl: sandbox.url, kind: 'used', afterSeconds: 3 });
const text: string | null = returnedTo;
const fixture: IdentityFixture = { id: 'pid_1', channelId: 'wechat_pay' };
const double = await startPayerIdentityDouble({ identities: [fixture] });
double.add({ id: text ?? 'none' });
// @ts-expect-error: a payer has an id
double.add({ openId: 'o' });
// @ts-expect-error: there is no such outcome
await sandbox.payer.authorizes({ authorizeUrl: '', kind: 'nope' });
`,
    );
    const strict = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'nodenext',
      '--target',
      'es2024',
    ];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    run(process.execPath, [tsc, ...strict, '--types', 'node', 'consumer.ts'], consumer);
  });

  test.each(Object.entries<string>(manifest.bin ?? {}))('its command %s runs', (_, path) => {
    expect(run(process.execPath, [join(installed, path), '--version'], consumer)).toContain(manifest.version);
  });

  test('its command start serves the same in an empty folder, and makes nothing but its data', async () => {
    const empty = join(project, 'empty');
    mkdirSync(empty);
    const url = await started(spawnHere(empty, [join(installed, manifest.bin['payer-identity']), 'start'], {}));
    const { readPages } = await import(pathToFileURL(join(consumer, 'pages.mjs')).href);
    expectPages(await readPages(url));
    expect(readdirSync(empty)).toEqual(['data']);
  });

  test('publint finds nothing to improve', async () => {
    const { publint } = await import('publint');
    const { buffer } = readFileSync(tarball);
    const { messages } = await publint({ pack: { tarball: buffer.slice(0) as ArrayBuffer } });
    expect(messages).toEqual([]);
  });
});
