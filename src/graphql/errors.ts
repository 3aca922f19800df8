/**
 * What may be said in `errors`. Expected outcomes are union members; what is left are faults of the request document,
 * whose messages quote the values they choke on, and bugs, whose messages may hold anything. So every message is
 * either known to hold only names of the schema and of the document, or replaced.
 */
import type { GraphQLFormattedError } from 'graphql';

const safeValidation =
  /^(Cannot query field|Unknown (argument|directive|field|fragment|operation|type)|Field "[\w.]+" (argument|must|of required type|is not defined)|Fields "\w+" conflict|Fragment|Directive|Variable "\$\w+" (is|of type)|There can be only one|Too many|Must provide)/;

const safeReason =
  /(?:Expected non-nullable type "[\w![\]]+" not to be null\.|Field "\w+" of required type "[\w![\]]+" was not provided\.|Field "\w+" is not defined by type "\w+"\.)/g;

/** A coercion error names the variable, where in it, and the reason, but not the value. */
const describeCoercion = (message: string): string => {
  const variable = /^Variable "(\$\w+)"/.exec(message)?.[1] ?? 'A variable';
  const reason = message.match(safeReason)?.at(-1);
  const where = / at "\w+((?:\.\w+|\[\d+\])+)"; (?!.* at ")/.exec(message)?.[1] ?? '';
  return `${variable}${where} does not fit its type.${reason ? ` ${reason}` : ''}`;
};

const describe = (code: unknown, message: string): string | undefined => {
  switch (code) {
    case 'GRAPHQL_PARSE_FAILED':
      return /token limit/.test(message) ? 'The document has too many tokens.' : 'The document is not valid GraphQL.';
    case 'GRAPHQL_VALIDATION_FAILED':
      return safeValidation.test(message) ? message : 'A literal in the document does not fit its type.';
    case 'BAD_USER_INPUT':
      return describeCoercion(message);
    case 'BAD_REQUEST':
    case 'BAD_REPRESENTATION':
    case 'TOO_MANY_REPRESENTATIONS':
    case 'OPERATION_RESOLUTION_FAILURE':
    case 'PERSISTED_QUERY_NOT_SUPPORTED':
      return message;
    default:
      return undefined;
  }
};

export const formatError = ({ message, locations, path, extensions }: GraphQLFormattedError): GraphQLFormattedError => {
  const described = describe(extensions?.code, message);
  return {
    message: described ?? 'Something went wrong here. The operator finds it in the log.',
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code: described === undefined ? 'INTERNAL_SERVER_ERROR' : extensions?.code },
  };
};
