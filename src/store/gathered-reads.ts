/** Lookups and polls as requests make them: gathered over all requests of a turn, identities from memory where it may hold them. */
import type { IdentityRef } from '../model.ts';
import type { Vault } from '../security/vault.ts';
import type { Engine } from './engine/engine.ts';
import { gather } from './gather.ts';
import { findByIds, findIdentities, type ReadByIds } from './identities.ts';
import type { StoreTimes } from './model.ts';
import { createOpenedIdentities, type OpenedIdentitiesOptions } from './opened-identities.ts';
import { findSessions } from './query-codes.ts';
import type { Store } from './store.ts';

interface ReadsDeps {
  readonly vault: Vault;
  readonly times: StoreTimes;
  readonly openedIdentities?: OpenedIdentitiesOptions | undefined;
}

interface GatheredReads extends Pick<Store, 'identities' | 'session'> {
  close(): void;
}

export const createGatheredReads = (
  { read, poll, changes }: Pick<Engine, 'read' | 'poll' | 'changes'>,
  { vault, times, openedIdentities }: ReadsDeps,
): GatheredReads => {
  const load: ReadByIds = (ids) => findByIds(read, vault, ids);
  const opened = openedIdentities?.max ? createOpenedIdentities(load, changes, openedIdentities) : undefined;
  const readByIds = opened?.read ?? load;
  const identities = gather((refs: readonly IdentityRef[]) => findIdentities(read, vault, readByIds, refs));
  const sessions = gather((queryCodes: readonly string[]) => findSessions(poll, { vault, times }, queryCodes));
  return {
    identities: async (refs) => (refs.length === 0 ? [] : identities(refs)),
    async session(queryCode) {
      const [session] = await sessions([queryCode]);
      if (session instanceof Error) throw session;
      return session;
    },
    close: () => opened?.close(),
  };
};
