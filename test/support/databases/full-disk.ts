/** Stores on small disks of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { expect } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import type { Engine } from '../../../src/store/engine/engine.ts';
import { openPostgres } from '../../../src/store/engine/postgres.ts';
import { openSqlite } from '../../../src/store/engine/sqlite.ts';
import { mountSmallDisk } from './small-disk.ts';
import { startSupervisedPostgres } from './supervised-postgres.ts';

/** Megabytes: little more than each of them holds when a test is over. */
const SIZES = { SQLite: 8, tables: 64, log: 32 };
/** All of them, as they have to be mounted beforehand in a namespace. */
export const diskSizes: readonly number[] = Object.values(SIZES);

/** A store, and the disk that it is on. */
export interface Bed {
  /** What works while the disk is full: calls that need no space, reads, or nothing. */
  readonly whenFull: 'some calls' | 'reads' | 'nothing';
  open(): Promise<Engine>;
  /** Takes all space, where possible also the free space inside the files. */
  fill(): Promise<void>;
  free(): void;
  /** Throws when the files on the disk are damaged. */
  check(): Promise<void>;
  /** What happened to the server, for the report. */
  story(): string;
  close(): Promise<void>;
}

const openSqliteBed = async (): Promise<Bed> => {
  const disk = mountSmallDisk(SIZES.SQLite);
  const file = join(disk.folder, 'payer-identity.sqlite');
  return {
    whenFull: 'reads',
    open: async () => openSqlite({ file, now: Date.now }),
    fill: async () => disk.fill(),
    free: disk.free,
    async check() {
      const db = new DatabaseSync(file);
      try {
        expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
        expect(db.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
      } finally {
        db.close();
      }
    },
    story: () => 'no server',
    close: async () => disk.close(),
  };
};

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const DEADLOCK_DETECTED = '40P01';

/** Takes the free space in the pages of the table, in which updates would succeed. */
const BALLAST = `DO $$ BEGIN
  FOR n IN 1..2000 LOOP
    BEGIN
      INSERT INTO redemptions (id, code_index, binding_index, source, app_id, channel_id, trace_id, state, owner, lease_until,
        failure_code, created_at, outcome_until, forget_at)
      VALUES ('red_' || gen_random_uuid(), uuid_send(gen_random_uuid()), '', 'daxpay', 'demo', 'wechat_pay', 'ballast',
        'REJECTED', 'ballast', 0, 'AUTH_CODE_USED', 0, 0, now_ms() + 86400000);
    EXCEPTION WHEN disk_full THEN
      -- It occupies space nevertheless, until it is deleted.
    END;
  END LOOP;
END $$`;

/** Full for the tables, or for the log: without its log PostgreSQL panics, and does not come up again. */
const openPostgresBed = async (full: 'tables' | 'log'): Promise<Bed> => {
  const disk = mountSmallDisk(SIZES[full]);
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-postgres-'));
  const elsewhere = { tables: folder, log: folder };
  const server = await startSupervisedPostgres({ ...elsewhere, [full]: disk.folder });
  const ask = async (statement: string): Promise<unknown[]> => {
    const client = new pg.Client(server.url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  /** The service and autovacuum go on meanwhile, and PostgreSQL ends one of two statements that wait for each other. */
  const reindex = async (): Promise<void> => {
    try {
      await ask('REINDEX DATABASE');
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === DEADLOCK_DETECTED)) throw error;
      await reindex();
    }
  };
  const useUpLog = async () => {
    for (;;) await ask("SELECT pg_logical_emit_message(false, 'ballast', repeat('x', 500000)), pg_switch_wal()");
  };
  return {
    whenFull: full === 'tables' ? 'some calls' : 'nothing',
    open: () => openPostgres({ url: server.url, log: createLog('silent') }),
    async fill() {
      disk.fill();
      if (full === 'tables') await ask(BALLAST);
      // Segments that were made in advance.
      else await useUpLog().catch(() => undefined);
      disk.fill();
    },
    free: disk.free,
    async check() {
      // Reads every page, whose checksums are on by default, and every index.
      await ask('VACUUM (DISABLE_PAGE_SKIPPING)');
      await reindex();
      const failures = await ask('SELECT sum(checksum_failures)::int AS failures FROM pg_stat_database');
      expect(failures).toEqual([{ failures: 0 }]);
    },
    story: () => `${server.restarts()} restarts of the server`,
    async close() {
      await server.close();
      disk.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** How each store is made. */
export const beds: Record<string, () => Promise<Bed>> = {
  SQLite: openSqliteBed,
  'PostgreSQL without space for its tables': () => openPostgresBed('tables'),
  'PostgreSQL without space for its log': () => openPostgresBed('log'),
};
