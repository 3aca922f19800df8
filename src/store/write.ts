/** How the store's writes end: run again after a lost race, or until it is known whether they were committed. */
import { setTimeout as delay } from 'node:timers/promises';
import { ClaimRace } from './claims.ts';
import {
  CommitIndeterminate,
  DatabaseUnavailable,
  type Engine,
  type Transaction,
  type Urgency,
} from './engine/engine.ts';
import type { KeyCheck } from './key-check.ts';
import type { StoreTimes } from './model.ts';

/** How long a write is repeated whose commit is indeterminate. */
const RESOLVE_MS = 5_000;
const MAX_RACES = 5;
/**
 * How long after its lease an outcome is still written, which covers a fail-over: a sweep that could end the redemption
 * needs the same database.
 */
const INSIST_MS = 60_000;
/** At least as many attempts: a process that was stopped for longer first has to find its connections lost. */
const INSIST_ATTEMPTS = 10;
/** How long a store that is closed waits for the outcomes under way. */
const CLOSE_MS = 5_000;

interface WriteOptions {
  readonly urgency?: Urgency;
  /** Waits for a database that is unavailable: what the job stores cannot be had again. */
  readonly insist?: boolean;
}

/** `isIndeterminate`: an earlier run of this job may have been committed. */
type Job<T> = (db: Transaction, isIndeterminate: boolean) => Promise<T>;
export type Write = <T>(job: Job<T>, options?: WriteOptions) => Promise<T>;

/**
 * Writes whose end is known. A job that lost a race runs again. So does a job whose commit was not confirmed: it waits
 * for the locks of the first run, finds what that one left, and comes to the same result.
 */
export const createWrite =
  (engine: Pick<Engine, 'write'>, { leaseMs }: Pick<StoreTimes, 'leaseMs'>): Write =>
  async (job, { urgency = 'claim', insist = false } = {}) => {
    const startedAt = performance.now();
    const isOver = (attempt: number) => {
      const tookMs = performance.now() - startedAt;
      return insist ? tookMs > leaseMs + INSIST_MS && attempt >= INSIST_ATTEMPTS : tookMs > RESOLVE_MS;
    };
    let isIndeterminate = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await engine.write((db) => job(db, isIndeterminate), urgency);
      } catch (error) {
        if (error instanceof ClaimRace && attempt < MAX_RACES) continue;
        isIndeterminate ||= error instanceof CommitIndeterminate;
        const isUnavailable = error instanceof CommitIndeterminate || error instanceof DatabaseUnavailable;
        if (!isUnavailable || !(isIndeterminate || insist) || isOver(attempt))
          throw isIndeterminate ? inQuestion(error) : error;
        await delay(Math.min(50 * 2 ** attempt, 500));
      }
    }
  };

/** The failure of a write of which an earlier run may have committed. */
const inQuestion = (cause: unknown): unknown =>
  cause instanceof CommitIndeterminate
    ? cause
    : new CommitIndeterminate('Whether a write committed is not known', { cause });

export type CheckedWrite = (job: (db: Transaction) => Promise<unknown>, urgency: Urgency) => Promise<void>;

/** Runs a job after comparing keys and database in the same transaction. */
export const createCheckedWrite =
  (write: Write, keys: KeyCheck): CheckedWrite =>
  async (job, urgency) => {
    const mark = await write(
      async (db) => {
        const checked = await keys.check(db);
        await job(db);
        return checked;
      },
      { urgency },
    );
    keys.confirm(mark);
  };

/** Runs `begin` once, before the first write; when it fails, the next write runs it again. */
export const createOpening = (begin: () => Promise<void>): (() => Promise<void>) => {
  let opened: Promise<void> | undefined;
  return () => {
    opened ??= begin().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
};

interface Settling {
  /** A write that insists. */
  readonly write: <T>(job: Job<T>) => Promise<T>;
  /** Resolves when none is under way, after 5 seconds at the latest. */
  idle(): Promise<void>;
}

/** Writes of outcomes, which a store that closes still waits for. */
export const createSettling = (write: Write): Settling => {
  const running = new Set<Promise<unknown>>();
  return {
    write(job) {
      const settled = write(job, { urgency: 'settle', insist: true });
      running.add(settled);
      const end = () => running.delete(settled);
      settled.then(end, end);
      return settled;
    },
    async idle() {
      await Promise.race([Promise.allSettled(running), delay(CLOSE_MS, undefined, { ref: false })]);
    },
  };
};
