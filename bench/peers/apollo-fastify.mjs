/** Apollo Server behind Fastify. */
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import fastify from 'fastify';
import { createContext, printAddress, schema } from './shared.mjs';

const app = fastify();
const apollo = new ApolloServer({ schema, plugins: [fastifyApolloDrainPlugin(app)] });
await apollo.start();
await app.register(fastifyApollo(apollo), { path: '/graphql', context: async () => createContext() });
printAddress(await app.listen({ host: '127.0.0.1', port: 0 }));
