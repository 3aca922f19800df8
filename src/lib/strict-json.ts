/**
 * JSON, read strictly: JSON.parse keeps the last of two equal keys, so whoever can add bytes to a signed text
 * can choose what is read from it. Here a repeated key, a depth over the limit or trailing text is an error,
 * and every node knows where it stands, so that a caller can verify the very characters it goes on to read.
 * Grammar: https://www.rfc-editor.org/rfc/rfc8259
 */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

interface Span {
  /** Offsets into the text that was read; `end` is exclusive. */
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

export const readJson = (text: string, maxDepth = 16): JsonNode => {
  let at = 0;

  const skipBlank = () => {
    blank.lastIndex = at;
    blank.test(text);
    at = blank.lastIndex;
  };
  const take = (character: string): boolean => {
    skipBlank();
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const fail = (what: string): never => {
    throw new SyntaxError(`JSON: ${what} at offset ${at}`);
  };

  const readScalar = (): JsonScalar => {
    scalar.lastIndex = at;
    if (!scalar.test(text)) fail('a value was expected');
    const start = at;
    at = scalar.lastIndex;
    return { kind: 'scalar', start, end: at, value: JSON.parse(text.slice(start, at)) };
  };

  /** Reads `open item (, item)* close`; answers whether the text had such a list at all. */
  const readList = (open: string, close: string, item: () => void): boolean => {
    if (!take(open)) return false;
    if (take(close)) return true;
    do item();
    while (take(','));
    return take(close) || fail(`${close} or , was expected`);
  };

  const readNode = (depth: number): JsonNode => {
    if (depth > maxDepth) fail(`more than ${maxDepth} levels`);
    skipBlank();
    const start = at;

    const members = new Map<string, JsonNode>();
    const readMember = () => {
      skipBlank();
      if (text[at] !== '"') fail('a key was expected');
      const key = String(readScalar().value);
      if (members.has(key)) fail('a repeated key');
      if (!take(':')) fail(': was expected');
      members.set(key, readNode(depth + 1));
    };
    if (readList('{', '}', readMember)) return { kind: 'object', start, end: at, members };

    const items: JsonNode[] = [];
    if (readList('[', ']', () => items.push(readNode(depth + 1)))) return { kind: 'array', start, end: at, items };

    return readScalar();
  };

  const node = readNode(1);
  skipBlank();
  if (at !== text.length) fail('text after the value');
  return node;
};

/** The plain value of a node. Objects have no prototype, so no key can reach one. */
export const jsonValue = (node: JsonNode): unknown => {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(jsonValue);
  const value: Record<string, unknown> = Object.create(null);
  for (const [key, member] of node.members) value[key] = jsonValue(member);
  return value;
};
