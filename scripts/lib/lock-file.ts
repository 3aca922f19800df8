/** Checks that `npm ci` installs the same bytes from package-lock.json on every machine, from every mirror. */
import { z } from 'zod';

const names = z.record(z.string(), z.string()).default({});
const lockEntry = z.looseObject({
  /** The package, where it is installed under another name. */
  name: z.string().optional(),
  version: z.string().optional(),
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  link: z.boolean().optional(),
  dev: z.boolean().optional(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});
export type LockEntry = z.output<typeof lockEntry>;

const lockFile = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), lockEntry) });

export const readLockFile = (text: string): Readonly<Record<string, LockEntry>> =>
  lockFile.parse(JSON.parse(text)).packages;

const dependenciesOf = (entry: LockEntry): [name: string, range: string][] =>
  [entry.dependencies, entry.devDependencies, entry.optionalDependencies, entry.peerDependencies].flatMap((ranges) =>
    Object.entries(ranges),
  );

/** The prefix of a package of the registry: its name, an alias of it, or a reference to package.json. */
const packageName = /^(?:npm:|\$)(?:@[\w.-]+\/)?[\w.-]+@?/;

/** A version or a range, also under another name: no address, no path, no repository. */
const isOfRegistry = (range: string): boolean => !/[/:]/.test(range.replace(packageName, ''));

const faultOf = (path: string, found: LockEntry, renamed: ReadonlySet<string>): string | undefined => {
  const installedAs = path.split('node_modules/').at(-1) ?? '';
  if (found.link) return 'is a link to a folder';
  if (found.resolved !== undefined) return 'names where it came from';
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(found.integrity ?? '')) return 'has no SHA-512 of its content';
  if (!/^\d+\.\d+\.\d+/.test(found.version ?? '')) return 'has no version of the registry';
  if (found.name !== undefined && !renamed.has(`${installedAs} ${found.name}`))
    return 'is another package than its name says';
  return undefined;
};

/** Names and ranges of package.json's `overrides`, at any depth. */
const overridesOf = (value: unknown): [name: string, range: string][] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]): [name: string, range: string][] =>
        typeof inner === 'string' ? [[name, inner]] : overridesOf(inner),
      );

/** One line for each fault of a lock file. `overrides` are those of package.json. */
export const lockFileFaults = (packages: Readonly<Record<string, LockEntry>>, overrides: unknown = {}): string[] => {
  const required = [
    ...Object.entries(packages).flatMap(([path, entry]) => dependenciesOf(entry).map((pair) => ({ path, pair }))),
    ...overridesOf(overrides).map((pair) => ({ path: '', pair })),
  ];
  const renamed = new Set(required.map(({ pair: [name, version] }) => `${name} ${/^npm:(.+)@/.exec(version)?.[1]}`));
  return [
    ...Object.entries(packages).flatMap(([path, entry]) => {
      const fault = path === '' ? undefined : faultOf(path, entry, renamed);
      return fault === undefined ? [] : [`${path} ${fault}`];
    }),
    ...required
      .filter(({ pair: [, version] }) => !isOfRegistry(version))
      .map(({ path, pair: [name] }) => `${path || 'package.json'} wants ${name} from outside the registry`),
  ];
};
