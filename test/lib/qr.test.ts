import { describe, expect, test } from 'vitest';
import { qrSvg } from '../../src/lib/qr.ts';
import { readQr } from '../support/http/qr.ts';

const link = (length: number) => 'https://pay.example/?a=%E5%BC%A0&b=B-~_'.padEnd(length, 'c%D4~');

describe('a QR code', () => {
  test.each([0, 50, 100, 300, 1_000, 2_331, 2_332, 2_953])(
    'of a link of %i characters or more reads as the link',
    (length) => {
      expect(readQr(qrSvg(link(length)) ?? '')).toBe(link(length));
    },
  );

  test('a QR code of Chinese text reads as the text', () => {
    expect(readQr(qrSvg('https://店.example/张三') ?? '')).toBe('https://店.example/张三');
  });

  test.each([
    ['2,953 bytes', link(2_953)],
    ['2,331 bytes', link(2_331)],
    ['984 Chinese characters', '张'.repeat(984)],
  ])('a QR code with %s has less than 64 KiB', (_, text) => {
    expect(qrSvg(text)?.length).toBeLessThan(65_536);
  });

  test.each([
    ['2,954 bytes', link(2_954)],
    ['985 Chinese characters, which are 2,955 bytes', '张'.repeat(985)],
    ['a million', link(1_000_000)],
  ])('qrSvg returns undefined for %s', (_, text) => {
    expect(qrSvg(text)).toBeUndefined();
  });
});
