/** Runs every operation through one gateway. */
import { askAt } from '../gateways/gateway.ts';
import { type Operation, type Outcome, outcomeOf } from './operation.ts';
import { byRefs, channels, places } from './operations-entities.ts';
import { byIds } from './operations-ids.ts';
import { language } from './operations-language.ts';
import { mutations, queries, results } from './operations-roots.ts';
import { sessions } from './operations-sessions.ts';
import type { Running, World } from './world.ts';

export const groups: readonly (readonly [title: string, operations: readonly Operation[]])[] = [
  ['Root fields of Query', queries],
  ['`authResult`', results],
  ['Mutations', mutations],
  ['The way of a payer', sessions],
  ['References by id', byIds],
  ['References at several places', places],
  ['References by ref', byRefs],
  ['References of channels', channels],
  ['The language', language],
];
export const operations = groups.flatMap(([, group]) => group);

export const runOperations = async ({ gateway, url }: Running, world: World): Promise<ReadonlyMap<string, Outcome>> => {
  const outcomes = new Map<string, Outcome>();
  for (const [index, { name, query, variables, operationName }] of operations.entries()) {
    const fresh = (code: string) => `${code}~${gateway.letter}${index}`;
    const body = { query, variables: variables?.(world, fresh) ?? {}, ...(operationName && { operationName }) };
    outcomes.set(name, outcomeOf(await askAt(url, body)));
  }
  return outcomes;
};
