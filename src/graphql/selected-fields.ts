/** Which fields a selection selects of an object type, merged as graphql merges them; for queries without directives. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** The query is not compiled: graphql executes it. */
export class NotCompiled extends Error {
  override readonly name = 'NotCompiled';
}

export interface Compiling {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Fields that the plan has so far. */
  fields: number;
}

/** The fields that a selection selects of a type, by their keys in the answer, in the order of the answer. */
export const fieldsOf = (
  type: GraphQLObjectType,
  selections: readonly SelectionSetNode[],
  { schema, fragments }: Pick<Compiling, 'schema' | 'fragments'>,
): Map<string, FieldNode[]> => {
  const fields = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const applies = (condition: string | undefined) => {
    if (condition === undefined || condition === type.name) return true;
    const named = schema.getType(condition);
    return isAbstractType(named) && schema.isSubType(named, type);
  };
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        fields.set(key, [...(fields.get(key) ?? []), selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition?.name.value)) collect(selection.selectionSet);
      } else {
        const name = selection.name.value;
        const fragment = spread.has(name) ? undefined : fragments.get(name);
        spread.add(name);
        if (fragment && applies(fragment.typeCondition.name.value)) collect(fragment.selectionSet);
      }
    }
  };
  for (const selectionSet of selections) collect(selectionSet);
  // On an object it would be the prototype.
  if (fields.has('__proto__')) throw new NotCompiled();
  return fields;
};
