/** Every promise of src/store/store.ts, once. An engine's own test plugs the engine in. */
import { onTestFinished } from 'vitest';
import type { Vault } from '../../src/security/vault.ts';
import type { Store, StoreTimes } from '../../src/store/store.ts';
import type { TestKeys } from '../support/services/keys.ts';
import { claimContract } from './store/claims.ts';
import { clockContract } from './store/clock-jumps.ts';
import { concurrentContract } from './store/concurrent.ts';
import { identityContract } from './store/identities.ts';
import { keepingContract } from './store/keeping.ts';
import { outcomeContract } from './store/outcomes.ts';
import { queryCodeContract } from './store/query-codes.ts';
import { sealingContract } from './store/sealing.ts';

export interface OpenedStore {
  /** What the store seals with. */
  readonly keys: TestKeys;
  readonly store: Store;
  readonly clock: {
    /** Lets time pass, as a service sees it that sweeps all the while. */
    advance(ms: number): Promise<void>;
    /** Sets the database's clock forward, or back, while no time passes. */
    jump(ms: number): Promise<void> | void;
  };
  /** Closes the store and opens what it left behind, with the same keys. */
  reopen(): Promise<Store>;
  /** Opens the same database once more, as another instance does. `close` closes it too. */
  join(vault: Vault): Promise<Store> | Store;
  /** Runs a statement past the store. */
  query<Row>(sql: string): Promise<Row[]> | Row[];
  /** Everything that the engine has written, as it lies on disk. */
  dump(): Promise<Buffer> | Buffer;
  /** Closes the store and removes what it left behind; any number of times. */
  close(): Promise<void>;
}

export interface StoreEngine {
  readonly name: string;
  open(times?: StoreTimes): Promise<OpenedStore>;
}

const parts = [
  ...[claimContract, concurrentContract, clockContract, outcomeContract, queryCodeContract, identityContract],
  ...[sealingContract, keepingContract],
];

export const storeContract = ({ name, open }: StoreEngine): void => {
  const opened = async (times?: StoreTimes): Promise<OpenedStore> => {
    const engine = await open(times);
    onTestFinished(() => engine.close());
    return engine;
  };
  for (const part of parts) part({ name, open: opened });
};
