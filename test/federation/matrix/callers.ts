/** What each caller sees through each gateway, of a service that asks for the router's secret and for scopes. */
import { GraphQLError } from 'graphql';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { prepareCalls, startScopedService, type Who } from '../../support/services/scoped-service.ts';
import { audience } from '../../support/signers/issuer.ts';
import { type Answer, askAt, type Gateway } from '../gateways/gateway.ts';
import { hiveEnforcing } from '../gateways/hive.ts';
import type { Sets } from '../neighbours.ts';
import { type Running, routerSecret } from './world.ts';

const callers: readonly (readonly [name: string, who: Who | 'bad token' | undefined])[] = [
  ['no token', undefined],
  ['`payer:read`', { scopes: ['payer:read'] }],
  ['`payer:authenticate`', { scopes: ['payer:authenticate'] }],
  ['`payer:read` of another app', { scopes: ['payer:read'], apps: ['bar'] }],
  ['every scope', {}],
  ['a bad token', 'bad token'],
];
export const callerNames = callers.map(([name]) => name);

const operations: readonly (readonly [name: string, query: string])[] = [
  ['`payerChannels`', '{ payerChannels { channel { id } } }'],
  ['`payerIdentity`', 'query($id: ID!) { payerIdentity(id: $id) { id openId } }'],
  ['payers by id', '{ orders(set: "scoped") { id payer { id openId } } }'],
  ['payers by ref', '{ wallets(set: "scoped") { id payer { openId } } }'],
  ['a field computed from openId', '{ orders(set: "scoped") { id payer { tier } } }'],
  [
    '`authResult`',
    'query($code: String!) { authResult(queryCode: $code) { __typename ... on PayerAuthSucceeded { identity { openId } } } }',
  ],
  [
    '`authenticate`',
    'mutation($input: PayerAuthenticateInput!) { authenticate(input: $input) { __typename ... on PayerAuthenticated { identity { id openId } accessToken { value } } } }',
  ],
  [
    '`authenticateAndSet`',
    'mutation($input: PayerAuthenticateAndSetInput!) { authenticateAndSet(input: $input) { __typename } }',
  ],
  ['`identityCertification`', 'query($id: ID!) { identityCertification(certifyId: $id) { __typename } }'],
];
export const callerOperations = operations.map(([name]) => name);

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** What is missing in `got`, in words; nothing when it shows all that `all` shows. */
const missing = (all: unknown, got: unknown, name: string): string[] => {
  if (all === null || all === undefined) return [];
  if (got === null || got === undefined) return [`${name} null`];
  if (!isFields(all) || !isFields(got)) return [];
  if (all.__typename !== got.__typename) return [String(got.__typename)];
  return Object.keys(all).flatMap((key) => missing(all[key], got[key], Array.isArray(all) ? name : key));
};

/** One cell of the table: what the caller does not see, and the errors about it. */
const cell = ({ data: all }: Answer, { status, data, errors = [] }: Answer): string => {
  const gone = data === null || data === undefined ? ['data null'] : [...new Set(missing(all, data, 'data'))];
  const codes = [...new Set(errors.map(({ extensions }) => extensions?.code ?? 'an error without code'))];
  const shown = gone.length > 0 ? gone.join(', ') : 'all';
  return [shown, ...codes, ...(status === 200 ? [] : [`HTTP ${status}`])].join('; ');
};

/** By operation, then by caller. */
export type CallerTable = ReadonlyMap<string, readonly string[]>;

/** Without the last caller, whose token is bad: every gateway has its own way to say so. */
export const withGoodTokens = (table: CallerTable): CallerTable =>
  new Map([...table].map(([name, cells]) => [name, cells.slice(0, -1)]));
export const withBadToken = (table: CallerTable, operation: string): string => table.get(operation)?.at(-1) ?? '';

export const startCallers = async (sets: Sets) => {
  const scoped = await startScopedService({}, { router: { secrets: [routerSecret] } });
  const headersOf = async (who: Who | 'bad token' | undefined): Promise<Record<string, string>> => {
    if (who === 'bad token') return { authorization: 'Bearer bad' };
    return who ? scoped.as(who) : {};
  };
  const fromRouter = async (who?: Who) => ({ ...(await scoped.as(who)), 'router-authorization': routerSecret });
  const calls = await prepareCalls({ ...scoped, as: fromRouter });
  const seeded = (name: string) => calls.find((call) => call.name === name)?.variables() ?? {};
  const { id } = seeded('payerIdentity of a payer');
  sets.orders.set('scoped', [{ id: 'o1', payer: { id: String(id) } }]);
  sets.wallets.set('scoped', [{ id: 'h1', payer: { ref: 'ali_pay/shop/openId/open' } }]);
  let codes = 0;
  const variablesFor = (query: string): Record<string, unknown> => {
    codes += 1;
    if (query.includes('identityCertification')) return { id: seeded('identityCertification ok').certifyId };
    return {
      ...(query.includes('$id') && { id }),
      ...(query.includes('$code') && { code: seeded('authResult of a payer who is known').queryCode }),
      ...(query.includes('$input') && { input: { channelId: 'ali_pay', authCode: `ok_caller${codes}` } }),
    };
  };
  const { issuer, jwks } = scoped.issuer;
  /** Refuses a bad token with 401, as the tokens' plugin of Hive does. */
  const verify = async (authorization: string) => {
    const options = { issuer, audience, algorithms: ['ES256'] };
    try {
      return (await jwtVerify(authorization.replace('Bearer ', ''), createLocalJWKSet(jwks()), options)).payload;
    } catch {
      throw new GraphQLError('Unauthenticated', { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } });
    }
  };
  return {
    service: scoped.service,
    enforcing: [
      hiveEnforcing('He', 'Hive Gateway that enforces scopes, default settings', verify),
      hiveEnforcing('Hp', 'Hive Gateway that enforces scopes, `rejectUnauthenticated: false`', verify, false),
    ] satisfies Gateway[],
    async tableOf({ url, proxy }: Running): Promise<CallerTable> {
      proxy.passTo(scoped.service.url);
      const table = new Map<string, string[]>();
      for (const [name, query] of operations) {
        const ask = async (who: Who | 'bad token' | undefined) =>
          askAt(url, { query, variables: variablesFor(query) }, await headersOf(who));
        const all = await ask({});
        const cells: string[] = [];
        for (const [, who] of callers) cells.push(cell(all, await ask(who)));
        table.set(name, cells);
      }
      return table;
    },
    close: scoped.close,
  };
};

export type Callers = Awaited<ReturnType<typeof startCallers>>;
