/** Every server of the bench: how it starts, and which workloads it answers. A row of the tables each. */
import type { Options, WorkloadName } from './options.ts';
import { routerSecret } from './service-config.ts';

export interface Row {
  readonly name: string;
  readonly title: string;
  /** What `node` runs. Rows with the same process share it. */
  readonly process: 'service' | { readonly script: string; readonly env?: Readonly<Record<string, string>> };
  readonly workloads: readonly WorkloadName[];
  /** What each request has beside its body. */
  readonly headers?: (token: string) => Record<string, string>;
}

const reads = ['e1', 'e10', 'e100', 'poll'] as const;
const redeems = ['authenticate'] as const;

const withSecret = () => ({ 'router-authorization': routerSecret });
const withToken = (token: string) => ({ 'router-authorization': routerSecret, authorization: `Bearer ${token}` });

const peer = (name: string, title: string, script: string, env = {}): Row => ({
  name,
  title,
  process: { script: `bench/peers/${script}.mjs`, env },
  workloads: reads,
});

const all = (postgres: boolean): readonly Row[] => [
  {
    name: 'limit',
    title: postgres ? '**limit**: bare `pg`, no GraphQL' : '**limit**: no GraphQL, no guards, no cache',
    process: { script: `bench/servers/limit${postgres ? '-postgres' : ''}.ts` },
    workloads: reads,
  },
  {
    name: 'loop-grouped',
    title: '**limit of `authenticate`**: bare loop, grouped commits',
    process: { script: 'bench/servers/redeem-loop.ts', env: { GROUPED: '1' } },
    workloads: redeems,
  },
  {
    name: 'loop-single',
    title: 'bare loop, two commits each',
    process: { script: 'bench/servers/redeem-loop.ts', env: {} },
    workloads: redeems,
  },
  {
    name: 'store',
    title: 'node:http + our own store, no GraphQL',
    process: { script: 'bench/servers/store.ts' },
    workloads: reads,
  },
  {
    name: 'ours',
    title: '**ours**, router secret',
    process: 'service',
    workloads: [...reads, ...redeems],
    headers: withSecret,
  },
  {
    name: 'ours-token',
    title: '**ours**, router secret + RS256 bearer token',
    process: 'service',
    workloads: [...reads, ...redeems],
    headers: withToken,
  },
  peer('apollo', 'Apollo standalone + DataLoader on our store', 'apollo'),
  peer('apollo-fastify', 'Apollo + Fastify on our store', 'apollo-fastify'),
  peer('yoga', 'graphql-yoga on our store', 'yoga'),
  peer('mercurius', 'mercurius on our store', 'mercurius'),
  peer('mercurius-jit', 'mercurius + JIT on our store', 'mercurius', { JIT: '1' }),
];

/** The server that a workload's ratios are to. */
export const limitOf = (workload: WorkloadName): string => (workload === 'authenticate' ? 'loop-grouped' : 'limit');

/** The rows that were asked for, and the limits of their workloads. */
export const rowsFor = ({ servers, workloads, postgres }: Options): readonly Row[] => {
  const rows = all(postgres).map((row) => ({
    ...row,
    // On PostgreSQL there is no bare loop to compare with.
    workloads: row.workloads.filter((name) => workloads.includes(name) && !(postgres && name === 'authenticate')),
  }));
  const unknown = servers?.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no server ${unknown}: ${rows.map(({ name }) => name).join(', ')}`);
  const limits = workloads.map(limitOf);
  const isWanted = ({ name }: Row) => servers === undefined || servers.includes(name) || limits.includes(name);
  return rows.filter((row) => row.workloads.length > 0 && isWanted(row));
};

export const isPeer = ({ process }: Row): boolean => process !== 'service' && process.script.endsWith('.mjs');
