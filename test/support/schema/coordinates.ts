/** Every place in the contract that takes a text, read from the schema, and an ordinary operation with a value in one of them. */
import {
  type ConstDirectiveNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputObjectType,
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
  Kind,
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
  /** The value with which the operation is an ordinary one. */
  readonly usual: unknown;
  /** An operation with this value in this place, and with these in others. */
  request(value: unknown, form?: Form, others?: Fields): GraphqlRequest;
}

/** Values with which an operation reaches the use case. Other required fields are `usual`, or the first of their enum. */
const usual: Fields = {
  appId: 'demo',
  channelId: 'wechat_pay',
  authCode: 'test_ok_usual',
  clientIp: '127.0.0.1',
  holderName: 'test_ok_usual',
  number: '11010519491231002X',
  certifyId: '0123456789abcdef0123456789abcdef',
  queryCode: 'usual-query-code',
  ref: 'wechat_pay/demo/openId/usual',
  value: '0'.repeat(64),
  signedAt: '2026-01-01T00:00:00.000Z',
  nonce: 'usual-nonce-of-ours',
};
/** What the fields of an input need beside them, by the input's type. */
const together: Readonly<Record<string, Fields>> = { PayerCallSignatureInput: { appId: 'demo-signed' } };
/** Inputs of which exactly one field is given, and what it is where no other is asked for. */
const oneOf: Readonly<Record<string, Fields>> = { PayerJobworthSubjectInput: { userId: '2088000000000000' } };

const textual = (type: GraphQLInputType): boolean => {
  const named = getNamedType(type);
  return isEnumType(named) || ['String', 'ID', 'DateTime'].includes(named.name);
};

const isRequired = (place: GraphQLArgument | GraphQLInputField) =>
  'defaultValue' in place && (isRequiredArgument(place as GraphQLArgument) || isRequiredInputField(place));

const usualValue = (name: string, type: GraphQLInputType): unknown => {
  const named = getNamedType(type);
  if (isInputObjectType(named)) return oneOf[named.name] ?? usualFields(Object.values(named.getFields()));
  if (isEnumType(named)) return named.getValues()[0]?.name;
  return usual[name] ?? 'usual';
};

const usualFields = (places: readonly (GraphQLArgument | GraphQLInputField)[]): Fields =>
  Object.fromEntries(places.filter(isRequired).map(({ name, type }) => [name, usualValue(name, type)]));

/** A selection of everything below a type. */
const selectionOf = (type: GraphQLOutputType): string => {
  const named = getNamedType(type);
  if (isAbstractType(named)) {
    const members = schema.getPossibleTypes(named).map((member) => `... on ${member.name} ${fieldsOf(member)}`);
    return `{ __typename ${members.join(' ')} }`;
  }
  return isObjectType(named) ? fieldsOf(named) : '';
};

const fieldsOf = (type: GraphQLObjectType): string => {
  const fields = Object.values(type.getFields()).map((field) => `${field.name} ${selectionOf(field.type)}`);
  return `{ ${fields.join(' ')} }`;
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

/** A text below an input, and the input with a value there. */
interface InnerPlace extends Pick<Coordinate, 'usual'> {
  readonly path: string;
  /** What has to stand beside it in the outermost input. */
  readonly beside: Fields;
  put(value: unknown, into: Fields): Fields;
}

const innerPlaces = (type: GraphQLInputObjectType): InnerPlace[] =>
  Object.values(type.getFields()).flatMap(({ name, type: inner }): InnerPlace[] => {
    const named = getNamedType(inner);
    const beside = together[type.name] ?? {};
    const keep = (into: Fields) => (type.name in oneOf ? {} : into);
    if (textual(inner)) {
      const put: InnerPlace['put'] = (value, into) => ({ ...keep(into), [name]: value });
      return [{ path: name, usual: usualValue(name, inner), beside, put }];
    }
    if (!isInputObjectType(named)) return [];
    return innerPlaces(named).map((place) => ({
      path: `${name}.${place.path}`,
      usual: place.usual,
      beside: { ...beside, ...place.beside },
      put: (value, into) => ({
        ...keep(into),
        [name]: place.put(value, (into[name] ?? usualValue(name, inner)) as Fields),
      }),
    }));
  });

const coordinatesOf = (field: RootField): Coordinate[] =>
  field.args.flatMap((arg): Coordinate[] => {
    const base = usualFields(field.args);
    const named = getNamedType(arg.type);
    if (isInputObjectType(named))
      return innerPlaces(named).map(({ path, usual, beside, put }) => ({
        name: `${field.name}.${arg.name}.${path}`,
        usual,
        request(value, form = 'variable', others = {}) {
          const known = Object.entries(others).filter(([name]) => name in named.getFields());
          const around = { ...(base[arg.name] as Fields), ...beside, ...Object.fromEntries(known) };
          return requestFor(field, { ...base, [arg.name]: put(value, around) }, form);
        },
      }));
    if (!textual(arg.type)) return [];
    const request: Coordinate['request'] = (value, form = 'variable') =>
      requestFor(field, { ...base, [arg.name]: value }, form);
    return [{ name: `${field.name}.${arg.name}`, usual: usualValue(arg.name, arg.type), request }];
  });

const rootFields: RootField[] = (['query', 'mutation'] as const).flatMap((root) => {
  const type = root === 'query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type?.getFields() ?? {}).map(({ name, args, type: returned }) => ({
    ...{ root, name, args, type: returned },
  }));
});

/** The fields of a key; our keys have no selections. */
const keyFields = ({ arguments: args = [] }: ConstDirectiveNode): string[] => {
  const value = args.find(({ name }) => name.value === 'fields')?.value;
  return value?.kind === Kind.STRING ? value.value.split(' ') : [];
};

const keyCoordinates = (entities: RootField, type: GraphQLObjectType): Coordinate[] =>
  (type.astNode?.directives ?? [])
    .filter(({ name }) => name.value === 'key')
    .map(keyFields)
    .flatMap((fields) => {
      const representation: Fields = {
        __typename: type.name,
        ...Object.fromEntries(fields.map((name) => [name, usual[name] ?? 'usual'])),
      };
      return ['__typename', ...fields].map((name): Coordinate => {
        const request: Coordinate['request'] = (value, form = 'variable') =>
          requestFor(entities, { representations: [{ ...representation, [name]: value }] }, form);
        return { name: `_entities.${type.name}(${fields.join(' ')}).${name}`, usual: representation[name], request };
      });
    });

/** All of them: a new argument is found without a change of this file. */
export const coordinates: readonly Coordinate[] = rootFields.flatMap((field) =>
  field.name === '_entities'
    ? Object.values(schema.getTypeMap()).flatMap((type) => (isObjectType(type) ? keyCoordinates(field, type) : []))
    : coordinatesOf(field),
);
