/** `npm run check:words`: finds words that our prose does without in comments, descriptions, documents and test titles. */
import { globSync, readFileSync } from 'node:fs';
import { findForbiddenWords } from './lib/forbidden-words.ts';
import { proseOf } from './lib/prose.ts';

const root = new URL('..', import.meta.url);
const files = globSync(
  ['{src,test,scripts,bench,examples}/**/*.{ts,graphql}', '*.{ts,md}', 'schema/*.graphql', 'docs/**/*.md'],
  { cwd: root, exclude: ['src/generated/**', 'schema/subgraph*.graphql', '**/node_modules/**'] },
).toSorted();

let found = 0;
for (const file of files)
  for (const { line, word, say } of findForbiddenWords(proseOf(file, readFileSync(new URL(file, root), 'utf8')))) {
    console.error(`${file}:${line} ${word} → ${say}`);
    found += 1;
  }
console.log(`${files.length} files, ${found} words to replace`);
if (found > 0) process.exitCode = 1;
