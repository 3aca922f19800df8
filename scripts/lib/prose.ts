/**
 * Finds the prose of a file: comments and test titles of TypeScript, descriptions and comments of GraphQL, the text of
 * Markdown. The answer is the file with everything else blanked, so that lines stay where they are.
 */
import { Lexer, Source, TokenKind } from 'graphql';
import { type Argument, type CallExpression, type Expression, parseSync, Visitor } from 'oxc-parser';

type Range = readonly [start: number, end: number];

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

const showOnly = (text: string, ranges: readonly Range[]): string => {
  let shown = '';
  for (const [start, end] of ranges.toSorted(([left], [right]) => left - right)) {
    if (start < shown.length) continue;
    shown += blank(text.slice(shown.length, start)) + text.slice(start, end);
  }
  return shown + blank(text.slice(shown.length));
};

const withoutCodeSpansIn = (text: string, ranges: readonly Range[]): string =>
  ranges.reduce((changed, [start, end]) => {
    const span = changed.slice(start, end).replace(/`[^`]*`/g, blank);
    return changed.slice(0, start) + span + changed.slice(end);
  }, text);

/** The expression below `as const`, `satisfies` and calls such as `rows.slice(1)` and `Object.entries(rows)`. */
const rowsBelow = (node: Expression, constants: ReadonlyMap<string, Expression>): Expression => {
  switch (node.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return rowsBelow(node.expression, constants);
    case 'Identifier': {
      const value = constants.get(node.name);
      return value === undefined ? node : rowsBelow(value, constants);
    }
    case 'CallExpression': {
      if (node.callee.type !== 'MemberExpression') return node;
      const { object } = node.callee;
      const [first] = node.arguments;
      if (object.type !== 'Identifier' || object.name !== 'Object') return rowsBelow(object, constants);
      return first === undefined || first.type === 'SpreadElement' ? node : rowsBelow(first, constants);
    }
    default:
      return node;
  }
};

const stringRanges = (node: Expression | Argument): Range[] => {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [[node.start, node.end]] : [];
    case 'TemplateLiteral':
      return node.quasis.map(({ start, end }): Range => [start, end]);
    case 'BinaryExpression':
      return node.left.type === 'PrivateIdentifier' ? [] : [...stringRanges(node.left), ...stringRanges(node.right)];
    default:
      return [];
  }
};

/** What a title shows of the rows of `.each`: `%s` their first values, `$name` the property, keys of an object. */
const shownOfRows = (title: string, rows: Expression): Range[] => {
  const values = title.match(/%[sj]/g)?.length ?? 0;
  const names = new Set([...title.matchAll(/\$(\w+)/g)].map(([, name]) => name));
  if (rows.type === 'ObjectExpression')
    return rows.properties.flatMap((property): Range[] =>
      property.type === 'Property' && values > 0 ? [[property.key.start, property.key.end]] : [],
    );
  if (rows.type !== 'ArrayExpression') return [];
  return rows.elements.flatMap((row) => {
    if (row === null || row.type === 'SpreadElement') return [];
    if (row.type === 'ArrayExpression')
      return row.elements.slice(0, values).flatMap((value) => (value === null ? [] : stringRanges(value as Argument)));
    if (row.type === 'ObjectExpression')
      return row.properties.flatMap((property) =>
        property.type === 'Property' && property.key.type === 'Identifier' && names.has(property.key.name)
          ? stringRanges(property.value)
          : [],
      );
    return values > 0 ? stringRanges(row) : [];
  });
};

const rootName = (node: Expression): string | undefined => {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression') return rootName(node.object);
  return node.type === 'CallExpression' ? rootName(node.callee) : undefined;
};

const titleRanges = (text: string, call: CallExpression, constants: ReadonlyMap<string, Expression>): Range[] => {
  const [title] = call.arguments;
  if (title === undefined || !['test', 'it', 'describe'].includes(rootName(call.callee) ?? '')) return [];
  const ranges = stringRanges(title);
  const rows = call.callee.type === 'CallExpression' ? call.callee.arguments[0] : undefined;
  if (ranges.length === 0 || rows === undefined || rows.type === 'SpreadElement') return ranges;
  return [...ranges, ...shownOfRows(text.slice(title.start, title.end), rowsBelow(rows, constants))];
};

const proseOfTypeScript = (name: string, text: string): string => {
  const { program, comments, errors } = parseSync(name, text);
  if (errors[0]) throw new Error(`${name}: ${errors[0].message}`);
  const constants = new Map<string, Expression>();
  const calls: CallExpression[] = [];
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && init) constants.set(id.name, init);
    },
    CallExpression(node) {
      calls.push(node);
    },
  }).visit(program);
  const inComments = comments.map(({ start, end }): Range => [start, end]);
  const inTests = name.startsWith('test/') ? calls.flatMap((call) => titleRanges(text, call, constants)) : [];
  return showOnly(withoutCodeSpansIn(text, inComments), [...inComments, ...inTests]);
};

const proseOfGraphql = (text: string): string => {
  const lexer = new Lexer(new Source(text));
  while (lexer.advance().kind !== TokenKind.EOF);
  const prose: Range[] = [];
  for (let token = lexer.token.prev; token !== null; token = token.prev)
    if ([TokenKind.STRING, TokenKind.BLOCK_STRING, TokenKind.COMMENT].includes(token.kind))
      prose.push([token.start, token.end]);
  return showOnly(withoutCodeSpansIn(text, prose), prose);
};

/** Code, quotations (of the wire, and of titles, which are read where the tests are) and targets of links are left out. */
const proseOfMarkdown = (text: string): string =>
  text
    .replace(/^```[\s\S]*?^```$/gm, blank)
    .replace(/`[^`\n]*`/g, blank)
    .replace(/"[^"\n]*"/g, blank)
    .replace(/\]\([^)\s]*\)/g, blank);

export const proseOf = (name: string, text: string): string => {
  if (name.endsWith('.ts')) return proseOfTypeScript(name, text);
  return name.endsWith('.graphql') ? proseOfGraphql(text) : proseOfMarkdown(text);
};
