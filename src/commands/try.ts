/**
 * `payer-identity try <channel>`: authenticates one payer, as a test of a running service or of a configured source.
 * With an auth code it is redeemed; without one a session is started, and its outcome awaited.
 */
import { openSources } from '../channels/registry.ts';
import { ConfigError } from '../config/load.ts';
import { PayerIdentityError } from '../failure.ts';
import { ExchangeError } from '../lib/exchange.ts';
import { qrText } from '../lib/qr.ts';
import type { Subject } from '../model.ts';
import { readInput } from './lib/message.ts';
import type { Command } from './lib/run-command.ts';
import { type Answer, createClient } from './lib/service-client.ts';
import { chooseSource } from './lib/sources.ts';

export interface TryOptions {
  readonly url: string;
  readonly app?: string;
  readonly code?: string;
  readonly returnUrl?: string;
  /** A file with lines `name: value`, such as the router's credentials. */
  readonly headers?: string;
  readonly source?: string;
}

const FAILURE = '... on PayerFailure { code message traceId } ... on PayerInvalidInput { fields { path message } }';
const IDENTITY = 'identity { id openId userId }';

const AUTHENTICATE = `mutation ($input: PayerAuthenticateInput!) {
  answer: authenticate(input: $input) { __typename ... on PayerAuthenticated { ${IDENTITY} } ${FAILURE} } }`;
const START = `mutation ($input: PayerStartAuthenticationInput!) {
  answer: startAuthentication(input: $input) { __typename
    ... on PayerAuthenticationStarted { queryCode authorizeUrl } ${FAILURE} } }`;
const RESULT = `query ($queryCode: String!) {
  answer: authResult(queryCode: $queryCode, waitSeconds: 20) { __typename
    ... on PayerAuthWaiting { pollAfterSeconds attemptsLeft }
    ... on PayerAuthSucceeded { ${IDENTITY} }
    ... on PayerAuthFailed { failure { __typename code message traceId } } ${FAILURE} } }`;

/** Enough of an id to recognize it: standard output ends in logs of CI. */
const shortened = (id: string): string => `${id.slice(0, 4)}…`;

const idsOf = ({ openId, userId }: Subject): string =>
  [openId && `openId ${shortened(openId)}`, userId && `userId ${shortened(userId)}`].filter(Boolean).join(', ');

const reportFailure = ({ output }: Command, { code, message, traceId, fields = [] }: Answer): void => {
  const faults = fields.map(({ path, message: fault }) => `${path}: ${fault}`);
  const why = [message ?? 'no reason was given', ...faults].join('; ');
  output.line(`${code ?? 'The call failed'}: ${why}${traceId ? ` The log line has the traceId ${traceId}.` : ''}`);
  output.result({ ok: false, code, message, traceId, fields });
  process.exitCode = 1;
};

const report = (command: Command, answer: Answer): void => {
  const { identity, failure } = answer;
  if (!identity) {
    reportFailure(command, failure ?? answer);
    return;
  }
  const ids = { openId: identity.openId ?? undefined, userId: identity.userId ?? undefined };
  command.output.line(`Authenticated: ${identity.id}, ${idsOf(ids)}`);
  command.output.result({ ok: true, id: identity.id });
};

const tryService = async (command: Command, channelId: string, options: TryOptions): Promise<void> => {
  const { output } = command;
  const ask = createClient(options.url, options.headers);
  const input = { channelId, ...(options.app !== undefined && { appId: options.app }) };
  if (options.code !== undefined)
    return report(command, await ask(AUTHENTICATE, { input: { ...input, authCode: codeOf(options.code) } }));

  const page = new URL('/payer', options.url);
  page.search = `${new URLSearchParams({ ...(options.app && { app: options.app }), channel: channelId })}`;
  const started = await ask(START, { input: { ...input, returnUrl: options.returnUrl ?? page.href } });
  const { queryCode, authorizeUrl } = started;
  if (!queryCode || !authorizeUrl) {
    reportFailure(command, started);
    return;
  }
  output.line(`Authorize as a payer here:\n\n  ${authorizeUrl}\n`);
  if (process.stdout.isTTY) output.line(qrText(authorizeUrl) ?? '');
  for (;;) {
    output.progress('waiting for the payer');
    const answer = await ask(RESULT, { queryCode });
    if (answer.__typename !== 'PayerAuthWaiting') return report(command, answer);
  }
};

/** From standard input for `-`: other users of the machine can read the arguments of a process. */
const codeOf = (given: string): string => (given === '-' ? readInput('-').toString().trim() : given);

/** Redeems the code at the upstream, which uses it up; nothing is stored. */
const trySource = async (command: Command, channelId: string, options: TryOptions): Promise<void> => {
  if (options.code === undefined) throw new ConfigError('A source redeems an auth code: give one with --code');
  const [name, configured] = chooseSource(command, options.source);
  const sources = openSources({ [name]: configured });
  const source = sources.get(name);
  if (!source?.channels.includes(channelId))
    throw new ConfigError(`The source ${name} does not serve ${channelId}; it serves ${source?.channels.join(', ')}`);
  const call = { deadline: AbortSignal.timeout(10_000), origin: { channelId, traffic: 'trusted' } } as const;
  try {
    const { subject } = await source.redeem(codeOf(options.code), { channelId, clientIp: '127.0.0.1' }, call);
    command.output.line(`The source ${name} has redeemed the code: ${idsOf(subject)}`);
    command.output.result({ ok: true, source: name });
  } catch (error) {
    if (error instanceof ExchangeError)
      reportFailure(command, { message: `no reply: ${error.reason ?? error.message}` });
    else if (error instanceof PayerIdentityError) {
      const named = error.upstreamCode ?? error.claimedCode;
      reportFailure(command, { code: error.code, message: named ? `upstream code ${named}` : error.message });
    } else throw error;
  } finally {
    await sources.close();
  }
};

export const tryChannel = async (command: Command, channelId: string, options: TryOptions): Promise<void> =>
  options.source === undefined ? tryService(command, channelId, options) : trySource(command, channelId, options);
