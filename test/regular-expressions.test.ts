/** No regular expression takes much longer for a text because of what is in it (T29). */
import { readdirSync, readFileSync } from 'node:fs';
import { checkSync } from 'recheck';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = new URL('../src/', import.meta.url);

const regularExpressionsIn = (file: string): string[] => {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(new URL(file, root), 'utf8'), ts.ScriptTarget.Latest));
  return found;
};

const judge = (literal: string): string => {
  const end = literal.lastIndexOf('/');
  const verdict = checkSync(literal.slice(1, end), literal.slice(end + 1), { timeout: 60_000 });
  return `${literal}: ${verdict.status === 'unknown' ? verdict.error.kind : verdict.complexity.type}`;
};

test('every regular expression of the service takes linear time', { timeout: 180_000 }, () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const all = new Set(files.flatMap(regularExpressionsIn));
  expect(all.size).toBeGreaterThan(80);
  expect([...all].map(judge).filter((verdict) => !/: (linear|safe)$/.test(verdict))).toEqual([]);
  // One that does not, so that it would be seen.
  expect(judge('/^(a|a)*$/')).toBe('/^(a|a)*$/: exponential');
});
