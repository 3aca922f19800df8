/** App signatures through a router: they cover the fields of the input, which routers pass on. */
import { composeServices } from '@apollo/composition';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { AUTHENTICATE, startService } from '../support/services/service.ts';
import { type CallInput, type SignedCall, signed, signingKey } from '../support/signers/app-signer.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** `rewrite` stands for gateways that write the input in their own way. */
const start = async (rewrite: (input: SignedCall) => object) => {
  const signature = { scheme: 'v2' as const, keys: [{ secret: signingKey }] };
  const apps = [{ id: 'demo', channels: { wechat_pay: 'daxpay' }, signature }];
  const service = await startService({ config: { apps, callers: { scopesInSdl: false } } });
  onTestFinished(() => service.close());
  const { data } = await service.graphql('{ _service { sdl } }');
  const typeDefs = parse(data._service.sdl);
  const composed = composeServices([{ name: 'payer-identity', url: `${service.url}/graphql`, typeDefs }]);
  const operations: string[] = [];
  const gateway = new ApolloGateway({
    supergraphSdl: composed.supergraphSdl ?? '',
    logger: quiet,
    buildService: ({ url = '' }) =>
      new RemoteGraphQLDataSource({
        url,
        willSendRequest({ request }) {
          operations.push(request.query ?? '');
          if (request.variables?.input) request.variables.input = rewrite(request.variables.input);
        },
      }),
  });
  const server = new ApolloServer({ gateway, logger: quiet, stopOnTerminationSignals: false });
  const { url: gatewayUrl } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  onTestFinished(() => server.stop());
  const ask = async (query: string, variables: object = {}) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(gatewayUrl, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = (await response.json()) as Record<string, never>;
    expect(errors).toBeUndefined();
    return Object.values(data ?? {})[0];
  };
  const sentCodes = () => service.upstream.ledger.map(({ body }) => JSON.parse(body).authCode);
  return { ask, operations, sentCodes };
};

let codes = 0;
const call = (fields: Partial<CallInput> = {}): SignedCall => {
  codes += 1;
  return signed({ authCode: `test_ok_router-${codes}`, ...fields });
};
const literal = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, member]) => `${name}: ${literal(member)}`)
    .join(', ')} }`;
};
const reversed = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T;
const nulls = { clientIp: null, queryCode: null, channelOptions: null };
const nullOptions = { orderId: null, subAppId: null, terminalId: null };

test('app signatures hold through a gateway that rewrites the document, reorders fields and adds nulls', async () => {
  const rewrite = ({ channelOptions, signature, ...input }: SignedCall) => ({
    signature: reversed(signature),
    ...nulls,
    ...reversed(input),
    ...(channelOptions && { channelOptions: { ...nullOptions, ...reversed(channelOptions) } }),
  });
  const { ask, operations, sentCodes } = await start(rewrite);
  const inputs = [
    call(),
    call({ queryCode: 'a-query-code-of-ours' }),
    call({ channelOptions: { terminalId: '终端 "1" \\ é\n😀', orderId: 'order_1' } }),
    call({ channelOptions: {} }),
  ];
  for (const input of inputs)
    expect(await ask(AUTHENTICATE, { input })).toMatchObject({ __typename: 'PayerAuthenticated' });
  const written = call({ channelOptions: { terminalId: '终端 "1"' } });
  const inDocument = `mutation Mine { mine: authenticate(input: ${literal({ ...written, clientIp: null })}) { __typename } }`;
  expect(await ask(inDocument)).toEqual({ __typename: 'PayerAuthenticated' });
  expect(operations).toHaveLength(5);
  expect(operations).not.toContain(AUTHENTICATE);
  expect(sentCodes()).toEqual([...inputs, written].map(({ authCode }) => authCode));
});

test('an app signature does not hold when a field was changed on the way', async () => {
  const rewrite = (input: SignedCall) => ({ ...input, authCode: `${input.authCode}x` });
  const { ask, sentCodes } = await start(rewrite);
  expect(await ask(AUTHENTICATE, { input: call() })).toMatchObject({
    __typename: 'PayerNotAllowed',
    code: 'SIGNATURE_INVALID',
  });
  expect(sentCodes()).toEqual([]);
});
