import { describe, expect, test } from 'vitest';
import { citizenIdFault, documentNumber } from '../../src/lib/citizen-id.ts';

const KNOWN = '11010519491231002X';

describe('the number of a document', () => {
  test.each([
    ['a small x', '11010519491231002x'],
    ['full-width digits and letters', '１１０１０５１９４９１２３１００２Ｘ'],
    ['a small full-width x', '11010519491231002ｘ'],
    ['the Roman ten, which some texts have for X', '11010519491231002Ⅹ'],
    ['blanks around it', ' \t11010519491231002X\r\n'],
    ['groups', '110105 19491231 002X'],
    ['ideographic and no-break spaces', '110105\u300019491231\u00a0002X'],
    ['marks of direction, a byte order mark and a zero-width space', '\ufeff\u202a11010519491231\u200b002X\u202c'],
  ])('documentNumber normalizes %s', (_, typed) => expect(documentNumber(typed)).toBe(KNOWN));

  test.each([
    ['h１２３ 456 789', 'H123456789'],
    ['0033478721（b）', '0033478721(B)'],
    ['chn123456789012', 'CHN123456789012'],
    ['　', ''],
  ])('the number %s of another document becomes capitals and digits', (typed, printed) => {
    expect(documentNumber(typed)).toBe(printed);
  });
});

describe('the number of an identity card', () => {
  const length = '18 characters: 17 digits, and a digit or X';
  const date = 'the 7th to the 14th digit are no date of birth: a digit is mistyped';
  const check = 'the last character does not check the digits before it: one is mistyped';

  test.each([KNOWN, '110105194912310038', '810000199408230021', '110105200002290021'])(
    'the identity card number %s is well formed',
    (text) => {
      expect(citizenIdFault(text)).toBeUndefined();
    },
  );

  test('the last of 11 check characters that fits is accepted, and no other', () => {
    for (let serial = 0; serial < 50; serial += 1) {
      const digits = `11010519491231${String(serial).padStart(3, '0')}`;
      const fitting = [...'0123456789X'].filter((last) => citizenIdFault(digits + last) === undefined);
      expect(fitting).toHaveLength(1);
    }
  });

  test.each([
    ['110105491231002', 'numbers of 15 digits have not been valid since 2013: the 18 characters of the present card'],
    ['', length],
    ['1101051949123100', length],
    ['11010519491231002Y', length],
    ['11010519491231002x', length],
    ['1101051949123100X2', length],
    ['11010519491231002XX', length],
    ['11010519491331002X', date],
    ['11010519490031002X', date],
    ['11010519491200002X', date],
    ['11010519490229002X', date],
    ['11010519000229002X', date],
    ['11010517991231002X', date],
    ['11010522001231002X', date],
    ['110105194912310021', check],
    ['11010519491231003X', check],
  ])('the identity card number %j is refused with: %s', (text, message) => expect(citizenIdFault(text)).toBe(message));
});
