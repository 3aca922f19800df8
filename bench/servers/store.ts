/** node:http and the service's own store, without GraphQL: what the store costs, apart from the edge. */
import { VaultError } from '../../src/security/vault.ts';
import { openBenchStore } from '../lib/open-store.ts';
import { serve } from '../lib/serve.ts';
import { readSetup } from '../lib/setup.ts';

const { store } = await openBenchStore(readSetup());

const entities = async (ids: readonly { readonly id: string }[]) =>
  (await store.identities(ids)).map((identity) => {
    if (!identity || identity instanceof VaultError) return null;
    const { id, openId, userId, appId, channelId } = identity;
    return { id, openId, userId, appId, channel: { id: channelId } };
  });

const poll = async (queryCode: string) => {
  const session = await store.session(queryCode);
  if (session?.redemption?.state !== 'SUCCEEDED') return { __typename: 'PayerAuthNotFound' };
  const { id, openId, userId } = session.redemption.identity;
  return { __typename: 'PayerAuthSucceeded', identity: { id, openId, userId } };
};

serve(async ({ representations, queryCode = '' }) =>
  representations
    ? { _entities: await entities(representations.map(({ id }) => ({ id }))) }
    : { authResult: await poll(queryCode) },
);
