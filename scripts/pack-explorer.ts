/** `node scripts/pack-explorer.ts`: writes the explorer's parts into one file, which the published package has. */
import { writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { css, editorWorkerService, graphqlWorker, js, jsonWorker } from '@graphql-yoga/render-graphiql/graphiql';
import { type Graphiql, packedGraphiql } from '../src/http/graphiql.ts';

const parts: Graphiql = { js, css, editorWorkerService, jsonWorker, graphqlWorker };
const packed = brotliCompressSync(JSON.stringify(parts), {
  params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
});
writeFileSync(packedGraphiql, packed);
console.log(`${packedGraphiql.pathname}: ${packed.length} bytes`);
