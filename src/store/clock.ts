/**
 * The store's clock: the database's, without its jumps. Everything that ends is judged by it, so that a database whose
 * clock is set forward or back by days neither forgets a used code nor holds one. docs/decisions/0004-store-clock.md
 *
 * A row keeps a pair of readings, one of the store's clock and one of the database's. Between two ticks the store's
 * clock follows the database's by at most MOST_MS. A tick moves the pair on by no more time than has passed by the
 * monotonic clock of the instance that makes it.
 */
import { columns, computed, integer, type RowOf } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';

/** Longer than two sweeps are ever apart. What one jump of the database's clock can move the store's clock at most. */
const MOST_MS = 60_000;
/** A database's clock may be corrected by so much between two ticks without being held back. */
const TOLERANCE_MS = 1_000;

/** Milliseconds, in SQL. Cheap, and after a jump wrong by at most MOST_MS until the next tick. */
export const NOW = `(SELECT store_ms + CASE WHEN now_ms() <= wall_ms THEN 0
  WHEN now_ms() >= wall_ms + ${MOST_MS} THEN ${MOST_MS} ELSE now_ms() - wall_ms END FROM store_clock WHERE id = 1)`;

/** In SQL: what has to be added to an instant of the store's clock to show it to people. */
export const SKEW = '(SELECT wall_ms - store_ms FROM store_clock WHERE id = 1)';

export interface StoreClock {
  /** Begins to compare the database's clock with this instance's. To be called before the first `read` or `tick`. */
  observe(db: Db): Promise<void>;
  /** The store's time as far as this instance's monotonic clock confirms it. To be asked before anything is ended. */
  read(db: Db): Promise<number>;
  /** Moves the store's clock on. Each sweep does. */
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
  /** What this instance saw last: `gapMs` is what of the time before, since the last tick by then, it cannot confirm. */
  let seen: { readonly elapsedMs: number; readonly ticks: number; readonly gapMs: number } | undefined;
  const look = ({ wall_ms, ticks, now }: ClockRow) => {
    seen = { elapsedMs: elapsed(), ticks, gapMs: Math.min(Math.max(now - wall_ms, 0), MOST_MS) };
    return seen;
  };

  const storeTime = (row: ClockRow): number => {
    const { elapsedMs, ticks, gapMs } = seen ?? look(row);
    // A tick of another instance since then has left nothing unconfirmed.
    const confirmedMs = elapsed() - elapsedMs + TOLERANCE_MS + (ticks === row.ticks ? gapMs : 0);
    const shownMs = Math.max(row.now - row.wall_ms, 0);
    return row.store_ms + Math.floor(Math.min(shownMs, confirmedMs, mostMs));
  };

  return {
    observe: async (db) => void look(await rowOf(db)),
    read: async (db) => storeTime(await rowOf(db)),
    async tick(db) {
      const row = await rowOf(db, ' FOR UPDATE');
      const storeMs = storeTime(row);
      await db.all('UPDATE store_clock SET store_ms = $1, wall_ms = now_ms(), ticks = ticks + 1 WHERE id = 1', [
        storeMs,
      ]);
      look({ ...row, wall_ms: row.now, ticks: row.ticks + 1 });
    },
  };
};
