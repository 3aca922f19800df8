import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beijingTime, parseBeijingTime } from '../../src/lib/beijing-time.ts';

test.each([
  ['1970-01-01T00:00:00Z', '1970-01-01 08:00:00'],
  ['2024-10-24T04:00:00Z', '2024-10-24 12:00:00'],
  ['2024-12-31T15:59:59.999Z', '2024-12-31 23:59:59'],
  ['2024-12-31T16:00:00Z', '2025-01-01 00:00:00'],
  ['2024-02-28T20:00:00Z', '2024-02-29 04:00:00'],
  // China had summer time from 1986 to 1991; the upstreams' UTC+8 has none.
  ['2024-07-01T00:00:00Z', '2024-07-01 08:00:00'],
])('%s is %s in Beijing', (instant, text) => {
  expect(beijingTime(Date.parse(instant))).toBe(text);
});

test('a written time is read as the same instant, in UTC+8, to the second', () => {
  const instants = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(instants, (epochMs) => {
      const text = beijingTime(epochMs);
      expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      expect(Date.parse(`${text.replace(' ', 'T')}+08:00`)).toBe(Math.floor(epochMs / 1_000) * 1_000);
      expect(parseBeijingTime(text)).toBe(Math.floor(epochMs / 1_000) * 1_000);
    }),
  );
});

test('the Beijing time is the same in every time zone of the machine', async () => {
  const instants = [Date.UTC(2024, 2, 10, 7), Date.UTC(2024, 6, 1), Date.UTC(2024, 10, 3, 6)];
  const script = `
    import { beijingTime } from './src/lib/beijing-time.ts';
    console.log(JSON.stringify(${JSON.stringify(instants)}.map(beijingTime)));`;
  const run = promisify(execFile);
  const outputs = await Promise.all(
    ['America/New_York', 'Pacific/Kiritimati'].map((TZ) =>
      run(process.execPath, ['--input-type=module', '--eval', script], {
        env: { ...process.env, TZ },
        timeout: 15_000,
      }),
    ),
  );
  for (const { stdout } of outputs)
    expect(JSON.parse(stdout)).toEqual(['2024-03-10 15:00:00', '2024-07-01 08:00:00', '2024-11-03 14:00:00']);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('beijingTime throws for %s', (epochMs) => {
  expect(() => beijingTime(epochMs)).toThrow(RangeError);
});

test.each([
  ...['', '2026-11-22', '2026-11-22T16:37:00', '2026-11-22 16:37:00Z', ' 2026-11-22 16:37:00', '2026-11-22 16:37:00\n'],
  ...[
    '2026-02-29 00:00:00',
    '2026-02-30 00:00:00',
    '2026-11-22 24:00:00',
    '2026-11-22 23:59:60',
    '２０２6-11-22 16:37:00',
  ],
])('%j is no Beijing time', (text) => {
  expect(parseBeijingTime(text)).toBeUndefined();
});
