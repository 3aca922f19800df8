/**
 * One log line for every call: a root field that was answered with a traceId, or that did something.
 * `recordCalls` wraps every root field, outermost; `writeCallLines` writes the lines when the operation is answered,
 * since only then it is known whether a field below a root field, or an entity, has failed.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { type CallNote, noteOf } from '../identity/call.ts';
import { createLineBudget, type LineBudget } from '../lib/line-budget.ts';
import type { Log } from '../lib/log.ts';
import { isShared } from '../security/caller.ts';
import { isCheap, isGraver, severityOf } from './call-severity.ts';
import type { CallLine, Context } from './context.ts';
import { wrapRootFields } from './root-fields.ts';
import { redeems, rulesOf } from './sensitive-fields.ts';

/** Fields that only read. They are called too often for a line of each success, whose answer has no traceId. */
const reads: ReadonlySet<string> = new Set(['_entities', '_service', 'authResult', 'payerChannels', 'payerIdentity']);

export const isRead = (field: string): boolean => reads.has(field);

/** Fields whose input names no app: the default one is not meant. */
const nameless: ReadonlySet<string> = new Set([...reads, 'cancelAuthentication']);

export const merge = (line: CallLine, fields: CallNote): void => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  line.note = { ...line.note, ...Object.fromEntries(given) };
};

/** The code of an answer that is a failure. */
const codeOf = (answer: unknown): string | undefined =>
  typeof answer === 'object' && answer !== null && 'code' in answer && typeof answer.code === 'string'
    ? answer.code
    : undefined;

/** The schema given, whose root fields now collect what the log line of their call says. */
export const recordCalls = (schema: GraphQLSchema): GraphQLSchema =>
  wrapRootFields(schema, (resolve, { name: operation }) => async (root, args, context, info) => {
    const { appId, channelId } = args.input ?? args;
    const asked = { appId, channelId, needs: rulesOf(operation)?.needs };
    const line: CallLine = { key: info.path.key, operation, asked, note: {}, errors: 0 };
    context.lines.push(line);
    const call = { ...context.call, note: (fields: CallNote) => merge(line, fields) };
    const startedAt = performance.now();
    try {
      const answer: unknown = await resolve(root, args, { ...context, call }, info);
      merge(line, { code: codeOf(answer) });
      return answer;
    } finally {
      line.durationMs = Math.round(performance.now() - startedAt);
    }
  });

/** Faults of the request, like those of its document: the log has nothing to add for the operator. */
const requestFaults: ReadonlySet<unknown> = new Set([
  'BAD_REPRESENTATION',
  'TOO_MANY_REPRESENTATIONS',
  'BAD_USER_INPUT',
]);
const isRequestFault = ({ extensions }: GraphQLFormattedError): boolean => requestFaults.has(extensions?.code);

/** Counts an error of the answer in its line. Of several errors the line shows the gravest. */
export const addError = (line: CallLine, { extensions }: GraphQLFormattedError, error: unknown): void => {
  line.errors += 1;
  const thrown = unwrapResolverError(error);
  // A GraphQLError was made by a wrapper that has noted its reasons already.
  const reasons = thrown instanceof GraphQLError ? {} : noteOf(thrown);
  const note: CallNote = { ...reasons, code: `${extensions?.code}` };
  if (line.note.code === undefined || isGraver(note, line.note)) merge(line, note);
};

const eventOf = ({ operation, note: { code, event } }: CallLine): string => {
  if (code === 'INTERNAL_SERVER_ERROR') return 'a resolver failed unexpectedly';
  if (event !== undefined) return event;
  if (code === undefined) return 'a call was answered';
  if (code === 'SERVICE_UNAVAILABLE') return 'the store failed';
  return redeems(operation) ? 'a code was not redeemed' : 'a call was refused';
};

const write = (log: Log, budget: LineBudget, line: CallLine, { apps, call }: Context): void => {
  const { operation, asked, errors, durationMs } = line;
  const { event: _, isBug: __, ...fields } = line.note;
  if (fields.code === undefined && reads.has(operation)) return;
  const hasNoCredentials = isShared(call.caller) && !fields.signed;
  if (hasNoCredentials && isCheap(fields.code) && !budget.take()) return;
  const count = errors > 1 ? errors : undefined;
  const names = nameless.has(operation) ? {} : apps.configured(asked);
  const { traceId } = call;
  log[severityOf(line.note)](eventOf(line), { traceId, operation, ...names, ...fields, durationMs, count });
};

/** Lines per second about calls without credentials that were refused before they did anything. */
const CHEAP_LINES_PER_SECOND = 100;

export type WriteLine = (line: CallLine, context: Context) => void;

export const createWriteLine = (log: Log): WriteLine => {
  const budget = createLineBudget(CHEAP_LINES_PER_SECOND, (count) =>
    log.warn('calls without credentials were refused, more than the log has lines for', { count }),
  );
  return (line, context) => write(log, budget, line, context);
};

/** Sorts as the places in an answer, those of a list by their numbers. */
const placeOf = ({ path = [] }: GraphQLFormattedError): string =>
  path.map((part) => (typeof part === 'number' ? `${part}`.padStart(9, '0') : part)).join(' ');

/** By place: in the order in time, in which graphql adds them, equal answers would differ. */
const inOrder = (errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] =>
  errors
    .map((error) => ({ error, place: placeOf(error) }))
    .sort((left, right) => Number(left.place > right.place) - Number(left.place < right.place))
    .map(({ error }) => error);

/** Writes the lines of an operation, and adds the traceId that finds them to the errors of its answer. */
export const writeCallLines = (writeLine: WriteLine): ApolloServerPlugin<Context> => {
  return {
    requestDidStart: async () => ({
      async willSendResponse({ contextValue, response, errors = [] }) {
        const { lines, call } = contextValue;
        if (response.body.kind !== 'single' || lines.length === 0) return;
        const { singleResult } = response.body;
        const shown = singleResult.errors?.map((error, position) => {
          const line = lines.find(({ key }) => key === error.path?.[0]);
          if (!line || isRequestFault(error)) return error;
          addError(line, error, errors[position]);
          return { ...error, extensions: { ...error.extensions, traceId: call.traceId } };
        });
        if (shown) response.body = { kind: 'single', singleResult: { ...singleResult, errors: inOrder(shown) } };
        for (const line of lines) writeLine(line, contextValue);
      },
    }),
  };
};
