/** Refuses a long text for its root fields before it is validated. */
import { GraphQLError, getOperationAST, parse } from 'graphql';
import { checkRootFields, type OperationLimits } from './operation-limits.ts';

interface LongText {
  readonly query: string;
  readonly operationName?: string | null | undefined;
}

/** Characters of a text that is parsed once more to spare its validation. */
const LONG = 1_024;

/**
 * The fault of a long text with too many fields at the root, found before Apollo Server has it: guesses of codes come in
 * such texts, and to validate one takes eight times as long as to parse it. A text that cannot be parsed has none.
 */
export const rootFaultOf = (
  { query, operationName }: LongText,
  limits: OperationLimits & { readonly tokens: number },
): { readonly code: string; readonly message: string } | undefined => {
  if (query.length < LONG) return undefined;
  try {
    const document = parse(query, { maxTokens: limits.tokens, noLocation: true });
    const operation = getOperationAST(document, operationName);
    if (operation) checkRootFields(operation, document, limits);
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { code } = error.extensions;
    return typeof code === 'string' ? { code, message: error.message } : undefined;
  }
};
