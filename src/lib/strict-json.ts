/**
 * A strict JSON reader for signed texts. JSON.parse uses the last of two equal keys, so an attacker who can add bytes
 * to a signed text could replace a signed value. Here a repeated key, too deep a nesting and trailing text are errors,
 * and every node has its offsets, so that the signature is verified over the characters that are read.
 * Grammar: https://www.rfc-editor.org/rfc/rfc8259
 */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

interface Span {
  /** Offsets into the text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}
export interface JsonObject extends Span {
  readonly kind: 'object';
  /** In the order received. */
  readonly members: ReadonlyMap<string, JsonNode>;
}
export interface JsonArray extends Span {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
}
export interface JsonScalar extends Span {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

const blank = /[ \t\n\r]*/y;
const scalar =
  /"[^"\\\p{Cc}]*(?:(?:[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))[^"\\\p{Cc}]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

const MAX_DEPTH = 16;

export const readJson = (text: string): JsonNode => {
  const reader: Reader = { text, at: 0 };
  const node = readNode(reader, 1);
  skipBlank(reader);
  if (reader.at !== text.length) fail(reader, 'text after the value');
  return node;
};

interface Reader {
  readonly text: string;
  /** The offset of the next character. */
  at: number;
}

const fail = ({ at }: Reader, what: string): never => {
  throw new SyntaxError(`JSON: ${what} at offset ${at}`);
};

const skipBlank = (reader: Reader): void => {
  blank.lastIndex = reader.at;
  blank.test(reader.text);
  reader.at = blank.lastIndex;
};

/** Whether the character comes next, blanks aside; goes on behind it if so. */
const take = (reader: Reader, character: string): boolean => {
  skipBlank(reader);
  if (reader.text[reader.at] !== character) return false;
  reader.at += 1;
  return true;
};

const readNode = (reader: Reader, depth: number): JsonNode => {
  if (depth > MAX_DEPTH) fail(reader, `more than ${MAX_DEPTH} levels`);
  skipBlank(reader);
  const start = reader.at;

  const members = new Map<string, JsonNode>();
  const isObject = readList(reader, ['{', '}'], () => readMember(reader, members, depth));
  if (isObject) return { kind: 'object', start, end: reader.at, members };

  const items: JsonNode[] = [];
  const isArray = readList(reader, ['[', ']'], () => void items.push(readNode(reader, depth + 1)));
  if (isArray) return { kind: 'array', start, end: reader.at, items };

  return readScalar(reader);
};

/** Reads `open item (, item)* close`; returns false, having read nothing, when the text does not begin with `open`. */
const readList = (reader: Reader, [open, close]: readonly [string, string], readItem: () => void): boolean => {
  if (!take(reader, open)) return false;
  if (take(reader, close)) return true;
  do readItem();
  while (take(reader, ','));
  return take(reader, close) || fail(reader, `${close} or , was expected`);
};

const readMember = (reader: Reader, members: Map<string, JsonNode>, depth: number): void => {
  skipBlank(reader);
  if (reader.text[reader.at] !== '"') fail(reader, 'a key was expected');
  const key = String(readScalar(reader).value);
  if (members.has(key)) fail(reader, 'a repeated key');
  if (!take(reader, ':')) fail(reader, ': was expected');
  members.set(key, readNode(reader, depth + 1));
};

const readScalar = (reader: Reader): JsonScalar => {
  const { text, at: start } = reader;
  scalar.lastIndex = start;
  if (!scalar.test(text)) fail(reader, 'a value was expected');
  reader.at = scalar.lastIndex;
  const value: JsonScalar['value'] = JSON.parse(text.slice(start, reader.at));
  return { kind: 'scalar', start, end: reader.at, value };
};

/** The plain value of a node. Objects have no prototype, so that the key `__proto__` is a key like others. */
export const jsonValue = (node: JsonNode): unknown => {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(jsonValue);
  const value: Record<string, unknown> = { __proto__: null };
  for (const [key, member] of node.members) value[key] = jsonValue(member);
  return value;
};
