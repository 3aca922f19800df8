/** The promises of src/store/store.ts, for every engine. The test of an engine passes the engine. */
import { onTestFinished } from 'vitest';
import type { Vault } from '../../src/security/vault.ts';
import type { StoreTimes } from '../../src/store/model.ts';
import type { Store } from '../../src/store/store.ts';
import type { TestKeys } from '../support/services/keys.ts';
import { anyChannelContract } from './store/any-channel.ts';
import { attemptContract } from './store/attempts.ts';
import { challengeContract } from './store/challenges.ts';
import { claimContract } from './store/claims.ts';
import { clockContract } from './store/clock-jumps.ts';
import { concurrentContract } from './store/concurrent.ts';
import { identityContract } from './store/identities.ts';
import { nonceContract } from './store/nonces.ts';
import { outcomeContract } from './store/outcomes.ts';
import { queryCodeContract } from './store/query-codes.ts';
import { retentionContract } from './store/retention.ts';
import { sealingContract } from './store/sealing.ts';
import { stepContract } from './store/steps.ts';
import { webhookContract } from './store/webhook-events.ts';

export interface OpenedStore {
  /** The keys that the store seals with. */
  readonly keys: TestKeys;
  readonly store: Store;
  readonly clock: {
    /** Lets time pass in a service that sweeps regularly. */
    advance(ms: number): Promise<void>;
    /** Sets the database's clock forward or back; no time passes. */
    jump(ms: number): Promise<void> | void;
  };
  /** Closes the store, and what joined it. */
  stop(): Promise<void>;
  /** Closes the store and opens its database again, with the same keys. */
  reopen(): Promise<Store>;
  /** Opens the same database a second time, as another instance does. `close` closes it too. */
  join(vault: Vault): Promise<Store> | Store;
  /** Runs a statement without the store. */
  query<Row>(sql: string): Promise<Row[]> | Row[];
  /** Every byte that the engine has written to disk. */
  dump(): Promise<Buffer> | Buffer;
  /** At the end of a test: closes the store and removes its database, or empties it for the next test. */
  close(): Promise<void>;
}

export interface StoreEngine {
  readonly name: string;
  open(times?: StoreTimes): Promise<OpenedStore>;
}

const parts = [
  claimContract,
  concurrentContract,
  clockContract,
  outcomeContract,
  queryCodeContract,
  attemptContract,
  stepContract,
  challengeContract,
  anyChannelContract,
  identityContract,
  nonceContract,
  sealingContract,
  retentionContract,
  webhookContract,
];

export const storeContract = ({ name, open }: StoreEngine): void => {
  const opened = async (times?: StoreTimes): Promise<OpenedStore> => {
    const engine = await open(times);
    onTestFinished(() => engine.close());
    return engine;
  };
  for (const part of parts) part({ name, open: opened });
};
