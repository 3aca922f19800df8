/** Expected failures as members of the contract's unions. */

import { PayerIdentityError } from '../failure.ts';
import {
  type FailureCode,
  type FailureMember,
  failureMember,
  failureMessage,
  retryAfterSeconds,
} from '../failure-codes.ts';
import type { ResolversInterfaceTypes } from '../generated/resolvers.ts';
import { noteOf } from '../identity/call.ts';
import type { Context } from './context.ts';

type AnyFailure = ResolversInterfaceTypes<Record<string, never>>['PayerFailure'];
type FailureOf<Member extends FailureMember> = Extract<AnyFailure, { readonly __typename: Member }>;

/** The failures that each kind of call can end with; the unions of the contract list the same. */
export const startFailures = ['PayerServiceBusy', 'PayerInvalidInput'] as const;
export const reportFailures = ['PayerSessionEnded', ...startFailures] as const;
export const resultFailures = ['PayerAuthNotFound', ...startFailures] as const;
export type AuthResultFailure = FailureOf<(typeof resultFailures)[number]>;
const upstreamFailures = [
  'PayerChannelUnavailable',
  'PayerChannelMisconfigured',
  'PayerNotAllowed',
  ...startFailures,
] as const;
const redeemFailures = ['PayerAuthorizationRejected', 'PayerOutcomeUnknown', 'PayerOutcomePending'] as const;
export const authenticationFailures = [...redeemFailures, ...upstreamFailures] as const;
export const storingFailures = ['PayerSessionEnded', ...authenticationFailures] as const;
export const certificationFailures = ['PayerCertificationRejected', ...upstreamFailures] as const;
export const jobworthFailures = ['PayerJobworthRejected', ...redeemFailures, ...upstreamFailures] as const;

type Details = Partial<Pick<PayerIdentityError, 'fields' | 'retryAfterSeconds' | 'missingScope'>>;

/** The union member of a failure code. */
export const toFailure = (code: FailureCode, traceId: string, details: Details = {}): AnyFailure => {
  const shared = { code, message: failureMessage(code), traceId };
  const retryAfter = details.retryAfterSeconds ?? retryAfterSeconds(code);
  const __typename = failureMember(code);
  switch (__typename) {
    case 'PayerInvalidInput':
      return { __typename, ...shared, fields: details.fields ?? [] };
    case 'PayerNotAllowed':
      return { __typename, ...shared, requiredScope: details.missingScope ?? null };
    case 'PayerChannelUnavailable':
    case 'PayerServiceBusy':
    case 'PayerOutcomePending':
      return { __typename, ...shared, retryAfterSeconds: retryAfter ?? 1 };
    default:
      return { __typename, ...shared };
  }
};

/** Runs a use case. An expected failure becomes an answer; any other error is thrown on, and masked later. */
export const orFailure = async <T, Member extends FailureMember>(
  { call }: Context,
  members: readonly Member[],
  useCase: () => T | Promise<T>,
): Promise<T | FailureOf<Member>> => {
  try {
    return await useCase();
  } catch (error) {
    if (!(error instanceof PayerIdentityError)) throw error;
    call.note(noteOf(error));
    const failure = toFailure(error.code, error.traceId ?? call.traceId, error);
    if (isOneOf(members, failure)) return failure;
    throw new Error(`${failure.__typename} is not an answer to this call`, { cause: error });
  }
};

export const isOneOf = <Member extends FailureMember>(
  members: readonly Member[],
  failure: AnyFailure,
): failure is FailureOf<Member> => members.some((member) => member === failure.__typename);
