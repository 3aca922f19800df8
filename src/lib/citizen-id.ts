/** Numbers of identity documents: normalization, and the check digit of resident identity cards. */

/**
 * The number as it is printed: capital letters and digits, without blanks. Chinese keyboards type full-width characters,
 * pages group the digits, and copying adds characters of no width. Every accepted document is printed in capital
 * letters, so a small letter stands for the capital one.
 */
export const documentNumber = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cf}]/gu, '')
    .toUpperCase();

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const checks = '10X98765432';

/**
 * Why a text is not the number of a Chinese resident identity card: 17 digits, of which the 7th to the 14th are the date
 * of birth, and a check character (GB 11643-1999). Undefined for a well-formed number.
 */
export const citizenIdFault = (text: string): string | undefined => {
  if (/^\d{15}$/.test(text))
    return 'numbers of 15 digits have not been valid since 2013: the 18 characters of the present card';
  if (!/^\d{17}[\dX]$/.test(text)) return '18 characters: 17 digits, and a digit or X';
  const [, year = '', month = '', day = ''] = /^.{6}(\d{4})(\d\d)(\d\d)/.exec(text) ?? [];
  if (!isDate(Number(year), Number(month), Number(day)))
    return 'the 7th to the 14th digit are no date of birth: a digit is mistyped';
  const sum = weights.reduce((total, weight, position) => total + weight * Number(text[position]), 0);
  return text[17] === checks[sum % 11]
    ? undefined
    : 'the last character does not check the digits before it: one is mistyped';
};

const isDate = (year: number, month: number, day: number): boolean => {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1800 && year < 2200 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
};
