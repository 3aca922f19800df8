/** Every place in the contract that takes a text, read from the schema, and an ordinary operation with a value in one of them. */
import {
  type ConstDirectiveNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { resolvers } from '../../../src/graphql/resolvers/resolvers.ts';
import { buildSchema, readTypeDefs } from '../../../src/graphql/schema.ts';

export const schema = buildSchema(resolvers, readTypeDefs());

/** As literals stand in the document, as variables beside it. */
export type Form = 'variable' | 'literal';

export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** A place for a text: an argument, a field of an input, or a part of an entity's key. */
export interface Coordinate {
  readonly name: string;
  /** An operation with this value in this place, and with these in others. */
  request(value: unknown, form?: Form, others?: Fields): GraphqlRequest;
}

/** Values with which an operation reaches the use case. Other required fields are `usual`, or the first of their enum. */
const usual: Fields = {
  channelId: 'wechat_pay',
  authCode: 'test_ok_usual',
  clientIp: '127.0.0.1',
  certName: 'test_ok_usual',
  certNo: '11010519491231002X',
  certifyId: '0123456789abcdef0123456789abcdef',
  queryCode: 'usual-query-code',
};
/** Fields that are valid only together with others. */
const together: Readonly<Record<string, Fields>> = {
  sign: { appId: 'demo-signed', nonceStr: 'usual-nonce-of-ours', reqTime: '2026-01-01 00:00:00' },
  nonceStr: { appId: 'demo-signed', sign: '0'.repeat(64), reqTime: '2026-01-01 00:00:00' },
  reqTime: { appId: 'demo-signed', nonceStr: 'usual-nonce-of-ours', sign: '0'.repeat(64) },
  openId: { userId: undefined },
};
const extras: Readonly<Record<string, Fields>> = { JobworthAuthenticationInput: { userId: '2088000000000000' } };

const textual = (type: GraphQLInputType): boolean => {
  const named = getNamedType(type);
  return isEnumType(named) || (isSpecifiedScalarType(named) && ['String', 'ID'].includes(named.name));
};

const isRequired = (place: GraphQLArgument | GraphQLInputField) =>
  'defaultValue' in place && (isRequiredArgument(place as GraphQLArgument) || isRequiredInputField(place));

const usualValue = (name: string, type: GraphQLInputType): unknown => {
  const named = getNamedType(type);
  if (isInputObjectType(named)) return usualFields(Object.values(named.getFields()), extras[named.name]);
  if (isEnumType(named)) return named.getValues()[0]?.name;
  return usual[name] ?? 'usual';
};

const usualFields = (places: readonly (GraphQLArgument | GraphQLInputField)[], more: Fields = {}): Fields => ({
  ...Object.fromEntries(places.filter(isRequired).map(({ name, type }) => [name, usualValue(name, type)])),
  ...more,
});

/** A selection of everything below a type. */
const selectionOf = (type: GraphQLOutputType): string => {
  const named = getNamedType(type);
  if (isAbstractType(named)) {
    const members = schema.getPossibleTypes(named).map((member) => `... on ${member.name} ${selectionOf(member)}`);
    return `{ __typename ${members.join(' ')} }`;
  }
  if (!isObjectType(named)) return '';
  return `{ ${Object.values(named.getFields())
    .map((field) => `${field.name} ${selectionOf(field.type)}`)
    .join(' ')} }`;
};

/** A value as it stands in a document. */
const literal = (value: unknown, type?: GraphQLInputType): string => {
  const nullable = type && getNullableType(type);
  if (Array.isArray(value)) {
    const inner = isListType(nullable) ? nullable.ofType : undefined;
    return `[${value.map((item) => literal(item, inner)).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = isInputObjectType(nullable) ? nullable.getFields() : {};
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${name}: ${literal(member, fields[name]?.type)}`).join(', ')}}`;
  }
  const isName = isEnumType(nullable) && nullable.getValue(String(value)) !== undefined;
  return isName ? String(value) : (JSON.stringify(value) ?? 'null');
};

interface RootField {
  readonly root: 'query' | 'mutation';
  readonly name: string;
  readonly args: readonly GraphQLArgument[];
  readonly type: GraphQLOutputType;
}

const requestFor = ({ root, name, args, type }: RootField, values: Fields, form: Form): GraphqlRequest => {
  const given = args.filter((arg) => values[arg.name] !== undefined);
  const inParentheses = (texts: string[]) => (texts.length > 0 ? `(${texts.join(', ')})` : '');
  const selection = selectionOf(type);
  if (form === 'literal') {
    const passed = inParentheses(given.map((arg) => `${arg.name}: ${literal(values[arg.name], arg.type)}`));
    return { query: `${root} { ${name}${passed} ${selection} }` };
  }
  const declared = inParentheses(given.map((arg) => `$${arg.name}: ${arg.type}`));
  const passed = inParentheses(given.map((arg) => `${arg.name}: $${arg.name}`));
  return { query: `${root} ${declared} { ${name}${passed} ${selection} }`, variables: values };
};

const coordinatesOf = (field: RootField): Coordinate[] =>
  field.args.flatMap((arg): Coordinate[] => {
    const base = usualFields(field.args);
    const named = getNamedType(arg.type);
    if (isInputObjectType(named))
      return Object.values(named.getFields())
        .filter(({ type }) => textual(type))
        .map((inner) => ({
          name: `${field.name}.${arg.name}.${inner.name}`,
          request(value, form = 'variable', others = {}) {
            const input = { ...(base[arg.name] as Fields), ...together[inner.name], ...others, [inner.name]: value };
            return requestFor(field, { ...base, [arg.name]: input }, form);
          },
        }));
    if (!textual(arg.type)) return [];
    const request: Coordinate['request'] = (value, form = 'variable', others = {}) =>
      requestFor(field, { ...base, ...others, [arg.name]: value }, form);
    return [{ name: `${field.name}.${arg.name}`, request }];
  });

const rootFields: RootField[] = (['query', 'mutation'] as const).flatMap((root) => {
  const type = root === 'query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type?.getFields() ?? {}).map(({ name, args, type: returned }) => ({
    ...{ root, name, args, type: returned },
  }));
});

const leaves = ({ selections }: SelectionSetNode): string[][] =>
  (selections as FieldNode[]).flatMap(({ name, selectionSet }) =>
    (selectionSet ? leaves(selectionSet) : [[]]).map((rest) => [name.value, ...rest]),
  );

const nest = ([name = '', ...rest]: readonly string[], value: unknown, into: Fields): Fields => ({
  ...into,
  [name]: rest.length > 0 ? nest(rest, value, (into[name] ?? {}) as Fields) : value,
});

/** The parts of a key, such as channel.id, appId and openId. */
const keyParts = ({ arguments: args = [] }: ConstDirectiveNode): string[][] => {
  const value = args.find(({ name }) => name.value === 'fields')?.value;
  const [operation] = value?.kind === Kind.STRING ? parse(`{${value.value}}`).definitions : [];
  return operation?.kind === Kind.OPERATION_DEFINITION ? leaves(operation.selectionSet) : [];
};

const keyCoordinates = (entities: RootField, type: GraphQLObjectType): Coordinate[] =>
  (type.astNode?.directives ?? [])
    .filter(({ name }) => name.value === 'key')
    .flatMap((key) => {
      const parts = keyParts(key);
      return [['__typename'], ...parts].map((path): Coordinate => {
        const others = parts.reduce((into, part) => nest(part, usual[part[0] ?? ''] ?? 'usual', into), {
          __typename: type.name,
        } as Fields);
        const request: Coordinate['request'] = (value, form = 'variable') =>
          requestFor(entities, { representations: [nest(path, value, others)] }, form);
        return {
          name: `_entities.${type.name}(${parts.map((part) => part.join('.')).join(' ')}).${path.join('.')}`,
          request,
        };
      });
    });

/** All of them: a new argument is found without a change of this file. */
export const coordinates: readonly Coordinate[] = rootFields.flatMap((field) =>
  field.name === '_entities'
    ? Object.values(schema.getTypeMap()).flatMap((type) => (isObjectType(type) ? keyCoordinates(field, type) : []))
    : coordinatesOf(field),
);
