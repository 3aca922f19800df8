/** Generates GraphQL documents from the schema: valid ones, nearly valid ones, and expensive ones. */
import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { GraphqlRequest } from './coordinates.ts';
import { schema } from './coordinates.ts';

/** Draws the next value; every choice of a document is one. */
type Draw = <T>(choices: readonly T[]) => T;

/** The writer of one document: valid, or with some flaws. */
interface Pen {
  readonly draw: Draw;
  readonly slips: () => boolean;
  /** A number that is unique in the document. */
  readonly next: () => number;
}

const texts = [
  ...['', 'ali_pay', 'wechat_pay', 'union_pay', 'demo', 'demo-signed', 'test_ok_a', 'test_invalid_a', '127.0.0.1'],
  ...[
    '0123456789abcdef',
    '11010519491231002X',
    'PayerIdentity',
    'PayerChannel',
    '\u0000',
    '\ud83d\ude00',
    '\u202e',
    'é',
  ],
  ...[
    'x'.repeat(5_000),
    '\\',
    '"',
    '"""',
    '{}',
    '__proto__',
    '\ufeff',
    '2026-01-01T00:00:00.000Z',
    '%s%n',
    'wechat_pay/demo/openId/a',
  ],
];
const rawStrings = [
  ...['"\\ud83d"', '"\\u{1F600}"', '"\\u{110000}"', '"\\x41"', '"""a\n  b \\""" c"""', '""', '"""', '"\n"', "'a'"],
];
const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '25',
  '2147483648',
  '9'.repeat(400),
  '1e400',
  '-1.5e-400',
  '00',
  '0x1',
  '1.',
  '.5',
];
const oddities = [...numbers, ...rawStrings, 'null', 'true', 'UNKNOWN', '$nowhere', '[]', '{}', '[null]', '{a: 1}'];
const nasty = [
  ...['{', '}', '(', ')', '[', ']', '...', '@', '!', '$', ':', '=', '|', '&', '#\n', ',', '\u0000', '\ufeff', '\r'],
  ...[
    'query',
    'mutation',
    'subscription',
    'fragment',
    'on',
    'extend',
    'type',
    '__typename',
    '__schema',
    'é',
    '😀',
    '\\',
  ],
  ...['"', '"""', '@defer', '@stream', '@include(if: $x)', '@skip', 'toString', '__proto__', 'constructor', '...F'],
];
const wrongDirectives = [
  ...['@include(if: $flag)', '@skip', '@nope(x: 1)', '@include(if: "yes")', '@deprecated', '@key(fields: "id")'],
  '@skip(if: false) @skip(if: false)',
];
const directive = ({ draw, slips }: Pen) =>
  slips() ? draw(wrongDirectives) : draw(['', '', '', '', '@include(if: true)', '@skip(if: false)']);

const nested = (open: string, close: string, depth: number, core: string) =>
  open.repeat(depth) + core + close.repeat(depth);

/** waitSeconds delays an answer, so no document sets it. */
const waits = ['0', '0', '-1', '"1"', '1.5', 'null'];

const literal = (pen: Pen, type: GraphQLInputType, name: string): string => {
  const { draw, slips } = pen;
  if (name === 'waitSeconds') return slips() ? draw(waits) : '0';
  if (slips()) return draw([...oddities, nested('[', ']', 400, '1'), nested('{a:', '}', 300, '1')]);
  const nullable = getNullableType(type);
  if (isListType(nullable))
    return `[${Array.from({ length: draw([0, 1, 1, 2, 5]) }, () => literal(pen, nullable.ofType, name)).join(' ')}]`;
  if (isInputObjectType(nullable)) {
    const given = Object.values(nullable.getFields()).filter((field) => isNonNullType(field.type) || draw([0, 1]));
    return `{${given.map((field) => `${field.name}: ${literal(pen, field.type, field.name)}`).join(', ')}}`;
  }
  if (isEnumType(nullable)) return draw(nullable.getValues()).name;
  if (getNamedType(type).name === '_Any')
    return `{__typename: ${JSON.stringify(draw(['PayerIdentity', 'PayerChannel', 'Query', '']))}, ${draw(['id', 'ref'])}: ${JSON.stringify(draw(texts))}}`;
  return getNamedType(type).name === 'Int' ? draw(['0', '1', '25', '-1']) : JSON.stringify(draw(texts));
};

const argumentsOf = (pen: Pen, { args }: GraphQLField<unknown, unknown>): string => {
  const { draw, slips } = pen;
  const given = args.filter((arg) => isNonNullType(arg.type) || draw([0, 1]));
  const value = (arg: GraphQLArgument) =>
    slips() ? draw(['$text', '$input', '$flag']) : literal(pen, arg.type, arg.name);
  return given.length > 0 ? `(${given.map((arg) => `${arg.name}: ${value(arg)}`).join(', ')})` : '';
};

const fragments = ['A', 'B', 'C'];
const wrongSelections = [
  ...['', 'nope', 'nope { nope }', '...Nope', '... on Nope { id }', 'id { id }', '__proto__: id', '...A', '...B @skip'],
];

const field = (pen: Pen, of: GraphQLField<unknown, unknown>, depth: number): string => {
  // Without an alias of its own it may conflict with another field.
  const alias = pen.slips() ? pen.draw(['', 'a: ', '__proto__: ']) : `f${pen.next()}: `;
  const named = getNamedType(of.type);
  const below = isCompositeType(named) ? selection(pen, named, depth + 1) : '';
  return `${alias}${of.name}${argumentsOf(pen, of)} ${directive(pen)} ${below}`;
};

