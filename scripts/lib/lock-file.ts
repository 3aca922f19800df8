/** What package-lock.json must say for `npm ci` to install the same bytes on every machine, from every mirror. */
import { z } from 'zod';

const names = z.record(z.string(), z.string()).default({});
const entry = z.looseObject({
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
export type LockEntry = z.output<typeof entry>;

const lockFile = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), entry) });

export const readLockFile = (text: string): Readonly<Record<string, LockEntry>> =>
  lockFile.parse(JSON.parse(text)).packages;

const dependenciesOf = (found: LockEntry): [name: string, wanted: string][] =>
  [found.dependencies, found.devDependencies, found.optionalDependencies, found.peerDependencies].flatMap((wanted) =>
    Object.entries(wanted),
  );

/** What stands for a package of the registry: its name, another name for it, or what package.json wants of it. */
const packageName = /^(?:npm:|\$)(?:@[\w.-]+\/)?[\w.-]+@?/;

/** A version or a range, also under another name: no address, no path, no repository. */
const isOfRegistry = (wanted: string): boolean => !/[/:]/.test(wanted.replace(packageName, ''));

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

/** Pairs of a name and what package.json's `overrides` put in its place, however deep they stand. */
const overridesOf = (value: unknown): [name: string, wanted: string][] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]): [name: string, wanted: string][] =>
        typeof inner === 'string' ? [[name, inner]] : overridesOf(inner),
      );

/** What is wrong with a lock file, one line for each fault. `overrides` are those of package.json. */
export const lockFileFaults = (packages: Readonly<Record<string, LockEntry>>, overrides: unknown = {}): string[] => {
  const wanted = [
    ...Object.entries(packages).flatMap(([path, found]) => dependenciesOf(found).map((pair) => ({ path, pair }))),
    ...overridesOf(overrides).map((pair) => ({ path: '', pair })),
  ];
  const renamed = new Set(wanted.map(({ pair: [name, version] }) => `${name} ${/^npm:(.+)@/.exec(version)?.[1]}`));
  return [
    ...Object.entries(packages).flatMap(([path, found]) => {
      const fault = path === '' ? undefined : faultOf(path, found, renamed);
      return fault === undefined ? [] : [`${path} ${fault}`];
    }),
    ...wanted
      .filter(({ pair: [, version] }) => !isOfRegistry(version))
      .map(({ path, pair: [name] }) => `${path || 'package.json'} wants ${name} from outside the registry`),
  ];
};
