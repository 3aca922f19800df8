/** What the syntax tree of a file shows: long functions, casts, written `any`s, spreads of literals, and others. */
import { type Comment, type Function as FunctionNode, type Node, parseSync, visitorKeys } from 'oxc-parser';
import type { SourceFile } from './files.ts';

export interface Finding {
  readonly place: string;
  readonly what: string;
}

export interface MeasuredFunction extends Finding {
  readonly lines: number;
}

export interface Findings {
  readonly functions: MeasuredFunction[];
  readonly casts: Finding[];
  readonly anys: Finding[];
  readonly spreads: Finding[];
  readonly manyParameters: Finding[];
  readonly nestedTernaries: Finding[];
  readonly withoutOpening: Finding[];
}

const MANY_PARAMETERS = 5;
const NEEDS_OPENING = 40;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

const walk = (
  node: Node,
  ancestors: readonly Node[],
  visit: (node: Node, ancestors: readonly Node[]) => void,
): void => {
  visit(node, ancestors);
  // visitorKeys names properties of this node; the types do not connect the two.
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  for (const child of (visitorKeys[node.type] ?? []).flatMap((key) => fields[key]))
    if (isNode(child)) walk(child, [...ancestors, node], visit);
};

const isFunction = (node: Node): boolean =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';

const ownName = (node: Node | undefined, text: string): string | undefined => {
  if (node === undefined) return undefined;
  if (node.type === 'FunctionDeclaration') return node.id?.name;
  if (node.type === 'VariableDeclarator') return text.slice(node.id.start, node.id.end);
  if (node.type === 'Property' || node.type === 'MethodDefinition') return text.slice(node.key.start, node.key.end);
  return undefined;
};

/** The function's name, or that of the nearest thing with a name around it. */
const nameOf = (node: Node, ancestors: readonly Node[], text: string): string => {
  const direct = ownName(node, text) ?? ownName(ancestors.at(-1), text);
  if (direct !== undefined) return direct;
  const around = ancestors.toReversed().find((ancestor) => ownName(ancestor, text) !== undefined);
  return `a function in ${ownName(around, text) ?? 'the module'}`;
};

const opensWithSentence = (text: string, comments: readonly Comment[]): boolean => {
  const [first] = comments;
  return first !== undefined && text.slice(0, first.start).trim() === '' && !first.value.includes('biome-ignore');
};

const noFindings = (): Findings => ({
  functions: [],
  casts: [],
  anys: [],
  spreads: [],
  manyParameters: [],
  nestedTernaries: [],
  withoutOpening: [],
});

const measureNode = (node: Node, ancestors: readonly Node[], { path, text }: SourceFile, findings: Findings): void => {
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const line = lineAt(node.start);
  const found = {
    place: `${path}:${line}`,
    what: text.slice(node.start, node.end).replaceAll(/\s+/g, ' ').slice(0, 80),
  };
  if (isFunction(node)) {
    const what = nameOf(node, ancestors, text);
    const { params } = node as FunctionNode;
    findings.functions.push({ place: found.place, what, lines: lineAt(node.end) - line + 1 });
    if (params.length >= MANY_PARAMETERS) findings.manyParameters.push({ place: found.place, what });
  }
  if (node.type === 'TSAsExpression' && text.slice(node.typeAnnotation.start, node.typeAnnotation.end) !== 'const')
    findings.casts.push(found);
  if (node.type === 'TSAnyKeyword') findings.anys.push(found);
  if (node.type === 'SpreadElement' && /^(Object|Array)Expression$/.test(node.argument.type))
    findings.spreads.push(found);
  if (node.type === 'ConditionalExpression' && ancestors.at(-1)?.type === 'ConditionalExpression')
    findings.nestedTernaries.push(found);
};

export const measureSyntax = (files: readonly SourceFile[]): Findings => {
  const findings = noFindings();
  for (const file of files) {
    const { program, comments } = parseSync(file.path, file.text);
    walk(program, [], (node, ancestors) => measureNode(node, ancestors, file, findings));
    if (file.lines > NEEDS_OPENING && !opensWithSentence(file.text, comments))
      findings.withoutOpening.push({ place: file.path, what: `${file.lines} lines` });
  }
  return findings;
};
