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
  readonly aliases: number;
  readonly directives: number;
  /** Fields whose value is long: QR codes, HTML, the text of the schema. */
  readonly longFields: number;
}

/** Listed, since an answer repeats them once per alias. test/graphql/amplification.test.ts finds fields that are missing here. */
const longFields: ReadonlySet<string> = new Set(['authorizeQr', 'qr', 'html', 'sdl']);

const fragmentsOf = (document: DocumentNode): Map<string, FragmentDefinitionNode> =>
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

const nothing: Size = { depth: 0, aliases: 0, directives: 0, longFields: 0 };

/**
 * The size of a valid operation, with each fragment as often as it is spread. A fragment is measured once, so that
 * fragments that multiply each other cost no more time than their text.
 */
export const measureOperation = (operation: OperationDefinitionNode, document: DocumentNode): Size => {
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
    const own = selection.directives?.length ?? 0;
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const size = measureFragment(selection.name.value);
      return { ...size, directives: size.directives + own };
    }
    const { depth, aliases, directives, longFields: inside } = measureNode(selection);
    // The library bounds the depth of introspection, and none of our fields is below it.
    const below = selection.name.value.startsWith('__') ? 0 : depth;
    return {
      depth: below + 1,
      aliases: aliases + (selection.alias ? 1 : 0),
      directives,
      longFields: inside + (longFields.has(selection.name.value) ? 1 : 0),
    };
  };

  const measureNode = ({ selectionSet, directives = [] }: Pick<FieldNode, 'selectionSet' | 'directives'>): Size => {
    const sizes = (selectionSet?.selections ?? []).map(measureSelection);
    return {
      depth: Math.max(0, ...sizes.map(({ depth }) => depth)),
      aliases: sizes.reduce((sum, { aliases }) => sum + aliases, 0),
      directives: sizes.reduce((sum, size) => sum + size.directives, directives.length),
      longFields: sizes.reduce((sum, size) => sum + size.longFields, 0),
    };
  };

  return measureNode(operation);
};
