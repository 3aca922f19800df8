/** One file of the pages: its media type, its Content-Security-Policy, and its text when a browser asks for it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';

export interface StaticPage {
  readonly type: string;
  /** Its Content-Security-Policy. */
  readonly policy: string;
  readonly read: () => string | Promise<string>;
}

export type Pages = readonly (readonly [path: string, page: StaticPage])[];

export const projectRoot = new URL('../../', import.meta.url);
export const ownFolder = new URL('pages/', import.meta.url);

export const SCRIPT = 'text/javascript; charset=utf-8';
export const STYLE = 'text/css; charset=utf-8';
const types: Readonly<Record<string, string>> = {
  '.css': STYLE,
  '.js': SCRIPT,
  // Without its types.
  '.ts': SCRIPT,
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.md': 'text/plain; charset=utf-8',
};

/** For files that are no pages: opened by themselves, they load nothing and run nothing. */
export const CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Node marks the function as experimental and would say so in the terminal. The same one lets Node run this file. */
const withoutTypes = (code: string): string => {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(code);
  } finally {
    process.emitWarning = emitWarning;
  }
};

export const readText = (file: URL): string => {
  const text = readFileSync(file, 'utf8');
  return file.pathname.endsWith('.ts') ? withoutTypes(text) : text;
};

export const fileAt = (path: string, file: URL): Pages[number] => [
  path,
  { type: types[extname(file.pathname)] ?? 'text/plain; charset=utf-8', policy: CLOSED, read: () => readText(file) },
];

/** What a page may do beyond loading files of this origin, as sources of a directive. */
export interface Allowed {
  readonly script?: string;
  readonly style?: string;
  readonly connect?: string;
  readonly frame?: string;
  readonly font?: string;
}

/** A page that loads files of this origin alone, and runs no inline script but the import map that it has now. */
export const pageAt = (path: string, html: string, allowed: Allowed = {}): Pages[number] => {
  const maps = html
    .split('<script type="importmap">')
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf('</script>')))
    .map((map) => `'sha256-${createHash('sha256').update(map).digest('base64')}'`);
  const { script = '', style = '', connect = '', frame = "'none'", font = "'none'" } = allowed;
  const policy = [
    "default-src 'none'",
    `script-src ${["'self'", ...maps, script].join(' ')}`.trim(),
    `style-src 'self' ${style}`.trim(),
    `connect-src 'self' ${connect}`.trim(),
    "img-src 'self' data:",
    "worker-src 'self'",
    `frame-src ${frame}`,
    `font-src ${font}`,
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return [path, { type: 'text/html; charset=utf-8', policy, read: () => html }];
};

/** Puts data into a page, as a script of JSON, which no browser runs. */
export const fill = (html: string, id: string, data: unknown): string => {
  const start = `<script id="${id}" type="application/json">`;
  const from = html.indexOf(start) + start.length;
  const text = JSON.stringify(data).replaceAll('<', '\\u003c');
  return html.slice(0, from) + text + html.slice(html.indexOf('</script>', from));
};
