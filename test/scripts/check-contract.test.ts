/** The gate of the contract: which changes need an entry in the changelog, of which severity, and what a release does. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkContract, releaseChangelog } from '../../scripts/lib/contract-changelog.ts';
import { compareContracts, severities } from '../../scripts/lib/contract-changes.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

/** Has one of each kind of element. Every case changes it in one place. */
const contract = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])
type Query {
  payer(id: ID!): Payer @cost(weight: 5) @tag(name: "trusted")
  result(code: String!, waitSeconds: Int = 0): Result
  _service: _Service!
}
extend type Query { channels: [Channel!] }
"A payer."
type Payer @key(fields: "id") @key(fields: "ref") {
  id: ID!
  ref: ID @requiresScopes(scopes: [["payer:read"]]) @tag(name: "pii")
  title: String
  channel: Channel
}
type Channel @key(fields: "id") { id: ID! name: String! }
type Found { payer: Payer }
interface Failure { code: Code! }
type Refused implements Failure { code: Code! }
type Busy implements Failure { code: Code! }
union Result = Found | Refused
enum Code { REFUSED BUSY }
input Search { name: String, kind: Code! }
directive @federation__external on OBJECT
type _Service { sdl: String }
scalar _Any
union _Entity = Channel | Payer
`;

/** Throws when the contract has no such text, so that no case compares the contract with itself. */
const changed = (from: string, to: string): string => {
  const working = contract.replace(from, to);
  if (working === contract) throw new Error(`The contract has no ${from}`);
  return working;
};

const changelogOf = (...entries: string[]) => `# Changelog\n\n## Unreleased\n\n${entries.join('\n')}\n\n## 1.0\n`;
const faultsOf = (working: string, ...entries: string[]) =>
  checkContract({ released: contract, working, changelog: changelogOf(...entries) });

const link = (minor: number) =>
  `**Dangerous**: \`schema @link(import: ["@key", "@tag"], url: "https://specs.apollo.dev/federation/v2.${minor}")\``;

/** What was changed, the contract with the change, and the entries that it needs: severity and paths. */
const cases: readonly (readonly [what: string, working: string, ...entries: string[]])[] = [
  ['a removed field', changed('  title: String\n', ''), '**Breaking**: `Payer.title`'],
  [
    'a removed root field',
    changed('channels: [Channel!]', 'others: Int'),
    '**Breaking**: `Query.channels`',
    '**Compatible**: `Query.others`',
  ],
  ['a field made nullable', changed('name: String! }', 'name: String }'), '**Breaking**: `Channel.name`'],
  ['a field of another type', changed('title: String', 'title: ID'), '**Breaking**: `Payer.title`'],
  ['a field of an input made non-null', changed('name: String,', 'name: String!,'), '**Breaking**: `Search.name`'],
  [
    'a new field of an input that is non-null',
    changed('kind: Code!', 'kind: Code! age: Int!'),
    '**Breaking**: `Search.age`',
  ],
  [
    'a new field of an input that is nullable',
    changed('kind: Code!', 'kind: Code! age: Int'),
    '**Compatible**: `Search.age`',
  ],
  [
    'an argument made non-null',
    changed('waitSeconds: Int = 0', 'waitSeconds: Int! = 0'),
    '**Breaking**: `Query.result.waitSeconds`',
  ],
  [
    'a changed default',
    changed('waitSeconds: Int = 0', 'waitSeconds: Int = 5'),
    '**Dangerous**: `Query.result.waitSeconds`',
  ],
  [
    'a changed key',
    changed('@key(fields: "ref")', '@key(fields: "ref title")'),
    '**Breaking**: `Payer @key(fields: "ref")`',
    '**Compatible**: `Payer @key(fields: "ref title")`',
  ],
  ['a removed key', changed(' @key(fields: "ref")', ''), '**Breaking**: `Payer @key(fields: "ref")`'],
  [
    'a key that no longer resolves',
    changed('"ref")', '"ref", resolvable: false)'),
    '**Breaking**: `Payer @key(fields: "ref")`',
    '**Compatible**: `Payer @key(fields: "ref", resolvable: false)`',
  ],
  [
    'a scope added to a field',
    changed('title: String', 'title: String @requiresScopes(scopes: [["payer:read"]])'),
    '**Breaking**: `Payer.title @requiresScopes(scopes: [["payer:read"]])`',
  ],
  [
    'a changed scope of a field',
    changed('[["payer:read"]]', '[["payer:all"]]'),
    '**Breaking**: `Payer.ref @requiresScopes(scopes: [["payer:all"]])`',
    '**Dangerous**: `Payer.ref @requiresScopes(scopes: [["payer:read"]])`',
  ],
  [
    'a scope removed from a field',
    changed(' @requiresScopes(scopes: [["payer:read"]])', ''),
    '**Dangerous**: `Payer.ref @requiresScopes(scopes: [["payer:read"]])`',
  ],
  [
    'a tag that hides a field from variants',
    changed('title: String', 'title: String @tag(name: "pii")'),
    '**Breaking**: `Payer.title @tag(name: "pii")`',
  ],
  [
    'a tag that hid a field from variants, removed',
    changed(' @tag(name: "pii")', ''),
    '**Dangerous**: `Payer.ref @tag(name: "pii")`',
  ],
  [
    'a tag that includes a field in variants',
    changed('title: String', 'title: String @tag(name: "public")'),
    '**Compatible**: `Payer.title @tag(name: "public")`',
  ],
  [
    'a tag that included a field in variants, removed',
    changed(' @tag(name: "trusted")', ''),
    '**Breaking**: `Query.payer @tag(name: "trusted")`',
  ],
  [
    'a changed cost',
    changed('@cost(weight: 5)', '@cost(weight: 9)'),
    '**Dangerous**: `Query.payer @cost(weight: 9)`',
    '**Dangerous**: `Query.payer @cost(weight: 5)`',
  ],
  [
    'a directive without a rating',
    changed('title: String', 'title: String @external'),
    '**Breaking**: `Payer.title @external`',
  ],
  ['another version of federation', changed('v2.9', 'v2.10'), link(9), link(10)],
  [
    'a removed member of a union that also has a new one',
    changed('Found | Refused', 'Found | Busy'),
    '**Breaking**: `Result | Refused`',
    '**Dangerous**: `Result | Busy`',
  ],
  ['a new value of an enum', changed('BUSY }', 'BUSY LOST }'), '**Dangerous**: `Code.LOST`'],
  ['a removed value of an enum', changed(' BUSY }', ' }'), '**Breaking**: `Code.BUSY`'],
  [
    'a type that no longer implements an interface',
    changed('type Busy implements Failure', 'type Busy'),
    '**Breaking**: `Busy implements Failure`',
  ],
  [
    'a deprecated field',
    changed('title: String', 'title: String @deprecated(reason: "Use ref.")'),
    '**Compatible**: `Payer.title @deprecated(reason: "Use ref.")`',
  ],
  [
    'a new field with an argument and a directive',
    changed('title: String', 'title: String logo(size: Int): ID @cost(weight: 2)'),
    '**Compatible**: `Payer.logo`',
  ],
  [
    'new types with interfaces, members, fields, values and directives',
    `${contract} type Logo implements Failure @tag(name: "pii") { code(as: Int): Code! } enum Kind { SVG } union Any = Logo`,
    '**Compatible**: `Logo`, `Kind`, `Any`',
  ],
];

