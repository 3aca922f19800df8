/** The variables of a prepared operation. */
import {
  coerceInputValue,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from 'graphql';
import { NotCompiled } from './selected-fields.ts';

export type Variables = Readonly<Record<string, unknown>>;

const doesNotFit = (): never => {
  throw new Error('a variable that does not fit');
};

/** What graphql makes of the variables of a request, with their types looked up once. Throws where they do not fit. */
export const createCoercion = (schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode) => {
  const expected = variableDefinitions.map(({ variable, type: node, defaultValue }) => {
    const type = typeFromAST(schema, node);
    if (!isInputType(type)) throw new NotCompiled();
    return { name: variable.name.value, type, fallback: defaultValue && { value: valueFromAST(defaultValue, type) } };
  });
  return (variables: Variables): Record<string, unknown> => {
    const coerced: Record<string, unknown> = { __proto__: null };
    for (const { name, type, fallback } of expected) {
      if (Object.hasOwn(variables, name)) coerced[name] = coerceInputValue(variables[name], type, doesNotFit);
      else if (fallback) coerced[name] = fallback.value;
      else if (isNonNullType(type)) doesNotFit();
    }
    return coerced;
  };
};
