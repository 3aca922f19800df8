/** The pictures in docs/images: each is drawn by a test of the browser, those that pages show exist, and say what they show. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pictures = readdirSync(join(root, 'docs/images')).toSorted();

test('docs/images has the pictures that npm run screenshots draws, and no other', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const files: string[] = scripts.screenshots.match(/test\/\S+\.test\.ts/g);
  const texts = files.map(read).join('\n');
  // `draw(page, 'name')`, and the rows of tables whose picture is the argument.
  const drawn = [...texts.matchAll(/\bdraw\([\w.]+, '([\w-]+)'\)/g)].map(([, name]) => `${name}.png`);
  const byRow = pictures.filter((picture) => texts.includes(`'${picture.replace('.png', '')}'`));
  expect([...new Set([...drawn, ...byRow])].toSorted()).toEqual(pictures);
});

const shown = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).flatMap((page) =>
  [...read(page).matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)].map(([, words = '', link = '']) => ({
    page,
    words,
    picture: relative(join(root, 'docs/images'), join(root, dirname(page), link)),
  })),
);

test('pages show only pictures that exist, with words for a reader who does not see them', () => {
  expect(shown.length).toBeGreaterThan(15);
  expect(shown.filter(({ picture }) => !pictures.includes(picture))).toEqual([]);
  expect(shown.filter(({ words }) => words.length < 12)).toEqual([]);
});

test('a picture has the size of its device, at which a reader can look at it', () => {
  const sizes = pictures.map((picture) => {
    const bytes = readFileSync(join(root, 'docs/images', picture));
    return `${picture.startsWith('phone-') ? 'phone' : 'desktop'} ${bytes.readUInt32BE(16)}×${bytes.readUInt32BE(20)}`;
  });
  expect([...new Set(sizes)].toSorted()).toEqual(['desktop 1280×800', 'phone 390×664']);
});
