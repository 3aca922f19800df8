/**
 * What differs between two printed contracts, and how much it matters to clients, routers and other subgraphs. Types are
 * compared by graphql-inspector. Directives are compared here, since it rates a removed key and a changed cost alike.
 */
import { type Change, ChangeType, diff } from '@graphql-inspector/core';
import { buildSchema, type ConstDirectiveNode, type DocumentNode, Kind, parse, print } from 'graphql';

/** Dangerous: valid for operations that exist, and may surprise a client or a router. */
export const severities = ['Breaking', 'Dangerous', 'Compatible'] as const;
export type Severity = (typeof severities)[number];

export interface ContractChange {
  readonly severity: Severity;
  /** Names the changed element, and with a directive its arguments, such as `PayerIdentity @key(fields: "ref")`. */
  readonly path: string;
  readonly message: string;
}

/** What the federation library adds to the printed contract. */
const isMachinery = (path: string): boolean => /(?:^|\.)(?:_|federation__|link__)/.test(path);

const severityOf = { BREAKING: 'Breaking', DANGEROUS: 'Dangerous', NON_BREAKING: 'Compatible' } as const;

/** The inspector's path of a member is that of its union, and of an interface that of the type which implements it. */
const pathOf = ({ type, path = '', meta }: Change): string => {
  switch (type) {
    case ChangeType.UnionMemberAdded:
      return `${path} | ${meta.addedUnionMemberTypeName}`;
    case ChangeType.UnionMemberRemoved:
      return `${path} | ${meta.removedUnionMemberTypeName}`;
    case ChangeType.ObjectTypeInterfaceAdded:
      return `${path} implements ${meta.addedInterfaceName}`;
    case ChangeType.ObjectTypeInterfaceRemoved:
      return `${path} implements ${meta.removedInterfaceName}`;
    default:
      return path;
  }
};

const isAddition = ({ type }: Change): boolean => type === ChangeType.TypeAdded || type === ChangeType.FieldAdded;

/**
 * Leaves out what is part of an added type or field. Not by the inspector's rule simplifyChanges: it also drops a
 * removed member of a union that has a new one.
 */
const withoutParts = (changes: readonly Change[]): Change[] => {
  const added = new Set(changes.filter(isAddition).map(({ path }) => path));
  const isPart = (change: Change): boolean => {
    const names = change.path?.split('.') ?? [];
    const parents = names.map((_, index) => names.slice(0, index).join('.'));
    return parents.some((parent) => added.has(parent)) || (added.has(change.path) && !isAddition(change));
  };
  return changes.filter((change) => !isPart(change));
};

const compareTypes = async (released: string, working: string): Promise<ContractChange[]> => {
  const schemaOf = (sdl: string) => buildSchema(sdl, { assumeValidSDL: true });
  const changes = (await diff(schemaOf(released), schemaOf(working))).filter(
    ({ type, path = '' }) =>
      !/^DIRECTIVE_|DESCRIPTION|DEPRECATION|^SCHEMA_SUBSCRIPTION_/.test(type) && !isMachinery(path),
  );
  return withoutParts(changes).map((change) => ({
    severity: severityOf[change.criticality.level],
    path: pathOf(change),
    message: change.message,
  }));
};

interface Rating {
  readonly added: Severity;
  readonly removed: Severity;
}

const restricts: Rating = { added: 'Breaking', removed: 'Dangerous' };
const offers: Rating = { added: 'Compatible', removed: 'Breaking' };
const advises: Rating = { added: 'Dangerous', removed: 'Dangerous' };
const ratings: Readonly<Record<string, Rating>> = {
  key: offers,
  shareable: offers,
  requiresScopes: restricts,
  authenticated: restricts,
  policy: restricts,
  inaccessible: restricts,
  cost: advises,
  listSize: advises,
  link: advises,
  specifiedBy: advises,
  deprecated: { added: 'Compatible', removed: 'Compatible' },
};

/** Contract variants include public and trusted, and exclude pii. A directive without a rating is breaking. */
const ratingOf = (directive: string): Rating => {
  const name = /^@(\w+)/.exec(directive)?.[1] ?? '';
  if (name === 'tag') return directive.includes('"pii"') ? restricts : offers;
  return ratings[name] ?? { added: 'Breaking', removed: 'Breaking' };
};

interface Element {
  readonly name?: { readonly value: string } | undefined;
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
  readonly fields?: readonly Element[] | undefined;
  readonly arguments?: readonly Element[] | undefined;
  readonly values?: readonly Element[] | undefined;
}

/** The directives of every element, with their arguments in order. A type and its extensions are one element. */
const directivesIn = (document: DocumentNode): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  const read = (element: Element, path: string): void => {
    const texts = found.get(path) ?? new Set();
    found.set(path, texts);
    for (const directive of element.directives ?? []) {
      const sorted = (directive.arguments ?? []).toSorted((one, other) => (one.name.value < other.name.value ? -1 : 1));
      texts.add(print({ ...directive, arguments: sorted }));
    }
    for (const member of [...(element.fields ?? []), ...(element.arguments ?? []), ...(element.values ?? [])])
      read(member, `${path}.${member.name?.value}`);
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION) continue;
    const element = definition as Element;
    read(element, element.name?.value ?? 'schema');
  }
  return found;
};

const compareDirectives = (released: string, working: string): ContractChange[] => {
  const after = directivesIn(parse(working));
  return [...directivesIn(parse(released))].flatMap(([path, before]) => {
    const now = after.get(path);
    // An element that is added or gone is a change of the types.
    if (!now || isMachinery(path)) return [];
    const change = (directive: string, how: keyof Rating) => ({
      severity: ratingOf(directive)[how],
      path: `${path} ${directive}`,
      message: `The directive was ${how}`,
    });
    return [
      ...[...now].filter((directive) => !before.has(directive)).map((directive) => change(directive, 'added')),
      ...[...before].filter((directive) => !now.has(directive)).map((directive) => change(directive, 'removed')),
    ];
  });
};

/** Every change but those of descriptions, the most severe first. Both contracts as `npm run codegen` prints them. */
export const compareContracts = async (released: string, working: string): Promise<ContractChange[]> => {
  const changes = [...(await compareTypes(released, working)), ...compareDirectives(released, working)];
  return changes.toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity));
};
