/** The code blocks of a document. */
import { readFileSync } from 'node:fs';

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
