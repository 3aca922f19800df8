/** The source of Subscription.authResult: admitted, charged and measured as Query.authResult is, for as long as it runs. */
import { PayerIdentityError } from '../failure.ts';
import { noteOf } from '../identity/call.ts';
import type { Context } from './context.ts';
import { type AuthResultFailure, isOneOf, resultFailures, toFailure } from './failures.ts';
import { authResultMember } from './resolvers/auth-result.ts';
import { rulesOf } from './sensitive-fields.ts';

const FIELD = 'authResult';
type Member = ReturnType<typeof authResultMember> | AuthResultFailure;

/** An expected failure is the last result. Another error is thrown, and masked later. */
export async function* streamAuthResult(
  queryCode: string,
  context: Context,
): AsyncGenerator<{ readonly authResult: Member }, void, undefined> {
  const { admission, call, watchResult, metrics } = context;
  // It names no app and no channel.
  const asked = {};
  const measure = metrics.operations.startTimer({ field: `subscription ${FIELD}` });
  const ended = Promise.withResolvers<void>();
  let outcome = 'ended';
  try {
    await admitUntil(ended.promise, (work) => admission.admit(rulesOf(FIELD) ?? { pool: 'polls' }, asked, call, work));
    for await (const result of watchResult(queryCode, call)) {
      const authResult = authResultMember(result);
      outcome = authResult.__typename;
      yield { authResult };
    }
  } catch (error) {
    if (!(error instanceof PayerIdentityError)) {
      outcome = 'error';
      throw error;
    }
    call.note(noteOf(error));
    if (error.code === 'QUERY_CODE_UNKNOWN') admission.countGuess(call, asked);
    outcome = error.code;
    const failure = toFailure(error.code, call.traceId, error);
    if (!isOneOf(resultFailures, failure)) throw new Error(`${failure.__typename} is no result`, { cause: error });
    yield { authResult: failure };
  } finally {
    ended.resolve();
    measure({ outcome });
  }
}

/** Resolves when admitted; the place is held until `ended` resolves. */
const admitUntil = (ended: Promise<void>, admit: (work: () => Promise<void>) => Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => {
    const work = () => {
      resolve();
      return ended;
    };
    admit(work).then(undefined, reject);
  });
