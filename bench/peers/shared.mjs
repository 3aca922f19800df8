/** The part that all peers share: the same schema, the same resolvers, a DataLoader for each request, on our store. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import DataLoader from 'dataloader';
import { parse } from 'graphql';
import { openBenchStore } from '../lib/open-store.ts';
import { readSetup } from '../lib/setup.ts';

export const printAddress = (url) => process.stdout.write(`{"url":"${url}","msg":"listening"}\n`);

const { store } = await openBenchStore(readSetup());

export const createContext = () => ({
  identities: new DataLoader((ids) => store.identities(ids.map((id) => ({ id })))),
});

const resolvers = {
  Query: {
    async authResult(_, { queryCode }) {
      const { redemption } = (await store.session(queryCode)) ?? {};
      return redemption?.state === 'SUCCEEDED'
        ? { __typename: 'PayerAuthSucceeded', identity: redemption.identity }
        : { __typename: 'PayerAuthNotFound' };
    },
  },
  PayerIdentity: {
    __resolveReference: ({ id }, { identities }) => identities.load(id),
    channel: ({ channelId }) => ({ id: channelId }),
  },
};

const folder = new URL('../../schema/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.graphql') && !name.startsWith('subgraph.'));
const typeDefs = parse(files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n'));

export const schema = buildSubgraphSchema([{ typeDefs, resolvers }]);
