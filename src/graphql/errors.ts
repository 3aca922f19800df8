/**
 * Masks the `errors` of an answer. Expected outcomes are union members; what remains are faults of the request document,
 * whose messages quote the values that they reject, and bugs, whose messages may hold anything. So a message passes only
 * when it can hold nothing but names of the schema and of the document; any other is replaced.
 */
import { unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';
import { PayerIdentityError } from '../failure.ts';

const safeValidation =
  /^(Cannot query field|Unknown (argument|directive|field|fragment|operation|type)|Field "[\w.]+" (argument|must|of required type|is not defined)|Fields "\w+" conflict|Fragment|Directive|Variable "\$\w+" (is|of type|cannot be)|This anonymous operation|Cannot spread fragment|The (schema|"\w+") definition is not|GraphQL introspection|There can be only one|Too many|Validation aborted|Must provide)/;

/** Reasons that hold only names, at the end of a message. The value stands before them and could imitate one. */
const reasonAtEnd =
  /(?: at "\w+((?:\.\w+|\[\d+\])+)")?; (Expected non-nullable type "[\w![\]]+" not to be null\.|Expected type "\w+" to be an object\.|Field "\w+" of required type "[\w![\]]+" was not provided\.|Field "\w+" is not defined by type "\w+"\.)(?: Did you mean [\w", ]+\?)?$/;
const absent = /^Variable "\$\w+" of (?:required|non-null) type "[\w![\]]+" ((?:was not|must not be) \w+\.)$/;
/** A scalar's reason stands in the middle, between the value and the same value again, and so cannot be imitated. */
const scalarReason =
  /(?: at "\w+((?:\.\w+|\[\d+\])+)")?; ((?:String|ID|Int|Float|Boolean) cannot represent [\w -]*value): /g;

/** A value that an enum does not have stands quoted before the place, and once more, as it is, between these two. */
const beforeEnumValue = /(?: at "\w+((?:\.\w+|\[\d+\])+)")?; Value "/g;
const afterEnumValue = /" does not exist in "(\w+)" enum\.(?: Did you mean the enum value [\w", ]+\?)?$/;

/** The place and the type, where both copies of the value are the same, so that the value imitates neither. */
const enumFault = (message: string, start: number): readonly [where: string, reason: string] | undefined => {
  const end = afterEnumValue.exec(message);
  if (!end) return undefined;
  for (const { index, 0: text, 1: where = '' } of message.matchAll(beforeEnumValue)) {
    const value = message.slice(index + text.length, end.index);
    if (message.slice(start, index) === JSON.stringify(value))
      return [where, `Expected a value of the enum "${end[1]}".`];
  }
  return undefined;
};

/** Describes a coercion error by the variable, the place in it and the reason, without the value. */
const describeCoercion = (message: string): string => {
  const variable = /^Variable "(\$\w+)"/.exec(message)?.[1] ?? 'A variable';
  const start = `Variable "${variable}" got invalid value `.length;
  const standsInTheMiddle = ({ index, 0: text }: RegExpExecArray) =>
    index - start === message.length - index - text.length;
  const ofEnum = enumFault(message, start);
  const [, where = '', reason] = ofEnum
    ? ['', ...ofEnum]
    : (reasonAtEnd.exec(message) ?? [...message.matchAll(scalarReason)].find(standsInTheMiddle) ?? []);
  const missing = absent.exec(message)?.[1];
  const why = missing ? `It ${missing}` : reason?.replace(/\.?$/, '.');
  return `${variable}${where} does not fit its type.${why ? ` ${why}` : ''}`;
};

/** graphql's message quotes the name, which passes only when it is empty. */
const describeOperationName = (message: string): string => {
  if (message === 'Unknown operation named "".')
    return 'operationName is empty: omit it, or name an operation of the document.';
  if (message.startsWith('Unknown operation')) return 'The document has no operation of that name.';
  return message.startsWith('Must provide operation name')
    ? 'The document has several operations, and operationName names none of them.'
    : 'The document has no operation.';
};

const describe = (code: unknown, message: string): string | undefined => {
  switch (code) {
    case 'GRAPHQL_PARSE_FAILED':
      return /^Syntax Error: Document contains more tha[nt] \d+ tokens/.test(message)
        ? 'The document has too many tokens.'
        : 'The document is not valid GraphQL.';
    case 'GRAPHQL_VALIDATION_FAILED':
      return safeValidation.test(message) ? message : 'A literal in the document does not fit its type.';
    case 'BAD_USER_INPUT':
      return describeCoercion(message);
    case 'BAD_REQUEST':
    case 'BAD_REPRESENTATION':
    case 'TOO_MANY_REPRESENTATIONS':
    case 'TOO_MANY_SENSITIVE_FIELDS':
    case 'TOO_MANY_ROOT_FIELDS':
    case 'TOO_DEEP':
    case 'TOO_MANY_ALIASES':
    case 'TOO_MANY_FIELDS':
    case 'TOO_MANY_DIRECTIVES':
    case 'TOO_MANY_LONG_FIELDS':
    case 'PERSISTED_QUERY_NOT_SUPPORTED':
      return message;
    case 'OPERATION_RESOLUTION_FAILURE':
      return describeOperationName(message);
    default:
      return undefined;
  }
};

/** Faults of the request that graphql finds only during execution, without a code. They hold only names. */
const lateFault =
  /^(?:Argument "\w+" of (?:required|non-null) type "[\w![\]]+" (?:was not provided|must not be null)|Schema is not configured to execute \w+ operation)\.$/;

/** The expected failure of a field whose type is no union: the error stands in its place in the answer. */
const failureIn = (error: unknown): PayerIdentityError | undefined => {
  const thrown = unwrapResolverError(error);
  return thrown instanceof PayerIdentityError ? thrown : undefined;
};

export const formatError = (
  { message, locations, path, extensions }: GraphQLFormattedError,
  error?: unknown,
): GraphQLFormattedError => {
  if (lateFault.test(message))
    return { message, ...(locations && { locations }), ...(path && { path }), extensions: { code: 'BAD_USER_INPUT' } };
  const failure = failureIn(error);
  const { code, retryAfterSeconds } = failure ?? extensions ?? {};
  const described = failure?.message ?? describe(code, message);
  return {
    message: described ?? 'Something went wrong here. The operator finds it in the log.',
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: {
      code: described === undefined ? 'INTERNAL_SERVER_ERROR' : code,
      ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
    },
  };
};
