/** T29: no regular expression of the service takes more than linear time, for any text. */
import { readdirSync, readFileSync } from 'node:fs';
import { checkSync } from 'recheck';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = new URL('../src/', import.meta.url);

type Constants = ReadonlyMap<string, ts.Expression>;

/** The text of a string, a template or `String.raw`, with constants of the file filled in. */
const textOf = (node: ts.Expression | undefined, constants: Constants): string | undefined => {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return textOf(constants.get(node.text), constants);
  const raw = ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'String.raw';
  const template = raw ? node.template : node;
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.rawText ?? template.text;
  if (!ts.isTemplateExpression(template)) return undefined;
  const read = ({ text, rawText }: ts.TemplateLiteralLikeNode) => (raw ? (rawText ?? text) : text);
  const parts = template.templateSpans.map(({ expression, literal }) => {
    const filled = textOf(expression, constants);
    return filled === undefined ? undefined : filled + read(literal);
  });
  return parts.includes(undefined) ? undefined : read(template.head) + parts.join('');
};

const isRegExp = (node: ts.Node): node is ts.NewExpression | ts.CallExpression =>
  (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp';

/** As literals; `undefined` for each that is built from more than constants. */
const regularExpressionsIn = (name: string): (string | undefined)[] => {
  const file = ts.createSourceFile(name, readFileSync(new URL(name, root), 'utf8'), ts.ScriptTarget.Latest, true);
  const constants = new Map<string, ts.Expression>();
  const found: (string | undefined)[] = [];
  const collect = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      constants.set(node.name.text, node.initializer);
    ts.forEachChild(node, collect);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.text);
    if (isRegExp(node)) {
      const [pattern, flags] = (node.arguments ?? []).map((argument) => textOf(argument, constants));
      found.push(pattern === undefined ? undefined : `/${pattern}/${flags ?? ''}`);
    }
    ts.forEachChild(node, visit);
  };
  collect(file);
  visit(file);
  return found;
};

/** Quadratic for texts that open strings and close none; reads only what `listMember` has matched. */
const readsMatchedText = String.raw`/"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/g`;

const judge = (literal: string): string => {
  const end = literal.lastIndexOf('/');
  const verdict = checkSync(literal.slice(1, end), literal.slice(end + 1), { timeout: 60_000 });
  return `${literal}: ${verdict.status === 'unknown' ? verdict.error.kind : verdict.complexity.type}`;
};

test('every regular expression of the service takes linear time', { timeout: 180_000 }, () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const byFile = files.map((name) => ({ name, expressions: regularExpressionsIn(name) }));
  const all = new Set(byFile.flatMap(({ expressions }) => expressions.filter((literal) => literal !== undefined)));
  all.delete(readsMatchedText);
  expect(all.size).toBeGreaterThan(80);
  expect([...all].map(judge).filter((verdict) => !/: (linear|safe)$/.test(verdict))).toEqual([]);
  // Only the operator's own pattern of payment codes is not known here.
  const built = byFile.filter(({ expressions }) => expressions.includes(undefined)).map(({ name }) => name);
  expect(built).toEqual(['channels/wechat/wechat.ts']);
  // An exponential one is noticed.
  expect(judge('/^(a|a)*$/')).toBe('/^(a|a)*$/: exponential');
});
