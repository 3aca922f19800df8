/** The limits of one operation, over real HTTP, before services that record whether they were called. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { createGraphql } from '../../src/graphql/apollo-server.ts';
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
  const graphql = createGraphql({
    log,
    explorable: true,
    scopesInSdl: true,
    limits: config.limits,
  });
  await graphql.apollo.start();
  const metrics = createMetrics();
  const { handle } = createHandler({
    ...graphql,
    metrics,
    clientAddressOf: () => undefined,
    services: {
      metrics,
      maxReferences: config.limits.representations,
      admission,
      apps: recorder('apps', asked),
      authentication: recorder('authentication', asked),
      certification: recorder('certification', asked),
      queryJobworth: recorder('queryJobworth', asked),
      readResult: recorder('readResult', asked),
      watchResult: recorder('watchResult', asked),
      sessionSteps: recorder('sessionSteps', asked),
      store: recorder('store', asked),
    },
    router: withoutRouterCheck,
    callers: sandboxCallers,
    operationMs: 8_000,
    bodyBytes: config.limits.bodyBytes,
    corsOrigins: [],
    pages: new Map(),
    metricsHere: false,
    accepting: () => true,
  });
  const server = await listen(handle, { host: '127.0.0.1', port: 0, log });
  return {
    async ask(query: string, variables: Record<string, unknown> = {}, operationName?: string) {
      asked.length = 0;
      admitted.length = 0;
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables, operationName }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape
      const answer = (await response.json()) as { data?: any; errors?: any };
      return { status: response.status, ...answer, asked: [...asked], admitted: [...admitted] };
    },
    /** How many requests were refused with a code. */
    async refusals(code: string) {
      const { values } = await metrics.refusals.get();
      return values.find(({ labels }) => labels.code === code)?.value ?? 0;
    },
    async close() {
      await server.close(1_000);
      await graphql.apollo.stop();
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
  }).toEqual({ status: 200, data: null, codes: [code] });
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

describe('at most 2,000 tokens (limits.tokens)', () => {
  // All but the list of ones takes 24.
  const document = (tokens: number) => `{
    _entities(representations: [{ __typename: "PayerIdentity" id: "a" x: [${times(tokens - 24, () => '1')}] }]) { __typename }
  }`;

  test('a document of 2,000 tokens passes, one of 2,001 is refused', async () => {
    expectPassed(await service.ask(document(2_000)));
    expectRefused(await service.ask(document(2_001)), 'GRAPHQL_PARSE_FAILED');
  });
});

describe('as many fields at the root as allowed', () => {
  const channels = (count: number) => times(count, (i) => `a${i}: payerChannels { channel { id } }`);

  test('20 root fields of a query pass, 21 are refused (limits.queryFields)', async () => {
    expectPassed(await service.ask(`{ ${channels(20)} }`));
    expectRefused(await service.ask(`{ ${channels(21)} }`), 'TOO_MANY_ROOT_FIELDS');
  });

  test('6 aliases of payerIdentity pass', async () => {
    const answer = await service.ask(`{ ${times(6, (i) => `a${i}: payerIdentity(id: "${i}") { id openId }`)} }`);
    expectPassed(answer);
    expect(answer.asked).toEqual(['store.identities']);
  });

  test('_service counts as a root field, _entities and __typename do not, since routers add them', async () => {
    const entities = times(25, (i) => `_e${i}: _entities(representations: []) { __typename }`);
    expectPassed(await service.ask(`{ __typename _service { __typename } ${entities} ${channels(19)} }`));
    expectRefused(await service.ask(`{ _service { __typename } ${channels(20)} }`), 'TOO_MANY_ROOT_FIELDS');
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
    expectRefused(await service.ask(document.replace('FIELDS', channels(21))), 'TOO_MANY_ROOT_FIELDS');
  });

  test('a mutation has at most limits.mutationFields root fields', async () => {
    const start = (alias: string) =>
      `${alias}: startAuthentication(input: { channelId: "a", returnUrl: "b" }) { __typename }`;
    expectPassed(await small.ask(`mutation { ${start('a')} ${start('b')} }`));
    expectRefused(await small.ask(`mutation { ${start('a')} ${start('b')} ${start('c')} }`), 'TOO_MANY_ROOT_FIELDS');
  });
});

