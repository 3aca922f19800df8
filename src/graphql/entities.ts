/**
 * Entity references. Whoever reaches `_entities` can send anything as a representation, so each is parsed by its own
 * schema, and one that is bad spoils its own place in the list and no other.
 */
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import type { Context } from './context.ts';

interface Entity {
  readonly typename: string;
  /** Resolves one representation; never throws synchronously. Null when there is no such entity. */
  resolve(representation: unknown, context: Context): Promise<object | null>;
}

const badRepresentation = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'BAD_REPRESENTATION' } });

/** Ties an entity to the schema of its keys and to the loader that answers for all of them. */
const defineEntity = <Key extends z.ZodType>(
  typename: string,
  key: Key,
  load: (key: z.output<Key>, context: Context) => Promise<object | undefined>,
): Entity => ({
  typename,
  async resolve(representation, context) {
    const parsed = key.safeParse(representation);
    if (!parsed.success) throw badRepresentation(`The representation has none of the keys of ${typename}`);
    const found = await load(parsed.data, context);
    // A copy: records are shared within a request, and graphql needs to know the type.
    return found ? { ...found, __typename: typename } : null;
  },
});

const id = z.string().min(1).max(128);
const payerIdentityKey = z.union([
  z.object({ id }).transform(({ id }) => ({ id })),
  z
    .object({ channel: z.object({ id }), appId: id, openId: id })
    .transform(({ channel, appId, openId }) => ({ channelId: channel.id, appId, openId })),
  z
    .object({ channel: z.object({ id }), appId: id, userId: id })
    .transform(({ channel, appId, userId }) => ({ channelId: channel.id, appId, userId })),
]);

/** Made once: making a schema costs much more than using it. */
const named = z.object({ __typename: z.string() });

const entities = new Map<string, Entity>(
  [
    defineEntity('PayerIdentity', payerIdentityKey, (ref, { loaders }) => loaders.identities.load(ref)),
    defineEntity('Channel', z.object({ id }), async ({ id }, { apps }) => apps.channel(id)),
  ].map((entity) => [entity.typename, entity]),
);

/** For the resolver map: every entity resolves its references the same way. */
export const referenceResolvers = Object.fromEntries(
  [...entities].map(([typename, { resolve }]) => [typename, { __resolveReference: resolve }]),
);

/**
 * Replaces the library's resolver, which fails the whole list when one representation names no type.
 * https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
 */
export const resolveEntities = (
  _: unknown,
  { representations }: { readonly representations: readonly unknown[] },
  context: Context,
) =>
  representations.map(async (representation) => {
    const typename = named.safeParse(representation).data?.__typename;
    const entity = typename === undefined ? undefined : entities.get(typename);
    const count = (result: string) => context.metrics.references.inc({ entity: entity?.typename ?? 'unknown', result });
    try {
      if (!entity) throw badRepresentation('The representation names no entity of this subgraph');
      const found = await entity.resolve(representation, context);
      count(found ? 'found' : 'missing');
      return found;
    } catch (error) {
      count(error instanceof GraphQLError ? 'bad' : 'failed');
      throw error;
    }
  });
