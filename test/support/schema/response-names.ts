import { type GraphQLAbstractType, type GraphQLField, type GraphQLSchema, isNonNullType } from 'graphql';

/**
 * The name of a member's field in an answer. GraphQL does not merge a field that may be null in one member of a type
 * and not in another, so the one that may be null gets an alias then.
 */
export const responseName = (
  schema: GraphQLSchema,
  type: GraphQLAbstractType,
  field: GraphQLField<unknown, unknown>,
): string => {
  const types = schema.getPossibleTypes(type).flatMap((member) => member.getFields()[field.name]?.type ?? []);
  const isMerged = isNonNullType(field.type) || !types.some(isNonNullType);
  return isMerged ? field.name : `${field.name}OrNull`;
};
