/** Asks for admission before every sensitive root field runs; its answer is a union, and shows a call that is not admitted. */
import type { GraphQLSchema } from 'graphql';
import { PayerIdentityError } from '../failure.ts';
import type { FailureCode } from '../failure-codes.ts';
import { noteOf } from '../identity/call.ts';
import { toFailure } from './failures.ts';
import { wrapRootFields } from './root-fields.ts';
import { rulesOf } from './sensitive-fields.ts';

/** Failures that reveal that the guessed code or id does not exist. */
const wrongGuesses: ReadonlySet<unknown> = new Set<FailureCode>([
  'QUERY_CODE_UNKNOWN',
  'CERTIFY_ID_UNKNOWN',
  'QUERY_CODE_TAKEN',
]);
const isWrongGuess = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'code' in answer && wrongGuesses.has(answer.code);

/** The schema given, whose sensitive root fields resolve only when they are admitted. */
export const admitField = (schema: GraphQLSchema): GraphQLSchema =>
  wrapRootFields(schema, (resolve, { name }) => {
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
        if (!(error instanceof PayerIdentityError)) throw error;
        call.note(noteOf(error));
        return toFailure(error.code, call.traceId, error);
      }
    };
  });
