/** The cashier and its payer page, from examples/cashier: what front-end teams copy is what is served. */
import { readdirSync } from 'node:fs';
import { fileAt, type Pages, pageAt, projectRoot, readText } from './static-file.ts';

const folder = new URL('examples/cashier/', projectRoot);

/** The files are in a folder beside the page, which copies of them need not be. */
const inFolder = (name: string): string =>
  readText(new URL(name, folder)).replace('<head>', '<head>\n<base href="cashier/">');

export const cashierPages = (): Pages => {
  const files = readdirSync(folder).filter((name) => /\.(ts|css)$/.test(name));
  return [
    pageAt('/cashier', inFolder('index.html')),
    pageAt('/payer', inFolder('payer.html')),
    ...files.map((name) => fileAt(`/cashier/${name}`, new URL(name, folder))),
    fileAt('/failure-codes.json', new URL('examples/failure-codes.json', projectRoot)),
    fileAt('/cashier/lit-html.js', new URL(import.meta.resolve('lit-html'))),
  ];
};
