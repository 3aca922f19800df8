/** Finds calls whose result is an unwritten `any`, such as `JSON.parse`, by TypeScript's own checker. */
import { join, relative } from 'node:path';
import ts from 'typescript';
import type { Finding } from './syntax.ts';

const isAny = (type: ts.Type | undefined): boolean => type !== undefined && (type.flags & ts.TypeFlags.Any) !== 0;

/** `any` itself, a record or list of it, and a promise of it. */
const hasAny = (type: ts.Type, checker: ts.TypeChecker): boolean => {
  if (isAny(type) || isAny(type.getStringIndexType())) return true;
  const name = type.getSymbol()?.getName();
  if (name !== 'Promise' && name !== 'Array') return false;
  // Promise and Array are references to generic types; their flags say so, the method's signature cannot.
  return checker.getTypeArguments(type as ts.TypeReference).some(isAny);
};

/** Where the value goes says `unknown` or `any` itself, as a schema's `parse` and `JSON.stringify` do, or it is cast. */
const isExpected = (call: ts.CallExpression, checker: ts.TypeChecker): boolean => {
  const outer = ts.isAwaitExpression(call.parent) ? call.parent : call;
  if (ts.isAsExpression(outer.parent) || ts.isExpressionStatement(outer.parent)) return true;
  const context = checker.getContextualType(outer);
  return context !== undefined && (context.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any)) !== 0;
};

export const findHiddenAnys = (folder: string): Finding[] => {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const measured = fileNames.filter((name) => /^src\/(?!generated\/)/.test(relative(folder, name)));
  const program = ts.createProgram(measured, options);
  const checker = program.getTypeChecker();
  const found: Finding[] = [];
  const visit = (node: ts.Node, file: ts.SourceFile): void => {
    if (ts.isCallExpression(node) && hasAny(checker.getTypeAtLocation(node), checker) && !isExpected(node, checker)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      const what = node.getText().replaceAll(/\s+/g, ' ').slice(0, 80);
      found.push({ place: `${relative(folder, file.fileName)}:${line}`, what });
    }
    ts.forEachChild(node, (child) => visit(child, file));
  };
  for (const name of measured) {
    const file = program.getSourceFile(name);
    if (file) visit(file, file);
  }
  return found;
};
