/** The schema of the double: the contract, with references that are answered from fixtures. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { readTypeDefs, withoutScopes } from '../graphql/schema.ts';
import { refOf } from '../identity/identity-ref.ts';
import type { Identity } from './fixtures.ts';

export interface SchemaOptions {
  /** The titles of channels, such as `{ wechat_pay: '微信支付' }`. */
  readonly channelTitles?: Readonly<Record<string, string>>;
  /** False for gateways that refuse a schema with @requiresScopes. */
  readonly scopesInSdl?: boolean;
}

/** Either id of a payer finds it. */
const refsOf = ({ channelId, appId, openId, userId }: Identity): (string | undefined)[] => [
  openId === undefined ? undefined : refOf({ channelId, appId, openId, userId: null }),
  userId === undefined ? undefined : refOf({ channelId, appId, openId: null, userId }),
];

interface Reference {
  readonly id?: string;
  readonly ref?: string;
}

const badRepresentation = () =>
  new GraphQLError('The representation has none of the keys of its entity', {
    extensions: { code: 'BAD_REPRESENTATION' },
  });
const notInTheDouble = () => {
  throw new GraphQLError('The double answers references to payers; startSandbox() starts the whole service', {
    extensions: { code: 'NOT_IN_THE_DOUBLE' },
  });
};

const ANSWERED = new Set(['_entities', '_service', 'payerIdentity']);

export const createSchema = (
  identities: ReadonlyMap<string, Identity>,
  { channelTitles = {}, scopesInSdl = true }: SchemaOptions,
): GraphQLSchema => {
  const channelOf = (id: string) => ({ id, title: channelTitles[id] ?? null });
  const answerOf = (identity: Identity | undefined) =>
    identity
      ? { ...identity, ref: refsOf(identity).find((ref) => ref !== undefined), channel: channelOf(identity.channelId) }
      : null;
  const findByRef = (ref: string) => [...identities.values()].find((identity) => refsOf(identity).includes(ref));
  const typeDefs = scopesInSdl ? readTypeDefs() : withoutScopes(readTypeDefs());
  const schema = buildSubgraphSchema([
    {
      typeDefs,
      resolvers: {
        Query: { payerIdentity: (_: unknown, { id }: { id: string }) => answerOf(identities.get(id)) },
        PayerIdentity: {
          __resolveReference({ id, ref }: Reference) {
            if (id !== undefined) return answerOf(identities.get(id));
            if (ref === undefined) throw badRepresentation();
            return answerOf(findByRef(ref));
          },
        },
        PayerChannel: {
          __resolveReference({ id }: Reference) {
            if (id === undefined) throw badRepresentation();
            return channelOf(id);
          },
        },
      },
    },
  ]);
  refuseOthers(schema);
  return schema;
};

/** A root field that has no fixtures is an error, so that no test takes a null for an answer. */
const refuseOthers = (schema: GraphQLSchema): void => {
  for (const type of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(type?.getFields() ?? {}))
      if (!ANSWERED.has(field.name)) field.resolve = notInTheDouble;
};
