/** Errors of the answer name the fault and never repeat a value of the request. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatError } from '../../src/graphql/errors.ts';
import { VaultError } from '../../src/security/vault.ts';
import { AUTHENTICATE, type Service, startService } from '../support/services/service.ts';

const CANARY = 'canary7f3a';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

/** Posts any JSON as a GraphQL request. */
const post = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { message: string }[] };
  return { status: response.status, data, errors, text: JSON.stringify(errors ?? []) };
};

const messagesOf = ({ errors }: { errors?: { message: string }[] | undefined }) =>
  (errors ?? []).map(({ message }) => message);

describe('variables that do not fit their type', () => {
  const refused = async (variables: unknown, query = AUTHENTICATE) => {
    const answer = await post({ query, variables });
    expect(answer.status).toBe(200);
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(answer.text).not.toContain(CANARY);
    return messagesOf(answer);
  };
  const input = (changes: object) => ({ input: { channelId: 'ali_pay', authCode: CANARY, ...changes } });

  test.each([
    ['a number', 5],
    ['an object', { value: CANARY }],
    ['an array', [CANARY]],
    ['a boolean', true],
  ])('%s in place of a string is reported by variable, place and reason, without the value', async (_, authCode) => {
    expect(await refused(input({ authCode }))).toEqual([
      expect.stringMatching(/^\$input\.authCode does not fit its type\./),
    ]);
  });

  test('null in place of a value is reported by variable and reason', async () => {
    expect(await refused(input({ channelId: null }))).toEqual([
      '$input.channelId does not fit its type. Expected non-nullable type "ID!" not to be null.',
    ]);
  });

  test('a missing required field is reported by its name', async () => {
    expect(await refused(input({ channelId: undefined }))).toEqual([
      '$input does not fit its type. Field "channelId" of required type "ID!" was not provided.',
    ]);
  });

  test('a field that is not in the schema is reported by its name, without its value', async () => {
    expect(await refused(input({ authcode: CANARY }))).toEqual([
      '$input does not fit its type. Field "authcode" is not defined by type "PayerAuthenticateInput".',
    ]);
  });

  test('a field of an inner input is reported by its place', async () => {
    expect(await refused(input({ channelOptions: { orderId: [CANARY] } }))).toEqual([
      expect.stringMatching(/^\$input\.channelOptions\.orderId does not fit its type\./),
    ]);
    expect(await refused(input({ signature: { value: CANARY, signedAt: '2026-11-22T12:00:00Z' } }))).toEqual([
      '$input.signature does not fit its type. Field "nonce" of required type "String!" was not provided.',
    ]);
  });

  test('a value that an enum does not have is reported by its place and type, and imitates neither', async () => {
    const report =
      'mutation ($input: PayerReportAuthenticationStepInput!) { reportAuthenticationStep(input: $input) { __typename } }';
    const expected = '$input.step does not fit its type. Expected a value of the enum "PayerAuthStep".';
    for (const step of [
      CANARY,
      `${CANARY}" at "input.${CANARY}"; Value "${CANARY}`,
      'DECLINE',
      `DECLINED"; Value "${CANARY}`,
    ])
      expect(await refused({ input: { channelId: 'ali_pay', state: 's', step } }, report)).toEqual([expected]);
    const alone =
      'query ($match: PayerJobworthMatch!) { jobworthAuthentication(input: { match: $match, agreementId: "a", onceToken: "o", jobIdentityType: "04", serviceId: "s", subject: { userId: "u" } }) { __typename } }';
    expect(await refused({ match: CANARY }, alone)).toEqual([
      '$match does not fit its type. Expected a value of the enum "PayerJobworthMatch".',
    ]);
  });

  test('a text in place of a time is reported by its variable, without the value', async () => {
    const signature = { value: CANARY, nonce: CANARY, signedAt: CANARY };
    expect(await refused(input({ signature }))).toEqual(['$input does not fit its type.']);
  });

  test('a string in place of an input object is reported without the value', async () => {
    expect(await refused({ input: CANARY })).toEqual([expect.stringMatching(/^\$input does not fit its type\./)]);
  });

  test('an array in place of an input object is reported without the value', async () => {
    expect(await refused({ input: [CANARY] })).toEqual([expect.stringMatching(/^\$input does not fit its type\./)]);
  });

  test('a missing variable is reported by its name', async () => {
    expect(await refused({ other: CANARY })).toEqual([expect.stringMatching(/^\$input does not fit its type\./)]);
  });

  test.each([
    ['that the variable is missing', {}, /provided/],
    ['that the variable is null', { input: null }, /null/],
    ['that an object is expected', { input: CANARY }, /object/],
    ['that a string is expected', input({ authCode: [CANARY] }), /String|string/],
  ])('the message of a coercion error says %s', async (_, variables, reason) => {
    expect((await refused(variables)).join('\n').replace(/^\$[\w.]+ does not fit its type\./, '')).toMatch(reason);
  });

  test('a string in place of a number is reported without the value', async () => {
    const query =
      'query($code: String!, $wait: Int) { authResult(queryCode: $code, waitSeconds: $wait) { __typename } }';
    const messages = await refused({ code: CANARY, wait: CANARY }, query);
    expect(messages).toEqual([expect.stringMatching(/^\$wait does not fit its type\./)]);
  });

  test('null inside a list is reported by its position', async () => {
    const query = 'query($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
    expect(await refused({ r: [{ id: CANARY }, null] }, query)).toEqual([
      '$r[1] does not fit its type. Expected non-nullable type "_Any!" not to be null.',
    ]);
  });

  test.each([
    ['quotes and commas', `x"; Field "${CANARY}" is not defined by type "${CANARY}".`],
    ['what looks like a place', ` at "input.${CANARY}"; `],
    ['line breaks', `\n${CANARY}\n`],
    ['a dollar sign', `$${CANARY} "$${CANARY}"`],
  ])('a value with %s in it is not repeated', async (_, text) => {
    await refused(input({ channelId: [text], authCode: text }));
    await refused(input({ clientIp: { [CANARY.toUpperCase()]: text } }));
    await refused({ input: text });
  });

  test('a key of an input cannot imitate a place in it', async () => {
    const answer = await post({
      query: AUTHENTICATE,
      variables: { input: { [` at "input.${CANARY}"; `]: 1, channelId: 'ali_pay', authCode: 'x' } },
    });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(CANARY);
  });

  test('a coercion error over many keys is described at once', async () => {
    const timeWith = async (key: string) => {
      const keys = Array.from({ length: 3_000 }, (_, i) => [`${key}${i.toString(36)}`, 1]);
      const startedAt = performance.now();
      const { status } = await post({ query: AUTHENTICATE, variables: { input: Object.fromEntries(keys) } });
      expect(status).toBe(200);
      return performance.now() - startedAt;
    };
    const harmlessMs = await timeWith('harmless key ');
    // Keys that look like a place in a message may not cost many times more than any others.
    expect(await timeWith(' at "a.b"; ')).toBeLessThan(harmlessMs * 8 + 300);
  });
});

