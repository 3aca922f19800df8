import { readdirSync, readFileSync } from 'node:fs';

const examplesFolder = new URL('../../examples/', import.meta.url);
const explorerFile = new URL('./explorer.html', import.meta.url);

/** The example operations by file name, in order. */
const readExamples = (): { name: string; operation: string }[] =>
  readdirSync(examplesFolder)
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => ({
      name: name.replace('.graphql', ''),
      operation: readFileSync(new URL(name, examplesFolder), 'utf8'),
    }));

/** The pages of sandbox mode, by path. They load nothing from elsewhere, so they work without the internet. */
export const readPages = (): ReadonlyMap<string, string> => {
  const examples = JSON.stringify(readExamples()).replaceAll('<', '\\u003c');
  const explorer = readFileSync(explorerFile, 'utf8').replace('/* examples */ []', () => examples);
  return new Map([['/explorer', explorer]]);
};
