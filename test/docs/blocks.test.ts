/**
 * The code blocks of the documents: TypeScript is a part of an example or type-checked, operations are valid, JSON and
 * YAML parse, commands exist, and curl commands run; the page of docs/quick-start.md runs in test/http/cashier.test.ts. Pages in `elsewhere` have tests of their own that read every block.
 */
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildSchema as buildFromText, parse, validate } from 'graphql';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { steeringTypeDefs } from '../../src/emulators/steering.ts';
import { resolvers } from '../../src/graphql/resolvers/resolvers.ts';
import { buildSchema, readTypeDefs } from '../../src/graphql/schema.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8');
const elsewhere = new Set(['docs/routers.md', 'docs/federation.md', 'docs/webhooks.md']);
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).filter((page) => !elsewhere.has(page));
const blocks = pages.flatMap((page) =>
  [...read(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    page,
    language,
    text,
  })),
);
const named = (language: string) => blocks.filter((block) => block.language === language);

test('every block has a language that is checked', () => {
  const languages = ['ts', 'js', 'html', 'graphql', 'json', 'yaml', 'sh', 'mermaid', 'sql', 'text'];
  expect(blocks.filter(({ language }) => !languages.includes(language))).toEqual([]);
});

const examples = globSync('examples/**/*.ts', { cwd: root, exclude: ['examples/front-end/gql/**'] }).map(read);
const isShown = (text: string) => examples.some((example) => example.includes(text));

/** The blocks of a page, one after the other as a reader would paste them, in a file beside the page. */
const modules: ReadonlyMap<string, string> = new Map<string, string>(
  pages.flatMap((page) => {
    const own = named('ts').filter((block) => block.page === page && !isShown(block.text));
    return own.length === 0 ? [] : [[`${root}/${page}.ts`, own.map(({ text }) => text).join('\n')] as const];
  }),
);

test('TypeScript in the documents is a part of an example, or passes the type checker', { timeout: 120_000 }, () => {
  expect(named('ts').filter(({ text }) => isShown(text)).length).toBeGreaterThan(3);
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => modules.has(file) || fileExists(file);
  host.readFile = (file) => modules.get(file) ?? readFile(file);
  host.getSourceFile = (file, version) => {
    const text = modules.get(file);
    return text === undefined ? getSourceFile(file, version) : ts.createSourceFile(file, text, version);
  };
  const lib = ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'];
  const paths = { 'payer-identity/testing': [`${root}/src/testing/index.ts`] };
  const program = ts.createProgram([...modules.keys()], { ...options, lib, paths, noUnusedLocals: false }, host);
  // Of the pages alone: what they import is checked by npm run check.
  const checked = [...modules.keys()].map((file) => program.getSourceFile(file));
  const found = checked.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  expect(checked).not.toContain(undefined);
  const faults = found.map(({ file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    return `${file?.fileName.slice(root.length)}: ${message}`;
  });
  expect(faults).toEqual([]);
});

const contract = buildSchema(resolvers, readTypeDefs());
/** docs/sandbox.md speaks to /sandbox/graphql as well. */
const steering = buildFromText(steeringTypeDefs);
test.each(named('graphql'))('the operation of $page is valid: $text', ({ page, text }) => {
  const schemas = page === 'docs/sandbox.md' ? [contract, steering] : [contract];
  expect(schemas.map((schema) => validate(schema, parse(text)))).toContainEqual([]);
});

test('JSON and YAML in the documents parse', () => {
  for (const { page, text } of named('json')) expect(() => JSON.parse(text), `${page}: ${text}`).not.toThrow();
  for (const { text } of named('yaml')) expect(parseDocument(text).errors).toEqual([]);
});

const lines = named('sh').flatMap(({ page, text }) =>
  text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => ({ page, line: line.trim() })),
);

test('the documents name only commands that exist', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const missing = lines.filter(({ line }) => {
    const name = /\bnpm (?:run )?(?:-s )?(start|test|(?<=run (?:-s )?)[\w:]+)/.exec(line)?.[1];
    return name !== undefined && !Object.hasOwn(scripts, name);
  });
  expect(missing).toEqual([]);
});

describe('curl commands', () => {
  let service: SandboxService;
  beforeAll(async () => {
    service = await startSandboxService();
  }, 60_000);
  afterAll(() => service.close());
  const commands = lines.filter(({ line }) => line.startsWith('curl ') && line.includes('127.0.0.1:4001'));

  test.each(commands)('in $page answer without errors, twice: $line', async ({ line }) => {
    for (const _ of [1, 2]) {
      const { stdout } = await promisify(execFile)('bash', [
        '-c',
        line.replace('http://127.0.0.1:4001', service.origin),
      ]);
      expect(stdout).not.toBe('');
      expect(stdout).not.toMatch(/"errors"|"code":|not found/i);
    }
  });
});
