/** Every byte that a PostgreSQL has written of a database, in each form in which it can be read. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** The text of a COPY, which the driver does not return. */
const copyOut = async (client: pg.Client, table: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  const connection: NodeJS.EventEmitter = Reflect.get(client, 'connection');
  const collect = ({ chunk }: { chunk: Buffer }) => void chunks.push(Buffer.from(chunk));
  connection.on('copyData', collect);
  try {
    await client.query(`COPY ${table} TO STDOUT`);
  } finally {
    connection.off('copyData', collect);
  }
  return Buffer.concat(chunks);
};

const readAll = (folder: string): Buffer => {
  const names = existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [];
  const files = names.map((name) => join(folder, name)).filter((file) => statSync(file).isFile());
  return Buffer.concat(files.map((file) => readFileSync(file)));
};

/** A pg_dump that is not older than the server, since it refuses a newer one. */
const findPgDump = (serverMajor: number): string | undefined => {
  const root = '/usr/lib/postgresql';
  const installed = existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin', 'pg_dump')) : [];
  return ['pg_dump', ...installed].find((command) => {
    try {
      const version = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return Number(/(\d+)/.exec(version)?.[1]) >= serverMajor;
    } catch {
      return false;
    }
  });
};

/** Files only of a server on this machine whose files are readable. */
export const dumpPostgres = async (url: string): Promise<Record<string, Buffer>> => {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('CHECKPOINT');
    const tables = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    const copies: Buffer[] = [];
    for (const { name } of tables.rows) copies.push(await copyOut(client, name));
    const { rows } = await client.query<{ folder: string; major: number }>(
      "SELECT current_setting('data_directory') AS folder, current_setting('server_version_num')::int / 10000 AS major",
    );
    const [{ folder, major } = { folder: '', major: 0 }] = rows;
    const pgDump = findPgDump(major);
    const log = readAll(join(folder, 'pg_wal'));
    return {
      'COPY … TO STDOUT': Buffer.concat(copies),
      ...(log.length > 0 && { 'the write-ahead log': log, 'the data files': readAll(join(folder, 'base')) }),
      ...(pgDump && { pg_dump: execFileSync(pgDump, [url], { maxBuffer: 2 ** 28 }) }),
    };
  } finally {
    await client.end();
  }
};
