import { describe, expect, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import { createLog, type LogFields } from '../../src/lib/log.ts';

const SECRET = 's3cret';

const logging = (level = 'info') => {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  return { log, lines };
};
const lineOf = (fields?: LogFields) => {
  const { log, lines } = logging();
  log.error('it failed', fields);
  expect(lines).toHaveLength(1);
  return { text: lines[0] ?? '', line: JSON.parse(lines[0] ?? '') };
};

describe('a line', () => {
  test('holds the event, its fields and the time', () => {
    const { line } = lineOf({ traceId: 't-1', channelId: 'ali_pay', count: 2 });
    expect(line).toEqual({
      level: 50,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      msg: 'it failed',
      traceId: 't-1',
      channelId: 'ali_pay',
      count: 2,
    });
  });

  test('has a place for each severity, and none below the level', () => {
    const { log, lines } = logging('warn');
    log.info('an event');
    log.warn('an event');
    log.error('an event');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([40, 50]);
  });

  test('is one line, whatever its texts hold', () => {
    const { text } = lineOf({ traceId: 'a\nb\r\u2028{"level":60}' });
    expect(text.trimEnd().split(/[\n\r]/)).toHaveLength(1);
  });
});

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('of an error', () => {
  test.each(['', SECRET, 'at', 'TypeError'])('the class and the places in our code are logged: %j', (message) => {
    const { line } = lineOf({ error: new TypeError(message) });
    expect(line.error.name).toBe('TypeError');
    expect(line.error.at[0]).toMatch(/^at .*log\.test\.ts:\d+:\d+\)?$/);
    expect(line.error.at.length).toBeLessThanOrEqual(5);
    expect(Object.keys(line.error)).toEqual(['name', 'at']);
  });

  test.each([
    ['a message', () => new Error(SECRET)],
    ['a message of many lines', () => new Error(`one\n${SECRET}\nthree`)],
    ['a message that looks like a stack', () => new Error(`one\n    at ${SECRET} (file:///x.ts:1:1)\n    at b`)],
    ['a cause', () => new Error('x', { cause: new Error(SECRET) })],
    ['properties', () => Object.assign(new Error('x'), { authCode: SECRET, response: { body: SECRET } })],
    ['errors within', () => new AggregateError([new Error(SECRET)], SECRET)],
    ['a quotation of what it choked on', () => thrownBy(() => JSON.parse(`{"authCode":${SECRET}}`))],
    ['a cause of ours', () => new PayerIdentityError('REPLY_MALFORMED', { cause: new Error(SECRET) })],
    ['a text instead of an error', () => SECRET],
    ['an object instead of an error', () => ({ message: SECRET, stack: `Error\n    at ${SECRET}` })],
  ])('%s is never logged', (_, make) => {
    const { text, line } = lineOf({ traceId: 't-1', error: make() });
    expect(text).not.toContain(SECRET);
    expect(line).toMatchObject({ msg: 'it failed', traceId: 't-1', error: { name: expect.any(String) } });
  });

  test.each([null, 0, '', false])('that is %j, the type is logged', (error) => {
    expect(lineOf({ error }).line.error).toEqual({ name: typeof error, at: [] });
  });

  test('nothing is logged where there is none', () => {
    expect(lineOf({ error: undefined }).line).not.toHaveProperty('error');
  });
});
