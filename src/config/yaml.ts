/**
 * Reads the part of YAML that means the same to every reader: mappings, lists, texts, plain decimal numbers, true, false
 * and null. Anchors, merge keys, tags, several documents and the implicit types of older versions are refused.
 * https://yaml.org/spec/1.2.2/#103-core-schema
 */
import { type ErrorCode, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar } from 'yaml';
import { type Member, type Node, numberFault, type Position, SyntaxFault } from './syntax.ts';

const reasons: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab stands where spaces indent. Indent with spaces alone.',
  BAD_INDENT: 'the indentation fits no line above. Indent what belongs together alike.',
  MISSING_CHAR: 'a quote, a bracket, a comma or a blank is missing before this.',
  MULTIPLE_DOCS: 'a second document begins here (---). Write one.',
  BLOCK_IN_FLOW: 'a line of a block stands within brackets. Close the bracket before it.',
  BLOCK_AS_IMPLICIT_KEY: 'a colon follows a text that cannot be a name. Put a text with ": " in quotes.',
  MULTILINE_IMPLICIT_KEY: 'a name goes on in the next line. Is a colon missing?',
  BAD_ALIAS: 'an alias (*) is used. Write the value again.',
  TAG_RESOLVE_FAILED: 'a tag (!) stands here. Remove it, and put a text in quotes.',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins no known escape. Double it, or use single quotes.',
};

const ADVICE =
  'the text is not YAML here. A value that begins with @ ` % & * ! | > or has ": " or " #" goes in quotes.';

const TRAPS: readonly (readonly [pattern: RegExp, message: string])[] = [
  [
    /^(?:y|n|yes|no|on|off)$/i,
    'is true or false to some readers of YAML and a text to others. Write true or false, or put it in quotes.',
  ],
  [/^(?:true|false|null)$/i, 'is written in capitals. Write true, false or null, or put it in quotes.'],
  [/^~$/, 'is null to YAML. Remove the setting, or write a value.'],
  [/^\d{4}-\d\d?-\d\d?/, 'is a date to some readers of YAML. Put it in quotes.'],
  [/^[-+]?\d+(?::[0-5]?\d)+$/, 'is a number to the base of 60 to some readers of YAML. Put it in quotes.'],
  [/\n/, 'goes on in the next line, and YAML would join the two. Put it in quotes.'],
];

/** A plain text that looks like a number to some version of YAML. */
const NUMERIC = /^[-+]?(?:\d[\d_,]*(?:\.[\d_]*)?(?:e[-+]?\d+)?|\.\d[\d_]*(?:e[-+]?\d+)?|0[xob][\da-f_]+|\.inf|\.nan)$/i;

export const readYaml = (text: string): Node => {
  const lines = new LineCounter();
  const positionAt = (offset = 0): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, schema: 'core' });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw new SyntaxFault(reasons[fault.code] ?? ADVICE, positionAt(fault.pos[0]));
  if (document.directives?.yaml.explicit)
    throw new SyntaxFault('a directive (%YAML) is not read. Remove it.', positionAt(0));
  return readNode(document.contents, { text, positionAt });
};

interface Reader {
  readonly text: string;
  readonly positionAt: (offset?: number) => Position;
}

const readNode = (node: unknown, reader: Reader): Node => {
  const { positionAt } = reader;
  if (isAlias(node))
    return {
      kind: 'scalar',
      at: positionAt(node.range?.[0]),
      value: null,
      fault: 'is an alias (*). Write the value again: each setting stands for itself.',
    };
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return { kind: 'scalar', at: positionAt(), value: null };
  const placed = { at: positionAt(node.range?.[0]), fault: propertyFault(node) };
  if (isSeq(node)) return { ...placed, kind: 'list', items: node.items.map((item) => readNode(item, reader)) };
  if (isScalar(node)) return { ...placed, ...readScalar(node, reader.text, placed.fault) };
  const members = node.items.map(({ key, value }): Member => {
    const name = readName(key, reader);
    // The value of a name with nothing behind it has no position of its own.
    return { ...name, node: value === null ? { kind: 'scalar', at: name.at, value: null } : readNode(value, reader) };
  });
  return { ...placed, kind: 'map', members };
};

const propertyFault = ({ anchor, tag }: { anchor?: string; tag?: string }): string | undefined => {
  if (anchor) return 'has an anchor (&). Remove it: each setting stands for itself.';
  return tag ? 'has a tag (!). Remove it, and put a text in quotes.' : undefined;
};

const readName = (key: unknown, { positionAt }: Reader): Omit<Member, 'node'> => {
  if (!isScalar(key)) return { name: '?', at: positionAt(), fault: 'is a name that is not a text. Write a text.' };
  const name = String(key.source ?? key.value);
  const at = positionAt(key.range?.[0]);
  if (name === '<<') return { name, at, fault: 'is a merge key (<<). Write the settings out.' };
  const fault = typeof key.value === 'string' ? propertyFault(key) : 'is a name that is not a text. Put it in quotes.';
  return { name, at, fault };
};

const readScalar = ({ value, type, range }: Scalar, text: string, fault: string | undefined) => {
  const trap = type === 'PLAIN' && range ? trapOf(text.slice(range[0], range[1]), value) : undefined;
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return { kind: 'scalar' as const, value: isPlain ? value : null, fault: fault ?? trap };
};

/** Why a text without quotes is refused. */
const trapOf = (written: string, value: unknown): string | undefined => {
  if (written === 'true' || written === 'false' || written === 'null') return undefined;
  const trap = TRAPS.find(([pattern]) => pattern.test(written))?.[1];
  if (trap) return trap;
  return typeof value === 'number' || NUMERIC.test(written) ? numberFault(written) : undefined;
};
