/** A small disk: a tmpfs of its own. Mounting it takes root, or a user namespace with root. */
import { execFile, execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface SmallDisk {
  readonly folder: string;
  /** Takes all free space, to the last page. */
  fill(): void;
  /** Gives that space back. */
  free(): void;
  close(): void;
}

const PAGE_BYTES = 4_096;

const writeUntilFull = (file: string, block: Buffer): void => {
  const descriptor = openSync(file, 'a');
  try {
    while (writeSync(descriptor, block) === block.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
};

/** Set within `inNamespace`: the folder in which disks are mounted already, each named after its size. */
const mounted = process.env.SMALL_DISKS;

const mount = (megabytes: number): string => {
  if (mounted) return join(mounted, String(megabytes));
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
};

/** Throws where `smallDisks` says that it cannot be. */
export const mountSmallDisk = (megabytes: number): SmallDisk => {
  const folder = mount(megabytes);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      writeUntilFull(ballast, Buffer.alloc(64 * PAGE_BYTES));
      writeUntilFull(ballast, Buffer.alloc(PAGE_BYTES));
    },
    free: () => rmSync(ballast, { force: true }),
    close() {
      if (mounted) return;
      // Lazily: a server that is being killed may still have a file open.
      execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });
      rmdirSync(folder);
    },
  };
};

const works = (attempt: () => void): boolean => {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
};

/** How this machine can mount small disks. */
export const smallDisks = (): 'mounted' | 'in a namespace' | 'none' => {
  if (works(() => mountSmallDisk(1).close())) return 'mounted';
  const tryMount = ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()];
  return works(() => execFileSync('unshare', tryMount, { stdio: 'pipe' })) ? 'in a namespace' : 'none';
};

/** Runs a test file in a namespace: mounts as root, and then runs as the user again, since PostgreSQL refuses root. */
export const inNamespace = async (testFile: string, megabytes: readonly number[]): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-disks-'));
  const mounts = megabytes.map(
    (size) => `mkdir "$0/${size}" && mount -t tmpfs -o size=${size}m,mode=0777 tmpfs "$0/${size}"`,
  );
  const script = [...mounts, `exec unshare -U --map-user=${process.getuid?.()} --map-group=${process.getgid?.()} "$@"`];
  const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(
      'unshare',
      ['-Urm', 'sh', '-ec', script.join(' && '), folder, process.execPath, vitest, 'run', testFile],
      { env: { ...process.env, SMALL_DISKS: folder }, maxBuffer: 2 ** 24 },
    );
    process.stdout.write(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
