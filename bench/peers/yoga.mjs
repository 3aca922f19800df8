/** GraphQL Yoga on node:http, without its pages and its log. */
import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { createContext, printAddress, schema } from './shared.mjs';

const yoga = createYoga({ schema, context: createContext, graphiql: false, landingPage: false, logging: false });
const server = createServer(yoga).listen(0, '127.0.0.1', () =>
  printAddress(`http://127.0.0.1:${server.address().port}`),
);
