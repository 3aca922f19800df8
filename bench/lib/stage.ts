/** What is there while a run measures: the data, the upstream, the servers on one core and the load on the other. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateVaultKeys } from '../../src/security/vault.ts';
import type { TestPostgres } from '../../test/support/databases/postgres.ts';
import { type Load, startLoad } from './load-job.ts';
import type { Options } from './options.ts';
import { type Server, startHelper, startServer } from './processes.ts';
import { profileFlags } from './profile.ts';
import type { Row } from './servers.ts';
import { serviceConfig } from './service-config.ts';
import type { Setup } from './setup.ts';
import type { Stored } from './workloads.ts';

export interface Stage {
  readonly setup: Setup;
  readonly token: string;
  readonly load: Load;
  /** Where `store` puts the ids and query codes, for the load. */
  readonly dataFile: string;
  store(stored: Stored): void;
  /** Starts the process of a row, unless it runs. */
  start(row: Pick<Row, 'process'>): Promise<Server>;
  /** Ends the process of a row: at once, or by itself. */
  end(row: Pick<Row, 'process'>, signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  stop(): Promise<void>;
}

/** On the disk of the repository, and not in /tmp, which may be memory: an fsync has to cost what it costs. */
const newFolder = (): string => {
  const data = fileURLToPath(new URL('../data/', import.meta.url));
  mkdirSync(data, { recursive: true });
  const folder = mkdtempSync(join(data, 'run-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const startUpstream = async (core: string) => {
  const child: ChildProcess = startHelper('upstream.ts', core);
  const [{ url, token }] = (await once(child, 'message')) as [{ url: string; token: string }];
  return { url, token, stop: () => void child.kill('SIGKILL') };
};

/** Only with --postgres: the tests' own server is a development dependency. */
const startPostgres = async (): Promise<{ readonly server: TestPostgres; readonly url: string }> => {
  const { startPostgres: start } = await import('../../test/support/databases/postgres.ts');
  const server = await start({ own: true });
  return { server, url: (await server.createDatabase()).url };
};

/** A library that makes each fsync longer, loaded into the servers. Needs a C compiler, and Linux. */
const slowFsync = (folder: string, milliseconds: number): Record<string, string> => {
  if (milliseconds === 0) return {};
  const library = join(folder, 'slow-fsync.so');
  const source = fileURLToPath(new URL('../slow-fsync.c', import.meta.url));
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  return { LD_PRELOAD: library, FSYNC_MS: String(milliseconds) };
};

/** Rows with the same process share it. */
const keyOf = ({ process }: Pick<Row, 'process'>): string => JSON.stringify(process);

type Settings = Readonly<Record<string, unknown>>;

const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The settings with others in their places, at any depth. */
const merge = (settings: Settings, others: Settings): Settings => ({
  ...settings,
  ...Object.fromEntries(
    Object.entries(others).map(([name, other]) => {
      const own = settings[name];
      return [name, isSettings(own) && isSettings(other) ? merge(own, other) : other];
    }),
  ),
});

export const openStage = async (options: Options): Promise<Stage> => {
  const [serverCore, loadCore] = options.cores;
  const folder = newFolder();
  const upstream = await startUpstream(loadCore);
  const database = options.postgres ? await startPostgres() : undefined;
  const setup: Setup = { folder, postgres: database?.url, keys: generateVaultKeys(), upstream: upstream.url };
  const files = {
    setup: join(folder, 'setup.json'),
    config: join(folder, 'config.json'),
    data: join(folder, 'data.json'),
  };
  writeFileSync(files.setup, JSON.stringify(setup));
  writeFileSync(files.config, JSON.stringify(merge(serviceConfig(setup), options.set)), { mode: 0o600 });
  const load = startLoad(loadCore);
  const running = new Map<string, Promise<Server>>();
  const slow = slowFsync(folder, options.fsyncMs);

  const begin = (row: Pick<Row, 'process'>): Promise<Server> => {
    const common = { core: serverCore, logFile: join(folder, `server-${running.size}.log`) };
    const { process } = row;
    if (process === 'service') {
      const flags = options.profile ? profileFlags(folder) : [];
      return startServer('src/main.ts', { ...common, flags, env: { ...slow, CONFIG: files.config, DATA_DIR: folder } });
    }
    return startServer(process.script, { ...common, env: { ...slow, SETUP: files.setup, ...process.env } });
  };

  return {
    setup,
    token: upstream.token,
    load,
    dataFile: files.data,
    store: (stored) => writeFileSync(files.data, JSON.stringify(stored)),
    async end(row, signal) {
      const key = keyOf(row);
      const server = running.get(key);
      running.delete(key);
      await (await server)?.stop(signal);
    },
    start(row) {
      const key = keyOf(row);
      const server = running.get(key) ?? begin(row);
      running.set(key, server);
      return server;
    },
    async stop() {
      load.stop();
      for (const server of running.values()) await (await server).stop();
      upstream.stop();
      await database?.server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
