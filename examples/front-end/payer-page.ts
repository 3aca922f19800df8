/** The payer's side of a session: what a channel sends back to the payer page, and what the page does with it. */
import { ask, CallFailed, type Gateway } from './ask.ts';
import { graphql } from './gql/gql.ts';
import type { AuthenticateAndSetMutation, PayerAuthenticateAndSetInput } from './gql/graphql.ts';

const AuthenticateAndSet = graphql(`
  mutation AuthenticateAndSet($input: PayerAuthenticateAndSetInput!) {
    authenticateAndSet(input: $input) {
      __typename
      ... on PayerAuthResultStored { expiresAt }
      ... on PayerFailure { code traceId }
      ... on PayerInvalidInput { fields { path message } }
      ... on PayerOutcomePending { retryAfterSeconds }
      ... on PayerChannelUnavailable { retryAfterSeconds }
      ... on PayerServiceBusy { retryAfterSeconds }
    }
  }
`);

const ReportStep = graphql(`
  mutation ReportStep($input: PayerReportAuthenticationStepInput!) {
    reportAuthenticationStep(input: $input) {
      __typename
      ... on PayerFailure { code traceId }
    }
  }
`);

export type Stored = AuthenticateAndSetMutation['authenticateAndSet'];

export type Return =
  | { readonly kind: 'code'; readonly authCode: string; readonly state: string }
  | { readonly kind: 'declined'; readonly state: string }
  | { readonly kind: 'fault'; readonly reason: string };

/** Reads the address that a channel, or the door, has sent the payer back to. */
export const readReturn = (search: string): Return => {
  const parameters = new URLSearchParams(search);
  // Of a parameter that is there twice, after two redirects, the last one is new.
  const last = (name: string) => parameters.getAll(name).at(-1);
  // WeChat and the door: code. Alipay: auth_code. UnionPay: userAuthCode.
  const authCode = last('code') ?? last('auth_code') ?? last('userAuthCode');
  const state = last('state') ?? '';
  // Alipay and WeChat give no reason when the payer declines; UnionPay's page says 34, the door access_denied.
  const reason = last('error') ?? last('errorcode') ?? last('respCode') ?? 'access_denied';
  if (authCode && state) return { kind: 'code', authCode, state };
  if (state && (reason === 'access_denied' || reason === '34')) return { kind: 'declined', state };
  return { kind: 'fault', reason };
};

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

/** Passes the code on. Repeating the identical call is safe: a code is sent to its channel at most once. */
export const handOver = async (gateway: Gateway, input: PayerAuthenticateAndSetInput, tries = 4): Promise<Stored> => {
  const answer = await ask(gateway, AuthenticateAndSet, { input }).catch((error: unknown) => {
    if (!(error instanceof CallFailed) || tries <= 1) throw error;
    return undefined;
  });
  const stored = answer?.authenticateAndSet;
  if (stored && (!('retryAfterSeconds' in stored) || tries <= 1)) return stored;
  await pause(stored?.retryAfterSeconds ?? 2);
  return handOver(gateway, input, tries - 1);
};

/** OPENED when your page leads to the channel's, DECLINED when the payer comes back without a code. */
export const report = async (
  gateway: Gateway,
  step: 'OPENED' | 'DECLINED',
  { channelId, appId, state }: { channelId: string; appId?: string; state: string },
) => (await ask(gateway, ReportStep, { input: { channelId, appId, state, step } })).reportAuthenticationStep;
