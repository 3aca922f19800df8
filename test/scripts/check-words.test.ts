import { describe, expect, test } from 'vitest';
import { findForbiddenWords, forbiddenWords } from '../../scripts/lib/forbidden-words.ts';
import { proseOf } from '../../scripts/lib/prose.ts';

const forms = forbiddenWords.flatMap((entry) => entry.forms.map((form) => ({ form, say: entry.say })));
const find = (name: string, text: string) => findForbiddenWords(proseOf(name, text));

/** Each puts a text on the second line, where prose stands. */
const places: Readonly<Record<string, { name: string; withText: (text: string) => string }>> = {
  'a line comment': { name: 'src/a.ts', withText: (text) => `const a = 1;\n// It ${text} here.\n` },
  'a docstring': { name: 'src/a.ts', withText: (text) => `/**\n * It ${text} here. */\nexport const a = 1;\n` },
  'a title': { name: 'test/a.test.ts', withText: (text) => `\ntest('it ${text} here', () => {});\n` },
  'a title made of parts': {
    name: 'test/a.test.ts',
    withText: (text) => `\ntest(\`\${1} \` + 'it ${text}', () => {});`,
  },
  'the name of a group': { name: 'test/a.test.ts', withText: (text) => `\ndescribe('it ${text} here', () => {});\n` },
  'a row that a title shows first': {
    name: 'test/a.test.ts',
    withText: (text) => `const rows = [\n['it ${text}', 1]] as const;\ntest.each(rows)('%s is', () => {});\n`,
  },
  'a row that a title shows by name': {
    name: 'test/a.test.ts',
    withText: (text) => `test.each([\n{ name: 'it ${text}', value: 1 }])('$name is', () => {});\n`,
  },
  'a key that a title shows': {
    name: 'test/a.test.ts',
    withText: (text) => `test.each(Object.entries({\n'it ${text}': 1 }))('%s is', () => {});\n`,
  },
  'a description': { name: 'schema/a.graphql', withText: (text) => `"""\nIt ${text} here.\n"""\ntype A { b: Int }\n` },
  'a short description': { name: 'schema/a.graphql', withText: (text) => `\n"It ${text}" type A { b: Int }\n` },
  'a GraphQL comment': { name: 'examples/a.graphql', withText: (text) => `\n# It ${text} here.\n{ a }\n` },
  'a document': { name: 'docs/a.md', withText: (text) => `# A\nIt ${text} here.\n` },
};

describe.each(Object.entries(places))('check:words in %s', (_, { name, withText }) => {
  test('finds each forbidden word with its line and what to say instead', () => {
    for (const { form, say } of forms) expect(find(name, withText(form)), form).toEqual([{ line: 2, word: form, say }]);
  });

  test('finds a word in upper case', () => {
    for (const { form } of forms) expect(find(name, withText(form.toUpperCase())), form).toHaveLength(1);
  });

  test('passes a text without forbidden words, and words that only contain one', () => {
    expect(find(name, withText('returns keyword, keeps awayness and untold retelling'))).toEqual([]);
  });
});

describe('check:words passes', () => {
  test.each([
    ['code', 'src/a.ts', "export const kept = 'told';\n"],
    [
      'the texts of code outside titles',
      'test/a.test.ts',
      "test('it runs', () => { expect('told').toBe('kept'); });\n",
    ],
    ['a row that no title shows', 'test/a.test.ts', "test.each([['it', 'told']])('%s runs', () => {});\n"],
    ['a code span of a comment', 'src/a.ts', '// Answers `PayerAuthResultStored`, `kept`.\n'],
    ['a code span of a description', 'schema/a.graphql', '"Was `kept`." type A { b: Int }\n'],
    ['names of the schema', 'schema/a.graphql', 'type Kept { told: Int }\n'],
    ['a code span of a document', 'docs/a.md', 'It answers `kept`.\n'],
    ['quoted wire text of a document', 'docs/a.md', 'It answers "auth code was kept".\n'],
    ['a block of code in a document', 'docs/a.md', '```json\n{"kept": true}\n```\n'],
    ['the target of a link', 'docs/a.md', '[a test](../test/kept.test.ts)\n'],
  ])('%s', (_, name, text) => {
    expect(find(name, text)).toEqual([]);
  });
});

test('check:words finds a phrase across a line break', () => {
  expect(find('src/a.ts', '/**\n * A code that makes\n * no sense.\n */\n')).toMatchObject([
    { word: 'makes no sense' },
  ]);
});

test('check:words rejects a file that cannot be parsed', () => {
  expect(() => proseOf('src/a.ts', 'const = ;')).toThrow('src/a.ts');
});
