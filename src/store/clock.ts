/**
 * The store's clock: the database's, without its jumps. All expiry is measured by it, so that a database whose clock is
 * set forward or back by days neither forgets a used code nor holds a redemption. docs/decisions/0004-store-clock.md
 *
 * The table store_clock holds a pair of readings, of the store's clock and of the database's. Between two ticks the
 * store's clock follows the database's by at most MOST_MS. A tick moves the pair on by no more time than has passed on
 * the monotonic clock of its instance.
 */
import { columns, computed, integer, type RowOf } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';

/** Longer than the interval between two sweeps. One jump of the database's clock moves the store's clock by this at most. */
const MOST_MS = 60_000;
/** A correction of the database's clock, between two ticks, that the store's clock follows. */
const TOLERANCE_MS = 1_000;

/** The store's clock in SQL, in milliseconds. Cheap; after a jump wrong by at most MOST_MS until the next tick. */
export const NOW = `(SELECT store_ms + CASE WHEN now_ms() <= wall_ms THEN 0
  WHEN now_ms() >= wall_ms + ${MOST_MS} THEN ${MOST_MS} ELSE now_ms() - wall_ms END FROM store_clock WHERE id = 1)`;

/** In SQL: what is added to an instant of the store's clock when it is shown in the contract. */
export const SKEW = '(SELECT wall_ms - store_ms FROM store_clock WHERE id = 1)';

export interface StoreClock {
  /** Begins to compare the database's clock with this instance's. Called before the first `read` or `tick`. */
  observe(db: Db): Promise<void>;
  /** The store's time as far as this instance's monotonic clock confirms it. Read before a row is ended or forgotten. */
  read(db: Db): Promise<number>;
  /** Moves the store's clock on. Part of each sweep. */
  tick(db: Transaction): Promise<void>;
}

const clockColumns = columns({
  store_ms: integer,
  wall_ms: integer,
  ticks: integer,
  now: computed(integer, 'now_ms()'),
});
type ClockRow = RowOf<typeof clockColumns>;

const rowOf = async (db: Db, lock: '' | ' FOR UPDATE' = ''): Promise<ClockRow> => {
  const row = await clockColumns.first(db, `SELECT ${clockColumns.list} FROM store_clock WHERE id = 1${lock}`);
  if (!row) throw new Error('The store has no clock');
  return row;
};

interface ClockOptions {
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed?: () => number;
  /** The most that one tick moves the clock on. */
  readonly mostMs?: number;
}

export const createStoreClock = ({
  elapsed = () => performance.now(),
  mostMs = MOST_MS,
}: ClockOptions = {}): StoreClock => {
  /** This instance's last observation. `gapMs`: the time between the tick before it and itself, which it cannot confirm. */
  let observed: { readonly elapsedMs: number; readonly ticks: number; readonly gapMs: number } | undefined;
  const observe = ({ wall_ms, ticks, now }: ClockRow) => {
    observed = { elapsedMs: elapsed(), ticks, gapMs: Math.min(Math.max(now - wall_ms, 0), MOST_MS) };
    return observed;
  };

  const storeTime = (row: ClockRow): number => {
    const { elapsedMs, ticks, gapMs } = observed ?? observe(row);
    // A tick of another instance since then has left nothing unconfirmed.
    const confirmedMs = elapsed() - elapsedMs + TOLERANCE_MS + (ticks === row.ticks ? gapMs : 0);
    const shownMs = Math.max(row.now - row.wall_ms, 0);
    return row.store_ms + Math.floor(Math.min(shownMs, confirmedMs, mostMs));
  };

  return {
    observe: async (db) => void observe(await rowOf(db)),
    read: async (db) => storeTime(await rowOf(db)),
    async tick(db) {
      const row = await rowOf(db, ' FOR UPDATE');
      const storeMs = storeTime(row);
      await db.all('UPDATE store_clock SET store_ms = $1, wall_ms = now_ms(), ticks = ticks + 1 WHERE id = 1', [
        storeMs,
      ]);
      observe({ ...row, wall_ms: row.now, ticks: row.ticks + 1 });
    },
  };
};
