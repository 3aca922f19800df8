/** Measures an operation. Fields behind @skip and @include count as if they ran. */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

interface Size {
  /** Levels of nested fields; a fragment is no level. */
  readonly depth: number;
  /** Without those of `_entities` and below it, which only `fields` counts. */
  readonly aliases: number;
  readonly directives: number;
  /** Fields whose value is long: QR codes, HTML, the text of the schema. */
  readonly longFields: number;
  /** Fields of the answer: those below `_entities` once for each of its places. */
  readonly fields: number;
}

/** How many representations a field `_entities` has. */
type CountPlaces = (entities: FieldNode) => number;

/** Listed, since an answer repeats them once per alias. test/graphql/amplification.test.ts finds fields that are missing here. */
const longFields: ReadonlyMap<string, number> = new Map([
  ['authorizeQr', 1],
  ['qr', 1],
  ['html', 1],
  // Nothing is asked for in fewer bytes.
  ['sdl', 3],
]);

/** The router's field: it merges the references of several lists into one operation, and names each by an alias. */
export const ENTITIES = '_entities';

/** What a place of `_entities` counts beside the fields selected in it, since it may be an error. */
const FIELDS_OF_A_PLACE = 12;

/** An answer repeats the name of a field at every place, so a longer name counts as several fields. */
const CHARACTERS_OF_A_FIELD = 32;

const weightOf = ({ alias, name }: FieldNode): number =>
  Math.ceil((alias ?? name).value.length / CHARACTERS_OF_A_FIELD);

export const fragmentsOf = (document: DocumentNode): Map<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );

/** The fields at the root of an operation. Each fragment counts once: a field that is spread twice runs once. */
export const rootFields = (operation: OperationDefinitionNode, document: DocumentNode): FieldNode[] => {
  const fragments = fragmentsOf(document);
  const collect = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return collect(selection.selectionSet);
      const fragment = fragments.get(selection.name.value);
      fragments.delete(selection.name.value);
      return fragment ? collect(fragment.selectionSet) : [];
    });
  return collect(operation.selectionSet);
};

const nothing: Size = { depth: 0, aliases: 0, directives: 0, longFields: 0, fields: 0 };

/** The size of a field, of the size of what is selected in it. */
const sizeOfField = (field: FieldNode, inside: Size, countPlaces: CountPlaces): Size => {
  const name = field.name.value;
  const isEntities = name === ENTITIES;
  const below = isEntities ? countPlaces(field) * (FIELDS_OF_A_PLACE + inside.fields) : inside.fields;
  return {
    // The library bounds the depth of introspection, and none of our fields is below it.
    depth: 1 + (name.startsWith('__') ? 0 : inside.depth),
    aliases: isEntities ? 0 : inside.aliases + (field.alias ? 1 : 0),
    directives: inside.directives,
    longFields: inside.longFields + (longFields.get(name) ?? 0),
    fields: weightOf(field) + below,
  };
};

/**
 * The size of a valid operation, with each fragment as often as it is spread. A fragment is measured once, so that
 * fragments that multiply each other cost no more time than their text.
 */
export const measureOperation = (
  operation: OperationDefinitionNode,
  document: DocumentNode,
  countPlaces: CountPlaces,
): Size => {
  const fragments = fragmentsOf(document);
  const measured = new Map<string, Size>();

  const measureFragment = (name: string): Size => {
    const fragment = fragments.get(name);
    const size = measured.get(name) ?? (fragment ? measureNode(fragment) : nothing);
    measured.set(name, size);
    return size;
  };

  const measureSelection = (selection: SelectionNode): Size => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return measureNode(selection);
    if (selection.kind === Kind.FIELD) return sizeOfField(selection, measureNode(selection), countPlaces);
    const size = measureFragment(selection.name.value);
    return { ...size, directives: size.directives + (selection.directives?.length ?? 0) };
  };

  const measureNode = ({ selectionSet, directives = [] }: Pick<FieldNode, 'selectionSet' | 'directives'>): Size => {
    const sizes = (selectionSet?.selections ?? []).map(measureSelection);
    const sum = (of: (size: Size) => number, first = 0) => sizes.reduce((total, size) => total + of(size), first);
    return {
      depth: Math.max(0, ...sizes.map(({ depth }) => depth)),
      aliases: sum(({ aliases }) => aliases),
      directives: sum((size) => size.directives, directives.length),
      longFields: sum((size) => size.longFields),
      fields: sum(({ fields }) => fields),
    };
  };

  return measureNode(operation);
};
