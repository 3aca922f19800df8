/** The mutations: each calls one use case and answers an expected failure as a member of its union. */
import type { MutationResolvers } from '../../generated/resolvers.ts';
import {
  authenticationFailures,
  certificationFailures,
  orFailure,
  reportFailures,
  resultFailures,
  startFailures,
  storingFailures,
} from '../failures.ts';
import { authResultMember } from './auth-result.ts';

export const Mutation: MutationResolvers = {
  authenticate: (_, { input }, context) =>
    orFailure(context, authenticationFailures, async () => {
      const { identity, accessToken } = await context.authentication.authenticate(input, context.call);
      return {
        __typename: 'PayerAuthenticated' as const,
        identity,
        accessToken: accessToken ?? null,
      };
    }),

  authenticateAndSet: (_, { input }, context) =>
    orFailure(context, storingFailures, async () => {
      const { queryCode, expiresAt } = await context.authentication.authenticateAndSet(input, context.call);
      return { __typename: 'PayerAuthResultStored' as const, queryCode: queryCode ?? null, expiresAt };
    }),

  startAuthentication: (_, { input }, context) =>
    orFailure(context, startFailures, async () => {
      const started = await context.authentication.startAuthentication(input, context.call);
      return 'authorizeUrl' in started
        ? { __typename: 'PayerAuthenticationStarted' as const, ...started }
        : { __typename: 'PayerAuthenticationStartedWithoutPage' as const, ...started };
    }),

  reportAuthenticationStep: (_, { input }, context) =>
    orFailure(context, reportFailures, async () => ({
      __typename: 'PayerAuthStepReported' as const,
      ...(await context.sessionSteps.report(input, context.call)),
    })),

  cancelAuthentication: (_, { input: { queryCode } }, context) =>
    orFailure(context, resultFailures, async () =>
      authResultMember(await context.sessionSteps.cancel(queryCode, context.call)),
    ),

  initializeIdentityCertification: (_, { input }, context) =>
    orFailure(context, certificationFailures, async () => ({
      __typename: 'PayerCertificationInitialized' as const,
      certifyId: await context.certification.initialize(input, context.call),
    })),

  startIdentityCertification: (_, { input }, context) =>
    orFailure(context, certificationFailures, () => ({
      __typename: 'PayerCertificationStarted' as const,
      ...context.certification.start(input, context.call),
    })),
};
