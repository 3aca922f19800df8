/**
 * GraphiQL as @graphql-yoga/render-graphiql has it: one script, one style sheet, three workers, and nothing to load from
 * elsewhere. A checkout has the package as a dev dependency. What is published has the parts in one compressed file,
 * which scripts/build-package.ts writes: 2 MB in place of the package's 18.
 */
import { existsSync, readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { ownFolder } from './static-file.ts';

export type Graphiql = Readonly<Record<'js' | 'css' | 'editorWorkerService' | 'jsonWorker' | 'graphqlWorker', string>>;

export const PACKED_GRAPHIQL = 'graphiql.json.br';
const packed = new URL(PACKED_GRAPHIQL, ownFolder);

/** What a production install from a checkout shows, which has neither. */
const missing: Graphiql = {
  js: `globalThis.YogaGraphiQL = { renderYogaGraphiQL(root) {
    const note = document.createElement('p');
    note.className = 'message';
    note.textContent = 'The explorer is not installed here: run npm install --no-save @graphql-yoga/render-graphiql';
    root.replaceChildren(note);
  } };`,
  css: '',
  editorWorkerService: '',
  jsonWorker: '',
  graphqlWorker: '',
};

let parts: Promise<Graphiql> | undefined;

const load = async (): Promise<Graphiql> => {
  if (existsSync(packed)) return JSON.parse(brotliDecompressSync(readFileSync(packed)).toString());
  return import('@graphql-yoga/render-graphiql/graphiql').catch(() => missing);
};

/** 9 MB, which are loaded when a browser asks for them. */
export const readGraphiql = (): Promise<Graphiql> => {
  parts ??= load();
  return parts;
};
