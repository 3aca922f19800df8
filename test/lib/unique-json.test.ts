import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUniqueJson } from '../../src/lib/unique-json.ts';
import { runs } from '../support/runs.ts';

describe('JSON that names each member once is read as JSON.parse reads it', () => {
  test('any JSON with unique names is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), fc.boolean(), (text, wide) => {
        const spelled = wide ? JSON.stringify(JSON.parse(text), null, '\t \n') : text;
        expect(parseUniqueJson(spelled)).toEqual(JSON.parse(spelled));
      }),
      { numRuns: runs(2_000) },
    );
  });

  test.each([
    '{}',
    '[]',
    '"a:"',
    '["a","a",{"a":1},{"a":1}]',
    String.raw`{"a\":":"\":","b":"c\\","c\\":"{\"b\":1}"}`,
    '{"a" \t\r\n:{"a":{"a":null}}}',
    '{"__proto__":1,"constructor":2}',
    '{"":1," ":2}',
  ])('JSON with unique names is read as JSON.parse reads it: %s', (text) => {
    expect(parseUniqueJson(text)).toEqual(JSON.parse(text));
  });

  test('JSON of 30,000 levels is read as JSON.parse reads it', () => {
    expect(parseUniqueJson(`${'[{"a":'.repeat(15_000)}1${'}]'.repeat(15_000)}`)).toBeDefined();
  });
});

describe('JSON is refused', () => {
  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a":1,"b":2,"a" :3}',
    '[{"b":{"a":1,"a":null}}]',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
    String.raw`{"\"":1,"\u0022":2}`,
  ])('JSON with a repeated name is refused: %s', (text) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(() => parseUniqueJson(text)).toThrow('a repeated name');
  });

  test('JSON with any one name repeated is refused, at any place', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(object, fc.nat(), fc.jsonValue(), (value, at, other) => {
        const names = Object.keys(value);
        const name = JSON.stringify(names[at % names.length]);
        const text = `${JSON.stringify(value).slice(0, -1)},${name}:${JSON.stringify(other)}}`;
        expect(() => parseUniqueJson(`[{"in":${text}}]`)).toThrow('a repeated name');
      }),
      { numRuns: runs(2_000) },
    );
  });

  test('a text that is not JSON is refused', () => {
    expect(() => parseUniqueJson('{"a":1,}')).toThrow(SyntaxError);
  });
});
