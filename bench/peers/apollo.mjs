/** Apollo Server with startStandaloneServer, as its documentation begins; NODE_ENV=production sets the rest. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { createContext, printAddress, schema } from './shared.mjs';

const server = new ApolloServer({ schema });
const { url } = await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: 0 },
  context: async () => createContext(),
});
printAddress(url.replace(/\/$/, ''));
