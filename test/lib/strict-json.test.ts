import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JsonNode, jsonValue, readJson } from '../../src/lib/strict-json.ts';

const plain = (text: string): unknown => jsonValue(readJson(text));
const children = (node: JsonNode): JsonNode[] => {
  if (node.kind === 'object') return [...node.members.values()];
  return node.kind === 'array' ? [...node.items] : [];
};
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('a JSON text', () => {
  test('readJson returns the value that JSON.parse returns', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(JSON.stringify(plain(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 500 },
    );
  });

  test('readJson accepts and refuses random texts as JSON.parse does', () => {
    const token = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        '"a"',
        '"b":',
        '\\',
        '\\"',
        '\\u0041',
        '\\x',
        '\\ud800',
        '\n',
        '\t',
        ' ',
        '\u00a0',
      ],
      ...[
        '0',
        '-',
        '-0',
        '01',
        '1.',
        '1.5',
        '.5',
        '1e5',
        '1E+',
        '+1',
        'NaN',
        'true',
        'tru',
        'null',
        "'a'",
        '//',
        '\ufeff',
      ],
      ...['\0', '\u001f', '\u007f', '\u0085', '\u2028', '\ud83d', '😀', '中'],
    );
    const typed = fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join(''));
    const quoted = typed.map((text) => `"${text}"`);
    const listed = typed.map((text) => `[${text}]`);
    fc.assert(
      fc.property(fc.oneof(typed, quoted, listed), (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => readJson(text), text).toThrow(SyntaxError);
          return;
        }
        expect(JSON.stringify(plain(text)), text).toBe(JSON.stringify(expected));
      }),
      { numRuns: 3_000 },
    );
  });

  test('the offsets of every node slice back to its value', () => {
    const indents = fc.constantFrom('', ' ', '\t');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), indents, indents, (value, indent, around) => {
        const text = around + JSON.stringify(value, null, indent) + around;
        const check = (node: JsonNode) => {
          const slice = text.slice(node.start, node.end);
          expect(slice).toBe(slice.trim());
          expect(JSON.stringify(JSON.parse(slice))).toBe(JSON.stringify(jsonValue(node)));
          for (const child of children(node)) check(child);
        };
        check(readJson(text));
      }),
    );
  });

  test('members stay in the order received, numeric keys too', () => {
    const node = readJson('{"b":1,"2":2,"a":3,"1":4}');
    expect(node.kind === 'object' && [...node.members.keys()]).toEqual(['b', '2', 'a', '1']);
  });

  test('a __proto__ key becomes a property like others', () => {
    const value = plain('{"__proto__":{"openId":"evil"},"constructor":1}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(value.openId).toBeUndefined();
    expect(JSON.stringify(value)).toBe('{"__proto__":{"openId":"evil"},"constructor":1}');
  });

  test.each(['1', '-0', '1.50', '1e2', '9007199254740993', '1e400'])(
    'the number %s has the offsets of its digits as written',
    (number) => {
      const [node] = children(readJson(`[ ${number} ]`));
      expect(node && `[ ${number} ]`.slice(node.start, node.end)).toBe(number);
    },
  );
});

describe('a JSON text is refused', () => {
  test('a repeated key is refused, at any depth and in any spelling', () => {
    const wraps = fc.array(
      fc.constantFrom<[string, string]>(['[', ']'], ['{"x":', '}'], ['[0,', ']'], ['{"y":[],"x":', '}']),
      {
        maxLength: 14,
      },
    );
    const repeated = fc.constantFrom(
      '{"a":1,"a":2}',
      '{"a":1,"a":1}',
      '{"a":1,"b":{},"\\u0061":2}',
      '{"":1,"":1}',
      '{"__proto__":1,"__proto__":1}',
      '{"a":{"b":1,"c":{}},"a":null}',
    );
    fc.assert(
      fc.property(wraps, repeated, (around, inside) => {
        const text = around.reduce<string>((wrapped, [open, close]) => open + wrapped + close, inside);
        expect(() => readJson(text)).toThrow(SyntaxError);
        expect(() => readJson(text.replaceAll(inside, '{"a":1,"A":2}'))).not.toThrow();
      }),
    );
  });

  test('more than sixteen levels are refused', () => {
    expect(readJson(nested(16)).kind).toBe('array');
    for (const depth of [17, 18, 1_000, 32_000]) {
      expect(() => readJson(nested(depth))).toThrow(SyntaxError);
      expect(() => readJson('{"a":'.repeat(depth) + 1 + '}'.repeat(depth))).toThrow(SyntaxError);
    }
    expect(() => readJson(nested(17))).toThrow('more than 16 levels');
    expect(plain('[1]')).toEqual([1]);
  });

  test.each(['1 2', '{}{}', '[],', 'null\0', '{}]', '"a"b', '[] //', '\ufeff{}', '{}\u00a0'])(
    'with text that does not belong to it: %j',
    (text) => {
      expect(() => readJson(text)).toThrow(SyntaxError);
    },
  );

  test('an unescaped control character is refused', () => {
    for (let code = 0; code < 0x20; code += 1) {
      const character = String.fromCharCode(code);
      expect(() => readJson(`{"a":"x${character}y"}`)).toThrow(SyntaxError);
      expect(() => readJson(`{"a${character}":1}`)).toThrow(SyntaxError);
    }
    expect(plain('"\u007f\u0085\\u0000"')).toBe('\u007f\u0085\0');
  });

  test.each([
    '',
    ' ',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1,',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '{a:1}',
    "{'a':1}",
    '{1:1}',
    '{null:1}',
  ])('the incomplete text %j is refused', (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  });

  test('P8: the error of a refused text quotes nothing of it', () => {
    for (const text of ['{"s3cret":1,"s3cret":2}', '"s3cret', '{"a":s3cret}', '1 s3cret'])
      expect(() => readJson(text)).toThrow(/^JSON: [^3]+ at offset \d+$/);
  });
});

describe('the time to read', () => {
  const timeToRefuse = (text: string): number => {
    const start = performance.now();
    expect(() => readJson(text)).toThrow(SyntaxError);
    return performance.now() - start;
  };

  // From short to long, so that a reader whose time doubles with each character fails here and does not hang.
  test.each([
    ['a string without an end', (length: number) => `{"a":"${'a'.repeat(length)}`],
    ['a string with a bad character', (length: number) => `{"a":"${'a'.repeat(length)}\0"}`],
    ['a string of escapes without an end', (length: number) => `{"a":"${'\\n'.repeat(length)}`],
    ['a number without an end', (length: number) => `[${'1'.repeat(length)}`],
    ['blanks', (length: number) => `[${' '.repeat(length)}x`],
  ])('reading %s takes linear time', (_, write) => {
    expect(timeToRefuse(write(26))).toBeLessThan(100);
    expect(timeToRefuse(write(28))).toBeLessThan(100);
    expect(timeToRefuse(write(65_536))).toBeLessThan(1_000);
  });

  test('the longest accepted text is read in short time', () => {
    const long = JSON.stringify({ a: 'x'.repeat(30_000), b: '\n'.repeat(10_000), c: Array(5_000).fill(1) });
    const start = performance.now();
    expect(JSON.stringify(plain(long))).toBe(long);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
