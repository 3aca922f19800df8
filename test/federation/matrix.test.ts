/**
 * The matrix: every operation, fault and caller through every gateway, and every composer. `npm run matrix` writes
 * docs/federation-matrix.md from it; here the committed page has to be what the run gives.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { buildASTSchema, type GraphQLObjectType, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService } from '../support/services/service.ts';
import { faults } from './fault-proxy.ts';
import { apolloGateway } from './gateways/apollo-gateway.ts';
import { apolloPlanner } from './gateways/apollo-planner.ts';
import { askAt, type Gateway } from './gateways/gateway.ts';
import { grafbaseGateway } from './gateways/grafbase.ts';
import { hiveJavaScript, hiveRust } from './gateways/hive.ts';
import {
  type Callers,
  type CallerTable,
  callerOperations,
  startCallers,
  withBadToken,
  withGoodTokens,
} from './matrix/callers.ts';
import { differences } from './matrix/differences.ts';
import { type FaultCell, faultOperations, runFault } from './matrix/faults.ts';
import { fillLists } from './matrix/lists.ts';
import { expected, type Outcome } from './matrix/operation.ts';
import { checkReferences } from './matrix/references.ts';
import { writeReport } from './matrix/report.ts';
import { operations, runOperations } from './matrix/run-operations.ts';
import { type Running, sdlWithout, startBefore, startWorld, type World } from './matrix/world.ts';

const SLOW = 180_000;
const page = new URL('../../docs/federation-matrix.md', import.meta.url);

const gateways: readonly Gateway[] = [apolloGateway, apolloPlanner, hiveJavaScript, hiveRust, grafbaseGateway];
const skipped = gateways.filter(({ unavailable }) => unavailable !== undefined);
for (const { name, unavailable } of skipped) process.stderr.write(`SKIPPED: the column of ${name}: ${unavailable}\n`);
const available = gateways.filter(({ unavailable }) => unavailable === undefined);

let world: World;
let callers: Callers;
const running = new Map<string, Running>();
const outcomes = new Map<string, ReadonlyMap<string, Outcome>>();
const faultCells = new Map<string, readonly FaultCell[]>();
const tables = new Map<string, CallerTable>();

const of = <T>(values: ReadonlyMap<string, T>, { letter }: Gateway): T => {
  const value = values.get(letter);
  if (value === undefined) throw new Error(`${letter} did not start`);
  return value;
};

beforeAll(async () => {
  world = await startWorld();
  fillLists(world);
  callers = await startCallers(world.sets);
  await Promise.all(available.map(async (gateway) => running.set(gateway.letter, await startBefore(gateway, world))));
}, SLOW);
afterAll(async () => {
  for (const { close } of running.values()) await close();
  await callers?.close();
  await world?.close();
});

describe.each(skipped.map(({ name, unavailable }) => [name, unavailable]))('%s', (_, unavailable) => {
  test.skip(`the gateway is not run: ${unavailable}`, () => {});
});

describe('operations', () => {
  beforeAll(async () => {
    const run = async (gateway: Gateway) =>
      void outcomes.set(gateway.letter, await runOperations(of(running, gateway), world));
    // The planner of R blocks this process for as long as it plans, so the others do not wait beside it.
    if (running.has('R')) await run(apolloPlanner);
    await Promise.all(available.filter(({ letter }) => letter !== 'R').map(run));
  }, SLOW);

  test.each(available)(
    'every operation gives the expected data and codes, or the difference that is known: $name',
    (gateway) => {
      for (const operation of operations) {
        const wanted = expected(operation, world);
        const known = differences[operation.name]?.[gateway.letter];
        expect(of(outcomes, gateway).get(operation.name), operation.name).toStrictEqual(
          known ? known.change(wanted) : wanted,
        );
      }
    },
  );

  test('every known difference names an operation and a gateway, and differs', () => {
    const names = operations.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const [name, byGateway] of Object.entries(differences)) {
      const operation = operations.find((one) => one.name === name);
      expect(operation, name).toBeDefined();
      for (const [letter, { change }] of Object.entries(byGateway)) {
        expect(gateways.map((gateway) => gateway.letter)).toContain(letter);
        const wanted = expected(operation!, world);
        expect(change(wanted), `${name} ${letter}`).not.toEqual(wanted);
      }
    }
  });
});

describe('faults between gateway and subgraph', () => {
  beforeAll(async () => {
    await Promise.all(
      available.map(async (gateway) => {
        const cells: FaultCell[] = [];
        // Once without a fault, so that all is planned.
        await runFault(of(running, gateway), world, undefined);
        for (const fault of faults) cells.push(...(await runFault(of(running, gateway), world, fault)));
        faultCells.set(gateway.letter, cells);
      }),
    );
  }, SLOW);

  test.each(available)("other teams' data stays whole while the subgraph cannot be reached: $name", (gateway) => {
    const cells = of(faultCells, gateway);
    expect(cells).toHaveLength(faults.length * faultOperations.length);
    for (const { fault, operation, data } of cells)
      expect(data, `${operation.name}: ${fault}`).toEqual(operation.data(world));
  });

  test.each(available)(
    'an operation that selects nothing of this subgraph has no error while it is down: $name',
    (gateway) => {
      const clean = of(faultCells, gateway).filter(({ operation }) => operation.name.startsWith('fields that other'));
      expect(clean.map(({ codes }) => codes)).toEqual(faults.map(() => []));
    },
  );
});

describe('callers', () => {
  beforeAll(async () => {
    for (const gateway of available) tables.set(gateway.letter, await callers.tableOf(of(running, gateway)));
    for (const gateway of callers.enforcing) {
      const enforcing = await startBefore(gateway, world);
      tables.set(gateway.letter, await callers.tableOf(enforcing));
      await enforcing.close();
    }
    for (const { proxy } of running.values()) proxy.passTo(world.service.url);
  }, SLOW);

  test('every gateway that enforces nothing shows every caller the same, without an error', () => {
    const [first, ...others] = available.map((gateway) => withGoodTokens(of(tables, gateway)));
    for (const other of others) expect(other).toEqual(first);
    expect([...first!.values()].flat().filter((cell) => cell.includes(';'))).toEqual([]);
  });

  test('no gateway shows a caller with a bad token what the operation asks for', () => {
    for (const [letter, table] of tables)
      for (const name of callerOperations) expect(withBadToken(table, name), `${letter} ${name}`).toMatch(/^\w+ null/);
  });

  test.each([...available.map(({ letter }) => letter), 'He', 'Hp'])(
    'no caller without payer:read sees an openId: %s',
    (letter) => {
      const shown = tables.get(letter)!;
      for (const name of [
        '`payerIdentity`',
        'payers by id',
        'payers by ref',
        'a field computed from openId',
        '`authResult`',
        '`authenticate`',
      ])
        for (const caller of [0, 2, 3, 5]) expect(shown.get(name)?.[caller], name).not.toMatch(/^all/);
    },
  );
});

describe('payers', () => {
  const ownFields = Object.keys(
    (
      buildASTSchema(parse(sdlWithout), { assumeValidSDL: true }).getType('PayerIdentity') as GraphQLObjectType
    ).getFields(),
  );

  test.each(available)(
    'every field of a payer resolves by id and by ref, alone and together: $name',
    async (gateway) => {
      const { url } = of(running, gateway);
      const select = (name: string) => (/channel|certification/.test(name) ? `${name} { __typename }` : name);
      for (const fields of [...ownFields.map(select), ownFields.map(select).join(' ')]) {
        const query = `{ orders(set: "one") { payer { ${fields} } } wallets(set: "encoded") { payer { ${fields} } } }`;
        const { data, errors } = await askAt(url, { query });
        expect(errors, fields).toBeUndefined();
        const [{ payer: byId }, { payer: byRef }] = [data.orders[0], data.wallets[0]];
        // The ref is the one of the reference, which wallet has encoded more than needed.
        if (byId.ref) byRef.ref = byId.ref;
        expect(byRef, fields).toEqual(byId);
      }
    },
    SLOW,
  );

  test.each(available)('a channel has the same fields on every path: $name', async (gateway) => {
    const query =
      '{ payerChannels { channel { __typename id title } } orders(set: "one") { payer { channel { __typename id title } } } by: orders(set: "channels") { channel { __typename id title } } }';
    const { data } = await askAt(of(running, gateway).url, { query });
    const channel = { __typename: 'PayerChannel', ...world.alice.channel };
    expect([data.payerChannels[1].channel, data.orders[0].payer.channel, data.by[0].channel]).toEqual([
      channel,
      channel,
      channel,
    ]);
  });
});

describe('limits', () => {
  test.each(available)(
    'a throttled authResult is data with RATE_LIMITED and retryAfterSeconds: $name',
    async (gateway) => {
      const rates = {
        caller: { perSecond: 0.01, burst: 1 },
        address: { perSecond: 0.01, burst: 1 },
        app: {},
        channel: {},
      };
      const limited = await startService({ config: { limits: { rates } } as never });
      const { url, proxy } = of(running, gateway);
      proxy.passTo(limited.url);
      try {
        const query = `query($code: String!) { orders(set: "one") { id } payerChannels { channel { id } } authResult(queryCode: $code) { __typename ... on PayerServiceBusy { code retryAfterSeconds } } }`;
        const ask = () => askAt(url, { query, variables: { code: 'query-code-of-nobody' } });
        await ask();
        const { data, errors } = await ask();
        expect(errors).toBeUndefined();
        expect(data).toMatchObject({
          orders: [{ id: 'o1' }],
          payerChannels: [{}, {}],
          authResult: { __typename: 'PayerServiceBusy', code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
        });
      } finally {
        proxy.passTo(world.service.url);
        await limited.close();
      }
    },
  );
});

describe('lists of references', () => {
  test.each(available)(
    'any list of references keeps order and length, spoils no neighbour and is one lookup per request: $name',
    (gateway) => checkReferences(of(running, gateway), world),
    SLOW,
  );
});

describe('the page', () => {
  test.skipIf(skipped.length > 0)('docs/federation-matrix.md is what the run gives', () => {
    const report = writeReport({ gateways, enforcing: callers.enforcing, outcomes, faultCells, tables });
    if (process.env.MATRIX === 'write') writeFileSync(page, report);
    expect(readFileSync(page, 'utf8')).toBe(report);
  });
});
