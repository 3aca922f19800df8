/**
 * Resolves `_entities`. A request can hold any value as a representation, so each is parsed by the schema of its
 * entity, and a malformed one, or one beyond the ceiling of references, is an error at its own place in the list only.
 */
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import { parseRef } from '../identity/identity-ref.ts';
import type { IdentityRef } from '../model.ts';
import type { Context } from './context.ts';
import { identityKey } from './loaders.ts';

interface Entity {
  readonly typename: string;
  /** Resolves one representation; rejects, and never throws synchronously. Null when there is no such entity. */
  resolve(representation: unknown, context: Context): Promise<object | null>;
}

const badRepresentation = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'BAD_REPRESENTATION' } });

/** How an entity is read by any of its keys. */
interface Reading<Key> {
  /** The same text for equal references. */
  readonly textOf: (key: Key) => string;
  readonly load: (key: Key, context: Context) => Promise<object | undefined>;
}

/** Ties an entity to the schema of its keys and to the one loader that reads it by any of them. */
const defineEntity = <Key extends z.ZodType>(
  typename: string,
  key: Key,
  { textOf, load }: Reading<z.output<Key>>,
): Entity => ({
  typename,
  async resolve(representation, context) {
    const parsed = key.safeParse(representation);
    if (!parsed.success) throw badRepresentation(`The representation has none of the keys of ${typename}`);
    context.references.spend(typename, textOf(parsed.data));
    const entity = await load(parsed.data, context);
    // A copy: the loader's record is shared within a request, and graphql reads the type from __typename.
    return entity ? { ...entity, __typename: typename } : null;
  },
});

const id = z.string().min(1).max(128);
const payerIdentityKey = z.union([
  z.object({ id }).transform(({ id }): IdentityRef => ({ id })),
  z.object({ ref: z.string() }).transform(({ ref }, context): IdentityRef => {
    const parsed = parseRef(ref);
    if (parsed) return parsed;
    context.addIssue({ code: 'custom', message: 'no ref' });
    return z.NEVER;
  }),
]);

const entities = new Map<string, Entity>(
  [
    defineEntity('PayerIdentity', payerIdentityKey, {
      textOf: identityKey,
      load: (ref, { loaders }) => loaders.identities.load(ref),
    }),
    defineEntity('PayerChannel', z.object({ id }), {
      textOf: ({ id }) => id,
      load: async ({ id }, { apps }) => apps.channel(id),
    }),
  ].map((entity) => [entity.typename, entity]),
);

/** The types whose references are resolved here; `buildSchema` requires one for each entity of the contract. */
export const entityNames: ReadonlySet<string> = new Set(entities.keys());

/** At module level: building a zod schema costs far more than parsing with it. */
const typed = z.object({ __typename: z.string() });

/** An error as a label of the metric. */
const resultOf = (error: unknown): string => {
  if (!(error instanceof GraphQLError)) return 'failed';
  return error.extensions.code === 'BAD_REPRESENTATION' ? 'bad' : 'refused';
};

/**
 * The resolver of `Query._entities`. It replaces the library's, which fails the whole list for one representation
 * without a type; so no type has a `__resolveReference`.
 * https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
 */
export const resolveEntities = (
  _: unknown,
  { representations }: { readonly representations: readonly unknown[] },
  context: Context,
) =>
  representations.map(async (representation) => {
    const typename = typed.safeParse(representation).data?.__typename;
    const entity = typename === undefined ? undefined : entities.get(typename);
    const count = (result: string) => context.metrics.references.inc({ entity: entity?.typename ?? 'unknown', result });
    try {
      if (!entity) throw badRepresentation('The representation names no entity of this subgraph');
      const resolved = await entity.resolve(representation, context);
      count(resolved ? 'found' : 'missing');
      return resolved;
    } catch (error) {
      count(resultOf(error));
      throw error;
    }
  });
