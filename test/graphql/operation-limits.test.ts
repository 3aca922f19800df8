/** The limits of one operation, over real HTTP, before services that record whether they were called. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { createApolloServer } from '../../src/graphql/apollo-server.ts';
import { isSensitive, rulesOf } from '../../src/graphql/sensitive-fields.ts';
import { createHandler } from '../../src/http/handler.ts';
import { listen } from '../../src/http/server.ts';
import type { Admission, AdmissionRules } from '../../src/identity/admission.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { sandboxCallers } from '../../src/security/callers.ts';
import { withoutRouterCheck } from '../../src/security/router-check.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';

const log = createLog('silent');

/** A service with every method: records each call, and fails. */
const recorder = (name: string, asked: string[]): never =>
  new Proxy(() => {}, {
    get: (_, member) => recorder(`${name}.${String(member)}`, asked),
    apply: () => {
      // Called for the log line of every call, with any outcome.
      if (name === 'apps.configured') return {};
      asked.push(name);
      throw new Error('recorded');
    },
  }) as never;

const startRecorded = async (limits: Readonly<Record<string, number>> = {}) => {
  const asked: string[] = [];
  const admitted: AdmissionRules[] = [];
  const admission: Admission = {
    admit: async (rules, _, __, work) => {
      asked.push('admission');
      admitted.push(rules);
      return work();
    },
    countGuess() {},
  };
  const config = await loadConfig({}, async () => ({
    defaultApp: 'a',
    apps: [{ id: 'a', channels: {} }],
    sources: {},
    limits,
  }));
  const apollo = createApolloServer({
    log,
    explorable: true,
    scopesInSdl: true,
    limits: config.limits,
    firstOperation: '',
  });
  await apollo.start();
  const metrics = createMetrics();
  const { handle } = createHandler({
    apollo,
    metrics,
    services: {
      metrics,
      admission,
      apps: recorder('apps', asked),
      authentication: recorder('authentication', asked),
      certification: recorder('certification', asked),
      queryJobworth: recorder('queryJobworth', asked),
      readResult: recorder('readResult', asked),
      store: recorder('store', asked),
    },
    router: withoutRouterCheck,
    callers: sandboxCallers,
    operationMs: 8_000,
    corsOrigins: [],
    pages: new Map(),
    metricsHere: false,
    accepting: () => true,
  });
  const server = await listen(handle, { host: '127.0.0.1', port: 0, log });
  return {
    async ask(query: string, variables: Record<string, unknown> = {}) {
      asked.length = 0;
      admitted.length = 0;
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape
      const answer = (await response.json()) as { data?: any; errors?: any };
      return { status: response.status, ...answer, asked: [...asked], admitted: [...admitted] };
    },
    async close() {
      await server.close(1_000);
      await apollo.stop();
    },
  };
};
type Recorded = Awaited<ReturnType<typeof startRecorded>>;
type Answer = Awaited<ReturnType<Recorded['ask']>>;

const expectPassed = ({ status, asked, errors }: Answer) => {
  expect(status, JSON.stringify(errors)).toBe(200);
  expect(asked).not.toEqual([]);
};

const expectRefused = ({ status, data, errors, asked }: Answer, code: string) => {
  expect({
    status,
    data: data ?? null,
    codes: errors?.map((error: { extensions: { code: string } }) => error.extensions.code),
  }).toEqual({ status: 400, data: null, codes: [code] });
  expect(asked).toEqual([]);
};

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');

let service: Recorded;
let small: Recorded;
beforeAll(async () => {
  service = await startRecorded();
  small = await startRecorded({ depth: 3, sensitiveFields: 3, mutationFields: 2 });
});
afterAll(() => Promise.all([service.close(), small.close()]));

describe('at most 1,000 tokens (limits.tokens)', () => {
  // All but the list of ones takes 24.
  const document = (tokens: number) => `{
    _entities(representations: [{ __typename: "PayerIdentity" id: "a" x: [${times(tokens - 24, () => '1')}] }]) { __typename }
  }`;

  test('a document of 1,000 tokens passes, one of 1,001 is refused', async () => {
    expectPassed(await service.ask(document(1_000)));
    expectRefused(await service.ask(document(1_001)), 'GRAPHQL_PARSE_FAILED');
  });
});

