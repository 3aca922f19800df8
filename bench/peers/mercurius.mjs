/** Mercurius; with JIT=1 it compiles an operation at its second request. */
import fastify from 'fastify';
import mercurius from 'mercurius';
import { createContext, printAddress, schema } from './shared.mjs';

const app = fastify();
await app.register(mercurius, {
  schema,
  context: createContext,
  graphiql: false,
  ...(process.env.JIT === '1' && { jit: 1 }),
});
printAddress(await app.listen({ host: '127.0.0.1', port: 0 }));
