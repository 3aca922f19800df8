/** Asks for admission before every sensitive root field runs, and answers the calls that are not admitted. */
import { HeaderMap } from '@apollo/server';
import { GraphQLError, type GraphQLSchema, getNamedType, isUnionType } from 'graphql';
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import { noteOf } from '../identity/call.ts';
import { toFailure } from './failures.ts';
import { wrapRootFields } from './root-fields.ts';
import { rulesOf } from './sensitive-fields.ts';

/** Whether the answer reveals that the guessed code or id does not exist. */
const isWrongGuess = (answer: unknown): boolean => {
  if (typeof answer !== 'object' || answer === null) return false;
  if ('status' in answer && answer.status === 'NOT_EXIST') return true;
  return 'code' in answer && (answer.code === 'CERTIFY_ID_UNKNOWN' || answer.code === 'QUERY_CODE_TAKEN');
};

/** Failures of this service that a repetition can mend; every other one is the use case's to answer. */
const unavailable: ReadonlySet<FailureCode> = new Set(['RATE_LIMITED', 'OVERLOADED', 'SERVICE_UNAVAILABLE']);

/** The failure as an error of the answer, for root fields whose type is no union. */
const asError = ({ code, message, retryAfterSeconds }: PayerIdentityError): GraphQLError => {
  const headers = new HeaderMap([['retry-after', `${retryAfterSeconds}`]]);
  const status = code === 'RATE_LIMITED' ? 429 : 503;
  // Typed loosely: Apollo Server reads a HeaderMap here, where the types of graphql-scalars expect a plain object.
  const extensions: Record<string, unknown> = { code, retryAfterSeconds, http: { status, headers } };
  return new GraphQLError(message, { extensions });
};

/** The schema given, whose sensitive root fields resolve only when they are admitted. */
export const admitField = (schema: GraphQLSchema): GraphQLSchema =>
  wrapRootFields(schema, (resolve, { name, type }) => {
    const rules = rulesOf(name);
    if (!rules) return undefined;
    return async (root, args, context, info) => {
      const { admission, call } = context;
      const asked = args.input ?? args;
      try {
        const answer: unknown = await admission.admit(rules, asked, call, () => resolve(root, args, context, info));
        if (isWrongGuess(answer)) admission.countGuess(call, asked);
        return answer;
      } catch (error) {
        if (!(error instanceof PayerIdentityError) || !unavailable.has(error.code)) throw error;
        call.note(noteOf(error));
        if (isUnionType(getNamedType(type))) return toFailure(error.code, call.traceId, error);
        throw asError(error);
      }
    };
  });
