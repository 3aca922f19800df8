/**
 * The gateways that are not among the packages of the service: test/federation/package.json names them, and the first
 * run installs them. Where that is impossible, their columns are skipped, and the run says so.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

const folder = new URL('../', import.meta.url);
const INSTALL_TIMEOUT_MS = 120_000;

const { dependencies } = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')));

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

const install = (): string | undefined => {
  const isComplete = () => Object.keys(dependencies).every(isInstalled);
  if (isComplete()) return undefined;
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