describe('documents that do not fit the schema', () => {
  const refused = async (query: string, code = 'GRAPHQL_VALIDATION_FAILED') => {
    const answer = await post({ query });
    expect(answer.status).toBe(200);
    expect(answer.data).toBeUndefined();
    expect(answer.errors?.length).toBeGreaterThan(0);
    for (const error of answer.errors ?? []) expect(error).toMatchObject({ extensions: { code } });
    expect(answer.text).not.toContain(CANARY);
    return messagesOf(answer);
  };
  const authenticate = (input: string) => `mutation { authenticate(input: ${input}) { __typename } }`;

  test.each([
    ['an enum value where a string belongs', authenticate(`{ channelId: "ali_pay", authCode: ${CANARY} }`)],
    ['a list where a string belongs', authenticate(`{ channelId: "ali_pay", authCode: ["${CANARY}"] }`)],
    ['an object where a string belongs', authenticate(`{ channelId: "ali_pay", authCode: { a: "${CANARY}" } }`)],
    ['a string where an object belongs', authenticate(`"${CANARY}"`)],
    ['a string where a number belongs', `{ authResult(queryCode: "x", waitSeconds: "${CANARY}") { __typename } }`],
    ['a string where a boolean belongs', `{ payerChannels @skip(if: "${CANARY}") { capabilities } }`],
    [
      'a string as a default of a number',
      `query($w: Int = "${CANARY}") { authResult(queryCode: "x", waitSeconds: $w) { __typename } }`,
    ],
  ])('a document with %s is refused without repeating its literals', async (_, query) => {
    expect(await refused(query)).toContain('A literal in the document does not fit its type.');
  });

  test('a missing input field is named in the error', async () => {
    expect(await refused(authenticate(`{ authCode: "${CANARY}" }`))).toEqual([
      'Field "PayerAuthenticateInput.channelId" of required type "ID!" was not provided.',
    ]);
  });

  test('an unknown input field is named in the error', async () => {
    expect(
      await refused(authenticate(`{ channelId: "ali_pay", authCode: "${CANARY}", authcode: "${CANARY}" }`)),
    ).toEqual([expect.stringContaining('Field "authcode" is not defined by type "PayerAuthenticateInput"')]);
  });

  test('two conflicting values of one field are not repeated', async () => {
    const messages = await refused(
      `{ payerChannels(appId: "${CANARY}") { capabilities } payerChannels(appId: "x${CANARY}") { capabilities } }`,
    );
    expect(messages).toEqual([expect.stringContaining('Fields "payerChannels" conflict')]);
  });

  test('an unknown field of a type is named in the error', async () => {
    expect(await refused('{ payerChannels { capabilities name } }')).toEqual([
      expect.stringContaining('Cannot query field "name"'),
    ]);
  });

  test.each([
    ['a broken string', `{ payerIdentity(id: "${CANARY}) { id } }`],
    ['a missing brace', `{ payerIdentity(id: "${CANARY}") { id }`],
    ['a string in the wrong place', `{ payerChannels { capabilities } } "${CANARY}"`],
    ['a name in the wrong place', `${CANARY} { payerChannels { capabilities } }`],
    ['a broken number', `{ authResult(queryCode: "x", waitSeconds: 0${CANARY}) { __typename } }`],
    ['a line break in a string', `{ payerIdentity(id: "${CANARY}\n") { id } }`],
    ['JSON', JSON.stringify({ query: CANARY })],
  ])('a syntax error is reported without quoting the document: %s', async (_, query) => {
    expect(await refused(query, 'GRAPHQL_PARSE_FAILED')).toEqual(['The document is not valid GraphQL.']);
  });

  test('a document with too many tokens is reported as such', async () => {
    const query = `{ ${`payerIdentity(id: "${CANARY}") { id } `.repeat(1_200)} }`;
    expect(await refused(query, 'GRAPHQL_PARSE_FAILED')).toEqual(['The document has too many tokens.']);
  });

  test.each([
    [
      'two operations of which one has no name',
      '{ payerChannels { capabilities } } query A { payerChannels { capabilities } }',
      /anonymous/,
    ],
    ['a fragment within itself', '{ ...F } fragment F on Query { ...F }', /fragment "F"/],
    [
      'a variable of an output type',
      'query($c: PayerChannel) { payerChannels(appId: $c) { capabilities } }',
      /cannot be non-input type/,
    ],
    ['a type definition', 'type Stray { a: Int } query { payerChannels { capabilities } }', /not executable/],
  ])('the message says what is wrong with %s', async (_, query, reason) => {
    expect((await refused(query)).join('\n')).toMatch(reason);
  });
});