describe('sensitive fields (limits.sensitiveFields)', () => {
  const poll = 'authResult(queryCode: "q") { __typename }';
  const certification = 'identityCertification(certifyId: "c") { __typename }';
  const jobworth =
    'jobworthAuthentication(input: { agreementId: "a", onceToken: "b", match: EXACT, jobIdentityType: "c", serviceId: "d", subject: { userId: "u" } }) { __typename }';
  const set = 'authenticateAndSet(input: { channelId: "a", authCode: "b" }) { __typename }';
  const authenticate = 'authenticate(input: { channelId: "a", authCode: "b" }) { __typename }';

  test.each([
    ['authResult', 'readResult', `{ ${poll} payerChannels { channel { id } } }`],
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
    ['two results', `{ a: ${poll} b: ${poll} }`, ['authResult', 'authResult']],
    ['a result and a certification', `{ ${poll} ${certification} }`, ['authResult', 'identityCertification']],
    [
      'all kinds of reads',
      `{ ${poll} ${certification} ${jobworth} }`,
      ['authResult', 'identityCertification', 'jobworthAuthentication'],
    ],
    ['a fragment and the root', `{ a: ${poll} ...A } fragment A on Query { b: ${poll} }`, ['authResult', 'authResult']],
  ])('an operation with several reads passes, and each is admitted by itself: %s', async (_, document, fields) => {
    const answer = await service.ask(document);
    expectPassed(answer);
    expect(answer.admitted).toEqual(fields.map(rulesOf));
  });

  const polls = (count: number) => times(count, (i) => `a${i}: ${poll}`);
  test('10 sensitive fields pass, 11 are refused', async () => {
    const answer = await service.ask(`{ ${polls(10)} }`);
    expectPassed(answer);
    expect(answer.admitted).toHaveLength(10);
    expectRefused(await service.ask(`{ ${polls(11)} }`), 'TOO_MANY_SENSITIVE_FIELDS');
  });

  test.each([
    ['the same field repeated', `{ ${times(11, () => poll)} }`],
    ['a fragment and the root', `{ a: ${poll} ...A } fragment A on Query { ${polls(10)} }`],
    ['two fragments', `{ ...A ...B } fragment A on Query { a: ${poll} } fragment B on Query { ${polls(10)} }`],
    [
      'fragments in fragments',
      `{ ...A } fragment A on Query { a: ${poll} ...B } fragment B on Query { ... { ${polls(10)} } }`,
    ],
    ['an inline fragment', `{ ${polls(10)} ... on Query { a: ${poll} } }`],
    ['one that is not included', `{ ${polls(10)} b: ${poll.replace(' {', ' @include(if: false) {')} }`],
    [
      'one that is skipped by a variable',
      `query($s: Boolean = true) { ${polls(10)} ... @skip(if: $s) { b: ${poll} } }`,
    ],
  ])('an operation over limits.sensitiveFields is refused: %s', async (_, document) => {
    expectRefused(await service.ask(document), 'TOO_MANY_SENSITIVE_FIELDS');
  });

  test.each([
    ['two aliases of authenticate', `mutation { a: ${authenticate} b: ${authenticate} }`],
    ['two aliases of authenticateAndSet', `mutation { a: ${set} b: ${set} }`],
    ['two kinds of mutation', `mutation { ${set} ${authenticate} }`],
    ['two job queries', `{ a: ${jobworth} b: ${jobworth} }`],
    ['one that is skipped', `mutation { a: ${set} b: ${set.replace('{ __typename', '@skip(if: true) { __typename')} }`],
  ])('an operation with two fields that redeem a code is refused with any limits: %s', async (_, document) => {
    expectRefused(await service.ask(document), 'TOO_MANY_SENSITIVE_FIELDS');
    expectRefused(await small.ask(document), 'TOO_MANY_SENSITIVE_FIELDS');
  });

  /** Longer than the texts that are refused before Apollo Server has them. */
  const padding = `# ${'x'.repeat(1_024)}\n`;
  test('a long text over a limit of root fields gets the answer of a short one', async () => {
    const text = `{ ${polls(11)} }`;
    expect(await service.ask(padding + text)).toEqual(await service.ask(text));
    expectRefused(await service.ask(padding + text), 'TOO_MANY_SENSITIVE_FIELDS');
  });

  test('a long text over a limit of root fields is refused before it is validated', async () => {
    expectRefused(await service.ask(`${padding}{ ${polls(11)} nope }`), 'TOO_MANY_SENSITIVE_FIELDS');
    expectRefused(await service.ask(`${padding}{ ${polls(10)} nope }`), 'GRAPHQL_VALIDATION_FAILED');
  });

  test('a long text is checked for the operation that it is sent for', async () => {
    const text = `${padding}query A { ${polls(11)} } query B { ${polls(10)} }`;
    expectRefused(await service.ask(text, {}, 'A'), 'TOO_MANY_SENSITIVE_FIELDS');
    expectPassed(await service.ask(text, {}, 'B'));
    expectRefused(await service.ask(text, {}, 'C'), 'OPERATION_RESOLUTION_FAILURE');
  });

  test('at most limits.sensitiveFields sensitive fields pass', async () => {
    expectPassed(await small.ask(`{ ${polls(3)} }`));
    expectRefused(await small.ask(`{ ${polls(4)} }`), 'TOO_MANY_SENSITIVE_FIELDS');
  });

  test('every root field is listed as sensitive or not', async () => {
    const { data } = await service.ask(
      '{ __schema { queryType { fields { name } } mutationType { fields { name } } } }',
    );
    const { queryType, mutationType } = data.__schema;
    const names = [...queryType.fields, ...mutationType.fields].map(({ name }: { name: string }) => name);
    const harmless = ['_entities', '_service', 'payerChannels', 'payerIdentity'];
    expect(names.filter((name) => !isSensitive(name)).sort()).toEqual(harmless);
  });
});

