/** The scopes that the printed contract declares, and the fields that an answer shows; all read from the contract. */
import { readFileSync } from 'node:fs';
import {
  buildASTSchema,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isObjectType,
  isUnionType,
  parse,
  valueFromASTUntyped,
} from 'graphql';
import { printedSchemaFile } from '../../../src/graphql/schema.ts';
import { allScopes, type Scope } from '../../../src/security/caller.ts';

const schema = buildASTSchema(parse(readFileSync(printedSchemaFile, 'utf8')), { assumeValidSDL: true });

/** The types that answers are made of, without federation's own. */
const types = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('_'),
);
const fieldsOf = (type: GraphQLObjectType) =>
  Object.values(type.getFields()).filter(({ name }) => !name.startsWith('_'));

/** Every field of every type, such as PayerIdentity.openId. */
export const coordinates = types.flatMap((type) => fieldsOf(type).map(({ name }) => `${type.name}.${name}`));

/** The scopes that a field requires; the contract declares no alternatives. */
const scopesOf = ({ name, astNode }: GraphQLField<unknown, unknown>): Scope[] => {
  const directive = astNode?.directives?.find((node) => node.name.value === 'requiresScopes');
  if (!directive) return [];
  const [all, ...others] = valueFromASTUntyped(directive.arguments![0]!.value) as Scope[][];
  if (!all || others.length > 0) throw new Error(`${name} has alternative scopes, which nothing here understands`);
  return all;
};

/** The scope without which a root field answers PayerNotAllowed: its description names it, and no directive. */
const refusedScopeOf = ({ name, type, description }: GraphQLField<unknown, unknown>): Scope | undefined => {
  const named = getNamedType(type);
  const isRefusable = isUnionType(named) && named.getTypes().some((member) => member.name === 'PayerNotAllowed');
  if (!isRefusable || /needs no scope/.test(description ?? '')) return undefined;
  const scope = allScopes.find((one) => new RegExp(`without the scope ${one}\\b`, 'i').test(description ?? ''));
  if (!scope) throw new Error(`The description of ${name} does not name the scope without which it refuses`);
  return scope;
};
const roots = types.filter(({ name }) => name === 'Query' || name === 'Mutation');
export const refusedScopes = new Map(
  roots.flatMap((type) =>
    fieldsOf(type).flatMap((field) => {
      const scope = refusedScopeOf(field);
      return scope ? [[`${type.name}.${field.name}`, scope] as const] : [];
    }),
  ),
);

/** The scope of every field that has one. */
export const declaredScopes = new Map(
  types.flatMap((type) =>
    fieldsOf(type).flatMap((field) => scopesOf(field).map((scope) => [`${type.name}.${field.name}`, scope] as const)),
  ),
);

const selectionOf = (type: GraphQLOutputType): string => {
  const named = getNamedType(type);
  if (isAbstractType(named)) {
    const members = schema.getPossibleTypes(named).map((member) => `... on ${member.name} ${selected(member)}`);
    return `{ __typename ${members.join(' ')} }`;
  }
  return isObjectType(named) ? selected(named) : '';
};

const selected = (type: GraphQLObjectType): string =>
  `{ __typename ${fieldsOf(type)
    .map((field) => `${field.name} ${selectionOf(field.type)}`)
    .join(' ')} }`;

export type Root = 'Query' | 'Mutation';

/** An operation with every argument of a root field; it selects everything below it, or the given selection. */
export const operationFor = (root: Root, name: string, selection?: string): string => {
  const { args, type } = rootField(root, name);
  const variables = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const inParentheses = (text: string) => (text ? `(${text})` : '');
  return `${root.toLowerCase()} ${inParentheses(variables)} { ${name}${inParentheses(passed)} ${selection ?? selectionOf(type)} }`;
};

const rootField = (root: Root, name: string) => {
  const field = (schema.getType(root) as GraphQLObjectType).getFields()[name];
  if (!field) throw new Error(`The contract has no ${root}.${name}`);
  return field;
};

/** A field that an answer shows: its path, its coordinate, and the scopes that the contract requires along the path. */
export interface Shown {
  readonly path: string;
  readonly coordinate: string;
  readonly scopes: readonly Scope[];
}

type Answer = Readonly<Record<string, unknown>> & { readonly __typename?: string };

const isHidden = (value: unknown) =>
  value === null || value === undefined || (value as Answer).__typename === 'PayerNotAllowed';

type Place = Pick<Shown, 'path' | 'scopes'>;

const shownBelow = (type: GraphQLObjectType, answer: Answer, at: Place): Shown[] =>
  fieldsOf(type).flatMap((field) => {
    const value = answer[field.name];
    if (isHidden(value)) return [];
    const refused = refusedScopes.get(`${type.name}.${field.name}`) ?? [];
    const here = { path: `${at.path}.${field.name}`, scopes: at.scopes.concat(scopesOf(field), refused) };
    const inner = (Array.isArray(value) ? value : [value]).flatMap((item: Answer) =>
      item.__typename ? shownBelow(schema.getType(item.__typename) as GraphQLObjectType, item, here) : [],
    );
    return [{ ...here, coordinate: `${type.name}.${field.name}` }, ...inner];
  });

export const shownBy = (root: Root, name: string, data: Answer | null | undefined): Shown[] =>
  shownBelow(schema.getType(root) as GraphQLObjectType, { [name]: data?.[name] }, { path: '', scopes: [] });

/** The paths that the contract shows to a caller with these scopes. */
export const promisedPaths = (everything: readonly Shown[], granted: readonly Scope[]): string[] =>
  everything.filter(({ scopes }) => scopes.every((scope) => granted.includes(scope))).map(({ path }) => path);

/** Every set of scopes. */
export const allScopeSets: readonly (readonly Scope[])[] = Array.from({ length: 2 ** allScopes.length }, (_, bits) =>
  allScopes.filter((_, position) => bits & (1 << position)),
);
