import { GraphQLDateTime } from 'graphql-scalars';
import { resolveEntities } from '../entities.ts';
import { Mutation } from './mutation.ts';
import { PayerAuthenticationStarted, PayerCertificationForm, PayerCertificationStarted } from './page-links.ts';
import { PayerIdentity } from './payer-identity.ts';
import { Query } from './query.ts';
import { Subscription } from './subscription.ts';

/** The whole resolver map, with what federation adds to it. `buildSchema` checks it against the contract. */
export const resolvers = {
  PayerAuthenticationStarted,
  PayerCertificationForm,
  DateTime: GraphQLDateTime,
  PayerCertificationStarted,
  Mutation,
  PayerIdentity,
  Query: { ...Query, _entities: resolveEntities },
  Subscription,
};
