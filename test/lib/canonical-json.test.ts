/** Canonical JSON of what this service signs and compares: RFC 8785, for objects of texts, dates and such objects. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type JsonObject } from '../../src/lib/canonical-json.ts';
import { runs } from '../support/runs.ts';

describe('canonical JSON', () => {
  /** https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3 */
  test('canonical JSON sorts names as RFC 8785 does', () => {
    const shuffled = {
      '\u20ac': 'Euro',
      '\r': 'CR',
      '\ufb33': 'Dalet',
      '1': 'One',
      '😀': 'Emoji',
      '\u0080': 'Control',
      ö: 'O with Diaeresis',
    };
    const json =
      '{"\\r":"CR","1":"One","\u0080":"Control","ö":"O with Diaeresis","\u20ac":"Euro","😀":"Emoji","\ufb33":"Dalet"}';
    expect(canonicalJson(shuffled)).toBe(json);
  });

  /** https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2 */
  test('canonical JSON writes strings as RFC 8785 does', () => {
    expect(canonicalJson({ string: '\u20ac$\u000f\nA\'B"\\\\"/' })).toBe(
      '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test.each([
    ['\b', '"\\b"'],
    ['\t', '"\\t"'],
    ['\n', '"\\n"'],
    ['\f', '"\\f"'],
    ['\r', '"\\r"'],
    ['\u0000', '"\\u0000"'],
    ['\u001f', '"\\u001f"'],
    ['\u007f', '"\u007f"'],
    ['\u2028', '"\u2028"'],
    ['"', '"\\""'],
    ['\\', '"\\\\"'],
    ['/', '"/"'],
  ])('canonical JSON escapes what RFC 8785 escapes and nothing else: %j', (text, json) => {
    expect(canonicalJson(text)).toBe(json);
  });

  test('canonical JSON sorts the names of inner objects', () => {
    const value = { z: 'last', a: { z: '1', a: { c: '2', b: '3' } } };
    expect(canonicalJson(value)).toBe('{"a":{"a":{"b":"3","c":"2"},"z":"1"},"z":"last"}');
  });

  test('canonical JSON leaves out what is undefined, and keeps an empty object', () => {
    const value = { a: undefined, b: { c: undefined, d: { e: undefined } } };
    expect(canonicalJson(value)).toBe('{"b":{"d":{}}}');
    expect(canonicalJson({})).toBe('{}');
  });

  test('canonical JSON writes a date in UTC with milliseconds', () => {
    expect(canonicalJson({ at: new Date('2026-11-22T20:00:00+08:00') })).toBe('{"at":"2026-11-22T12:00:00.000Z"}');
  });

  test('canonical JSON has no place for names of Object.prototype but as values', () => {
    const value: JsonObject = JSON.parse('{"toString":"a","__proto__":{"b":"c"}}');
    expect(canonicalJson(value)).toBe('{"__proto__":{"b":"c"},"toString":"a"}');
  });
});

describe('any object', () => {
  const { value } = fc.letrec<{ value: JsonObject }>((tie) => ({
    value: fc.dictionary(
      fc.string({ unit: 'binary', maxLength: 4 }).filter((name) => name !== '__proto__'),
      fc.oneof({ depthSize: 'small' }, fc.string({ unit: 'binary' }), tie('value')),
      { maxKeys: 4 },
    ),
  }));
  const reversed = (object: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(object)
        .reverse()
        .map(([name, member]) => [name, typeof member === 'object' ? reversed(member as JsonObject) : member]),
    );

  test('canonical JSON parses to the same object, in any order of its names', () => {
    fc.assert(
      fc.property(value, (object) => {
        expect(JSON.parse(canonicalJson(object))).toEqual({ ...object });
        expect(canonicalJson(reversed(object))).toBe(canonicalJson(object));
      }),
      { numRuns: runs(500) },
    );
  });

  test('two different objects have two canonical texts', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const areEqual = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(canonicalJson(one) === canonicalJson(other)).toBe(areEqual);
      }),
      { numRuns: runs(500) },
    );
  });
});

/** The entries of an object by name, however deep: without code of the service. */
const sorted = (object: JsonObject): unknown =>
  Object.entries(object)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => [name, typeof member === 'object' ? sorted(member as JsonObject) : member]);
