/** What clients see while the subgraph cannot be reached: the data is the same everywhere, the codes are the gateway's. */

import type { Fault } from '../fault-proxy.ts';
import { askAt } from '../gateways/gateway.ts';
import { outcomeOf } from './operation.ts';
import type { Running, World } from './world.ts';

interface FaultOperation {
  readonly name: string;
  readonly query: string;
  readonly variables?: (world: World) => Record<string, unknown>;
  readonly data: (world: World) => unknown;
}

const one = { id: 'o1' };

export const faultOperations: readonly FaultOperation[] = [
  {
    name: 'payers by id',
    query: '{ orders(set: "one") { id payer { id openId } } }',
    data: ({ alice: { id } }) => ({ orders: [{ ...one, payer: { id, openId: null } }] }),
  },
  {
    name: 'payers by id, behind a non-null reference',
    query: '{ orders(set: "one") { id strictPayer { id openId } } }',
    data: ({ alice: { id } }) => ({ orders: [{ ...one, strictPayer: { id, openId: null } }] }),
  },
  {
    name: 'payers by ref',
    query: '{ wallets(set: "encoded") { id payer { openId } } }',
    data: () => ({ wallets: [{ id: 'h1', payer: { openId: null } }] }),
  },
  {
    name: 'payers by ref, with the id that only we know',
    query: '{ wallets(set: "encoded") { id payer { id } } }',
    data: () => ({ wallets: [{ id: 'h1', payer: null }] }),
  },
  {
    name: '`payerIdentity` beside orders',
    query: 'query($id: ID!) { orders(set: "one") { id } payerIdentity(id: $id) { openId } }',
    variables: ({ alice: { id } }) => ({ id }),
    data: () => ({ orders: [one], payerIdentity: null }),
  },
  {
    name: '`payerChannels` beside orders',
    query: '{ orders(set: "one") { id } payerChannels { channel { id } } }',
    data: () => ({ orders: [one], payerChannels: null }),
  },
  {
    name: '`authResult` beside orders',
    query: 'query($code: String!) { orders(set: "one") { id } authResult(queryCode: $code) { __typename } }',
    variables: ({ queryCodes }) => ({ code: queryCodes.alice }),
    data: () => ({ orders: [one], authResult: null }),
  },
  {
    name: 'fields that other subgraphs add to the payer',
    query: '{ orders(set: "one") { id payer { orderCount } } }',
    data: ({ alice: { id } }) => ({ orders: [{ ...one, payer: { orderCount: id.length } }] }),
  },
];

export interface FaultCell {
  readonly fault: Fault | undefined;
  readonly operation: FaultOperation;
  readonly data: unknown;
  readonly codes: readonly string[];
}

export const runFault = async (
  { url, proxy }: Running,
  world: World,
  fault: Fault | undefined,
): Promise<FaultCell[]> => {
  proxy.play(fault);
  try {
    return await Promise.all(
      faultOperations.map(async (operation) => {
        const body = { query: operation.query, variables: operation.variables?.(world) ?? {} };
        return { fault, operation, ...outcomeOf(await askAt(url, body)) };
      }),
    );
  } finally {
    proxy.play(undefined);
  }
};
