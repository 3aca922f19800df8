/** docs/federation-matrix.md, from what a run gave. Nothing in it changes from run to run. */
import { faults } from '../fault-proxy.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { type CallerTable, callerNames, callerOperations, withBadToken, withGoodTokens } from './callers.ts';
import { composed } from './composed.ts';
import { causes, differences } from './differences.ts';
import type { FaultCell } from './faults.ts';
import { faultOperations } from './faults.ts';
import type { Outcome } from './operation.ts';
import { groups, operations } from './run-operations.ts';

interface Run {
  readonly gateways: readonly Gateway[];
  readonly enforcing: readonly Gateway[];
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, Outcome>>;
  readonly faultCells: ReadonlyMap<string, readonly FaultCell[]>;
  readonly tables: ReadonlyMap<string, CallerTable>;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  for (const row of rows)
    if (row.length !== head.length || row.some((cell) => cell === ''))
      throw new Error(`An empty cell: ${row.join(' | ')}`);
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};

const gatewaysTable = ({ gateways, enforcing }: Run): string => {
  const inline = (name: string) => name.replace(/\(?(@[\w/-]+)\)?/, (whole, at) => whole.replace(at, `\`${at}\``));
  return table(
    ['', 'gateway', 'version'],
    [...gateways, ...enforcing].map(({ letter, name, version }) => [letter, inline(name), version]),
  );
};

const operationsTables = ({ gateways }: Run): string => {
  const cell = (name: string, letter: string) => differences[name]?.[letter]?.cause.id ?? '=';
  return groups
    .map(([title, group]) => {
      const rows = group.map(({ name }) => [name, ...gateways.map(({ letter }) => cell(name, letter))]);
      return `### ${title}\n\n${table(['operation', ...gateways.map(({ letter }) => letter)], rows)}`;
    })
    .join('\n\n');
};

const causesTable = (): string =>
  table(
    ['', 'difference', 'what happens', 'operations'],
    causes.map(({ id, title, text }) => {
      const names = Object.entries(differences)
        .filter(([, byGateway]) => Object.values(byGateway).some(({ cause }) => cause.id === id))
        .map(
          ([name, byGateway]) =>
            `${name} (${Object.keys(byGateway)
              .filter((letter) => byGateway[letter]?.cause.id === id)
              .join(', ')})`,
        );
      return [id, title, text, names.join('; ')];
    }),
  );

const codesOf = (cells: readonly FaultCell[], matches: (cell: FaultCell) => boolean): string => {
  const found = [...new Set(cells.filter(matches).flatMap(({ codes }) => codes))].sort();
  return found.length > 0 ? found.map((code) => `\`${code}\``).join(', ') : 'none';
};

const faultsTable = ({ gateways, faultCells }: Run): string =>
  table(
    ['fault', ...gateways.map(({ letter }) => letter)],
    faults.map((fault) => [
      fault,
      ...gateways.map(({ letter }) => codesOf(faultCells.get(letter) ?? [], (cell) => cell.fault === fault)),
    ]),
  );

const faultDataTable = (): string =>
  table(
    ['operation', 'data in every gateway, with every fault'],
    faultOperations.map(({ name, data }) => {
      const known = data({ alice: { id: 'pid_alice' } } as never);
      const shown = JSON.stringify(known).replace(/"orderCount":\d+/, '"orderCount":…');
      return [name, `\`${shown}\``];
    }),
  );

const callersTable = (names: readonly string[], cells: CallerTable | undefined): string =>
  table(
    ['operation', ...names],
    callerOperations.map((name) => [name, ...(cells?.get(name) ?? [])]),
  );

const badTokensTable = ({ gateways, tables }: Run): string =>
  table(
    ['operation', ...gateways.map(({ letter }) => letter)],
    callerOperations.map((name) => [
      name,
      ...gateways.map(({ letter }) => withBadToken(tables.get(letter) ?? new Map(), name)),
    ]),
  );

const composersTable = (): string => {
  const { names, rows } = composed();
  return table(['subgraphs', ...names], rows);
};

export const writeReport = (run: Run): string => {
  const alike = operations.filter(({ name }) => !differences[name]).length;
  const shown = run.tables.get(run.gateways[0]?.letter ?? '');
  const parts = [
    '# The matrix of gateways',
    'What composers and gateways make of this subgraph, with five neighbouring subgraphs: `orders` (references payers by `id`, and adds fields to `PayerIdentity` and `PayerChannel`), `wallet` and `points` (by `ref`, with an openId and with a userId), `loyalty` (`tier @requires(fields: "openId")`) and a stranger with common type names of its own. `npm run matrix` writes this page; [`test/federation/matrix.test.ts`](../test/federation/matrix.test.ts) runs all of it with `npm test` and fails when a cell is not as it stands here.',
    '## Gateways',
    gatewaysTable(run),
    "A refuses a supergraph that declares scopes and gets the schema without them. R is not Apollo Router: it is the Router's query planner (Elastic licence 2.0, installed for tests only) with an executor of ours that treats replies as the Router's source does; validation, introspection and completion are graphql-js, and scopes are not enforced. Apollo Router, Cosmo Router and Hive Router themselves cannot be had from npm, so this page says nothing of them. Every gateway waits 5 s for a subgraph here; A has no time-out of its own, so its data source is given one.",
    '## Composers',
    composersTable(),
    'A field computed from `openId` needs the scope of `openId`: without it, two composers refuse the supergraph, and the other two compose a field that only the check of this subgraph hides: for a caller who may not see the openId it is computed from null.',
    '## Operations',
    `**Operations alike in all gateways: ${alike} of ${operations.length}.** \`=\` is the expected data and the expected codes; another cell names the difference below.`,
    operationsTables(run),
    '### Differences',
    causesTable(),
    '## While the subgraph cannot be reached',
    'The data is the same in all gateways with all faults: what other subgraphs know stays, and what is ours is null.',
    faultDataTable(),
    'The codes are those of the gateway, of all operations together. Do not decide by them.',
    faultsTable(run),
    '## Callers',
    'The service asks for the secret of the router and for scopes; the gateway forwards the token. `all` is what a caller with every scope for the app sees; another cell names what such a caller does not see, the codes of the errors, and the HTTP status where it is not 200.',
    `### Gateways that enforce nothing: ${run.gateways.map(({ letter }) => letter).join(', ')}`,
    callersTable(callerNames.slice(0, -1), shown && withGoodTokens(shown)),
    'A bad or expired token: the subgraph answers 401 to all of the request, public fields included, and the client gets what the gateway makes of it.',
    badTokensTable(run),
    ...run.enforcing.flatMap(({ letter, name }) => [
      `### ${letter}: ${name}`,
      callersTable(callerNames, run.tables.get(letter)),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
};
