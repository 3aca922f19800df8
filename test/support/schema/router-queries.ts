/** Generates requests as routers and clients send them: queries of the fields that only read, valid but for a few. */
import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
} from 'graphql';
import { schema } from './coordinates.ts';

export interface RouterRequest {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: Readonly<Record<string, unknown>> | null;
}

/** Values that the fields may be asked with; the caller knows which of them exist. */
export interface Known {
  readonly queryCodes: readonly string[];
  readonly ids: readonly string[];
  readonly refs: readonly string[];
}

type Draw = <T>(choices: readonly T[]) => T;
type Pen = { readonly draw: Draw; readonly spread: Map<string, string>; readonly odd: boolean };

/** Without those of introspection, and with a key of an object's prototype among the aliases. */
const aliases = ['', '', '', '', 'a: ', 'b: ', 'constructor: ', '_0: ', 'then: '];
const directives = ['@include(if: true)', '@skip(if: true)', '@include(if: $flag)', '@skip(if: false)'];

const below = (pen: Pen, type: GraphQLNamedType, depth: number): string =>
  isCompositeType(type) ? selection(pen, type, depth) : '';

const field = (pen: Pen, type: GraphQLNamedType, depth: number): string => {
  const { draw, odd } = pen;
  const own =
    isAbstractType(type) && !('getFields' in type) ? [] : Object.values('getFields' in type ? type.getFields() : {});
  const one = own.length > 0 && draw([0, 1, 1, 1, 1, 1]) ? (draw(own) as GraphQLField<unknown, unknown>) : undefined;
  if (!one) return draw(['__typename', '__typename', 'kind: __typename', odd ? '__proto__: __typename' : '__typename']);
  const alias = depth < 2 ? draw(aliases) : '';
  const directive = odd ? draw([...directives, '', '', '', '']) : '';
  return `${alias}${one.name} ${directive} ${below(pen, getNamedType(one.type), depth + 1)}`;
};

const fragment = (pen: Pen, type: GraphQLNamedType, depth: number): string => {
  const { draw, spread } = pen;
  const members: readonly GraphQLNamedType[] = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  const member: GraphQLNamedType = draw<GraphQLNamedType>([...members, ...members, type]);
  const text = selection(pen, member, depth + 1);
  if (draw([0, 0, 1])) return `... ${draw([`on ${member.name}`, member === type ? '' : `on ${member.name}`])} ${text}`;
  const name = `F${spread.size}`;
  spread.set(name, `fragment ${name} on ${member.name} ${text}`);
  return draw([`...${name}`, `...${name} ...${name}`]);
};

const selection = (pen: Pen, type: GraphQLNamedType, depth = 0): string => {
  const { draw } = pen;
  if (depth > 5) return '{ __typename }';
  const isUnion = isAbstractType(type) && !isObjectType(type);
  const one = () =>
    draw(isUnion ? [1, 1, 1, 0] : [1, 0, 0, 0, 0]) ? fragment(pen, type, depth) : field(pen, type, depth);
  return `{ ${Array.from({ length: draw([1, 2, 3, 5]) }, one).join(' ')} }`;
};

const typeNamed = (name: string): GraphQLNamedType => {
  const type = schema.getType(name);
  if (!type) throw new Error(`The contract has no type ${name}`);
  return type;
};

const oddRepresentations = [null, 'text', {}, [], { __typename: 'PayerIdentity' }, { __typename: 'Query', id: 'x' }];

const representation = ({ draw, odd }: Pen, { ids, refs }: Known): unknown => {
  if (odd && draw([0, 0, 1])) return draw(oddRepresentations);
  if (draw([0, 0, 0, 1])) return { __typename: 'PayerChannel', id: draw(['ali_pay', 'nope']) };
  return { __typename: 'PayerIdentity', ...(draw([0, 1, 1]) ? { id: draw(ids) } : { ref: draw(refs) }) };
};

interface Root {
  readonly text: string;
  readonly declared: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const rootField = (pen: Pen, known: Known, index: number): Root => {
  const { draw, odd } = pen;
  const name = draw([
    '_entities',
    '_entities',
    '_entities',
    'authResult',
    'authResult',
    'payerIdentity',
    'payerChannels',
  ]);
  const key = draw(['', '', `r${index}: `]);
  const variable = `$v${index}`;
  const wrong = odd ? draw([undefined, undefined, undefined, null, 5, [], {}, [null]]) : undefined;
  const root = (argument: string, type: string, declaredType: string, value: unknown): Root => {
    const given = wrong === undefined ? value : wrong;
    const literal = draw([0, 0, 0, 1]) && typeof given === 'string';
    const text = `${key}${name}(${argument}: ${literal ? JSON.stringify(given) : variable}) ${selection(pen, typeNamed(type))}`;
    return literal
      ? { text, declared: '', variables: {} }
      : { text, declared: `${variable}: ${declaredType}`, variables: { [variable.slice(1)]: given } };
  };
  switch (name) {
    case '_entities': {
      const list = Array.from({ length: draw([0, 1, 1, 2, 3, 7]) }, () => representation(pen, known));
      return root('representations', '_Entity', '[_Any!]!', list);
    }
    case 'authResult':
      return root('queryCode', 'PayerAuthResult', 'String!', draw(known.queryCodes));
    case 'payerIdentity':
      return root('id', 'PayerIdentity', 'ID!', draw(known.ids));
    default:
      return root('appId', 'PayerAppChannel', draw(['ID', 'ID = "shop"']), draw(['shop', 'nope', 7]));
  }
};

const write = (draw: Draw, known: Known): RouterRequest => {
  const pen: Pen = { draw, spread: new Map(), odd: draw([0, 0, 1]) === 1 };
  const roots = Array.from({ length: draw([1, 1, 1, 1, 2, 3]) }, (_, index) => rootField(pen, known, index));
  const declared = roots.map((root) => root.declared).filter(Boolean);
  const flags = pen.odd ? ['$flag: Boolean = true'] : [];
  const inParentheses = (texts: string[]) => (texts.length > 0 ? `(${texts.join(', ')})` : '');
  const name = draw(['', 'Orders__payer__1', 'Q']);
  const head =
    name || declared.length > 0
      ? `query ${name}${inParentheses([...declared, ...(declared.length > 0 ? flags : [])])}`
      : '';
  const other = pen.odd && name ? draw(['', 'query Other { __typename }', 'mutation Other { __typename }']) : '';
  const query = [`${head} { ${roots.map(({ text }) => text).join(' ')} }`, other, ...pen.spread.values()].join('\n');
  const variables = Object.assign({}, ...roots.map((root) => root.variables));
  const operationName = draw(name ? [name, name, undefined, null] : [undefined, null]);
  const extensions = draw([
    undefined,
    undefined,
    null,
    {},
    { 'hmac-signature': 'x' },
    ...(pen.odd ? [{ persistedQuery: {} }] : []),
  ]);
  return {
    query,
    ...(Object.keys(variables).length > 0 && { variables }),
    ...(operationName !== undefined && { operationName: pen.odd ? draw([operationName, 'Other', '']) : operationName }),
    ...(extensions !== undefined && { extensions }),
  };
};

/** The same seed makes the same requests. */
export const routerRequests = (known: Known): fc.Arbitrary<RouterRequest> =>
  fc.infiniteStream(fc.nat({ max: 2 ** 30 })).map((stream) => {
    const draw: Draw = (choices) => choices[(stream.next().value ?? 0) % choices.length] as (typeof choices)[number];
    return write(draw, known);
  });
