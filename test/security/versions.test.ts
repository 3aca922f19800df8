/** The oldest releases that are not known to be vulnerable. `npm audit` needs an advisory server; this needs none. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readLockFile } from '../../scripts/lib/lock-file.ts';

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');
const packages = readLockFile(read('package-lock.json'));

/** Compares releases by number, not by text. */
const isAtLeast = (version: string, least: string): boolean =>
  version.localeCompare(least, 'en', { numeric: true }) >= 0;

const majorOf = (version: string): number => Number.parseInt(version, 10);

/** Whether a release has a fix that was published as `fixes`, one for each major release that got it. */
const hasFix = (version: string, fixes: readonly string[]): boolean =>
  fixes.some((fix) => majorOf(fix) === majorOf(version) && isAtLeast(version, fix)) ||
  fixes.every((fix) => majorOf(fix) < majorOf(version));

/**
 * Advisories of what faces the network here, and of what our tests run in front of it. No advisory was found for
 * cockatiel, commander, dataloader, graphql-scalars, graphql-sse, graphql-tag, lit-html, pino, prom-client, qr,
 * @apollo/subgraph, @bomb.sh/tab, @humanwhocodes/momoa and fastest-levenshtein.
 */
const floors: [name: string, fixes: string, why: string][] = [
  ['node', '24.21.0', 'CVE-2026-58044: headers beyond maxHeadersCount dropped, 24.18.1; CVE-2026-18149, 24.21.0'],
  ['undici', '7.29.0 8.9.0', 'CVE-2026-6733: a reply taken for the next request, 8.5.0; CVE-2026-13697, 8.9.0'],
  ['@apollo/server', '5.5.0', 'GHSA-9q82-xgwf-vj6h: searches across sites by GET; CVE-2026-23897: charsets'],
  ['graphql', '16.8.1', 'CVE-2023-26144: documents that are slow to validate'],
  ['yaml', '2.2.2', 'CVE-2023-2251: an exception for a text of a certain form'],
  ['jose', '4.15.5', 'CVE-2024-28176: encrypted tokens that expand'],
  ['zod', '3.22.3', 'CVE-2023-4316: a slow expression for e-mail addresses'],
  ['pg', '7.1.2', 'CVE-2017-16082: code in the names of columns'],
  ['fast-xml-parser', '5.5.7', 'GHSA-jp2q-39xq-3w4g, CVE-2026-33036, CVE-2026-25896: entities that expand'],
  ['@apollo/protobufjs', '1.2.8', 'CVE-2026-41242, of protobufjs: code in the names of types'],
  ['protobufjs', '7.5.6', 'CVE-2026-41242, CVE-2026-44291: code in the names of types'],
  ['@apollo/gateway', '2.13.2', 'GHSA-pfjj-6f4p-rvmh: prototype pollution'],
  ['@apollo/composition', '2.12.0', 'GHSA-mx7m-j9xf-62hw: access control on interfaces'],
];

test.each(floors)('%s is %s at least (%s)', (name, fixes) => {
  const found = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
  expect(found.length).toBeGreaterThan(0);
  for (const [path, { version = '' }] of found)
    expect([path, version, hasFix(version, fixes.split(' '))]).toContain(true);
});

test('every library of the service is in the list of advisories, or listed as without any', () => {
  const listed = read('test/security/versions.test.ts');
  const libraries = Object.keys(JSON.parse(read('package.json')).dependencies);
  expect(libraries.filter((name) => !listed.includes(name))).toEqual([]);
});

test('package.json refuses a node older than the one in the list of advisories', () => {
  const [, least = ''] = floors.find(([name]) => name === 'node') ?? [];
  expect(JSON.parse(read('package.json')).engines.node).toBe(`>=${least}`);
  expect(isAtLeast(process.versions.node, least)).toBe(true);
});

test('the service loads no protobuf library', () => {
  const program = `
    import { createRequire } from 'node:module';
    const { createGraphql } = await import('./src/graphql/apollo-server.ts');
    const { configFile } = await import('./src/config/file.ts');
    const limits = configFile.shape.limits.parse({});
    const log = { info() {}, warn() {}, error() {} };
    const { apollo: server } = createGraphql({ log, explorable: false, scopesInSdl: true, limits, firstOperation: '' });
    await server.start();
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(JSON.stringify({ known: loaded.filter((path) => /node_modules.graphql./.test(path)).length > 0, found: loaded.filter((path) => /protobuf/.test(path)) }));
    process.exit();`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, APOLLO_KEY: 'service:x:y', NODE_ENV: 'production' },
  });
  expect(JSON.parse(answer)).toEqual({ known: true, found: [] });
});

describe('a release has a fix', () => {
  test.each([
    ['8.9.0', '7.29.0 8.9.0', true],
    ['8.8.9', '7.29.0 8.9.0', false],
    ['8.10.0', '7.29.0 8.9.0', true],
    ['7.29.0', '7.29.0 8.9.0', true],
    ['7.28.1', '7.29.0 8.9.0', false],
    ['6.30.0', '7.29.0 8.9.0', false],
    ['9.0.0', '7.29.0 8.9.0', true],
  ])('hasFix(%s, of %s) is %s', (version, fixes, expected) => {
    expect(hasFix(version, fixes.split(' '))).toBe(expected);
  });
});
