/**
 * Builds what `npm pack` packs: dist/, the compiled src/ with everything that it reads beside its code, and the explorer
 * in one compressed file. Node runs no TypeScript below node_modules; in this repository it does, and nothing is built.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { css, editorWorkerService, graphqlWorker, js, jsonWorker } from '@graphql-yoga/render-graphiql/graphiql';
import { type Graphiql, PACKED_GRAPHIQL } from '../src/http/graphiql.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
cpSync(`${root}src`, `${root}dist`, { recursive: true, filter: (path) => !path.endsWith('.ts') });

const parts: Graphiql = { js, css, editorWorkerService, jsonWorker, graphqlWorker };
const packed = brotliCompressSync(JSON.stringify(parts), {
  params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
});
writeFileSync(`${root}dist/http/pages/${PACKED_GRAPHIQL}`, packed);
// The license has to accompany every copy.
cpSync(`${root}node_modules/@graphql-yoga/render-graphiql/LICENSE`, `${root}dist/http/pages/graphiql.LICENSE`);
