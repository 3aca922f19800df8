/** A service whose callers authenticate by tokens, and calls that together show every field of its contract. */
import type { Scope } from '../../../src/security/caller.ts';
import { allScopes } from '../../../src/security/caller.ts';
import { operationFor, type Root } from '../schema/contract.ts';
import { audience, startIssuer } from '../signers/issuer.ts';
import { completeSource, nativeChannel } from './complete-source.ts';
import { type ServiceOptions, startService } from './service.ts';

const returnUrl = 'https://shop.example/payer';
const channelId = 'ali_pay';

export interface Who {
  readonly sub?: string;
  readonly scopes?: readonly Scope[];
  readonly apps?: readonly string[];
}

type Settings = NonNullable<ServiceOptions['config']>;

export const startScopedService = async (callers: Settings['callers'] = {}, config: Settings = {}) => {
  const issuer = await startIssuer();
  const jwt = {
    issuer: issuer.issuer,
    audience,
    algorithms: ['ES256' as const],
    jwks: issuer.jwks(),
    appsClaim: 'apps',
  };
  const channels = { [channelId]: 'complete', [nativeChannel]: 'complete' };
  const service = await startService({
    sandbox: false,
    sources: { complete: completeSource('upstream') },
    config: {
      defaultApp: 'shop',
      apps: ['shop', 'bar'].map((id) => ({ id, channels, returnUrls: [returnUrl] })),
      callers: { jwt, ...callers },
      ...config,
    },
  });
  const tokens = new Map<string, Promise<string>>();
  /** The headers of a caller; by default one with every scope for every app. */
  const as = async ({ sub = 'alice', scopes = allScopes, apps = ['shop', 'bar'] }: Who = {}) => {
    const key = JSON.stringify([sub, scopes, apps]);
    tokens.set(key, tokens.get(key) ?? issuer.sign({ sub, scope: scopes.join(' '), apps }));
    return { authorization: `Bearer ${await tokens.get(key)}` };
  };
  const close = async () => {
    await service.close();
    await issuer.close();
  };
  return { service, issuer, as, close };
};

export type ScopedService = Awaited<ReturnType<typeof startScopedService>>;

export interface ContractCall {
  readonly name: string;
  readonly root: Root;
  readonly field: string;
  readonly variables: () => Record<string, unknown>;
}

const payer = {
  method: 'FACE',
  document: { type: 'IDENTITY_CARD', holderName: '张三', number: '11010519491231002X' },
};
const authorization = {
  agreementId: 'agreement',
  match: 'EXACT',
  jobIdentityType: '04',
  serviceId: 'service',
  subject: { userId: 'u' },
};

let codes = 0;
const newCode = (outcome: string) => {
  codes += 1;
  return `${outcome}_${codes}`;
};

/** Calls that together show every field; the rows that they read are made first. */
export const prepareCalls = async ({ service, as }: ScopedService): Promise<ContractCall[]> => {
  const everything = await as();
  const ask = async (root: Root, field: string, variables: Record<string, unknown>) => {
    const { data } = await service.graphql(operationFor(root, field), variables, everything);
    return data[field];
  };
  const mutation = (field: string, input: Record<string, unknown>) => ask('Mutation', field, { input });
  const { identity } = await mutation('authenticate', { channelId, authCode: newCode('ok') });
  const { certifyId } = await mutation('initializeIdentityCertification', { ...payer, identityId: identity.id });
  await ask('Query', 'identityCertification', { certifyId });
  const start = () => mutation('startAuthentication', { channelId, returnUrl, clientReferenceId: 'order-1' });
  const [stored, refused, started, over] = [await start(), await start(), await start(), await start()];
  await mutation('authenticateAndSet', { channelId, authCode: newCode('ok'), state: stored.state });
  await mutation('authenticateAndSet', { channelId, authCode: newCode('refused'), state: started.state });
  await mutation('reportAuthenticationStep', { channelId, state: started.state, step: 'DECLINED' });
  for (let attempt = 1; attempt <= 5; attempt += 1)
    await mutation('authenticateAndSet', { channelId, authCode: newCode('refused'), state: refused.state });
  await ask('Mutation', 'cancelAuthentication', { input: { queryCode: over.queryCode } });

  const query = (name: string, field: string, variables: () => object): ContractCall => ({
    name: `${field} ${name}`,
    root: 'Query',
    field,
    variables: () => ({ ...variables() }),
  });
  const mutate = (name: string, field: string, input: () => object): ContractCall => ({
    name: `${field} ${name}`,
    root: 'Mutation',
    field,
    variables: () => ({ input: input() }),
  });
  const authenticate = (outcome: string) =>
    mutate(outcome, 'authenticate', () => ({ channelId, authCode: newCode(outcome) }));
  const jobworth = (outcome: string) =>
    query(outcome, 'jobworthAuthentication', () => ({ input: { ...authorization, onceToken: newCode(outcome) } }));
  return [
    ...['ok', 'refused', 'indeterminate', 'unreachable', 'overloaded'].map(authenticate),
    mutate('ok', 'authenticateAndSet', () => ({ channelId, authCode: newCode('ok') })),
    mutate('of a spent session', 'authenticateAndSet', () => ({
      channelId,
      authCode: newCode('ok'),
      state: refused.state,
    })),
    mutate('ok', 'startAuthentication', () => ({ channelId, returnUrl })),
    mutate('without a page', 'startAuthentication', () => ({ channelId: nativeChannel })),
    mutate('of a page that is not listed', 'startAuthentication', () => ({
      channelId,
      returnUrl: `${returnUrl}/other`,
    })),
    mutate('ok', 'reportAuthenticationStep', () => ({ channelId, state: started.state, step: 'DECLINED' })),
    mutate('of a cancelled session', 'reportAuthenticationStep', () => ({
      ...{ channelId, state: over.state, step: 'OPENED' },
    })),
    { ...query('again', 'cancelAuthentication', () => ({ input: { queryCode: over.queryCode } })), root: 'Mutation' },
    mutate('ok', 'initializeIdentityCertification', () => payer),
    mutate('ok', 'startIdentityCertification', () => ({ certifyId, returnUrl })),
    query('ok', 'identityCertification', () => ({ certifyId })),
    query('of an unknown one', 'identityCertification', () => ({ certifyId: 'unknown' })),
    ...['ok', 'pending', 'refused', 'mismatch'].map(jobworth),
    query('of a payer who is known', 'authResult', () => ({ queryCode: stored.queryCode })),
    query('of a refused payer', 'authResult', () => ({ queryCode: refused.queryCode })),
    query('of nobody yet', 'authResult', () => ({ queryCode: started.queryCode })),
    query('of an unknown query code', 'authResult', () => ({ queryCode: 'query-code-that-was-never-used' })),
    query('of a payer', 'payerIdentity', () => ({ id: identity.id })),
    query('of an app', 'payerChannels', () => ({})),
  ];
};
