/** How limits count, and which answers admission counts as wrong guesses; operation-limits.test.ts has the whole service. */
import { buildSchema, execute, Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import { admitField } from '../../src/graphql/field-admission.ts';
import { limitOperations, type OperationLimits } from '../../src/graphql/operation-limits.ts';

const many: OperationLimits = {
  ...{ depth: 9, aliases: 9, directives: 9, longFields: 9, queryFields: 9, mutationFields: 9 },
  ...{ sensitiveFields: 9, representations: 9 },
};

/** The message that an operation is refused with. */
const refusal = async (limits: Partial<OperationLimits>, source: string, variables?: Record<string, unknown>) => {
  const document = parse(source);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const listener = await limitOperations({ ...many, ...limits }).requestDidStart?.({} as never);
  const given = { document, operation, request: { variables } };
  return listener?.didResolveOperation?.(given as never).then(
    () => undefined,
    (error: Error) => error.message,
  );
};

describe('messages of limits', () => {
  test.each<[Partial<OperationLimits>, string, string]>([
    [{ depth: 1 }, '{ a { b } }', 'At most 1 levels of fields per operation'],
    [{ aliases: 0 }, '{ a: b }', 'At most 0 aliases per operation'],
    [{ directives: 0 }, '{ a @skip(if: false) }', 'At most 0 directives per operation'],
    [{ longFields: 1 }, '{ a { qr sdl } }', 'At most 1 QR codes, HTML forms and schemas per operation'],
    [{ longFields: 1 }, '{ a { authorizeQr { html } } }', 'At most 1 QR codes, HTML forms and schemas per operation'],
    [{ queryFields: 1 }, '{ a b }', 'At most 1 fields at the root per operation'],
    [{ mutationFields: 1 }, 'mutation { a b }', 'At most 1 fields at the root per operation'],
    [
      { sensitiveFields: 1 },
      'mutation { authenticate authenticateAndSet }',
      'At most 1 fields that redeem a code or return a secret per operation',
    ],
    [{ representations: 0 }, '{ payerIdentity }', 'At most 0 representations per operation'],
  ])('an operation over the limits %j is rejected with the limit in the message', async (limits, source, message) => {
    expect(await refusal(limits, source)).toBe(message);
    expect(await refusal({}, source)).toBeUndefined();
  });

  test('a document without an operation is over no limit', async () => {
    expect(await refusal({ depth: 0 }, 'fragment F on T { a }')).toBeUndefined();
  });
});

describe('representations', () => {
  /** How many there are of, by the limit that lets them through. */
  const counted = async (source: string, variables?: Record<string, unknown>) => {
    for (let representations = 0; representations < 9; representations += 1)
      if ((await refusal({ representations }, source, variables)) === undefined) return representations;
    return undefined;
  };
  const byVariable = 'query ($other: [X] = [1], $r: [X] = [1, 2, 3]) { _entities(more: 1, representations: $r) { a } }';

  test.each<[number, string, Record<string, unknown>?]>([
    [0, '{ other(representations: [1, 2]) }'],
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
    [3, '{ a: payerIdentity ...F ...F } fragment F on Query { _entities(representations: [1, 2]) { a } }'],
  ])('%i representations are counted in %s with %j', async (count, source, variables) => {
    expect(await counted(source, variables)).toBe(count);
  });
});

describe('what a sensitive field answers', () => {
  const ask = async (resolve: () => unknown) => {
    const schema = buildSchema('scalar Any type Query { authResult: Any }');
    const field = schema.getQueryType()?.getFields().authResult;
    if (!field) throw new Error('authResult');
    field.resolve = resolve;
    let guesses = 0;
    const admission = {
      admit: (_: string, __: object, ___: object, work: () => unknown) => work(),
      countGuess: () => {
        guesses += 1;
      },
    };
    const contextValue = { admission, call: { traceId: 't' } };
    const result = await execute({ schema: admitField(schema), document: parse('{ authResult }'), contextValue });
    return { guesses, error: result.errors?.[0]?.originalError };
  };

  test.each<[number, unknown]>([
    [1, { status: 'NOT_EXIST' }],
    [1, { code: 'CERTIFY_ID_UNKNOWN' }],
    [1, { code: 'QUERY_CODE_TAKEN' }],
    [0, { status: 'WAITING' }],
    [0, { code: 'NOT_EXIST' }],
    [0, { status: 'QUERY_CODE_TAKEN' }],
    [0, {}],
    [0, null],
    [0, undefined],
    [0, 'NOT_EXIST'],
    [0, 7],
  ])('admission counts %i wrong guesses for the answer %j', async (guesses, answer) => {
    expect(await ask(() => answer)).toEqual({ guesses, error: undefined });
  });

  test.each([new Error('not ours'), new PayerIdentityError('NOT_ALLOWED')])(
    'an error that is not ours to answer is thrown on unchanged: %s',
    async (error) => {
      const thrown = await ask(() => {
        throw error;
      });
      expect(thrown).toEqual({ guesses: 0, error });
      expect(thrown.error).toBe(error);
    },
  );
});
