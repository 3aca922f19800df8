/** How limits count, and which answers admission counts as wrong guesses; operation-limits.test.ts has the whole service. */
import { buildSchema, execute, GraphQLError, Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import { admitField } from '../../src/graphql/field-admission.ts';
import { createRepeatedCheck, limitOperations, type OperationLimits } from '../../src/graphql/operation-limits.ts';
import { createReferenceBudget } from '../../src/graphql/reference-budget.ts';

const many: OperationLimits = {
  ...{ depth: 9, aliases: 9, directives: 9, fields: 999, longFields: 9, queryFields: 9, mutationFields: 9 },
  ...{ sensitiveFields: 9 },
};

/** The message that an operation is refused with, and its code. */
const refusal = async (limits: Partial<OperationLimits>, source: string, variables?: Record<string, unknown>) => {
  const document = parse(source);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const listener = await limitOperations({ ...many, ...limits }).requestDidStart?.({} as never);
  const given = { document, operation, request: { variables } };
  return listener?.didResolveOperation?.(given as never).then(
    () => undefined,
    ({ message, extensions }: GraphQLError) => `${extensions.code}: ${message}`,
  );
};

describe('messages of limits', () => {
  const onceEach = 'fields, counted once for each entity reference per operation';
  test.each<[Partial<OperationLimits>, string, string]>([
    [{ depth: 1 }, '{ a { b } }', 'TOO_DEEP: At most 1 levels of fields per operation'],
    [{ aliases: 0 }, '{ a: b }', 'TOO_MANY_ALIASES: At most 0 aliases per operation'],
    [{ directives: 0 }, '{ a @skip(if: false) }', 'TOO_MANY_DIRECTIVES: At most 0 directives per operation'],
    [{ fields: 1 }, '{ a { b } }', `TOO_MANY_FIELDS: At most 1 ${onceEach}`],
    ...['{ a { qr html } }', '{ a { authorizeQr { html } } }'].map(
      (source): [Partial<OperationLimits>, string, string] => [
        { longFields: 1 },
        source,
        'TOO_MANY_LONG_FIELDS: At most 1 QR codes, HTML forms and schemas per operation',
      ],
    ),
    [{ queryFields: 1 }, '{ a b }', 'TOO_MANY_ROOT_FIELDS: At most 1 fields at the root per operation'],
    [{ mutationFields: 1 }, 'mutation { a b }', 'TOO_MANY_ROOT_FIELDS: At most 1 fields at the root per operation'],
    [
      { sensitiveFields: 1 },
      'mutation { startAuthentication startIdentityCertification }',
      'TOO_MANY_SENSITIVE_FIELDS: At most 1 fields that redeem a code or return a secret per operation',
    ],
    [
      { sensitiveFields: 1, mutationFields: 2 },
      'mutation { cancelAuthentication reportAuthenticationStep }',
      'TOO_MANY_SENSITIVE_FIELDS: At most 1 fields that redeem a code or return a secret per operation',
    ],
  ])('an operation over the limits %j is rejected with the limit in the message', async (limits, source, message) => {
    expect(await refusal(limits, source)).toBe(message);
    expect(await refusal({}, source)).toBeUndefined();
  });

  test('a document without an operation is over no limit', async () => {
    expect(await refusal({ depth: 0 }, 'fragment F on T { a }')).toBeUndefined();
  });
});

describe('fields that redeem a code', () => {
  const message = 'TOO_MANY_SENSITIVE_FIELDS: At most 1 fields that redeem a code per operation';
  test.each([
    'mutation { authenticate a: authenticate }',
    'mutation { authenticate authenticateAndSet }',
    'mutation { authenticateAndSet ...F } fragment F on Mutation { a: authenticateAndSet }',
    '{ jobworthAuthentication a: jobworthAuthentication }',
  ])('a second one is rejected, with any limits: %s', async (source) => {
    expect(await refusal({ sensitiveFields: 9, mutationFields: 9, queryFields: 9 }, source)).toBe(message);
  });

  test.each([
    'mutation { authenticate startAuthentication initializeIdentityCertification }',
    '{ jobworthAuthentication authResult a: authResult identityCertification }',
  ])('one beside other sensitive fields passes: %s', async (source) => {
    expect(await refusal({}, source)).toBeUndefined();
  });
});

describe('the fields of the router', () => {
  const places = (count: number) => Array.from({ length: count }, (_, i) => `_v${i}__entities: _entities { a }`);

  test('_entities counts neither as a root field nor, by its name, as an alias', async () => {
    const limits = { queryFields: 1, aliases: 0 };
    expect(await refusal(limits, `{ ${places(9).join(' ')} b __typename }`)).toBeUndefined();
    expect(await refusal(limits, `{ ${places(9).join(' ')} b c }`)).toMatch(/^TOO_MANY_ROOT_FIELDS/);
  });

  test('aliases within _entities count as fields alone, those beside it count', async () => {
    expect(await refusal({ aliases: 1 }, '{ a: _entities { b: c d: c } e: f }')).toBeUndefined();
    expect(await refusal({ aliases: 1 }, '{ a: _entities { b: c } e: f g: f }')).toMatch(/^TOO_MANY_ALIASES/);
  });
});

describe('fields of an answer', () => {
  /** How many there are, by the limit that lets them through. */
  const counted = async (source: string, variables?: Record<string, unknown>) => {
    for (let fields = 0; fields < 99; fields += 1)
      if ((await refusal({ fields }, source, variables)) === undefined) return fields;
    return undefined;
  };

  test.each<[number, string]>([
    [1, '{ a }'],
    [3, '{ a { b c } }'],
    [2, '{ ... { ...F } } fragment F on Query { a { b } }'],
    [4, '{ a: x { ...F } b: x { ...F } } fragment F on X { y }'],
    [1, `{ ${'a'.repeat(32)} }`],
    [2, `{ ${'a'.repeat(33)} }`],
    [2, `{ a ${'a'.repeat(32)}: b }`],
    [3, `{ a ${'a'.repeat(33)}: b }`],
    [1, `{ a: ${'b'.repeat(33)} }`],
  ])('%i fields are counted in %s', async (count, source) => {
    expect(await counted(source)).toBe(count);
  });

  const byVariable = 'query ($other: [X] = [1], $r: [X] = [1, 2, 3]) { _entities(more: 1, representations: $r) { a } }';
  test.each<[number, string, Record<string, unknown>?]>([
    [0, '{ _entities(representations: []) { a } }'],
    [2, '{ _entities(representations: [1, 2]) { a } }'],
    [2, '{ _entities(more: [1, 2, 3], representations: [1, 2]) { a } }'],
    [1, '{ _entities(representations: {a: 1}) { a } }'],
    [1, '{ _entities(more: [1, 2]) { a } }'],
    [1, '{ _entities { a } }'],
    [3, byVariable],
    [3, byVariable, { other: [1] }],
    [2, byVariable, { r: [1, 2] }],
    [0, byVariable, { r: [] }],
    [1, byVariable, { r: { a: 1 } }],
    [1, 'query ($r: [X]) { _entities(representations: $r) { a } }'],
    [1, 'query ($r: [X] = {a: [1, 2]}) { _entities(representations: $r) { a } }'],
    [1, 'query { _entities(representations: $r) { a } }'],
  ])(
    'of %i places in %s with %j each counts as 12 fields and those selected in it',
    async (places, source, variables) => {
      expect(await counted(source, variables)).toBe(1 + places * 13);
    },
  );

  test('a list of representations counts once for each field that uses it', async () => {
    const source =
      'query ($r: [X]) { a: _entities(representations: $r) { a } ...F } fragment F on Query { b: _entities(representations: $r) { a b } }';
    expect(await counted(source, { r: [1, 2] })).toBe(1 + 2 * 13 + 1 + 2 * 14);
  });
});

describe('a budget of references', () => {
  const open = (max: number) => {
    const budget = createReferenceBudget(max);
    return (entity: string, key: string): unknown => {
      try {
        return budget.spend(entity, key) ?? 'within';
      } catch (error) {
        return error;
      }
    };
  };
  const refused = {
    message: 'At most 2 different references per operation',
    extensions: { code: 'TOO_MANY_REPRESENTATIONS' },
  };

  test('as many different references as the ceiling are within it, and each further one is refused', () => {
    const spend = open(2);
    expect([spend('A', '1'), spend('A', '2')]).toEqual(['within', 'within']);
    expect(spend('A', '3')).toBeInstanceOf(GraphQLError);
    expect([spend('A', '3'), spend('B', '1')]).toMatchObject([refused, refused]);
  });

  test('a reference that is equal to an earlier one costs nothing, also over the ceiling', () => {
    const spend = open(2);
    for (const key of ['1', '1', '2', '1', '2']) expect(spend('A', key)).toBe('within');
    expect(spend('A', '3')).toMatchObject(refused);
    expect(spend('A', '1')).toBe('within');
  });

  test('the same key of two entities is two references', () => {
    const spend = open(2);
    expect([spend('A', '1'), spend('B', '1'), spend('C', '1')]).toMatchObject(['within', 'within', refused]);
  });
});

describe('what a sensitive field answers', () => {
  const ask = async (resolve: () => unknown, document = '{ authResult }') => {
    const schema = buildSchema('scalar Any type Query { authResult: Any payerChannels: Any }');
    for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) field.resolve = resolve;
    const seen = { admitted: 0, guesses: 0, notes: [] as unknown[] };
    const admission = {
      admit: (_: string, __: object, ___: object, work: () => unknown) => {
        seen.admitted += 1;
        return work();
      },
      countGuess: () => {
        seen.guesses += 1;
      },
    };
    const call = { traceId: 't', note: (note: unknown) => void seen.notes.push(note) };
    const contextValue = { admission, call };
    const { data, errors } = await execute({ schema: admitField(schema), document: parse(document), contextValue });
    return { ...seen, data: data?.authResult, error: errors?.[0]?.originalError };
  };

  test.each<[number, unknown]>([
    [1, { code: 'QUERY_CODE_UNKNOWN' }],
    [1, { code: 'CERTIFY_ID_UNKNOWN' }],
    [1, { code: 'QUERY_CODE_TAKEN' }],
    [0, { code: 'RATE_LIMITED' }],
    [0, { code: 'WAITING' }],
    [0, { status: 'QUERY_CODE_UNKNOWN' }],
    [0, {}],
    [0, null],
    [0, undefined],
    [0, 'QUERY_CODE_UNKNOWN'],
    [0, 7],
  ])('admission counts %i wrong guesses for the answer %j', async (guesses, answer) => {
    expect(await ask(() => answer)).toMatchObject({ admitted: 1, guesses, error: undefined, notes: [] });
  });

  test('each of several fields is admitted and counted by itself', async () => {
    const document = '{ a: authResult ...F } fragment F on Query { b: authResult c: authResult }';
    const answer = { code: 'QUERY_CODE_UNKNOWN' };
    expect(await ask(() => answer, document)).toMatchObject({ admitted: 3, guesses: 3 });
  });

  test('a field that is not sensitive is not admitted', async () => {
    expect(await ask(() => ({ code: 'QUERY_CODE_UNKNOWN' }), '{ payerChannels }')).toMatchObject({
      admitted: 0,
      guesses: 0,
    });
  });

  test('a failure of admission is the answer of its field, with the time to wait, and is noted for the log', async () => {
    const refused = new PayerIdentityError('RATE_LIMITED', { retryAfterSeconds: 37 });
    const answer = await ask(() => {
      throw refused;
    });
    const busy = { __typename: 'PayerServiceBusy', code: 'RATE_LIMITED', retryAfterSeconds: 37, traceId: 't' };
    expect(answer).toMatchObject({ guesses: 0, error: undefined, data: busy, notes: [{ code: 'RATE_LIMITED' }] });
  });

  test('an error that is not ours is thrown on unchanged', async () => {
    const error = new Error('not ours');
    const thrown = await ask(() => {
      throw error;
    });
    expect(thrown).toMatchObject({ guesses: 0, notes: [] });
    expect(thrown.error).toBe(error);
  });
});

