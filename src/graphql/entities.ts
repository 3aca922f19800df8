/**
 * Resolves `_entities`. A request can hold any value as a representation: a malformed one, or one beyond the ceiling of
 * references, is an error at its own place in the list only. All payers of a list are one lookup, and one promise.
 */
import { GraphQLError } from 'graphql';
import { parseRef } from '../identity/identity-ref.ts';
import type { IdentityRef } from '../model.ts';
import type { Context } from './context.ts';
import { identityKey } from './loaders.ts';

/** What stands at a place of the answer: null where there is no such entity. */
type Answer = object | null;

/** What a representation names: an answer at once, or a payer by the key under which it is looked up. */
type Place = { readonly payer: string } | { readonly answer: Answer };
type Resolve = (representation: unknown, context: Context, payers: Map<string, IdentityRef>) => Place;

/** Made once: graphql makes the error of each place from it, and a list can have thousands. */
const badRepresentation = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'BAD_REPRESENTATION' } });
const noPayerKey = badRepresentation('The representation has none of the keys of PayerIdentity');
const noChannelKey = badRepresentation('The representation has none of the keys of PayerChannel');
const noEntity = badRepresentation('The representation names no entity of this subgraph');

const textAt = (representation: unknown, name: string): string | undefined => {
  if (typeof representation !== 'object' || representation === null) return undefined;
  const value: unknown = Reflect.get(representation, name);
  return typeof value === 'string' ? value : undefined;
};

const MAX_ID = 128;

const idOf = (representation: unknown): string | undefined => {
  const id = textAt(representation, 'id');
  return id !== undefined && id.length >= 1 && id.length <= MAX_ID ? id : undefined;
};

const refOf = (representation: unknown): IdentityRef | undefined => {
  const id = idOf(representation);
  if (id !== undefined) return { id };
  const ref = textAt(representation, 'ref');
  return ref === undefined ? undefined : parseRef(ref);
};

/** Throws when the representation has none of the keys of its entity, or is beyond the ceiling. */
const entities: ReadonlyMap<string, Resolve> = new Map<string, Resolve>([
  [
    'PayerIdentity',
    (representation, { references }, payers) => {
      const ref = refOf(representation);
      if (!ref) throw noPayerKey;
      const payer = identityKey(ref);
      references.spend('PayerIdentity', payer);
      payers.set(payer, ref);
      return { payer };
    },
  ],
  [
    'PayerChannel',
    (representation, { references, apps }) => {
      const id = idOf(representation);
      if (id === undefined) throw noChannelKey;
      references.spend('PayerChannel', id);
      return { answer: apps.channel(id) ?? null };
    },
  ],
]);

/** The types whose references are resolved here; `buildSchema` requires one for each entity of the contract. */
export const entityNames: ReadonlySet<string> = new Set(entities.keys());

const placeOf = (representation: unknown, context: Context, payers: Map<string, IdentityRef>): Place => {
  try {
    const resolve = entities.get(textAt(representation, '__typename') ?? '');
    if (!resolve) throw noEntity;
    return resolve(representation, context, payers);
  } catch (error) {
    if (error instanceof GraphQLError) return { answer: error };
    throw error;
  }
};

type Payers = ReadonlyMap<string, object | undefined>;

/** The same error at the place of every payer when the lookup fails. */
const lookUp = async (payers: Map<string, IdentityRef>, { loaders }: Context): Promise<Payers> => {
  if (payers.size === 0) return new Map();
  try {
    return await loaders.identities(payers);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return new Map(Array.from(payers.keys(), (key) => [key, error]));
  }
};

/** An answer as a label of the metric. */
const resultOf = (answer: Answer): string => {
  if (answer === null) return 'missing';
  if (!(answer instanceof Error)) return 'found';
  if (!(answer instanceof GraphQLError)) return 'failed';
  return answer.extensions.code === 'BAD_REPRESENTATION' ? 'bad' : 'refused';
};

/** Once for each result, however many references have it. */
const count = (representations: readonly unknown[], answers: readonly Answer[], { metrics }: Context): void => {
  const counts = new Map<string, Map<string, number>>();
  for (const [at, answer] of answers.entries()) {
    const typename = textAt(representations[at], '__typename') ?? '';
    const entity = entityNames.has(typename) ? typename : 'unknown';
    const results = counts.get(entity) ?? new Map<string, number>();
    const result = resultOf(answer);
    counts.set(entity, results.set(result, (results.get(result) ?? 0) + 1));
  }
  for (const [entity, results] of counts)
    for (const [result, number] of results) metrics.references.inc({ entity, result }, number);
};

/**
 * The resolver of `Query._entities`. It replaces the library's, which fails the whole list for one representation
 * without a type; so no type has a `__resolveReference`. An Error in the list that it returns is an error at that place.
 * https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
 */
export const resolveEntities = async (
  _: unknown,
  { representations }: { readonly representations: readonly unknown[] },
  context: Context,
): Promise<readonly Answer[]> => {
  const payers = new Map<string, IdentityRef>();
  const places = representations.map((representation) => placeOf(representation, context, payers));
  const found = await lookUp(payers, context);
  const answers = places.map((place, at): Answer => {
    const answer = 'payer' in place ? (found.get(place.payer) ?? null) : place.answer;
    if (answer === null || answer instanceof Error) return answer;
    // A copy: a payer is shared within a request, and graphql reads the type from __typename.
    return { ...answer, __typename: textAt(representations[at], '__typename') };
  });
  count(representations, answers, context);
  return answers;
};
