/**
 * `npm run measure`: prints how large, how connected and how strictly typed the files of `src` are, as Markdown tables.
 * `npm run measure -- ../other` measures another checkout, which needs its own `node_modules`.
 */
import { resolve } from 'node:path';
import { measureSizes, readSourceFiles } from './lib/measure/files.ts';
import { findHiddenAnys } from './lib/measure/hidden-anys.ts';
import { measureImports } from './lib/measure/imports.ts';
import { type Finding, measureSyntax } from './lib/measure/syntax.ts';

type Row = Readonly<Record<string, string | number>>;

const printTable = (rows: readonly Row[]): void => {
  const columns = Object.keys(rows[0] ?? {});
  console.log(`| ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length)}`);
  for (const row of rows) console.log(`| ${columns.map((column) => row[column]).join(' | ')} |`);
};

const printFindings = (title: string, found: readonly Finding[]): void => {
  console.log(`\n## ${title}: ${found.length}\n`);
  for (const { place, what } of found) console.log(`- ${place}: ${what}`);
};

const folder = resolve(process.argv[2] ?? '.');
const files = readSourceFiles(folder);
console.log('## Files and lines\n');
printTable(measureSizes(files));

const { rows, circles } = measureImports(folder);
console.log('\n## Imports\n');
printTable(rows);
console.log(`\nFiles in circles: ${circles}`);

const { functions, ...findings } = measureSyntax(files);
const byLength = functions.toSorted((left, right) => right.lines - left.lines);
const ofLines = (above: number, upTo: number) =>
  byLength
    .filter(({ lines }) => lines > above && lines <= upTo)
    .map(({ place, what, lines }) => ({ place, what: `${what}, ${lines} lines` }));
printFindings('Functions over 60 lines', ofLines(60, Number.POSITIVE_INFINITY));
printFindings('Functions of 41 to 60 lines', ofLines(40, 60));
printFindings('Casts other than `as const`', findings.casts);
printFindings('Written `any`', findings.anys);
printFindings('Hidden `any`', findHiddenAnys(folder));
printFindings('Spreads of literals', findings.spreads);
printFindings('Functions with five or more parameters', findings.manyParameters);
printFindings('Nested ternaries', findings.nestedTernaries);
printFindings('Files over 40 lines without an opening sentence', findings.withoutOpening);
