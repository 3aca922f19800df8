/**
 * A disk that is full, really: typed failures, nothing sent that cannot be kept, nothing lost that was acknowledged,
 * and work goes on, without a restart of the service, when there is space again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import type { Engine } from '../../src/store/engine.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { type DiskService, startDiskService } from '../support/disk-service.ts';
import { inNamespace, mountSmallDisk, smallDisks } from '../support/small-disk.ts';
import { startSupervisedPostgres } from '../support/supervised-postgres.ts';

const times = { deadlineMs: 1_000, patienceMs: 500, leaseMs: 2_000, resultTtlMs: 300_000, sweepEveryMs: 300 };
const RECOVERY_MS = 20_000;
const ACKNOWLEDGED = 50;
const REFUSED = 10;

interface Bed {
  /** What goes on when the disk is full: calls that need no space, reads, or nothing at all. */
  readonly whenFull: 'some calls' | 'reads' | 'nothing';
  open(): Promise<Engine>;
  /** Takes all space, what the files have to spare included where that can be had. */
  fill(): Promise<void>;
  free(): void;
  /** Throws when what is on the disk is not sound. */
  check(): Promise<void>;
  /** What became of the server. */
  story(): string;
  close(): Promise<void>;
}

const openSqliteBed = async (): Promise<Bed> => {
  const disk = mountSmallDisk(8);
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

/** Full for the tables, or for the log: without its log PostgreSQL panics, and does not come up again. */
const openPostgresBed = async (full: 'tables' | 'log'): Promise<Bed> => {
  const disk = mountSmallDisk(full === 'tables' ? 64 : 12);
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-postgres-'));
  const elsewhere = { tables: folder, log: folder };
  const server = await startSupervisedPostgres({ ...elsewhere, [full]: disk.folder });
  const ask = async (...statements: string[]): Promise<unknown[]> => {
    const client = new pg.Client(server.url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      let rows: unknown[] = [];
      for (const statement of statements) rows = (await client.query(statement)).rows;
      return rows;
    } finally {
      await client.end().catch(() => undefined);
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
      // Segments that it keeps for later.
      if (full === 'log') await useUpLog().catch(() => undefined);
      disk.fill();
    },
    free: disk.free,
    async check() {
      // Reads every page, whose checksums are on by default, and every index.
      const failures = await ask(
        'VACUUM (DISABLE_PAGE_SKIPPING)',
        'REINDEX DATABASE',
        'SELECT sum(checksum_failures)::int AS failures FROM pg_stat_database',
      );
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

const beds: Record<string, () => Promise<Bed>> = {
  SQLite: openSqliteBed,
  'PostgreSQL without space for its tables': () => openPostgresBed('tables'),
  'PostgreSQL without space for its log': () => openPostgresBed('log'),
};

interface Acknowledged {
  readonly identity: { readonly id: string; readonly openId: string };
}

const isAuthenticated = ({ __typename }: { __typename?: string } = {}) => __typename === 'Authenticated';

/** Repeats a call until its answer is as wanted; answers that, and how long it took. */
const until = async <T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean) => {
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    const tookMs = Math.round(performance.now() - startedAt);
    if (isWanted(answer)) return { answer, tookMs };
    if (tookMs > RECOVERY_MS) throw new Error(`Not in ${RECOVERY_MS} ms; the last answer: ${JSON.stringify(answer)}`);
    await delay(100);
  }
};

const disks = smallDisks();

test.runIf(disks === 'in a namespace')('in a namespace of its own, all of this holds', { timeout: 240_000 }, () =>
  inNamespace(import.meta.filename, [8, 64, 12]),
);

test.runIf(disks === 'none')('SKIPPED: a full disk is not tested, for nothing may be mounted here', ({ skip }) => {
  console.warn('SKIPPED: neither root nor a user namespace (unshare -Urm) may mount a tmpfs on this machine');
  skip();
});

describe.runIf(disks === 'mounted').each(Object.keys(beds))('%s', (name) => {
  let bed: Bed;
  beforeAll(async () => {
    const open = beds[name];
    if (!open) throw new Error(`No bed ${name}`);
    bed = await open();
  }, 60_000);
  afterAll(() => bed?.close(), 30_000);

  let codes = 0;
  const newCode = () => {
    codes += 1;
    return `test_ok_payer-${codes}`;
  };
  const started = async (): Promise<DiskService> => {
    bed.free();
    const { answer: engine } = await until(
      () => bed.open().catch(() => undefined),
      (engine) => engine !== undefined,
    );
    const service = await startDiskService(engine as Engine, generateVaultKeys(), times);
    onTestFinished(async () => {
      bed.free();
      await service.close();
    });
    return service;
  };

  test('a full disk fails calls before anything is sent, loses nothing, and recovers', {
    timeout: 90_000,
  }, async () => {
    const service = await started();
    const acknowledged = new Map<string, Acknowledged>();
    const authenticate = async (authCode: string) => {
      const answer = await service.authenticate(authCode);
      if (isAuthenticated(answer)) acknowledged.set(authCode, answer);
      return answer;
    };
    await Promise.all(Array.from({ length: ACKNOWLEDGED }, () => authenticate(newCode())));
    expect(acknowledged.size).toBe(ACKNOWLEDGED);

    await bed.fill();
    const refused: string[] = [];
    const inDoubt: string[] = [];
    /** Whether there was some space yet. */
    const onFullDisk = async (): Promise<boolean> => {
      const authCode = newCode();
      const answer = await authenticate(authCode);
      if (isAuthenticated(answer)) return true;
      // What is left may do for a claim, and not for a payer.
      expect(['SERVICE_UNAVAILABLE', 'OUTCOME_UNKNOWN']).toContain(answer.code);
      (answer.code === 'SERVICE_UNAVAILABLE' ? refused : inDoubt).push(authCode);
      return false;
    };
    while (refused.length < REFUSED)
      if ((await Promise.all(Array.from({ length: REFUSED }, onFullDisk))).includes(true)) await bed.fill();
    expect(refused.map(service.sends)).toEqual(refused.map(() => 0));
    expect(inDoubt.map(service.sends)).toEqual(inDoubt.map(() => 1));
    // A probe takes less than a call does, but it takes something.
    if (bed.whenFull !== 'some calls') await until(service.readiness, (status) => status === 503);
    const [known] = acknowledged.values();
    if (bed.whenFull !== 'nothing')
      expect(await service.openIdOf(known?.identity.id ?? '')).toBe(known?.identity.openId);

    bed.free();
    const { tookMs } = await until(() => authenticate(newCode()), isAuthenticated);
    expect(await service.readiness()).toBe(200);
    for (const authCode of refused) await until(() => authenticate(authCode), isAuthenticated);
    for (const authCode of inDoubt)
      await until(
        () => service.authenticate(authCode),
        ({ code }) => code === 'OUTCOME_UNKNOWN',
      );
    await bed.check();
    const lost: string[] = [];
    for (const [authCode, answer] of acknowledged)
      if (JSON.stringify(await service.authenticate(authCode)) !== JSON.stringify(answer)) lost.push(authCode);
    expect(lost).toEqual([]);
    expect([...acknowledged.keys(), ...inDoubt].filter((authCode) => service.sends(authCode) !== 1)).toEqual([]);
    console.log(
      `${name}: ${acknowledged.size} acknowledged, ${lost.length} lost; ${refused.length} refused, 0 of them sent; ` +
        `${inDoubt.length} in doubt, 0 sent twice; served ${tookMs} ms after there was space; ${bed.story()}`,
    );
  });

  /** The code that meets the end at just that step: what the files have to spare goes to others. */
  const meetTheEnd = async (service: DiskService, at: 'markSent' | 'settle', wanted: string) => {
    for (;;) {
      const authCode = newCode();
      service.obstacles[at] = bed.fill;
      const answer = await service.authenticate(authCode);
      const isMet = service.obstacles[at] === undefined;
      if (isMet && answer.code === wanted) return { authCode, answer };
      expect(isAuthenticated(answer) ? 'Authenticated' : answer.code).toMatch(
        /^(Authenticated|SERVICE_UNAVAILABLE|OUTCOME_UNKNOWN)$/,
      );
      bed.free();
    }
  };

  test('a disk that is full when a code is to be marked as sent: it is not sent', { timeout: 120_000 }, async () => {
    const service = await started();
    const { authCode, answer } = await meetTheEnd(service, 'markSent', 'SERVICE_UNAVAILABLE');
    expect(answer).toMatchObject({ __typename: 'ChannelUnavailable' });
    expect(service.sends(authCode)).toBe(0);
    bed.free();
    await until(() => service.authenticate(authCode), isAuthenticated);
    expect(service.sends(authCode)).toBe(1);
    await bed.check();
  });

  test('a disk that is full when an outcome is to be kept: in doubt for good, and not sent again', {
    timeout: 120_000,
  }, async () => {
    const service = await started();
    const { authCode, answer } = await meetTheEnd(service, 'settle', 'OUTCOME_UNKNOWN');
    expect(answer).toMatchObject({ __typename: 'AuthenticationIndeterminate' });
    bed.free();
    const ask = () => service.authenticate(authCode);
    const { answer: later } = await until(ask, ({ code }) => code === 'OUTCOME_UNKNOWN');
    await delay(times.leaseMs);
    expect(await ask()).toEqual(later);
    expect(service.sends(authCode)).toBe(1);
    await until(() => service.authenticate(newCode()), isAuthenticated);
    await bed.check();
  });
});