describe('an operation that is repeated', () => {
  /** Whether the operation is within the limits, for one set of variables after another. */
  const verdicts = (limits: Partial<OperationLimits>, source: string, ...given: Record<string, unknown>[]) => {
    const document = parse(source);
    const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    if (!operation) throw new Error('no operation');
    const isWithin = createRepeatedCheck(operation, document, { ...many, ...limits });
    return given.map((variables) => isWithin(variables));
  };
  const places = (count: number) => Array.from({ length: count }, () => ({}));
  const one = 'query ($r: [_Any!]!) { _entities(representations: $r) { a } }';
  const two = `query ($r: [_Any!]!, $s: [_Any!]!) {
    ...F
    b: _entities(representations: $s) { a }
  }
  fragment F on Query { a: _entities(representations: $r) { a } }`;

  test('a repeated operation is refused for the first place beyond limits.fields, in any order', () => {
    const counts = [1, 3, 4, 3, 2, 4, 9, 3].map((count) => ({ r: places(count) }));
    // 1 + 3 * 13, and 13 more.
    expect(verdicts({ fields: 40 }, one, ...counts)).toEqual([true, true, false, true, true, false, false, true]);
  });

  test('a repeated operation with two lists is refused by their sum, those in fragments included', () => {
    const counts = [
      [4, 1],
      [1, 4],
      [4, 4],
      [3, 2],
      [5, 1],
      [1, 1],
    ].map(([r = 0, s = 0]) => ({ r: places(r), s: places(s) }));
    // 2 + 5 * 13.
    expect(verdicts({ fields: 67 }, two, ...counts)).toEqual([true, true, false, true, false, true]);
  });

  test('a repeated operation without lists has one verdict', () => {
    expect(verdicts({ depth: 1 }, '{ a { b } }', {}, { r: places(3) })).toEqual([false, false]);
    expect(verdicts({ depth: 2 }, '{ a { b } }', {}, { r: places(3) })).toEqual([true, true]);
  });
});
