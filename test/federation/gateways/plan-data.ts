/** The data that a plan gathers: merging replies, finding the places of entities, and writing their representations. */
import { type GraphQLSchema, isAbstractType, isObjectType, Kind, type SelectionNode } from 'graphql';

export type Json = Record<string, unknown>;

export interface Failure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: object;
}

export interface Place {
  readonly value: Json;
  readonly path: readonly (string | number)[];
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Adds the reply to what is there; a null removes nothing. */
export const merge = (into: Json, from: unknown): void => {
  if (!isObject(from)) return;
  for (const [name, value] of Object.entries(from)) into[name] = merged(into[name], value);
};

const merged = (there: unknown, value: unknown): unknown => {
  if (isObject(there) && isObject(value)) {
    merge(there, value);
    return there;
  }
  if (Array.isArray(there) && Array.isArray(value)) return value.map((item, index) => merged(there[index], item));
  return value === null && there !== undefined ? there : value;
};

/** The objects at a path. `@` is every item of a list, and `identity|[A,B]` only what is of type A or B. */
export const placesAt = (data: Json, path: readonly string[]): Place[] => {
  let found: { value: unknown; path: readonly (string | number)[] }[] = [{ value: data, path: [] }];
  for (const step of path) {
    const [, name = step, types] = /^(.*)\|\[(.*)\]$/.exec(step) ?? [];
    found = found
      .flatMap(({ value, path: at }) => {
        if (name === '@')
          return Array.isArray(value) ? value.map((item, index) => ({ value: item, path: [...at, index] })) : [];
        return isObject(value) ? [{ value: value[name], path: [...at, name] }] : [];
      })
      .filter(({ value }) => !types || (isObject(value) && types.split(',').includes(String(value.__typename))));
  }
  return found.filter((place): place is Place => isObject(place.value));
};

const isOf = (schema: GraphQLSchema, typename: unknown, condition: string): boolean => {
  if (typename === condition) return true;
  const [type, abstract] = [schema.getType(String(typename)), schema.getType(condition)];
  return isObjectType(type) && isAbstractType(abstract) && schema.isSubType(abstract, type);
};

/** Undefined where a required field was not fetched. */
const selected = (schema: GraphQLSchema, value: Json, selections: readonly SelectionNode[]): Json | undefined => {
  const found: Json = {};
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      if (condition && !isOf(schema, value.__typename, condition)) continue;
      const inner = selected(schema, value, selection.selectionSet.selections);
      if (!inner) return undefined;
      merge(found, inner);
    }
    if (selection.kind === Kind.FIELD) {
      const { name, selectionSet } = selection;
      const field = value[name.value];
      if (field === undefined) return undefined;
      found[name.value] = selectionSet && isObject(field) ? selected(schema, field, selectionSet.selections) : field;
    }
  }
  return found;
};

/** The representation of an entity, as text, so that equal ones are equal. */
export const represent = (
  schema: GraphQLSchema,
  value: Json,
  requires: readonly SelectionNode[],
): string | undefined => {
  const found = selected(schema, value, requires);
  return found && Object.keys(found).length > 1 ? JSON.stringify(found) : undefined;
};
