/** Which fields a selection selects of an object type, merged as graphql merges them; for queries without directives. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** The query is not compiled: graphql executes it. */
export class NotCompiled extends Error {
  override readonly name = 'NotCompiled';
}

export interface Compiling {
  readonly operation: OperationDefinitionNode;
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

interface SelectedField {
  readonly type: GraphQLObjectType;
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly field: GraphQLField<unknown, unknown>;
}

/** The info of a resolver, the same for every request: without variables and, below the root, without the path to it. */
export const infoOf = (
  { schema, fragments, operation }: Compiling,
  { type, key, nodes, field }: SelectedField,
): GraphQLResolveInfo => {
  const info = {
    fieldName: field.name,
    fieldNodes: nodes,
    returnType: field.type,
    parentType: type,
    path: { prev: undefined, key, typename: type.name },
    schema,
    fragments: Object.fromEntries(fragments),
    rootValue: undefined,
    operation,
    variableValues: {},
  };
  // @graphql-tools/utils adds members to the type that graphql 16 does not have.
  return info as GraphQLResolveInfo;
};