describe('faults that graphql finds during execution', () => {
  test('null for an argument whose variable has a default is BAD_USER_INPUT', async () => {
    const query = 'query($code: String = "x") { authResult(queryCode: $code) { __typename } }';
    const before = service.logLines.length;
    const { errors } = await post({ query, variables: { code: null } });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(service.logLines.slice(before)).toEqual([]);
  });

  test('a subscription that accepts no stream is BAD_USER_INPUT', async () => {
    const { errors } = await post({ query: 'subscription { authResult(queryCode: "x") { __typename } }' });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

describe('requests that are not GraphQL', () => {
  test.each([
    ['query is missing', { variables: { a: CANARY } }, 'BAD_REQUEST'],
    ['query is empty', { query: '', variables: { a: CANARY } }, 'BAD_REQUEST'],
    ['query is an object', { query: { a: CANARY } }, 'BAD_REQUEST'],
    ['query is an array', { query: [CANARY] }, 'BAD_REQUEST'],
    ['variables are a string', { query: '{ __typename }', variables: CANARY }, 'BAD_REQUEST'],
    ['extensions are a string', { query: '{ __typename }', extensions: CANARY }, 'BAD_REQUEST'],
    ['operationName is an object', { query: '{ __typename }', operationName: { a: CANARY } }, 'BAD_REQUEST'],
    [
      'operationName names nothing',
      { query: 'query A { __typename }', operationName: CANARY },
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'no operation is named among two',
      { query: 'query A { __typename } query B { __typename }' },
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['it is a batch', [{ query: `{ payerIdentity(id: "${CANARY}") { id } }` }], 'BAD_REQUEST'],
    [
      'it is a persisted query',
      { extensions: { persistedQuery: { version: 1, sha256Hash: CANARY } } },
      'PERSISTED_QUERY_NOT_SUPPORTED',
    ],
  ])('a request that is not GraphQL is refused without repeating it: %s', async (_, body, code) => {
    const answer = await post(body);
    expect(answer.errors).toMatchObject([{ message: expect.stringMatching(/\w/), extensions: { code } }]);
    expect(answer.data).toBeUndefined();
    expect(answer.text).not.toContain(CANARY);
  });
});

describe('a resolver that throws', () => {
  const masked = {
    message: 'Something went wrong here. The operator finds it in the log.',
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  };

  test('a resolver that throws is masked at its place, and logged with the traceId', async () => {
    const { identities } = service.store;
    const trace = 'deadbeefdeadbeefdeadbeefdeadbeef';
    service.store.identities = () => Promise.reject(new VaultError(`password=${CANARY}`));
    try {
      const { status, data, errors, text } = await post(
        { query: '{ payer: payerIdentity(id: "x") { id } payerChannels { channel { id } } }' },
        { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
      );
      expect(status).toBe(200);
      expect(data).toEqual({
        payer: null,
        payerChannels: [{ channel: { id: 'ali_pay' } }, { channel: { id: 'wechat_pay' } }],
      });
      const extensions = { ...masked.extensions, traceId: trace };
      expect(errors).toEqual([{ ...masked, extensions, locations: [{ line: 1, column: 3 }], path: ['payer'] }]);
      expect(text).not.toContain(CANARY);
      const logged = service.logLines.filter((line) => line.includes(trace)).map((line) => JSON.parse(line));
      expect(logged).toMatchObject([{ msg: 'a resolver failed unexpectedly', error: { name: 'VaultError' } }]);
      expect(JSON.stringify(logged)).not.toContain(CANARY);
    } finally {
      service.store.identities = identities;
    }
  });

  test.each([
    ['no extensions', undefined],
    ['no code', {}],
    ['INTERNAL_SERVER_ERROR', { code: 'INTERNAL_SERVER_ERROR' }],
    ['a code that we never use', { code: 'DOWNSTREAM_SERVICE_ERROR' }],
    ['a code that is not a string', { code: ['BAD_REQUEST'] }],
    ['a stack trace', { code: 'INTERNAL_SERVER_ERROR', stacktrace: [CANARY], cause: CANARY }],
  ])('a resolver that throws %s becomes INTERNAL_SERVER_ERROR and nothing more', (_, extensions) => {
    const formatted = formatError({ message: `boom ${CANARY}`, ...(extensions && { extensions }) });
    expect(formatted).toEqual(masked);
  });

  test('a masked error has its locations and path', () => {
    const locations = [{ line: 1, column: 2 }];
    expect(formatError({ message: CANARY, locations, path: ['a', 0] })).toEqual({
      ...masked,
      locations,
      path: ['a', 0],
    });
  });
});

describe('formatError', () => {
  test.each(['BAD_REQUEST', 'BAD_REPRESENTATION', 'TOO_MANY_REPRESENTATIONS'])(
    'formatError passes the code %s and drops every other extension',
    (code) => {
      const extensions = { code, stacktrace: [CANARY], http: { status: 400 }, input: CANARY };
      expect(formatError({ message: 'ours', extensions })).toEqual({ message: 'ours', extensions: { code } });
    },
  );

  test('formatError masks every validation message that quotes a literal', () => {
    const messages = [
      `Expected value of type "Int", found "${CANARY}".`,
      `String cannot represent a non string value: ${CANARY}`,
      `Int cannot represent non-integer value: "${CANARY}"`,
      `Enum "PayerJobworthMatch" cannot represent non-enum value: "${CANARY}".`,
      `Value "${CANARY}" does not exist in "PayerJobworthMatch" enum.`,
      `ID cannot represent a non-string and non-integer value: ["${CANARY}"]`,
      `${CANARY} Cannot query field "x"`,
    ];
    for (const message of messages) {
      const formatted = formatError({ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
      expect(JSON.stringify(formatted)).not.toContain(CANARY);
    }
  });
});

describe('generated documents and variables', () => {
  const value = fc.oneof(
    fc.constant(CANARY),
    fc.constantFrom('"', '; ', ' at "', '\n', '\\', '$', 'Field "', '{', '}').map((c) => `${c}${CANARY}${c}`),
    fc.string({ maxLength: 20 }).map((text) => `${text}${CANARY}`),
  );
  /** A value that carries the canary as text, deep in arrays, or under known names. */
  const wrapped = fc.oneof(
    value,
    value.map((text) => [text]),
    value.map((text) => [[text], { id: text }]),
    value.map((text) => ({ id: text, deep: { list: [text] } })),
    value.map((text) => ({ value: text, signedAt: text, nonce: text })),
    value.map((text) => ({ orderId: text, terminalId: [text] })),
  );
  const field = fc.constantFrom(
    ...['channelId', 'authCode', 'appId', 'clientIp', 'queryCode', 'signature', 'channelOptions', 'unheardOf'],
  );
  const literal = fc.oneof(
    value.map((text) => JSON.stringify(text)),
    fc.constant(CANARY),
    value.map((text) => `[${JSON.stringify(text)}]`),
    value.map((text) => `{ id: ${JSON.stringify(text)} }`),
    fc.constant(`"""${CANARY}"""`),
    fc.constant(`"${CANARY}`),
  );
  const template = fc.constantFrom<(text: string) => string>(
    (text) => `mutation { authenticate(input: { channelId: ${text}, authCode: ${text} }) { __typename } }`,
    (text) => `mutation { authenticate(input: ${text}) { __typename } }`,
    (text) => `{ authResult(queryCode: ${text}, waitSeconds: ${text}) { __typename } }`,
    (text) => `{ payerIdentity(id: ${text}) { id openId } }`,
    (text) => `{ payerChannels(appId: ${text}) @include(if: ${text}) { capabilities } }`,
    (text) => `query($w: Int = ${text}) { authResult(queryCode: "x", waitSeconds: $w) { __typename } }`,
    (text) => `{ _entities(representations: [${text}, { __typename: "PayerIdentity", id: ${text} }]) { __typename } }`,
    (text) => `{ payerChannels { capabilities } } # ${text}`,
    (text) => `{ payerChannels { capabilities } ${text}`,
    (text) => `${text} { payerChannels { capabilities } }`,
  );
  const body = fc.oneof(
    fc.dictionary(field, wrapped, { minKeys: 1 }).map((input) => ({
      query: AUTHENTICATE,
      variables: { input: { channelId: 'ali_pay', authCode: 'x', ...input } },
    })),
    wrapped.map((input) => ({ query: AUTHENTICATE, variables: { input } })),
    wrapped.map((code) => ({
      query: 'query($code: String!, $wait: Int) { authResult(queryCode: $code, waitSeconds: $wait) { __typename } }',
      variables: { code, wait: code },
    })),
    fc.array(wrapped, { maxLength: 4 }).map((r) => ({
      query: 'query($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
      variables: { r },
    })),
    fc.tuple(template, literal).map(([make, text]) => ({ query: make(text) })),
    fc.tuple(wrapped, wrapped).map(([extensions, variables]) => ({ query: '{ __typename }', extensions, variables })),
  );

  test('no error repeats a value of a generated document or variable', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(body, async (request) => {
        const { status, errors, text } = await post(request);
        expect(status).toBeLessThan(500);
        expect(text).not.toContain(CANARY);
        if (errors) refused += 1;
      }),
      { numRuns: 400 },
    );
    // The test is about errors: most requests must have had some.
    expect(refused).toBeGreaterThan(200);
  });
});
