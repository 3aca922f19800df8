/**
 * One log line for every call: a root field of the contract that was answered with a traceId, or that did something.
 * `recordCalls` is the outermost wrapper of every root field; `writeCallLines` writes the lines when the operation is
 * answered, since only then it is known whether a field below a root field, or an entity, has failed.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFieldResolver, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { type CallNote, noteOf } from '../identity/call.ts';
import { createLineBudget, type LineBudget } from '../lib/line-budget.ts';
import type { Log } from '../lib/log.ts';
import { isShared } from '../security/caller.ts';
import { isCheap, isGraver, severityOf } from './call-severity.ts';
import type { CallLine, Context } from './context.ts';
import { rulesOf } from './sensitive-fields.ts';

/** Fields that read only: they are called too often for a line of each success, whose answer has no traceId. */
const reads: ReadonlySet<string> = new Set(['_entities', '_service', 'authResult', 'channels', 'payerIdentity']);

const merge = (line: CallLine, fields: CallNote): void => {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  line.note = { ...line.note, ...Object.fromEntries(known) };
};

/** Of a failure that is a member of the field's union. */
const codeOf = (answer: unknown): string | undefined =>
  typeof answer === 'object' && answer !== null && 'code' in answer && typeof answer.code === 'string'
    ? answer.code
    : undefined;

/** The schema given, whose root fields now keep what the log is to say about them. */
export const recordCalls = (schema: GraphQLSchema): GraphQLSchema => {
  const roots = [schema.getQueryType(), schema.getMutationType()];
  for (const field of roots.flatMap((root) => Object.values(root?.getFields() ?? {}))) {
    const { name: operation, resolve } = field;
    if (!resolve) continue;
    const recorded: GraphQLFieldResolver<unknown, Context> = async (root, args, context, info) => {
      const { appId, channel } = args.input ?? args;
      const asked = { appId, channel, needs: rulesOf(operation)?.needs };
      const line: CallLine = { key: info.path.key, operation, asked, note: {}, errors: 0 };
      context.lines.push(line);
      const call = { ...context.call, note: (fields: CallNote) => merge(line, fields) };
      const startedAt = performance.now();
      try {
        const answer = await resolve(root, args, { ...context, call }, info);
        merge(line, { code: codeOf(answer) });
        return answer;
      } finally {
        line.durationMs = Math.round(performance.now() - startedAt);
      }
    };
    field.resolve = recorded;
  }
  return schema;
};

/** Faults of the request, like those of a document: there is nothing that the operator could find. */
const isRequestFault = ({ extensions }: GraphQLFormattedError): boolean =>
  extensions?.code === 'BAD_REPRESENTATION' || extensions?.code === 'BAD_USER_INPUT';

/** Adds an error of the answer; of several the gravest has the say. */
const blame = (line: CallLine, { extensions }: GraphQLFormattedError, error: unknown): void => {
  line.errors += 1;
  const thrown = unwrapResolverError(error);
  // A GraphQLError is an answer in itself, whose reasons were noted where it was made.
  const reasons = thrown instanceof GraphQLError ? {} : noteOf(thrown);
  const found: CallNote = { ...reasons, code: `${extensions?.code}` };
  if (line.note.code === undefined || isGraver(found, line.note)) merge(line, found);
};

const exchanges: ReadonlySet<string> = new Set(['authenticate', 'authenticateAndSet', 'jobworthAuthentication']);

const eventOf = ({ operation, note: { code, event } }: CallLine): string => {
  if (code === 'INTERNAL_SERVER_ERROR') return 'a resolver failed unexpectedly';
  if (event !== undefined) return event;
  if (code === undefined) return 'a call was answered';
  if (code === 'SERVICE_UNAVAILABLE') return 'the store failed';
  return exchanges.has(operation) ? 'a code was not exchanged' : 'a call was refused';
};

const write = (log: Log, budget: LineBudget, line: CallLine, { apps, call }: Context): void => {
  const { operation, asked, errors, durationMs } = line;
  const { event: _, isBug: __, ...fields } = line.note;
  if (fields.code === undefined && reads.has(operation)) return;
  const isStranger = isShared(call.caller) && !fields.signed;
  if (isStranger && isCheap(fields.code) && !budget.take()) return;
  const count = errors > 1 ? errors : undefined;
  const names = reads.has(operation) ? {} : apps.configured(asked);
  const { traceId } = call;
  log[severityOf(line.note)](eventOf(line), { traceId, operation, ...names, ...fields, durationMs, count });
};

/** Lines a second about calls without credentials that were refused before they did anything. */
const CHEAP_LINES_PER_SECOND = 100;

/** Writes the lines of an operation, and puts the traceId that finds them beside the code of its errors. */
export const writeCallLines = (log: Log): ApolloServerPlugin<Context> => {
  const budget = createLineBudget(CHEAP_LINES_PER_SECOND, (count) =>
    log.warn('calls without credentials were refused, more than the log has lines for', { count }),
  );
  return {
    requestDidStart: async () => ({
      async willSendResponse({ contextValue, response, errors = [] }) {
        const { lines, call } = contextValue;
        if (response.body.kind !== 'single' || lines.length === 0) return;
        const { singleResult } = response.body;
        const shown = singleResult.errors?.map((error, position) => {
          const line = lines.find(({ key }) => key === error.path?.[0]);
          if (!line || isRequestFault(error)) return error;
          blame(line, error, errors[position]);
          return { ...error, extensions: { ...error.extensions, traceId: call.traceId } };
        });
        if (shown) response.body = { kind: 'single', singleResult: { ...singleResult, errors: shown } };
        for (const line of lines) write(log, budget, line, contextValue);
      },
    }),
  };
};