describe('as many fields at the root as allowed', () => {
  test('5 root fields of a query pass, 6 are refused (limits.queryFields)', async () => {
    const fields = (count: number) => times(count, (i) => `a${i}: channels { id }`);
    expectPassed(await service.ask(`{ ${fields(5)} }`));
    expectRefused(await service.ask(`{ ${fields(6)} }`), 'TOO_MANY_ROOT_FIELDS');
  });

  test('_entities and _service count as root fields', async () => {
    const query =
      '{ _service { sdl } _entities(representations: []) { __typename } a: channels { id } b: channels { id }';
    expectPassed(await service.ask(`${query} c: channels { id } }`));
    expectRefused(await service.ask(`${query} c: channels { id } d: channels { id } }`), 'TOO_MANY_ROOT_FIELDS');
  });

  test('__typename at the root is not counted, since routers add it', async () => {
    expectPassed(await service.ask(`{ __typename ${times(5, (i) => `a${i}: channels { id }`)} }`));
  });

  test.each([
    ['a fragment', '{ ...A } fragment A on Query { FIELDS }'],
    ['an inline fragment', '{ ... on Query { FIELDS } }'],
    [
      'fragments within fragments',
      '{ ... { ...A } } fragment A on Query { ... on Query { ...B } } fragment B on Query { FIELDS }',
    ],
    ['a field that is skipped', '{ ... on Query @skip(if: true) { FIELDS } }'],
  ])('%s counts as the root fields that it holds', async (_, document) => {
    const fields = times(6, (i) => `a${i}: channels { id }`);
    expectRefused(await service.ask(document.replace('FIELDS', fields)), 'TOO_MANY_ROOT_FIELDS');
  });

  test('a mutation has at most limits.mutationFields root fields', async () => {
    const start = (alias: string) =>
      `${alias}: startAuthentication(input: { channel: "a", returnUrl: "b" }) { __typename }`;
    expectPassed(await small.ask(`mutation { ${start('a')} ${start('b')} }`));
    expectRefused(await small.ask(`mutation { ${start('a')} ${start('b')} ${start('c')} }`), 'TOO_MANY_ROOT_FIELDS');
  });
});

describe('at most one sensitive field (limits.sensitiveFields)', () => {
  const poll = 'authResult(queryCode: "q") { status }';
  const certification = 'identityCertification(certifyId: "c") { __typename }';
  const jobworth =
    'jobworthAuthentication(input: { connKey: "a", onceToken: "b", queryType: exact, identityType: "c", serviceId: "d" }) { __typename }';
  const set = 'authenticateAndSet(input: { channel: "a", authCode: "b" }) { __typename }';
  const authenticate = 'authenticate(input: { channel: "a", authCode: "b" }) { __typename }';

  test.each([
    ['authResult', 'readResult', `{ ${poll} channels { id } }`],
    ['identityCertification', 'certification.check', `{ ${certification} }`],
    ['jobworthAuthentication', 'queryJobworth', `{ ${jobworth} }`],
    ['authenticate', 'authentication.authenticate', `mutation { ${authenticate} }`],
    ['authenticateAndSet', 'authentication.authenticateAndSet', `mutation { __typename ${set} }`],
  ])('an operation with one sensitive field passes: %s', async (field, useCase, document) => {
    const answer = await service.ask(document);
    expectPassed(answer);
    expect(answer.admitted).toEqual([rulesOf(field)]);
    expect(answer.asked).toContain(useCase);
  });

  test.each([
    ['two aliases', `{ a: ${poll} b: ${poll} }`],
    ['the same field twice', `{ ${poll} ${poll} }`],
    ['two kinds', `{ ${poll} ${certification} }`],
    ['two other kinds', `{ ${certification} ${jobworth} }`],
    ['a fragment and the root', `{ a: ${poll} ...A } fragment A on Query { b: ${poll} }`],
    ['two fragments', `{ ...A ...B } fragment A on Query { a: ${poll} } fragment B on Query { b: ${poll} }`],
    [
      'fragments in fragments',
      `{ ...A } fragment A on Query { a: ${poll} ...B } fragment B on Query { ... { b: ${poll} } }`,
    ],
    ['an inline fragment', `{ a: ${poll} ... on Query { b: ${poll} } }`],
    ['one that is not included', `{ a: ${poll} b: ${poll.replace(' {', ' @include(if: false) {')} }`],
    ['one that is skipped by a variable', `query($s: Boolean = true) { a: ${poll} ... @skip(if: $s) { b: ${poll} } }`],
    ['two mutations', `mutation { a: ${set} b: ${set} }`],
    ['two kinds of mutation', `mutation { ${set} ${authenticate} }`],
  ])('an operation with two sensitive fields is refused: %s', async (_, document) => {
    expectRefused(await service.ask(document), 'ONE_SENSITIVE_FIELD');
  });

  test('at most limits.sensitiveFields sensitive fields pass', async () => {
    const polls = (count: number) => `{ ${times(count, (i) => `a${i}: ${poll}`)} }`;
    expectPassed(await small.ask(polls(3)));
    expectRefused(await small.ask(polls(4)), 'ONE_SENSITIVE_FIELD');
  });

  test('every root field is listed as sensitive or not', async () => {
    const { data } = await service.ask(
      '{ __schema { queryType { fields { name } } mutationType { fields { name } } } }',
    );
    const { queryType, mutationType } = data.__schema;
    const names = [...queryType.fields, ...mutationType.fields].map(({ name }: { name: string }) => name);
    const harmless = ['_entities', '_service', 'channels', 'payerIdentity'];
    expect(names.filter((name) => !isSensitive(name)).sort()).toEqual(harmless);
  });
});

