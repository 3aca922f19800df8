import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);

/** Without what is commented out. */
const readPage = (page: string) => readFileSync(join(root, 'docs', page), 'utf8').replace(/<!--[\s\S]*?-->/g, '');

test.each(pages)('docs/%s names only files that are there', (page) => {
  const folder = dirname(join(root, 'docs', page));
  const text = readPage(page);
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => join(folder, path));
  const named = [...text.matchAll(/(?<![\w./-])(?:docs|examples|schema|scripts|src|test)\/[\w./-]+\.\w+/g)].map(
    ([path]) => join(root, path),
  );
  expect([...linked, ...named].filter((path) => !existsSync(path))).toEqual([]);
});

test('docs/reliability.md gives every claim a command that runs a test', () => {
  const text = readPage('reliability.md');
  const rows = text.split('\n').filter((line) => /^\| [^-]/.test(line) && !line.startsWith('| claim'));
  expect(rows.length).toBeGreaterThan(7);
  expect(rows.filter((row) => !/`(?:[A-Z0-9_]+=\d+ )*npm test -- (?:test\/\S+\.test\.ts ?)+`/.test(row))).toEqual([]);
});
