/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out when the file was written:
 * `npm ci` refuses a file that lacks them. Each is added with the SHA-512 that the registry publishes, without which
 * machines of that platform would install any bytes that a mirror sends. Run after every `npm install`.
 * `--check` changes nothing and exits with 1 when an entry is not pinned.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type LockEntry, lockFileFaults, readLockFile } from './lib/lock-file.ts';

const file = new URL('../package-lock.json', import.meta.url);
const text = readFileSync(file, 'utf8');
const packages = readLockFile(text);

const published = z.object({
  'dist.integrity': z.string(),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
  license: z.string().optional(),
  engines: z.record(z.string(), z.string()).optional(),
});

/** The entry that npm would have written, in the order it writes. Throws when the registry lacks the package. */
const entryOf = (name: string, version: string, dev: boolean | undefined) => {
  const fields = Object.keys(published.shape);
  const answer = execFileSync('npm', ['view', `${name}@${version}`, '--json', ...fields], { encoding: 'utf8' });
  const { 'dist.integrity': integrity, cpu, libc, license, os, engines } = published.parse(JSON.parse(answer));
  return { version, integrity, cpu, dev, libc, license, optional: true, os, engines };
};

const isPinned = ({ integrity }: LockEntry): boolean => integrity !== undefined;

const complete = (): void => {
  const lacking = new Map<string, object>();
  for (const { optionalDependencies, dev } of Object.values(packages))
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const found = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
      if (!/^\d/.test(version) || (found.length > 0 && found.every(([, entry]) => isPinned(entry)))) continue;
      lacking.set(`node_modules/${name}`, entryOf(name, version, dev));
    }
  const lock = JSON.parse(text) as { packages: Record<string, object> };
  const sorted = Object.entries({ ...lock.packages, ...Object.fromEntries(lacking) });
  sorted.sort(([left], [right]) => (left < right ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`${lacking.size} packages of other platforms completed`);
};

if (!process.argv.includes('--check')) complete();
const { overrides } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
/** The gateways that a test installs, and the servers that the bench does. */
const others = ['../test/federation/package-lock.json', '../bench/package-lock.json'].map(
  (path) => new URL(path, import.meta.url),
);
const faults = [
  ...lockFileFaults(readLockFile(readFileSync(file, 'utf8')), overrides),
  ...others.flatMap((lock) => lockFileFaults(readLockFile(readFileSync(lock, 'utf8')))),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
