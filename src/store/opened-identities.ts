/**
 * Opened identities in memory, by id, where the configuration asks for them: bounded in number and age. A write that
 * changes an identity removes it, at this instance before the write resolves. Who may see it is decided after the lookup.
 */
import type { PayerIdentity } from '../model.ts';
import type { Changes } from './engine/changes.ts';
import { type Found, identityOfTopic, type ReadByIds } from './identities.ts';

export interface OpenedIdentitiesOptions {
  /** The most that are held; 0: none. */
  readonly max: number;
  /** How long after its row was read an identity is held at most. */
  readonly maxAgeMs: number;
}

interface OpenedIdentities {
  readonly read: ReadByIds;
  /** Forgets all. */
  close(): void;
}

/** What is read goes into `young`, and is forgotten with `old`, after two turns. */
const createHeld = (max: number) => {
  let young = new Map<string, PayerIdentity>();
  let old = new Map<string, PayerIdentity>();
  const turn = () => {
    old = young;
    young = new Map();
  };
  return {
    turn,
    get: (id: string) => young.get(id) ?? old.get(id),
    add(identity: PayerIdentity) {
      if (young.size >= max / 2) turn();
      young.set(identity.id, Object.freeze(identity));
    },
    forget(id: string) {
      young.delete(id);
      old.delete(id);
    },
    forgetAll() {
      turn();
      turn();
    },
  };
};

export const createOpenedIdentities = (
  load: ReadByIds,
  changes: Changes,
  { max, maxAgeMs }: OpenedIdentitiesOptions,
): OpenedIdentities => {
  const held = createHeld(max);
  const turner = setInterval(held.turn, maxAgeMs / 2).unref();
  /** That of the changes when what is held was valid. */
  let state: number | undefined;
  /** For each load under way, the ids that have changed since it began. */
  const loading = new Set<Set<string>>();

  changes.onWake((topic) => {
    const id = identityOfTopic(topic);
    if (id === undefined) return;
    held.forget(id);
    for (const changed of loading) changed.add(id);
  });

  /** What a load returns may be older than a change that was heard of meanwhile: that is answered, and not held. */
  const loadAndHold = async (ids: ReadonlySet<string>): Promise<ReadonlyMap<string, Found>> => {
    const begun = state;
    const changed = new Set<string>();
    loading.add(changed);
    try {
      const loaded = await load(ids);
      if (state !== begun) return loaded;
      for (const identity of loaded.values())
        if (!(identity instanceof Error) && !changed.has(identity.id)) held.add(identity);
      return loaded;
    } finally {
      loading.delete(changed);
    }
  };

  return {
    async read(ids) {
      const now = changes.state();
      if (now !== state) held.forgetAll();
      state = now;
      if (now === undefined) return load(ids);
      const found = new Map<string, Found>();
      const missing = new Set<string>();
      for (const id of ids) {
        const identity = held.get(id);
        if (identity) found.set(id, identity);
        else missing.add(id);
      }
      if (missing.size > 0) for (const [id, identity] of await loadAndHold(missing)) found.set(id, identity);
      return found;
    },
    close() {
      clearInterval(turner);
      held.forgetAll();
      state = undefined;
    },
  };
};
