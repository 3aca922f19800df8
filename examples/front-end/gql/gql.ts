/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation AuthenticateAndSet($input: PayerAuthenticateAndSetInput!) {\n    authenticateAndSet(input: $input) {\n      __typename\n      ... on PayerAuthResultStored { expiresAt }\n      ... on PayerFailure { code traceId }\n      ... on PayerInvalidInput { fields { path message } }\n      ... on PayerOutcomePending { retryAfterSeconds }\n      ... on PayerChannelUnavailable { retryAfterSeconds }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": typeof types.AuthenticateAndSetDocument,
    "\n  mutation ReportStep($input: PayerReportAuthenticationStepInput!) {\n    reportAuthenticationStep(input: $input) {\n      __typename\n      ... on PayerFailure { code traceId }\n    }\n  }\n": typeof types.ReportStepDocument,
    "\n  subscription FollowResult($queryCode: String!) {\n    authResult(queryCode: $queryCode) {\n      __typename\n      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }\n      ... on PayerAuthSucceeded { expiresAt }\n      ... on PayerAuthFailed { failure { __typename code traceId } }\n      ... on PayerFailure { code traceId }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": typeof types.FollowResultDocument,
    "\n  mutation StartAuthentication($input: PayerStartAuthenticationInput!) {\n    startAuthentication(input: $input) {\n      __typename\n      ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt }\n      ... on PayerAuthenticationStartedWithoutPage { queryCode state authCodeKind infoStr expiresAt }\n      ... on PayerFailure { code traceId }\n      ... on PayerInvalidInput { fields { path message } }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": typeof types.StartAuthenticationDocument,
    "\n  query AuthResult($queryCode: String!, $waitSeconds: Int!) {\n    authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) {\n      __typename\n      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }\n      ... on PayerAuthSucceeded { expiresAt }\n      ... on PayerAuthFailed { failure { __typename code traceId } }\n      ... on PayerFailure { code traceId }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": typeof types.AuthResultDocument,
    "\n  mutation CancelAuthentication($input: PayerCancelAuthenticationInput!) {\n    cancelAuthentication(input: $input) { __typename }\n  }\n": typeof types.CancelAuthenticationDocument,
};
const documents: Documents = {
    "\n  mutation AuthenticateAndSet($input: PayerAuthenticateAndSetInput!) {\n    authenticateAndSet(input: $input) {\n      __typename\n      ... on PayerAuthResultStored { expiresAt }\n      ... on PayerFailure { code traceId }\n      ... on PayerInvalidInput { fields { path message } }\n      ... on PayerOutcomePending { retryAfterSeconds }\n      ... on PayerChannelUnavailable { retryAfterSeconds }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": types.AuthenticateAndSetDocument,
    "\n  mutation ReportStep($input: PayerReportAuthenticationStepInput!) {\n    reportAuthenticationStep(input: $input) {\n      __typename\n      ... on PayerFailure { code traceId }\n    }\n  }\n": types.ReportStepDocument,
    "\n  subscription FollowResult($queryCode: String!) {\n    authResult(queryCode: $queryCode) {\n      __typename\n      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }\n      ... on PayerAuthSucceeded { expiresAt }\n      ... on PayerAuthFailed { failure { __typename code traceId } }\n      ... on PayerFailure { code traceId }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": types.FollowResultDocument,
    "\n  mutation StartAuthentication($input: PayerStartAuthenticationInput!) {\n    startAuthentication(input: $input) {\n      __typename\n      ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt }\n      ... on PayerAuthenticationStartedWithoutPage { queryCode state authCodeKind infoStr expiresAt }\n      ... on PayerFailure { code traceId }\n      ... on PayerInvalidInput { fields { path message } }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": types.StartAuthenticationDocument,
    "\n  query AuthResult($queryCode: String!, $waitSeconds: Int!) {\n    authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) {\n      __typename\n      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }\n      ... on PayerAuthSucceeded { expiresAt }\n      ... on PayerAuthFailed { failure { __typename code traceId } }\n      ... on PayerFailure { code traceId }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n": types.AuthResultDocument,
    "\n  mutation CancelAuthentication($input: PayerCancelAuthenticationInput!) {\n    cancelAuthentication(input: $input) { __typename }\n  }\n": types.CancelAuthenticationDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation AuthenticateAndSet($input: PayerAuthenticateAndSetInput!) {\n    authenticateAndSet(input: $input) {\n      __typename\n      ... on PayerAuthResultStored { expiresAt }\n      ... on PayerFailure { code traceId }\n      ... on PayerInvalidInput { fields { path message } }\n      ... on PayerOutcomePending { retryAfterSeconds }\n      ... on PayerChannelUnavailable { retryAfterSeconds }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n"): typeof import('./graphql.ts').AuthenticateAndSetDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ReportStep($input: PayerReportAuthenticationStepInput!) {\n    reportAuthenticationStep(input: $input) {\n      __typename\n      ... on PayerFailure { code traceId }\n    }\n  }\n"): typeof import('./graphql.ts').ReportStepDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription FollowResult($queryCode: String!) {\n    authResult(queryCode: $queryCode) {\n      __typename\n      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }\n      ... on PayerAuthSucceeded { expiresAt }\n      ... on PayerAuthFailed { failure { __typename code traceId } }\n      ... on PayerFailure { code traceId }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n"): typeof import('./graphql.ts').FollowResultDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation StartAuthentication($input: PayerStartAuthenticationInput!) {\n    startAuthentication(input: $input) {\n      __typename\n      ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt }\n      ... on PayerAuthenticationStartedWithoutPage { queryCode state authCodeKind infoStr expiresAt }\n      ... on PayerFailure { code traceId }\n      ... on PayerInvalidInput { fields { path message } }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n"): typeof import('./graphql.ts').StartAuthenticationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AuthResult($queryCode: String!, $waitSeconds: Int!) {\n    authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) {\n      __typename\n      ... on PayerAuthWaiting { step attemptsLeft pollAfterSeconds expiresAt lastFailure { __typename code } }\n      ... on PayerAuthSucceeded { expiresAt }\n      ... on PayerAuthFailed { failure { __typename code traceId } }\n      ... on PayerFailure { code traceId }\n      ... on PayerServiceBusy { retryAfterSeconds }\n    }\n  }\n"): typeof import('./graphql.ts').AuthResultDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelAuthentication($input: PayerCancelAuthenticationInput!) {\n    cancelAuthentication(input: $input) { __typename }\n  }\n"): typeof import('./graphql.ts').CancelAuthenticationDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
