/** The documents, as they are written: a list, and each as plain text. */
import { existsSync, readdirSync } from 'node:fs';
import { fileAt, ownFolder, type Pages, pageAt, projectRoot, readText } from './static-file.ts';

const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const titleOf = (file: URL): string => /^# (.*)$/m.exec(readText(file))?.[1] ?? file.pathname;

export const docsPages = (): Pages => {
  const folder = new URL('docs/', projectRoot);
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  const names = files.filter((name) => name.endsWith('.md')).sort();
  const documents = [
    ['README.md', new URL('README.md', projectRoot)] as const,
    ...names.map((name) => [`docs/${name}`, new URL(name, folder)] as const),
  ].filter(([, file]) => existsSync(file));
  const list = documents.map(([path, file]) => `<li><a href="${path}">${escapeText(titleOf(file))}</a></li>`);
  const page = readText(new URL('docs.html', ownFolder)).replace('<!-- list -->', () => list.join('\n'));
  return [pageAt('/docs', page), ...documents.map(([path, file]) => fileAt(`/${path}`, file))];
};