describe('fields within fields (limits.depth)', () => {
  test('an operation of limits.depth levels passes, one level more is refused', async () => {
    expectPassed(await small.ask('{ payerIdentity(id: "a") { channel { id } } }'));
    const deeper = '{ authResult(queryCode: "a") { ... on PayerAuthSucceeded { identity { channel { id } } } } }';
    expectRefused(await small.ask(deeper), 'TOO_DEEP');
    expectPassed(await service.ask(deeper));
  });

  test('fragments do not evade limits.depth', async () => {
    const document = `{ authResult(queryCode: "a") { ...R } }
      fragment R on PayerAuthSucceeded { ... { identity { ...P } } } fragment P on PayerIdentity { channel { id } }`;
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

  test('32 aliases pass, 33 are refused (limits.aliases)', async () => {
    expectPassed(await service.ask(identity(aliases(32))));
    expectRefused(await service.ask(identity(aliases(33))), 'TOO_MANY_ALIASES');
  });

  test('a fragment counts its aliases as often as it is spread', async () => {
    const document = (spreads: number) => `{
      ${times(spreads, (i) => `r${i}: payerIdentity(id: "a") { ...A }`)}
    } fragment A on PayerIdentity { ${aliases(7)} }`;
    expectPassed(await service.ask(document(4)));
    expectRefused(await service.ask(document(5)), 'TOO_MANY_ALIASES');
  });

  test('4 QR codes pass, 5 are refused, over all aliases, paths and fragments (limits.longFields)', async () => {
    const document = (fields: string) => `mutation {
      startIdentityCertification(input: { certifyId: "a" }) { ... on PayerCertificationStarted { ${fields} ...A ...A } }
    } fragment A on PayerCertificationStarted { b: qr }`;
    expectPassed(await service.ask(document('qr form { html }')));
    expectRefused(await service.ask(document('qr a: qr form { html }')), 'TOO_MANY_LONG_FIELDS');
    expectPassed(await service.ask('{ a: _service { sdl } payerChannels { channel { id } } }'));
    expectRefused(await service.ask('{ a: _service { sdl b: sdl } }'), 'TOO_MANY_LONG_FIELDS');
  });

  test('50 directives pass, 51 are refused (limits.directives)', async () => {
    expectPassed(await service.ask(identity(directives(50))));
    expectRefused(await service.ask(identity(directives(51))), 'TOO_MANY_DIRECTIVES');
  });

  test('directives count on fragments, spreads and fields alike', async () => {
    const document = (count: number) => `{
      payerIdentity(id: "a") @skip(if: false) { ...A @skip(if: false) ... @skip(if: false) { id } }
    } fragment A on PayerIdentity { ${directives(count)} }`;
    expectPassed(await service.ask(document(47)));
    expectRefused(await service.ask(document(48)), 'TOO_MANY_DIRECTIVES');
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

describe('fields of the answer (limits.fields)', () => {
  const query = 'query($r: [_Any!]!) { _entities(representations: $r) { ... on PayerChannel { FIELDS } } }';
  const places = (count: number) => ({ r: Array(count).fill({ __typename: 'PayerChannel', id: 'a' }) });
  const aliases = (count: number) => times(count, (i) => `a${i}: id`);
  const selected = (count: number) => query.replace('FIELDS', aliases(count));

  test('52,000 fields pass, 52,001 are refused; a place counts as 12, and its fields count in each', async () => {
    // 998 places of 12 + 40 fields are 51,896, two of 12 + 39 are 102, and the two fields themselves 2.
    const { r } = places(998);
    const more = (list: unknown[], fields: number) =>
      service.ask(
        `query($r: [_Any!]!, $s: [_Any!]!) {
          _entities(representations: $r) { ... on PayerChannel { ${aliases(40)} } }
          s: _entities(representations: $s) { ... on PayerChannel { ${aliases(fields)} } }
        }`,
        { r, s: list },
      );
    expectPassed(await more(r.slice(0, 2), 39));
    expectRefused(await more(r.slice(0, 1), 91), 'TOO_MANY_FIELDS');
    expectPassed(await more(r.slice(0, 1), 90));
  });

  test('16 aliases in an entity pass, for 1,000 references', async () => {
    expectPassed(await service.ask(selected(16), places(1_000)));
  });

  test('one long alias in 1,000 places counts by its length', async () => {
    const alias = (length: number) => query.replace('FIELDS', `${'a'.repeat(length)}: id`);
    expectPassed(await service.ask(alias(32 * 39), places(1_000)));
    expectRefused(await service.ask(alias(32 * 41), places(1_000)), 'TOO_MANY_FIELDS');
  });
});

test('an operation over a limit is counted as refused, by its code', async () => {
  const code = 'TOO_DEEP';
  const before = await small.refusals(code);
  expectRefused(
    await small.ask('{ authResult(queryCode: "a") { ... on PayerAuthSucceeded { identity { channel { id } } } } }'),
    code,
  );
  expect(await small.refusals(code)).toBe(before + 1);
});

/** For each limit the test that tries it at its number and at the next; a new limit needs such a test. */
const admission = '../identity/admission.test.ts';
const guard = '../channels/guard/guard.test.ts';
const proofs: Readonly<Record<string, readonly [file: string, test: string]>> = {
  tokens: ['operation-limits.test.ts', 'a document of 2,000 tokens passes, one of 2,001 is refused'],
  depth: ['operation-limits.test.ts', 'an operation of limits.depth levels passes, one level more is refused'],
  aliases: ['operation-limits.test.ts', '32 aliases pass, 33 are refused'],
  directives: ['operation-limits.test.ts', '50 directives pass, 51 are refused'],
  fields: ['operation-limits.test.ts', '52,000 fields pass, 52,001 are refused'],
  longFields: ['operation-limits.test.ts', '4 QR codes pass, 5 are refused'],
  queryFields: ['operation-limits.test.ts', '20 root fields of a query pass, 21 are refused'],
  mutationFields: ['operation-limits.test.ts', 'a mutation has at most limits.mutationFields root fields'],
  sensitiveFields: ['operation-limits.test.ts', 'at most limits.sensitiveFields sensitive fields pass'],
  representations: ['references.test.ts', 'of 1,001 different references the last is refused in its place'],
  preparedOperations: ['prepared.test.ts', 'no more operations are prepared than limits.preparedOperations'],
  bodyBytes: ['references.test.ts', 'a body of limits.bodyBytes passes, one of a byte more is 413'],
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
