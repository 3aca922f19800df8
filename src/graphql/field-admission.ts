/** Asks for admission in front of every sensitive root field, before its resolver. */
import { HeaderMap } from '@apollo/server';
import { GraphQLError, type GraphQLFieldResolver, type GraphQLSchema, getNamedType, isUnionType } from 'graphql';
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import { noteOf } from '../identity/call.ts';
import type { Context } from './context.ts';
import { toFailure } from './failures.ts';
import { rulesOf } from './sensitive-fields.ts';

/** Answers and failures that tell whoever guesses that this was not it. */
const isWrongGuess = (answer: unknown): boolean => {
  if (typeof answer !== 'object' || answer === null) return false;
  if ('status' in answer && answer.status === 'NOT_EXIST') return true;
  return 'code' in answer && (answer.code === 'CERTIFY_ID_UNKNOWN' || answer.code === 'QUERY_CODE_TAKEN');
};

/** What is worth repeating, and says so wherever it happens. */
const unavailable: ReadonlySet<FailureCode> = new Set(['RATE_LIMITED', 'OVERLOADED', 'SERVICE_UNAVAILABLE']);

/** For fields whose type has no place for a failure. */
const asError = ({ code, message, retryAfterSeconds }: PayerIdentityError): GraphQLError => {
  const headers = new HeaderMap([['retry-after', `${retryAfterSeconds}`]]);
  const status = code === 'RATE_LIMITED' ? 429 : 503;
  // Apollo Server reads a HeaderMap here; other libraries' types of the same place know plain objects only.
  const extensions: Record<string, unknown> = { code, retryAfterSeconds, http: { status, headers } };
  return new GraphQLError(message, { extensions });
};

/** The schema given, whose sensitive root fields now resolve only when they are admitted. */
export const admitField = (schema: GraphQLSchema): GraphQLSchema => {
  const roots = [schema.getQueryType(), schema.getMutationType()];
  for (const field of roots.flatMap((root) => Object.values(root?.getFields() ?? {}))) {
    const { name, type, resolve } = field;
    const rules = rulesOf(name);
    if (!rules || !resolve) continue;
    const admitted: GraphQLFieldResolver<unknown, Context> = async (root, args, context, info) => {
      const { admission, call } = context;
      const asked = args.input ?? args;
      try {
        const answer = await admission.admit(rules, asked, call, () => resolve(root, args, context, info));
        if (isWrongGuess(answer)) admission.countGuess(call, asked);
        return answer;
      } catch (error) {
        if (!(error instanceof PayerIdentityError) || !unavailable.has(error.code)) throw error;
        call.note(noteOf(error));
        if (isUnionType(getNamedType(type))) return toFailure(error.code, call.traceId, error);
        throw asError(error);
      }
    };
    field.resolve = admitted;
  }
  return schema;
};
