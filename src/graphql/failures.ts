import { type FailureCode, failureMember, failureMessage, PayerIdentityError, retryAfterSeconds } from '../failure.ts';
import type { ResolversUnionTypes } from '../generated/resolvers.ts';
import type { Context } from './context.ts';

type Member = Exclude<
  ResolversUnionTypes<Record<'PayerIdentity', never>>['AuthenticateResult'],
  { __typename: 'Authenticated' }
>;

/** An expected failure as the union member that it is in the contract. */
export const toFailure = (code: FailureCode, traceId: string, fields: PayerIdentityError['fields'] = []): Member => {
  const common = { code, message: failureMessage(code), traceId };
  const __typename = failureMember(code);
  switch (__typename) {
    case 'InvalidInput':
      return { __typename, ...common, fields };
    case 'ChannelUnavailable':
      return { __typename, ...common, retryAfterSeconds: retryAfterSeconds(code) ?? null };
    default:
      return { __typename, ...common };
  }
};

/** Runs a use case; an expected failure becomes an answer, anything else stays an error and is masked. */
export const orFailure = async <T>({ call }: Context, useCase: Promise<T>): Promise<T | Member> => {
  try {
    return await useCase;
  } catch (error) {
    if (error instanceof PayerIdentityError) return toFailure(error.code, call.traceId, error.fields);
    throw error;
  }
};
