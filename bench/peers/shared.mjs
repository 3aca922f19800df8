/** The part that all peers share: the same schema, the same resolvers, a DataLoader for each request, on our store. */
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import DataLoader from 'dataloader';
import { parse } from 'graphql';
import { openBenchStore } from '../lib/open-store.ts';
import { readSetup } from '../lib/setup.ts';

export { printAddress } from '../lib/serve.ts';

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

const typeDefs = parse(readFileSync(new URL('../../schema/subgraph.graphql', import.meta.url), 'utf8'));

export const schema = buildSubgraphSchema([{ typeDefs, resolvers }]);
