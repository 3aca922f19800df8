/** The code blocks of a document, its tables, and its generated part. */
import { readFileSync, writeFileSync } from 'node:fs';

interface Block {
  readonly language: string;
  /** Its first line without the comment sign, by which tests find it. */
  readonly title: string;
  readonly text: string;
}

export const readDocument = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

export const readBlocks = (name: string): Block[] =>
  [...readDocument(name).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    title: /^(?:#|\/\/) ?(.*)\n/.exec(text)?.[1] ?? '',
    text,
  }));

/** The rows of the table that has this heading, each by its cells without backquotes. */
export const readTable = (name: string, heading: RegExp): string[][] => {
  const lines = readDocument(name).split('\n');
  const first = lines.findIndex((line) => heading.test(line));
  const after = lines.slice(first + 2);
  const end = after.findIndex((line) => !line.startsWith('|'));
  return after.slice(0, end === -1 ? undefined : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
};

const [BEGIN, END] = ['<!-- generated: begin -->\n', '<!-- generated: end -->'];

/**
 * The part of a document that is generated, and what it has to be. `UPDATE_DOCS=1 vitest run <the test>` writes it, so
 * that both are equal.
 */
export const comparePart = (name: string, generated: string): { readonly is: string; readonly shouldBe: string } => {
  const [before = '', rest = ''] = readDocument(name).split(BEGIN);
  const [part = '', after = ''] = rest.split(END);
  if (process.env.UPDATE_DOCS !== '1') return { is: part, shouldBe: generated };
  writeFileSync(new URL(`../../docs/${name}`, import.meta.url), before + BEGIN + generated + END + after);
  return { is: generated, shouldBe: generated };
};
