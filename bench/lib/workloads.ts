/** The operations that every server answers, and the requests that the load is made of. */
import { randomBytes } from 'node:crypto';
import type { WorkloadName } from './options.ts';

/** What was stored for a run, as far as requests need it. */
export interface Stored {
  readonly ids: readonly string[];
  readonly queryCodes: readonly string[];
}

interface Workload {
  readonly query: string;
  /** What every right answer has in it; the load counts answers without it. */
  readonly mark: string;
  /** Different requests, which the connections go through in their order. */
  variables(stored: Stored): object[];
}

const ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on PayerIdentity { id openId userId appId channel { id } } }
}`;

const POLL = `query ($queryCode: String!) {
  authResult(queryCode: $queryCode) { __typename ... on PayerAuthSucceeded { identity { id openId userId } } }
}`;

const AUTHENTICATE = `mutation ($input: PayerAuthenticateInput!) {
  authenticate(input: $input) {
    __typename ... on PayerAuthenticated { identity { id openId } } ... on PayerFailure { code }
  }
}`;

const shuffled = <T>(values: readonly T[]): T[] => {
  const result = [...values];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
};

/** Lookups of random payers, `size` in one request: together every stored payer once. */
const lookups = (size: number): Workload => ({
  query: ENTITIES,
  mark: '"openId":"o',
  variables({ ids }) {
    const mixed = shuffled(ids);
    return Array.from({ length: Math.max(1, Math.floor(mixed.length / size)) }, (_, at) => ({
      representations: mixed.slice(at * size, (at + 1) * size).map((id) => ({ __typename: 'PayerIdentity', id })),
    }));
  },
});

/** As long as WeChat's. The first part distinguishes runs, the second the codes of a run. */
const newCodes = (count: number): string[] => {
  const run = randomBytes(12).toString('hex');
  return Array.from({ length: count }, (_, at) => `${run}${String(at).padStart(8, '0')}`);
};

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  e1: lookups(1),
  e10: lookups(10),
  e100: lookups(100),
  poll: {
    query: POLL,
    mark: '"PayerAuthSucceeded"',
    variables: ({ queryCodes }) => shuffled(queryCodes).map((queryCode) => ({ queryCode })),
  },
  authenticate: {
    query: AUTHENTICATE,
    mark: '"PayerAuthenticated"',
    // More than a run can redeem: a code that came twice would be a duplicate, which is cheaper.
    variables: () => newCodes(100_000).map((authCode) => ({ input: { channelId: 'wechat_pay', authCode } })),
  },
};

export const bodiesOf = (name: WorkloadName, stored: Stored): string[] => {
  const { query, variables } = workloads[name];
  return variables(stored).map((values) => JSON.stringify({ query, variables: values }));
};