describe('fields within fields (limits.depth)', () => {
  test('an operation of limits.depth levels passes, one level more is refused', async () => {
    expectPassed(await small.ask('{ payerIdentity(id: "a") { channel { id } } }'));
    const deeper = '{ authResult(queryCode: "a") { identity { channel { id } } } }';
    expectRefused(await small.ask(deeper), 'TOO_DEEP');
    expectPassed(await service.ask(deeper));
  });

  test('fragments do not evade limits.depth', async () => {
    const document = `{ authResult(queryCode: "a") { ...R } }
      fragment R on AuthResult { ... { identity { ...P } } } fragment P on PayerIdentity { channel { id } }`;
    expectRefused(await small.ask(document), 'TOO_DEEP');
  });

  test('a fragment does not count as a level', async () => {
    const document = '{ ... { ... { payerIdentity(id: "a") { ... { ... { channel { ... { id } } } } } } } }';
    expectPassed(await small.ask(document));
  });

  test('the depth of introspection is not measured', async () => {
    const { status, data } = await small.ask(getIntrospectionQuery());
    expect(status).toBe(200);
    expect(data.__schema.queryType.name).toBe('Query');
  });
});

describe('aliases and directives', () => {
  const aliases = (count: number) => times(count, (i) => `a${i}: id`);
  const directives = (count: number) => times(count, () => 'id @include(if: true)');
  const identity = (fields: string) => `{ payerIdentity(id: "a") { ${fields} } }`;

  test('15 aliases pass, 16 are refused (limits.aliases)', async () => {
    expectPassed(await service.ask(identity(aliases(15))));
    expectRefused(await service.ask(identity(aliases(16))), 'TOO_MANY_ALIASES');
  });

  test('a fragment counts its aliases as often as it is spread', async () => {
    const document = (spreads: number) => `{
      ${times(spreads, (i) => `r${i}: payerIdentity(id: "a") { ...A }`)}
    } fragment A on PayerIdentity { ${aliases(4)} }`;
    expectPassed(await service.ask(document(3)));
    expectRefused(await service.ask(document(4)), 'TOO_MANY_ALIASES');
  });

  test('4 QR codes pass, 5 are refused, over all aliases, paths and fragments (limits.longFields)', async () => {
    const document = (fields: string) => `mutation {
      startIdentityCertification(input: { certifyId: "a" }) { ... on PayerCertificationStarted { ${fields} ...A ...A } }
    } fragment A on IdentityCertificationStarted { b: qr }`;
    expectPassed(await service.ask(document('qr form { html }')));
    expectRefused(await service.ask(document('qr a: qr form { html }')), 'TOO_MANY_LONG_FIELDS');
    expectPassed(await service.ask('{ a: _service { sdl b: sdl } channels { id } }'));
    expectRefused(await service.ask('{ a: _service { sdl b: sdl c: sdl d: sdl e: sdl } }'), 'TOO_MANY_LONG_FIELDS');
  });

  test('10 directives pass, 11 are refused (limits.directives)', async () => {
    expectPassed(await service.ask(identity(directives(10))));
    expectRefused(await service.ask(identity(directives(11))), 'TOO_MANY_DIRECTIVES');
  });

  test('directives count on fragments, spreads and fields alike', async () => {
    const document = (count: number) => `{
      payerIdentity(id: "a") @skip(if: false) { ...A @skip(if: false) ... @skip(if: false) { id } }
    } fragment A on PayerIdentity { ${directives(count)} }`;
    expectPassed(await service.ask(document(7)));
    expectRefused(await service.ask(document(8)), 'TOO_MANY_DIRECTIVES');
  });

  test('fragments that spread each other 2^60 times over are refused at once', async () => {
    const depth = 60;
    const fragments = times(depth, (i) => `fragment F${i} on PayerIdentity { ...F${i + 1} ... { ...F${i + 1} } }`);
    const document = `${identity('...F0')} ${fragments} fragment F${depth} on PayerIdentity { a: id }`;
    const startedAt = performance.now();
    expectRefused(await service.ask(document), 'TOO_MANY_ALIASES');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

test('payerIdentity counts as an entity reference (limits.representations)', async () => {
  const query = 'query($r: [_Any!]!) { payerIdentity(id: "a") { id } _entities(representations: $r) { __typename } }';
  const references = (count: number) => ({ r: Array(count).fill({ __typename: 'Channel', id: 'a' }) });
  expectPassed(await service.ask(query, references(199)));
  expectRefused(await service.ask(query, references(200)), 'TOO_MANY_REPRESENTATIONS');
});

/** For each limit the test that tries it at its number and at the next; a new limit needs such a test. */
const admission = '../identity/admission.test.ts';
const guard = '../channels/guard/guard.test.ts';
const proofs: Readonly<Record<string, readonly [file: string, test: string]>> = {
  tokens: ['operation-limits.test.ts', 'a document of 1,000 tokens passes, one of 1,001 is refused'],
  depth: ['operation-limits.test.ts', 'an operation of limits.depth levels passes, one level more is refused'],
  aliases: ['operation-limits.test.ts', '15 aliases pass, 16 are refused'],
  directives: ['operation-limits.test.ts', '10 directives pass, 11 are refused'],
  longFields: ['operation-limits.test.ts', '4 QR codes pass, 5 are refused'],
  queryFields: ['operation-limits.test.ts', '5 root fields of a query pass, 6 are refused'],
  mutationFields: ['operation-limits.test.ts', 'a mutation has at most limits.mutationFields root fields'],
  sensitiveFields: ['operation-limits.test.ts', 'at most limits.sensitiveFields sensitive fields pass'],
  representations: ['entities.test.ts', '201 representations in a variable are refused'],
  waiters: ['../identity/polling.test.ts', 'readers beyond the limit are answered at once'],
  'rates.caller.burst': [admission, 'a caller may call as often as limits.rates.caller.burst says'],
  'rates.caller.perSecond': [admission, 'after as long as perSecond says there is one more call'],
  'rates.address.burst': [admission, 'callers without a name may call as often as limits.rates.address.burst says'],
  'rates.address.perSecond': [admission, 'after as long as perSecond says there is one more call'],
  'rates.app.burst': [admission, 'an app is called for as often as limits.rates.app.burst says'],
  'rates.app.perSecond': [admission, 'after as long as perSecond says there is one more call'],
  'rates.channel.burst': [admission, 'a channel is called for as often as limits.rates.channel.burst says'],
  'rates.channel.perSecond': [admission, 'after as long as perSecond says there is one more call'],
  'bulkheads.public.running': [admission, 'as many run as may, and as many wait; one more is OVERLOADED'],
  'bulkheads.public.waiting': [admission, 'as many run as may, and as many wait; one more is OVERLOADED'],
  'bulkheads.trusted.running': [admission, 'as many run as may, and as many wait; one more is OVERLOADED'],
  'bulkheads.trusted.waiting': [admission, 'as many run as may, and as many wait; one more is OVERLOADED'],
  'bulkheads.polls.running': [admission, 'as many run as may, and as many wait; one more is OVERLOADED'],
  'bulkheads.polls.waiting': [admission, 'as many run as may, and as many wait; one more is OVERLOADED'],
  'source.inFlight': [guard, 'calls up to inFlight run, calls up to waiting wait, and one more is OVERLOADED'],
  'source.waiting': [guard, 'calls up to inFlight run, calls up to waiting wait, and one more is OVERLOADED'],
  'source.minimumCalls': [guard, '19 failures suspend nothing, the 20th does'],
  'source.failureRatio': [guard, 'half of the calls suspend it, one less does not'],
  'source.windowMs': [guard, 'a failure of 10 seconds ago no longer counts'],
  'source.suspendMs': [guard, 'a suspended source is sent nothing for suspendMs, to the millisecond'],
  'source.trialMs': [guard, 'a trial call ends after trialMs'],
};

test('every limit in the configuration has a test', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'limits-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config.json');
  const keys = generateVaultKeys();
  const complete = {
    defaultApp: 'a',
    apps: [{ id: 'a', channels: {} }],
    sources: {},
    router: { secrets: ['s'.repeat(32)] },
  };
  writeFileSync(file, JSON.stringify({ ...complete, keys }));
  const { limits } = await loadConfig({ CONFIG: file }, () => Promise.reject(new Error('no sandbox')));
  const names = (value: object, prefix = ''): string[] =>
    Object.entries(value).flatMap(([name, member]) =>
      typeof member === 'object' ? names(member, `${prefix}${name}.`) : [`${prefix}${name}`],
    );
  expect(Object.keys(proofs).sort()).toEqual(names(limits).sort());
  for (const [name, [path, title]] of Object.entries(proofs))
    expect(readFileSync(new URL(path, import.meta.url), 'utf8'), name).toContain(`${title}`);
});
