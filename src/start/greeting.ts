/** What the terminal shows when sandbox mode is ready: the addresses, and what to do next. */
import type { Config } from '../config/load.ts';

const schemaNote = ({ scopesInSdl }: Config['callers']) =>
  scopesInSdl
    ? 'with @requiresScopes; SCOPES_IN_SDL=false npm start for gateways that refuse it'
    : 'without @requiresScopes (SCOPES_IN_SDL=false)';

/** `quiet`: log lines of calls are not shown. The code of the curl is a new one each time that it runs. */
export const greeting = (url: string, { dataDir, callers }: Config, quiet: boolean): string => `
payer-identity is in sandbox mode: emulated channels, results in ${dataDir}, nothing leaves this machine.

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
${quiet ? '\nWarnings and errors are shown below; LOG_LEVEL=info npm start shows every call. Ctrl+C ends it.\n' : ''}
`;