const selection = (pen: Pen, type: GraphQLNamedType, depth = 0): string => {
  const { draw, slips } = pen;
  if (depth > 6) return '{ __typename }';
  const fields = isUnionType(type) || !('getFields' in type) ? [] : Object.values(type.getFields());
  const members = isUnionType(type) ? type.getTypes() : [type];
  const one = () => {
    if (slips()) return draw(wrongSelections);
    const kind = draw(['field', 'field', 'field', 'field', 'inline', 'typename']);
    if (kind === 'field' && fields.length > 0) return field(pen, draw(fields) as GraphQLField<unknown, unknown>, depth);
    if (kind === 'typename') return '__typename';
    const member = draw(members);
    return `... ${draw([`on ${member.name}`, `on ${member.name}`])} ${directive(pen)} ${selection(pen, member, depth + 1)}`;
  };
  return `{ ${Array.from({ length: draw(depth === 0 ? [1, 1, 2, 3] : [1, 2, 4]) }, one).join(' ')} }`;
};

const composite = Object.values(schema.getTypeMap()).filter(
  (type) => isObjectType(type) && !type.name.startsWith('__'),
);
const wrongVariables = [
  '($text: String!, $input: PayerAuthenticateInput!, $flag: Boolean = true)',
  '($a: Nope)',
  '($a: ID, $a: ID)',
];

const operation = (pen: Pen): string => {
  const { draw, slips } = pen;
  const root = slips() ? 'subscription' : draw(['query', 'query', 'mutation'] as const);
  const type = root === 'mutation' ? schema.getMutationType() : schema.getQueryType();
  const name = `${draw(['', 'Q', 'R'])}${slips() ? draw(wrongVariables) : ''}`;
  return `${root} ${name} ${directive(pen).replaceAll(/@(?:skip|include)\(if: \w+\)/g, '')} ${type ? selection(pen, type) : ''}`;
};

/** Fragments that may spread each other and themselves, and that nothing may use. */
const document = (pen: Pen): string => {
  const { draw, slips } = pen;
  const definitions = fragments
    .filter(slips)
    .map((name) => [name, draw(composite)] as const)
    .map(([name, type]) => `fragment ${name} on ${type.name} ${selection(pen, type, 4)}`);
  return [...Array.from({ length: slips() ? 2 : 1 }, () => operation(pen)), ...definitions].join('\n');
};

const deep = (draw: Draw): string => {
  const depth = draw([5, 50, 300, 5_000]);
  return draw([
    nested('{ a: __typename ... ', '}', depth, '{ __typename }'),
    `{ authResult(queryCode: ${nested('[', ']', depth, '"x"')}) { __typename } }`,
    `query ($x: ${nested('[', ']', depth, 'Int')}) { __typename }`,
    `{ ${'__typename '.repeat(depth)} }`,
    `{ ${Array.from({ length: depth }, (_, index) => `a${index}: payerChannels { capabilities }`).join(' ')} }`,
    `{ ...F0 } ${Array.from({ length: Math.min(depth, 120) }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(' ')}`,
    `{ __typename ${'@skip(if: false) '.repeat(depth)} }`,
    `{ __schema { types { ${nested('fields { type {', '} }', Math.min(depth, 60), 'name')} } } }`,
    `{ payerIdentity(id: "${'y'.repeat(depth * 10)}") { id } }`,
    `{ authResult(queryCode: "q", waitSeconds: ${'9'.repeat(depth)}0) { __typename } }`,
  ]);
};

/** Removes, repeats, swaps or replaces a few tokens. */
const mutate = (draw: Draw, text: string): string => {
  const tokens = text.match(/"""[\s\S]*?"""|"(?:\\.|[^"\\])*"|\.\.\.|\w+|\s+|[^\w\s]/g) ?? [];
  for (let times = draw([1, 1, 2, 5]); times > 0 && tokens.length > 0; times -= 1) {
    const positions = tokens.map((_, index) => index);
    const [at, other] = [draw(positions), draw(positions)];
    const [token = '', second = ''] = [tokens[at], tokens[other]];
    tokens.splice(at, 1, ...draw([[], [token, token], [second], [draw(nasty)], [token, draw(nasty)]]));
  }
  return tokens.join('');
};

const variablesOf = (draw: Draw): GraphqlRequest['variables'] =>
  draw([
    undefined,
    {},
    {
      text: draw(texts),
      flag: draw([true, false, null, 'yes']),
      input: { channelId: draw(texts), authCode: draw(texts) },
    },
    {
      text: [[[draw(texts)]]],
      input: draw(['', 5, null, [], { channelId: {} }, JSON.parse('{"__proto__": {"channelId": "a"}}')]),
    },
  ]);

/** A request with a document of one of these kinds; the same seed makes the same requests. */
export const requests: fc.Arbitrary<GraphqlRequest & { readonly operationName?: string }> = fc
  .infiniteStream(fc.nat({ max: 2 ** 30 }))
  .map((stream) => {
    const draw: Draw = (choices) => choices[(stream.next().value ?? 0) % choices.length] as (typeof choices)[number];
    const kind = draw(['right', 'right', 'wrong', 'mutated', 'mutated', 'deep']);
    let count = 0;
    const next = () => {
      count += 1;
      return count;
    };
    const pen = { draw, next, slips: () => kind === 'wrong' && draw([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) === 1 };
    const written = kind === 'deep' ? deep(draw) : document(pen);
    const query = kind === 'mutated' ? mutate(draw, written) : written;
    const variables = variablesOf(draw);
    const operationName = kind === 'right' ? undefined : draw([undefined, undefined, 'Q', 'nope']);
    return { query, ...(variables && { variables }), ...(operationName && { operationName }) };
  });
