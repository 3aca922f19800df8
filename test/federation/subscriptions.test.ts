/** Subscription.authResult through the gateways that run here: which of them stream it from the subgraph, and which refuse it. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FileConfig } from '../../src/config/load.ts';
import { subscribeAt } from '../support/http/sse-client.ts';
import { completeSource } from '../support/services/complete-source.ts';
import { type Service, startService } from '../support/services/service.ts';
import { apolloGateway } from './gateways/apollo-gateway.ts';
import { askAt, type Gateway } from './gateways/gateway.ts';
import { grafbaseGateway } from './gateways/grafbase.ts';
import { hiveJavaScript, hiveRust } from './gateways/hive.ts';
import { sdlWith, sdlWithout } from './matrix/world.ts';

const channelId = 'ali_pay';
const returnUrl = 'https://shop.example/payer';

const serve = async (limits: NonNullable<FileConfig['limits']> = {}) => {
  const service = await startService({
    sources: { complete: completeSource('upstream') },
    config: { apps: [{ id: 'demo', channels: { [channelId]: 'complete' }, returnUrls: [returnUrl] }], limits },
  });
  onTestFinished(() => service.close());
  return service;
};

const startAt = async (gateway: Gateway, service: Service) => {
  const sdl = gateway.takesScopes ? sdlWith : sdlWithout;
  const running = await gateway.start([{ name: 'payer-identity', url: `${service.url}/graphql`, sdl }]);
  onTestFinished(() => running.close());
  return running.url;
};

const begin = async ({ graphql }: Service) => {
  const { data } = await graphql(
    `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
       ... on PayerAuthenticationStarted { queryCode state } } }`,
    { input: { channelId, returnUrl } },
  );
  return data.startAuthentication as { queryCode: string; state: string };
};

let codes = 0;
const redeem = ({ graphql }: Service, state: string, outcome: string) => {
  codes += 1;
  const input = { channelId, state, authCode: `${outcome}_${codes}` };
  return graphql(
    `mutation ($input: PayerAuthenticateAndSetInput!) { authenticateAndSet(input: $input) { __typename } }`,
    { input },
  );
};

/** Without identity, which a gateway may refuse. */
const query = `subscription AuthResult($queryCode: String!) {
  authResult(queryCode: $queryCode) { __typename ... on PayerAuthWaiting { attemptsLeft } } }`;

/** Those that run here: the planner of Apollo Router has no executor for subscriptions. */
const streaming: readonly Gateway[] = [hiveJavaScript, hiveRust, grafbaseGateway];
const available = (gateways: readonly Gateway[]) => gateways.filter(({ unavailable }) => unavailable === undefined);

describe.each(available(streaming))('$name', (gateway) => {
  test('streams every change of a session to its client, and completes with it', { timeout: 60_000 }, async () => {
    const service = await serve();
    const url = await startAt(gateway, service);
    const { queryCode, state } = await begin(service);
    const stream = await subscribeAt(url, { query, variables: { queryCode } });
    expect([stream.status, stream.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/event-stream/),
    ]);
    await vi.waitFor(() => expect(stream.results()).toHaveLength(1), { timeout: 10_000 });
    await redeem(service, state, 'refused');
    await vi.waitFor(() => expect(stream.results()).toHaveLength(2), { timeout: 10_000 });
    await redeem(service, state, 'ok');
    expect(await stream.ended).toBe('ended');
    expect(stream.results()).toEqual([
      { __typename: 'PayerAuthWaiting', attemptsLeft: 5 },
      { __typename: 'PayerAuthWaiting', attemptsLeft: 4 },
      { __typename: 'PayerAuthSucceeded' },
    ]);
    expect(stream.events.at(-1)).toMatchObject({ event: 'complete' });
  });

  test('ends the stream of the subgraph when its client has gone', { timeout: 60_000 }, async () => {
    const service = await serve({ waiters: 1 });
    const url = await startAt(gateway, service);
    const { queryCode } = await begin(service);
    const left = await subscribeAt(url, { query, variables: { queryCode } });
    await vi.waitFor(() => expect(left.results()).toHaveLength(1), { timeout: 10_000 });
    left.leave();
    const again = () => subscribeAt(`${service.url}/graphql`, { query, variables: { queryCode } });
    await vi.waitFor(
      async () => {
        const stream = await again();
        await vi.waitFor(() => expect(stream.results()).toHaveLength(1));
        expect(stream.results()).toMatchObject([{ __typename: 'PayerAuthWaiting' }]);
      },
      { timeout: 20_000, interval: 500 },
    );
  });
});

test('@apollo/gateway has no subscriptions, and answers the queries of this supergraph', {
  timeout: 60_000,
}, async () => {
  const service = await serve();
  const url = await startAt(apolloGateway, service);
  const { queryCode } = await begin(service);
  expect((await subscribeAt(url, { query, variables: { queryCode } })).status).toBe(406);
  const { errors } = await askAt(url, { query, variables: { queryCode } });
  expect(errors).toHaveLength(1);
  const poll = query.replace('subscription', 'query');
  expect((await askAt(url, { query: poll, variables: { queryCode } })).data).toMatchObject({
    authResult: { __typename: 'PayerAuthWaiting' },
  });
});
