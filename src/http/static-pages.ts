/** The pages of sandbox mode: explorer, cashier and payer page. */
import { readdirSync, readFileSync } from 'node:fs';

const examplesFolder = new URL('../../examples/', import.meta.url);

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** The example operations by file name, in order. */
const readExamples = (): { name: string; operation: string }[] =>
  readdirSync(examplesFolder)
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => ({
      name: name.replace('.graphql', ''),
      operation: readFileSync(new URL(name, examplesFolder), 'utf8'),
    }));

/** The pages of sandbox mode, by path. They load nothing from other hosts, so they work without the internet. */
export const readStaticPages = (): ReadonlyMap<string, string> => {
  const css = read('page.css');
  const examples = JSON.stringify(readExamples()).replaceAll('<', '\\u003c');
  const page = (name: string) =>
    read(`${name}.html`)
      .replace('/* page.css */', () => css)
      .replace('/* examples */ []', () => examples);
  return new Map(['explorer', 'cashier', 'payer'].map((name) => [`/${name}`, page(name)]));
};
