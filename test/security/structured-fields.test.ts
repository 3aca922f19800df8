/** Structured fields are read in the one form that serializers write. */
import { describe, expect, test } from 'vitest';
import { readByteSequences, readInnerLists } from '../../src/security/structured-fields.ts';

describe('byte sequences', () => {
  test('byte sequences are read by their labels', () => {
    const one = Buffer.from('one');
    expect(readByteSequences('a=:b25l:, b=::')).toEqual(
      new Map([
        ['a', one],
        ['b', Buffer.alloc(0)],
      ]),
    );
    expect(readByteSequences('a=:b25l:\t,b=:b25l:')?.get('b')).toEqual(one);
  });

  // All of these decode to bytes; only one text for the same bytes is read.
  test.each(['a=:b25lMR==:', 'a=:b25lMQ:', 'a=:b25lMQ=:', 'a=:b25lMQ=:=:', 'a=:b25l==:', 'a=:b25:'])(
    'byte sequences are not read when written as %s',
    (field) => expect(readByteSequences(field)).toBeUndefined(),
  );

  test.each(['', ' ', 'a', 'a=', 'a=::,', ',a=::', 'a=:: b=::', 'a=::, a=::', 'A=::', '1=::', 'a=::;b'])(
    '%j is no byte sequence',
    (field) => expect(readByteSequences(field)).toBeUndefined(),
  );
});

describe('inner lists', () => {
  const read = (field: string) => readInnerLists(field)?.get('sig');

  test('inner lists are read without quotes and escapes', () => {
    const text = String.raw`("one" "t\"w\\o");created=12;alg="a\\\"";skew=-3`;
    const parameters = new Map<string, string | number>([
      ['created', 12],
      ['alg', 'a\\"'],
      ['skew', -3],
    ]);
    expect(read(`sig=${text}`)).toEqual({ items: ['one', 't"w\\o'], parameters, text });
  });

  test('an inner list can be empty', () => {
    expect(read('a=(), sig=()')).toEqual({ items: [], parameters: new Map(), text: '()' });
  });

  test.each([
    'sig=("a"',
    'sig=(a)',
    'sig=("a"  "b")',
    'sig=( "a")',
    'sig=("a\\b")',
    'sig=();a',
    'sig=();a=1;a=2',
    'sig=(); a=1',
    'sig=();a=1234567890123456',
    'sig=();a=1.5',
  ])('%s is no inner list', (field) => expect(read(field)).toBeUndefined());
});
