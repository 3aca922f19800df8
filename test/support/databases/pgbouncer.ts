/** A real PgBouncer, where it is installed: the program that PGBOUNCER names, or the one on the PATH. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../../../src/emulators/free-port.ts';

const find = (): string | undefined => {
  try {
    const program = process.env.PGBOUNCER ?? 'pgbouncer';
    execFileSync(program, ['--version'], { stdio: 'ignore', env: { PATH: `${process.env.PATH}:/usr/sbin` } });
    return program;
  } catch {
    return undefined;
  }
};
export const pgbouncer = find();

export const startPgbouncer = async (databaseUrl: string, mode: 'session' | 'transaction') => {
  if (pgbouncer === undefined) throw new Error('There is no pgbouncer');
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-pgbouncer-'));
  chmodSync(folder, 0o755);
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  const name = pathname.slice(1);
  const listenPort = await freePort();
  writeFileSync(join(folder, 'users.txt'), `"${username}" "${decodeURIComponent(password)}"\n`, { mode: 0o644 });
  const settings = [
    '[databases]',
    `${name} = host=${hostname} port=${port} dbname=${name} user=${username} password=${decodeURIComponent(password)}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${listenPort}`,
    'unix_socket_dir =',
    `auth_file = ${join(folder, 'users.txt')}`,
    'auth_type = scram-sha-256',
    `pool_mode = ${mode}`,
  ];
  writeFileSync(join(folder, 'pgbouncer.ini'), `${settings.join('\n')}\n`, { mode: 0o644 });
  // PgBouncer does not run as root.
  const user = process.getuid?.() === 0 ? ['--user', 'nobody'] : [];
  const child: ChildProcess = spawn(pgbouncer, ['--quiet', ...user, join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
  });
  const exited = once(child, 'exit');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${listenPort}`;
  const answers = async () => {
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    const answered = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    return answered;
  };
  for (let attempt = 0; !(await answers()); attempt += 1) {
    if (attempt > 100 || child.exitCode !== null) throw new Error('pgbouncer does not answer');
    await delay(50);
  }
  return {
    url: url.href,
    async close() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
