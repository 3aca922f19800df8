/** What the matrix runs on: the service, its payers and rows, the neighbours, and what they list. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { idsOf } from '../../../src/emulators/test-codes.ts';
import { printedSchemaFile, schemaFileWithoutScopes } from '../../../src/graphql/schema.ts';
import type { IdentityRef } from '../../../src/model.ts';
import { completeSource } from '../../support/services/complete-source.ts';
import { AUTHENTICATE, AUTHENTICATE_AND_SET, type Service, startService } from '../../support/services/service.ts';
import { type FaultProxy, startFaultProxy } from '../fault-proxy.ts';
import type { Gateway, RunningGateway } from '../gateways/gateway.ts';
import { newSets, startNeighbours } from '../neighbours.ts';

export const returnUrl = 'https://shop.example/payer';
export const certify = {
  method: 'FACE',
  document: { type: 'IDENTITY_CARD', holderName: '张三', number: '11010519491231002X' },
};
/** What a caller calls its sessions. */
export const reference = 'order/4711';
/** Of one session: the verifier and its challenge. */
export const verifier = 'a-verifier-of-43-characters-in-the-matrix-00';
export const challenge = createHash('sha256').update(verifier).digest('base64url');
/** How long the gateways wait for a subgraph. */
const TIMEOUT_MS = 8_000;

export const sdlWith = readFileSync(printedSchemaFile, 'utf8');
export const sdlWithout = readFileSync(schemaFileWithoutScopes, 'utf8');

/** A payer as every gateway has to show it. */
export interface Payer {
  readonly id: string;
  readonly ref: string;
  readonly openId: string | null;
  readonly userId: string | null;
  readonly appId: string;
  readonly channel: { readonly id: string; readonly title: string };
}

export interface Session {
  readonly queryCode: string;
  readonly state: string;
}

const titles: Readonly<Record<string, string>> = { wechat_pay: '微信支付', ali_pay: '支付宝' };

type Must = ReturnType<typeof mustWith>;

/** Runs one operation, and answers its field. */
const mustWith = (service: Service) => async (query: string, variables: Record<string, unknown>, field: string) => {
  const { data, errors } = await service.graphql(query, variables);
  if (!data?.[field]) throw new Error(`${field}: ${JSON.stringify(errors)}`);
  return data[field];
};

const newPayer = async (must: Must, channelId: string, name: string): Promise<Payer> => {
  const input = { channelId, authCode: `test_ok_${name}~seed` };
  const { identity } = await must(AUTHENTICATE, { input }, 'authenticate');
  const [openId, userId] = channelId === 'wechat_pay' ? [idsOf(name).openid, null] : [null, idsOf(name).userId];
  const ref = [channelId, 'demo', openId ? 'openId' : 'userId', openId ?? userId].join('/');
  return {
    id: identity.id,
    ref,
    openId,
    userId,
    appId: 'demo',
    channel: { id: channelId, title: titles[channelId] ?? '' },
  };
};

/** Payers, results and a certification, as rows of the service. */
const seed = async (service: Service) => {
  const must = mustWith(service);
  const [alice, bob] = [await newPayer(must, 'wechat_pay', 'alice'), await newPayer(must, 'ali_pay', 'bob')];
  const crowd = await Promise.all(
    Array.from({ length: 20 }, (_, index) => newPayer(must, 'wechat_pay', `payer${index}`)),
  );

  const store = (input: object) => must(AUTHENTICATE_AND_SET, { input }, 'authenticateAndSet');
  const queryCodes = {
    alice: 'query-code-of-alice',
    refused: 'query-code-of-a-refusal',
    unknown: 'query-code-of-nobody',
    waiting: '',
  };
  await store({ channelId: 'wechat_pay', authCode: 'test_ok_alice~result', queryCode: queryCodes.alice });
  // As many codes as a query code takes.
  for (const payer of ['a', 'b', 'c', 'd', 'e'])
    await store({ channelId: 'ali_pay', appId: 'shop', authCode: `refused_${payer}`, queryCode: queryCodes.refused });
  const start = (more: object = {}): Promise<Session> =>
    must(
      `mutation($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { ... on PayerAuthenticationStarted { queryCode state } } }`,
      { input: { channelId: 'ali_pay', appId: 'shop', returnUrl, ...more } },
      'startAuthentication',
    );
  const sessions = {
    declined: await start({ clientReferenceId: reference }),
    cancelled: await start({ clientReferenceId: reference }),
    challenged: await start({ codeChallenge: challenge }),
  };
  await store({ channelId: 'ali_pay', appId: 'shop', authCode: 'refused_first', state: sessions.declined.state });
  const { queryCode: waiting } = await start();
  const initialized = await must(
    `mutation($input: PayerInitializeCertificationInput!) { initializeIdentityCertification(input: $input) { ... on PayerCertificationInitialized { certifyId } } }`,
    { input: { ...certify, appId: 'shop' } },
    'initializeIdentityCertification',
  );
  const { certifyId } = initialized as { certifyId: string };
  return { alice, bob, crowd, queryCodes: { ...queryCodes, waiting }, sessions, certifyId };
};

export const startWorld = async () => {
  /** The references of each lookup in the store. */
  const lookups: (readonly IdentityRef[])[] = [];
  const service = await startService({
    sources: { complete: completeSource('upstream') },
    config: {
      apps: [
        { id: 'demo', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' } },
        { id: 'shop', channels: { ali_pay: 'complete' }, returnUrls: [returnUrl] },
      ],
      // Its address is enough: no browser comes here.
      door: { publicUrl: 'https://pay.shop.example', port: 0 },
    },
    wrap: (store) => {
      const { identities } = store;
      store.identities = (refs) => {
        lookups.push(refs);
        return identities(refs);
      };
      return store;
    },
  });
  const rows = await seed(service);
  const sets = newSets();
  const neighbours = await startNeighbours(sets);
  return {
    service,
    lookups,
    ...rows,
    sets,
    neighbours: neighbours.subgraphs,
    async close() {
      await neighbours.close();
      await service.close();
    },
  };
};

export type World = Awaited<ReturnType<typeof startWorld>>;

/** A gateway over the subgraph, which it reaches through a proxy of its own, and the neighbours. */
export interface Running extends RunningGateway {
  readonly gateway: Gateway;
  readonly proxy: FaultProxy;
}

/** Every gateway presents it; only the service with callers asks for it. */
export const routerSecret = 'a-secret-of-the-router-in-the-matrix';

export const startBefore = async (gateway: Gateway, world: World): Promise<Running> => {
  const proxy = await startFaultProxy(world.service.url);
  const { takesScopes: scopes } = gateway;
  const own = { name: 'payer-identity', url: proxy.url, sdl: scopes ? sdlWith : sdlWithout };
  const options = { timeoutMs: TIMEOUT_MS, headers: { 'router-authorization': routerSecret } };
  const running = await gateway.start([own, ...world.neighbours({ scopes })], options);
  const close = async () => {
    await running.close();
    proxy.close();
  };
  return { gateway, proxy, url: running.url, close };
};
