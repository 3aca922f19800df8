/** What the terminal shows when sandbox mode is ready: the addresses, and what to do next. */
import type { Config } from '../config/load.ts';

const schemaNote = ({ scopesInSdl }: Config['callers']) =>
  scopesInSdl
    ? 'with @requiresScopes; SCOPES_IN_SDL=false for gateways that refuse it'
    : 'without @requiresScopes (SCOPES_IN_SDL=false)';

const lanNote = (lanUrl: string | undefined): string =>
  lanUrl === undefined
    ? ''
    : `For phones in the room: ${lanUrl}/cashier
  Open it on this machine and scan its QR code with a phone of the same network.
  Every device of that network that has the address can use this sandbox, unencrypted, until it stops: show the
  address only to people who may, and enter no real data.

`;

interface Greeting {
  readonly url: string;
  /** For phones of the same network, where it was asked for. */
  readonly lanUrl: string | undefined;
  readonly config: Config;
  /** Log lines of calls are not shown. */
  readonly quiet: boolean;
}

/** The code of the curl is a new one each time that it runs. */
export const greeting = ({ url, lanUrl, config: { dataDir, callers }, quiet }: Greeting): string => `
payer-identity is in sandbox mode: emulated channels, results in ${dataDir}. It calls no real channel, and nothing
outside this machine; only the start page asks your browser for Apollo Sandbox, which comes from Apollo's CDN.

  GraphQL          ${url}/graphql
  Start page       ${url}/
  Explorer         ${url}/explorer
  Cashier          ${url}/cashier
  Metrics          ${url}/metrics
  Schema           ${schemaNote(callers)}

Next: open the cashier and authenticate a payer, or try it from here:

  curl -s ${url}/graphql -H 'content-type: application/json' \\
    -d '{"query":"mutation { authenticate(input: { channelId: \\"wechat_pay\\", authCode: \\"test_ok_alice~'$(date +%s)'\\" }) { __typename ... on PayerAuthenticated { identity { id openId } } ... on PayerFailure { code message } } }"}'

  npx payer-identity try wechat_pay --url ${url}
${quiet ? '\nWarnings and errors are shown below; LOG_LEVEL=info shows every call. Ctrl+C ends it.\n' : ''}
${lanNote(lanUrl)}`;
