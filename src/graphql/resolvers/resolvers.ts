import { GraphQLDateTime } from 'graphql-scalars';
import type { Resolvers } from '../../generated/resolvers.ts';
import { referenceResolvers, resolveEntities } from '../entities.ts';
import { withMetrics } from '../resolver-metrics.ts';
import { Mutation } from './mutation.ts';
import { AuthenticationStarted, CertificationForm, IdentityCertificationStarted } from './page-links.ts';
import { PayerIdentity } from './payer-identity.ts';
import { Query } from './query.ts';

const typed: Resolvers = {
  AuthenticationStarted,
  CertificationForm,
  DateTime: GraphQLDateTime,
  IdentityCertificationStarted,
  Mutation,
  PayerIdentity,
  Query,
};

/** The whole resolver map, with what federation adds to it. */
export const resolvers = {
  ...referenceResolvers,
  ...typed,
  PayerIdentity: { ...PayerIdentity, ...referenceResolvers.PayerIdentity },
  Query: withMetrics({ ...Query, _entities: resolveEntities }),
  Mutation: withMetrics(Mutation),
};