describe('check:contract', () => {
  test.each(cases)('%s fails without its entries in the changelog', async (_, working, ...entries) => {
    const paths = entries.flatMap((entry) => [...entry.matchAll(/`([^`]+)`/g)]);
    const faults = await faultsOf(working);
    expect(faults).toHaveLength(paths.length);
    for (const [code] of paths) expect(faults.filter((fault) => fault.includes(`: ${code} `))).toHaveLength(1);
  });

  test.each(cases)('%s passes with its entries in the changelog', async (_, working, ...entries) => {
    expect(await faultsOf(working, ...entries.map((entry) => `- ${entry}: a reason.`))).toEqual([]);
  });

  test.each(cases)('%s fails with an entry of another severity', async (_, working, ...entries) => {
    const milder = { Breaking: 'Dangerous', Dangerous: 'Compatible', Compatible: 'Breaking' } as const;
    const wrong = entries.map((entry) => `- ${entry.replace(/\w+/, (word) => milder[word as keyof typeof milder])}`);
    expect(await faultsOf(working, ...wrong)).not.toEqual([]);
  });

  test('a change of descriptions, and of what the federation library adds, needs no entry', async () => {
    const working = changed('"A payer."', '"Who pays."')
      .replace('scalar _Any', 'scalar _Any scalar federation__Scope')
      .replace('= Channel | Payer', '= Payer')
      .replace('_service: _Service!', '_service: _Service! _other: Int')
      .replace('directive @federation__external on OBJECT', 'directive @external on OBJECT');
    expect(await faultsOf(working)).toEqual([]);
  });

  test('the order of the arguments of a directive needs no entry', async () => {
    const [from, to] = ['import: ["@key", "@tag"]', 'url: "https://specs.apollo.dev/federation/v2.9"'];
    expect(await faultsOf(changed(`${to}, ${from}`, `${from}, ${to}`))).toEqual([]);
  });

  test('an entry that is no change fails', async () => {
    expect(await faultsOf(contract, '- **Compatible**: `Payer.logo` is new.')).toEqual([
      'no change: - **Compatible**: `Payer.logo`',
    ]);
  });

  test('an entry of an unknown severity is refused by name', async () => {
    await expect(faultsOf(contract, '- **Minor**: `Payer.logo` is new.')).rejects.toThrow('Minor');
  });

  test('a changelog without the section Unreleased is refused', async () => {
    const run = checkContract({ released: contract, working: contract, changelog: '# Changelog\n\n## 1.0\n' });
    await expect(run).rejects.toThrow('Unreleased');
  });

  test('the most severe changes come first', async () => {
    const working = changed('enum Code { REFUSED BUSY }', 'enum Code { REFUSED LOST }').concat('scalar Logo');
    expect((await compareContracts(contract, working)).map(({ severity }) => severity)).toEqual(severities);
  });

  test('the contract of this working copy differs from the released one only by what the changelog lists', async () => {
    const [released, working] = [read('schema/subgraph.released.graphql'), read('schema/subgraph.graphql')];
    expect(await checkContract({ released, working, changelog: read('docs/contract-changelog.md') })).toEqual([]);
  });
});

describe('a release of the contract', () => {
  test('moves the entries from Unreleased to the version', () => {
    const changelog = releaseChangelog(changelogOf('- **Compatible**: `Payer.logo` is new.'), '1.1');
    expect(changelog).toMatch(/^## Unreleased\n\n## 1\.1\n\n- \*\*Compatible\*\*: `Payer\.logo` is new\.\n\n## 1\.0$/m);
  });

  test.each([
    ['- **Breaking**: `Payer.title` is gone.', '1.1', '2.0'],
    ['- **Dangerous**: `Code.LOST` is new.', '2.0', '1.1'],
    ['- **Compatible**: `Payer.logo` is new.', '1.0', '1.1'],
  ])('with %s as %s is refused, since it is %s', (entry, version, right) => {
    expect(() => releaseChangelog(changelogOf(entry), version)).toThrow(right);
    expect(releaseChangelog(changelogOf(entry), right)).toContain(`## ${right}\n`);
  });
});
