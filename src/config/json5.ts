/** Reads JSON5 by momoa, ESLint's parser, whose tree has the position of everything and keeps repeated names. */
import { type AnyNode, parse, type ValueNode } from '@humanwhocodes/momoa';
import { type Node, numberFault, type Position, SyntaxFault } from './syntax.ts';

const positionOf = ({ loc: { start } }: Pick<AnyNode, 'loc'>): Position => ({ line: start.line, column: start.column });

const tokens: Readonly<Record<string, string>> = {
  LBrace: '"{"',
  RBrace: '"}"',
  LBracket: '"["',
  RBracket: '"]"',
  Comma: 'a comma',
  Colon: 'a colon',
  String: 'a text',
  Number: 'a number',
  Identifier: 'a word without quotes',
  Boolean: 'true or false',
  Null: 'null',
};

const ADVICE = 'Look before it for a missing comma, colon, quote or bracket. A YAML file has to be named .yaml.';

/** The parser's own message may quote the text. */
const reasonOf = (message: string): string => {
  const [, token = ''] = /^Unexpected token (\w+) found/.exec(message) ?? [];
  if (tokens[token]) return `${tokens[token]} is not expected here. ${ADVICE}`;
  if (/^Unexpected end of input/.test(message))
    return 'the text ends here before it is complete. Close every brace, bracket, quote and comment.';
  return `a character is not expected here. ${ADVICE}`;
};

const isPositioned = (error: unknown): error is Error & Position =>
  error instanceof Error && 'line' in error && 'column' in error;

export const readJson5 = (text: string): Node => {
  try {
    return readNode(parse(text, { mode: 'json5', ranges: true }).body, text);
  } catch (error) {
    if (!isPositioned(error)) throw error;
    const { line, column, message } = error;
    throw new SyntaxFault(reasonOf(message), { line, column });
  }
};

const readNode = (node: ValueNode, text: string): Node => {
  const at = positionOf(node);
  switch (node.type) {
    case 'Object':
      return {
        kind: 'map',
        at,
        members: node.members.map(({ name, value }) => ({
          name: name.type === 'Identifier' ? name.name : name.value,
          at: positionOf(name),
          node: readNode(value, text),
        })),
      };
    case 'Array':
      return { kind: 'list', at, items: node.elements.map(({ value }) => readNode(value, text)) };
    case 'Number':
      return { kind: 'scalar', at, value: node.value, fault: numberFault(node.range ? text.slice(...node.range) : '') };
    case 'NaN':
    case 'Infinity':
      return { kind: 'scalar', at, value: 0, fault: 'is not a finite number. Write it in decimal digits.' };
    case 'Null':
      return { kind: 'scalar', at, value: null };
    default:
      return { kind: 'scalar', at, value: node.value };
  }
};
