/**
 * Where a gateway answers differently than expected, and why: faults of the gateways, found and bisected here. Each is
 * expected as it is, so a gateway that gets better fails the test as one that gets worse.
 */
import { mapPayers } from './map-payers.ts';
import type { Outcome } from './operation.ts';

export interface Cause {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

const leavesOut: Cause = {
  id: 'G1',
  title: 'Grafbase leaves out fields of an entity that is null',
  text: 'For a reference that resolves to null, the answer has the first selected field as null and not the others. Clients have to treat an absent field as null.',
};
const parses: Cause = {
  id: 'G2',
  title: 'Grafbase refuses characters beyond U+FFFF in the document',
  text: 'Its parser ends at an emoji or a rare Chinese character in a string. In variables every text works.',
};
const shows: Cause = {
  id: 'G3',
  title: 'Grafbase shows `_Any` in introspection',
  text: 'The scalar of the subgraph protocol is visible to clients, and nothing can be done with it.',
};
const dropsBody: Cause = {
  id: 'G4',
  title: 'Grafbase asks for a media type without status 200, and then drops what it gets',
  text: 'It accepts `application/graphql-response+json` first and `application/json` beside it, and gets the former, with which an operation that is refused as a whole is 400; of a 400 it reads no code, and its answer repeats the name of the first field instead of naming the others. A refused place or field is 200, and arrives whole.',
};
const numbers: Cause = {
  id: 'G5',
  title: 'Grafbase refuses a number for an `ID` in a variable',
  text: 'GraphQL takes whole numbers for an ID. Send ids as text, also those that look like numbers, such as an order number in `clientReferenceId`.',
};
const dropsFields: Cause = {
  id: 'H3',
  title: 'Hive Rust answers `data: null` where no subgraph has given data',
  text: 'The others answer each nullable field as null. The code is the same.',
};
const ownCodes: Cause = {
  id: 'C1',
  title: 'Every gateway has its own codes for operations that it refuses itself',
  text: 'Nothing reaches the subgraph. The operation is refused everywhere.',
};
const nonNull: Cause = {
  id: 'H1',
  title: 'Hive JavaScript reports an error where an unknown payer has no id',
  text: 'The reference resolves to null, so the non-null id is missing and the payer becomes null, as everywhere; this planner adds INTERNAL_SERVER_ERROR at the id.',
};
const hop: Cause = {
  id: 'H2',
  title: 'Hive Rust has no plan for a field computed from `openId` behind a reference by ref',
  text: 'A step from key to key, then `@requires`: "Expected a single parent, but the FetchStep has many" (router-query-planner 0.0.38). Behind a reference by id it has a plan.',
};

export const causes: readonly Cause[] = [
  leavesOut,
  parses,
  shows,
  dropsBody,
  numbers,
  nonNull,
  hop,
  dropsFields,
  ownCodes,
];

interface Difference {
  readonly cause: Cause;
  /** What comes instead of the expected outcome. */
  readonly change: (expected: Outcome) => Outcome;
}

const instead = (outcome: Partial<Outcome>) => (expected: Outcome) => ({ ...expected, ...outcome });

/** Of an unknown payer, the first null alone. */
const firstNullOnly = (payer: Readonly<Record<string, unknown>>) => {
  const entries = Object.entries(payer);
  const isUnknown = entries.every(([name, value]) => value === null || name === 'id' || name === 'ref');
  const [first] = entries.filter(([, value]) => value === null);
  return isUnknown ? Object.fromEntries(entries.filter((entry) => entry[1] !== null || entry === first)) : payer;
};
const leavesNullsOut: Difference = {
  cause: leavesOut,
  change: ({ data, codes }) => ({ data: mapPayers(data, firstNullOnly), codes }),
};

const refused = (codes: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(codes).map(([letter, code]) => [letter, { cause: ownCodes, change: instead({ codes: [code] }) }]),
  );
const noPlan: Difference = { cause: hop, change: instead({ data: null, codes: ['INTERNAL_SERVER_ERROR'] }) };

/** By operation, then by gateway. */
export const differences: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {
  '`payerIdentity`, 21 aliases, one more than the limit': {
    Hr: { cause: dropsFields, change: instead({ data: null }) },
    G: { cause: dropsBody, change: instead({ data: { a0: null }, codes: ['SUBGRAPH_REQUEST_ERROR'] }) },
  },
  '`startAuthentication`, `clientReferenceId` as a number': {
    G: { cause: numbers, change: instead({ data: null, codes: ['VARIABLE_ERROR'] }) },
  },
  '250 orders of different payers': { G: leavesNullsOut },
  'a missing payer, two fields and the id': { G: leavesNullsOut },
  'a malformed id among others': { G: leavesNullsOut },
  'an empty id among others': { G: leavesNullsOut },
  'a missing ref with a userId': { G: leavesNullsOut },
  'a missing ref, with the id that it does not have': {
    Hj: { cause: nonNull, change: instead({ codes: ['INTERNAL_SERVER_ERROR'] }) },
  },
  'payers by ref → a field computed from openId': { Hr: noPlan },
  'a missing ref → a field computed from openId': { Hr: noPlan },
  'a character beyond U+FFFF in the document': {
    G: { cause: parses, change: instead({ data: null, codes: ['OPERATION_PARSING_ERROR'] }) },
  },
  "introspection of federation's own types": {
    G: { cause: shows, change: instead({ data: { any: { name: '_Any' }, entity: null } }) },
  },
  'a required variable is missing': refused({
    R: 'VALIDATION_INVALID_TYPE_VARIABLE',
    Hj: '(none)',
    Hr: '(none)',
    G: 'VARIABLE_ERROR',
  }),
  'a misspelt value of an enum': refused({ G: 'OPERATION_VALIDATION_ERROR' }),
  'a field that does not exist': refused({ G: 'OPERATION_VALIDATION_ERROR' }),
};
