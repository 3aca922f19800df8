/**
 * The gateways that are not among the packages of the service: test/federation/package.json names them, and the first
 * test that needs one installs them. Where that is impossible, their columns are skipped, and the run says so.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

const folder = new URL('../', import.meta.url);
const INSTALL_TIMEOUT_MS = 240_000;

const { dependencies: everywhere, optionalDependencies } = z
  .object({ dependencies: z.record(z.string(), z.string()), optionalDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')));
/** The optional one, Grafbase, is a program for this platform alone. */
const dependencies: Readonly<Record<string, string>> = {
  ...everywhere,
  ...(process.platform === 'linux' && process.arch === 'x64' && optionalDependencies),
};

/** The exact version that test/federation/package.json names. */
export const heavyVersion = (name: string): string => dependencies[name] ?? '';

/** Finds packages in test/federation/node_modules, and else in those of the service. */
export const requireHeavy = createRequire(new URL('package.json', folder));

const isInstalled = (name: string): boolean => {
  try {
    const text = readFileSync(new URL(`node_modules/${name}/package.json`, folder), 'utf8');
    return JSON.parse(text).version === heavyVersion(name);
  } catch {
    return false;
  }
};

const isComplete = () => Object.keys(dependencies).every(isInstalled);

/** Test files run in processes of their own, and one of them installs: the folder is its mark. */
const mark = new URL('.installing/', folder);
const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const begin = (): boolean => {
  try {
    mkdirSync(mark);
    return true;
  } catch {
    return false;
  }
};

/** A process that was ended leaves its mark. */
const isOld = (): boolean => {
  const found = statSync(mark, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > INSTALL_TIMEOUT_MS;
};

const install = (): string | undefined => {
  while (!isComplete()) {
    if (begin()) {
      const fault = installHere();
      rmSync(mark, { recursive: true, force: true });
      return fault;
    }
    if (isOld()) rmSync(mark, { recursive: true, force: true });
    pause(200);
  }
  return undefined;
};

const installHere = (): string | undefined => {
  try {
    const cwd = folder.pathname;
    execFileSync('npm', ['ci', '--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=30000'], {
      cwd,
      timeout: INSTALL_TIMEOUT_MS,
      stdio: 'pipe',
    });
    return isComplete() ? undefined : 'npm ci in test/federation installed other versions';
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    return `npm ci in test/federation failed: ${String(stderr ?? error).split('\n', 1)[0]}`;
  }
};

/** Why the packages are missing; undefined when they are there. */
export const whyNotHeavy: string | undefined = install();
