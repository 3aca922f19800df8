import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createLog, type LogFields } from '../../src/lib/log.ts';
import { textLines } from '../../src/lib/log-text.ts';

const shown = (fields: LogFields, colors = false): string => {
  const written: string[] = [];
  const stream = textLines({ write: (lines) => void written.push(lines) }, colors);
  createLog('info', stream).warn('a call was refused', fields);
  return written.join('');
};

test('a line for a terminal has time, level, event, duration and fields, the traceId last', () => {
  const line = shown({ traceId: 'abc', appId: 'demo', durationMs: 12, apps: ['a', 'b'] });
  expect(line).toMatch(/^\d\d:\d\d:\d\d warn {2}a call was refused \(12 ms\) appId=demo apps=a, b traceId=abc\n$/);
});

test('an error is shown with its class, its codes, and its frames below', () => {
  const error = Object.assign(new TypeError('a message that may quote input'), { code: 'ECONNRESET' });
  const [line = '', ...frames] = shown({ error }).trimEnd().split('\n');
  expect(line).toMatch(/ error=TypeError codes=ECONNRESET$/);
  expect(frames.length).toBeGreaterThan(1);
  for (const frame of frames) expect(frame).toMatch(/^ {4}at /);
  expect(line).not.toContain('quote input');
});

test('a value neither moves the cursor nor begins a line of its own', () => {
  const line = shown({ clientReferenceId: 'order\n12:00:00 error forged\u001b[2J\u2028\u202e' });
  expect(line.match(/\n/g)).toHaveLength(1);
  expect(line).toContain('order\\u{a}12:00:00 error forged\\u{1b}[2J\\u{2028}\\u{202e}');
});

test('colors change no character of a line', () => {
  const fields = { appId: 'demo', durationMs: 3 };
  const colored = shown(fields, true);
  expect(colored).toContain('\u001b[');
  expect(stripVTControlCharacters(colored).slice(8)).toBe(shown(fields).slice(8));
});
