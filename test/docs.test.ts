import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { configFile } from '../src/config/file.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);

/** Without HTML comments. */
const readPage = (page: string) => readFileSync(join(root, 'docs', page), 'utf8').replace(/<!--[\s\S]*?-->/g, '');

test.each(pages)('docs/%s names only files that exist', (page) => {
  const folder = dirname(join(root, 'docs', page));
  const text = readPage(page);
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => join(folder, path));
  const named = [...text.matchAll(/(?<![\w./-])(?:docs|examples|schema|scripts|src|test)\/[\w./-]+\.\w+/g)].map(
    ([path]) => join(root, path),
  );
  expect([...linked, ...named].filter((path) => !existsSync(path))).toEqual([]);
});

/** As GitHub makes the anchors of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

const beside = ['README.md', 'README.zh.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'llms.txt'];
const examples = globSync('examples/**/*.md', { cwd: root });

test.each([...examples, ...beside])('%s links only to files that exist', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) =>
    join(root, dirname(page), path),
  );
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});

test.each([...pages.map((page) => `docs/${page}`), ...examples, ...beside])(
  '%s links only to headings that exist',
  (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    const missing = links.filter(([, path = '', anchor = '']) => {
      const file = join(root, dirname(page), path);
      const target = path === '' ? text : readFileSync(file, 'utf8');
      return path.endsWith('.md') || path === '' ? !anchorsOf(target).includes(anchor) : false;
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  },
);

test('docs/reliability.md gives every claim a command that runs a test', () => {
  const text = readPage('reliability.md');
  const rows = text.split('\n').filter((line) => /^\| [^-]/.test(line) && !line.startsWith('| promise'));
  expect(rows.length).toBeGreaterThan(7);
  expect(rows.filter((row) => !/`(?:[A-Z0-9_]+=\d+ )*npm test -- (?:test\/\S+\.test\.ts ?)+`/.test(row))).toEqual([]);
});

/** The paths of all properties of a JSON schema. */
const settingsIn = (schema: unknown, path: string): string[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, items, anyOf = [], oneOf = [] } = schema as Record<string, object>;
  const below = [...Object.values(anyOf), ...Object.values(oneOf)].flatMap((one) => settingsIn(one, path));
  const inside = Object.entries(properties).flatMap(([name, value]) => [
    path === '' ? name : `${path}.${name}`,
    ...settingsIn(value, path === '' ? name : `${path}.${name}`),
  ]);
  return [...inside, ...below, ...settingsIn(items, `${path}[]`)];
};

test('docs/configuration.md names every setting', () => {
  const text = readPage('configuration.md');
  const settings = settingsIn(z.toJSONSchema(configFile, { io: 'input', unrepresentable: 'any' }), '');
  expect(settings.length).toBeGreaterThan(60);
  const isNamed = (setting: string): boolean => {
    if (text.includes(`\`${setting}\``) || text.includes(`\`${setting}.`) || text.includes(`\`${setting}[].`))
      return true;
    // By its last name, in the row of a setting that contains it.
    const last = setting.split('.').at(-1);
    const rows = text.split('\n').filter((line) => setting.startsWith(/^\| `([\w.[\]]+)`/.exec(line)?.[1] ?? ' '));
    return rows.some((row) => row.includes(`\`${last}\``));
  };
  // Router credentials have a page of their own; the fields of JWKs and keys need no description.
  const elsewhere = /^router\.|^callers\.jwt\.jwks\.|^keys\.seal\[\]\.key$/;
  expect(settings.filter((setting) => !elsewhere.test(setting) && !isNamed(setting))).toEqual([]);
  const routers = readPage('routers.md');
  const credentials = settings
    .filter((setting) => setting.startsWith('router.'))
    .map((setting) => setting.split('.').at(-1));
  expect(credentials.filter((name) => !new RegExp(`\\b${name}\\b`).test(routers))).toEqual([]);
});

const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

test('docs/reliability.md defines P1 to P12, and titles of tests use no other ids of promises', () => {
  const defined = [...readPage('reliability.md').matchAll(/^- \*\*(P\d+), /gm)].map(([, id]) => id);
  expect(defined).toEqual(Array.from({ length: 12 }, (_, index) => `P${index + 1}`));
  const used = testFiles.flatMap((file) =>
    [...readFileSync(join(root, 'test', file), 'utf8').matchAll(/['`](P\d+)(?:[–, ]+P?\d+)*: /g)].map(([, id]) => id),
  );
  expect(used.filter((id) => !defined.includes(id))).toEqual([]);
});

/** Of a row that names tests as proofs: those that do not exist under that title, or the row when it names none. */
const unproven = (row: string): string[] => {
  const proofs = [...row.matchAll(/`(test\/[\w./-]+\.test\.ts)`\]\([^)]*\): "([^"]+)"/g)];
  if (proofs.length === 0) return [row];
  return proofs.flatMap(([, file = '', title = '']) => {
    const text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
    return text.includes(title) ? [] : [`${file}: ${title}`];
  });
};

test('docs/security.md names, for every threat, tests that exist under that title', () => {
  const rows = readPage('security.md')
    .split('\n')
    .filter((line) => /^\| T\d+ \|/.test(line));
  expect(rows.map((row) => row.split(' ')[1])).toEqual(Array.from({ length: 45 }, (_, index) => `T${index + 1}`));
  expect(rows.flatMap(unproven)).toEqual([]);
});

test('docs/ways-back.md names, for every complaint that is met, tests that exist under that title', () => {
  const [, complaints = ''] = readPage('ways-back.md').split('| complaint |');
  const rows = complaints.split('\n').slice(2).filter(Boolean);
  expect(rows).toHaveLength(10);
  expect(rows.filter((row) => !row.includes('| not offered')).flatMap(unproven)).toEqual([]);
});
