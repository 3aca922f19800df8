/**
 * The gate of the contract: every change since the last release has an entry under "Unreleased" in the changelog, a
 * breaking one as such, and every entry is a change.
 */
import { type ContractChange, compareContracts, type Severity, severities } from './contract-changes.ts';

export interface Contract {
  /** The printed contract of the last release. */
  readonly released: string;
  /** The printed contract of this working copy. */
  readonly working: string;
  readonly changelog: string;
}

type Entry = Pick<ContractChange, 'severity' | 'path'>;

const UNRELEASED = /^## Unreleased\n([\s\S]*?)(?=^## )/m;
const NEWEST = /^## (\d+)\.(\d+)/m;

/** `- **Breaking**: ` and the paths as code, then a sentence. One entry may name several paths. */
const entriesIn = (section: string): Entry[] =>
  [...section.matchAll(/^- \*\*(\w+)\*\*: ((?:`[^`\n]+`(?:, )?)+)/gm)].flatMap(([, word, paths = '']) => {
    const severity = severities.find((one) => one === word);
    if (severity === undefined) throw new Error(`An entry is ${severities.join(', ')}, and not ${word}`);
    return [...paths.matchAll(/`([^`]+)`/g)].map(([, path = '']) => ({ severity, path }));
  });

const unreleasedIn = (changelog: string): string => {
  const section = UNRELEASED.exec(changelog)?.[1];
  if (section === undefined) throw new Error('The changelog has no section "Unreleased" above the released versions');
  return section;
};

const lists = (entries: readonly Entry[], { severity, path }: Entry): boolean =>
  entries.some((entry) => entry.path === path && entry.severity === severity);

/** What the changelog lacks, as entries to complete, and which of its entries are no change. Empty when it is right. */
export const checkContract = async ({ released, working, changelog }: Contract): Promise<string[]> => {
  const changes = await compareContracts(released, working);
  const entries = entriesIn(unreleasedIn(changelog));
  const unlisted = changes.filter((change) => !lists(entries, change));
  const stale = entries.filter((entry) => !lists(changes, entry));
  return [
    ...unlisted.map(({ severity, path, message }) => `not listed: - **${severity}**: \`${path}\` ${message}.`),
    ...stale.map(({ severity, path }) => `no change: - **${severity}**: \`${path}\``),
  ];
};

/** The changelog of a release: "Unreleased" becomes the version. Throws for a number that hides a breaking change. */
export const releaseChangelog = (changelog: string, version: string): string => {
  const section = unreleasedIn(changelog);
  const [, major = 0, minor = 0] = (NEWEST.exec(changelog) ?? []).map(Number);
  const has = (severity: Severity) => entriesIn(section).some((entry) => entry.severity === severity);
  const next = has('Breaking') ? `${major + 1}.0` : `${major}.${minor + 1}`;
  if (version !== next) throw new Error(`The version after ${major}.${minor} with these changes is ${next}`);
  return changelog.replace('## Unreleased\n', `## Unreleased\n\n## ${version}\n`);
};
