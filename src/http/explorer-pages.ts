/** Home and explorer: Apollo Sandbox where its CDN answers, and GraphiQL from npm, with the example operations. */
import { readdirSync, readFileSync } from 'node:fs';
import { type ConstValueNode, Kind, parse } from 'graphql';
import { readGraphiql } from './graphiql.ts';
import {
  CLOSED,
  fileAt,
  fill,
  ownFolder,
  type Pages,
  pageAt,
  projectRoot,
  readText,
  SCRIPT,
  STYLE,
} from './static-file.ts';

const APOLLO_CDN = 'https://embeddable-sandbox.cdn.apollographql.com';
const APOLLO_FRAME = 'https://sandbox.embed.apollographql.com';

const defaultOf = (node: ConstValueNode): string | number | undefined => {
  if (node.kind === Kind.INT) return Number(node.value);
  return node.kind === Kind.STRING ? node.value : undefined;
};

/** The default values of an operation's variables, by name. */
const variablesOf = (operation: string): Record<string, string | number | undefined> => {
  const definitions = parse(operation).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []) : [],
  );
  return Object.fromEntries(
    definitions.map(({ variable, defaultValue }) => [variable.name.value, defaultValue && defaultOf(defaultValue)]),
  );
};

/** The operation that people open with comes first, and a result is read after it was written; then by name. */
const first = ['authenticate', 'payer-channels', 'authenticate-and-set', 'auth-result'];
const place = (name: string): string => {
  const index = first.indexOf(name);
  return index < 0 ? `9${name}` : `${index}`;
};

export const readExamples = () => {
  const folder = new URL('examples/', projectRoot);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => name.replace('.graphql', ''))
    .sort((left, right) => (place(left) < place(right) ? -1 : 1))
    .map((name) => {
      const operation = readFileSync(new URL(`${name}.graphql`, folder), 'utf8');
      return { name, operation, variables: variablesOf(operation) };
    });
};

const graphiqlFiles = {
  'graphiql.js': [SCRIPT, 'js'],
  'graphiql.css': [STYLE, 'css'],
  'editor.worker.js': [SCRIPT, 'editorWorkerService'],
  'json.worker.js': [SCRIPT, 'jsonWorker'],
  'graphql.worker.js': [SCRIPT, 'graphqlWorker'],
} as const;

export const explorerPages = (): Pages => {
  const examples = readExamples();
  const home = fill(readText(new URL('home.html', ownFolder)), 'first-operation', examples[0]?.operation);
  const explorer = fill(readText(new URL('explorer.html', ownFolder)), 'examples', examples);
  const files = Object.entries(graphiqlFiles).map(([name, [type, part]]): Pages[number] => [
    `/explorer/${name}`,
    { type, policy: CLOSED, read: async () => (await readGraphiql())[part] },
  ]);
  return [
    pageAt('/', home, { script: APOLLO_CDN, connect: APOLLO_CDN, frame: APOLLO_FRAME, style: "'unsafe-inline'" }),
    // The editor makes style sheets as it runs, and has its font in one.
    pageAt('/explorer', explorer, { style: "'unsafe-inline'", font: 'data:' }),
    ...['bar.css', 'home.js', 'explorer.js'].map((name) => fileAt(`/pages/${name}`, new URL(name, ownFolder))),
    fileAt('/favicon.svg', new URL('favicon.svg', ownFolder)),
    ...files,
  ];
};
