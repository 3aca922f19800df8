import { describe, expect, onTestFinished, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import { ExchangeError } from '../../src/lib/exchange.ts';
import { createLog, type LogFields, writeByTurn } from '../../src/lib/log.ts';

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
  test('a line has the event, its fields and the time', () => {
    const { line } = lineOf({ traceId: 't-1', channelId: 'ali_pay', count: 2 });
    expect(line).toEqual({
      level: 'error',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      msg: 'it failed',
      traceId: 't-1',
      channelId: 'ali_pay',
      count: 2,
    });
  });

  test('a line is written for each severity from the level up', () => {
    const { log, lines } = logging('warn');
    log.info('an event');
    log.warn('an event');
    log.error('an event');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error']);
  });

  test('an event is one line, for any text in its fields', () => {
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
  test.each(['', SECRET, 'at', 'TypeError'])('the class and the stack frames of an error are logged: %j', (message) => {
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
  ])('P8: %s is never logged', (_, make) => {
    const { text, line } = lineOf({ traceId: 't-1', error: make() });
    expect(text).not.toContain(SECRET);
    expect(line).toMatchObject({ msg: 'it failed', traceId: 't-1', error: { name: expect.any(String) } });
  });

  test.each([null, 0, '', false])('the type of an error that is %j is logged', (error) => {
    expect(lineOf({ error }).line.error).toEqual({ name: typeof error, at: [] });
  });

  test('a line without an error has no error field', () => {
    expect(lineOf({ error: undefined }).line).not.toHaveProperty('error');
  });
});

describe('of the causes of an error, codes are logged', () => {
  const coded = (message: string, code: string, more: object = {}) =>
    Object.assign(new Error(message), { code, ...more });
  const refused = coded(SECRET, 'ECONNREFUSED', { syscall: 'connect', address: SECRET, errno: -111 });

  test.each([
    ['its own', refused, ['ECONNREFUSED', 'connect']],
    ['those of causes', new Error('x', { cause: new Error('y', { cause: refused }) }), ['ECONNREFUSED', 'connect']],
    [
      'those of errors within',
      new AggregateError([refused, coded('x', 'ENETUNREACH')]),
      ['ECONNREFUSED', 'connect', 'ENETUNREACH'],
    ],
    ['an SQLSTATE', coded(SECRET, '23505', { detail: SECRET, routine: SECRET }), ['23505']],
    [
      'a result of SQLite',
      coded(SECRET, 'ERR_SQLITE_ERROR', { errcode: 13, errstr: SECRET }),
      ['ERR_SQLITE_ERROR', 'SQLITE_13'],
    ],
    ['each once', new Error('x', { cause: coded('x', 'EPIPE', { cause: coded('y', 'EPIPE') }) }), ['EPIPE']],
  ])('the codes of an error are logged: %s', (_, error, codes) => {
    const { text, line } = lineOf({ error });
    expect(line.error.codes).toEqual(codes);
    expect(text).not.toContain(SECRET);
  });

  test.each([
    coded('x', SECRET),
    coded('x', 'not a word'),
    coded('x', 'x'.repeat(70)),
    coded('x', 'A', { syscall: `spawn ${SECRET}`, errcode: SECRET }),
    Object.assign(new Error('x'), { code: { SECRET } }),
  ])('a code that is not a word is not logged (%#)', (error) => {
    expect(lineOf({ error }).line.error).not.toHaveProperty('codes');
  });

  test('a long or circular chain of causes ends', () => {
    const round = coded('x', 'EFIRST');
    Object.assign(round, { cause: coded('y', 'ESECOND', { cause: round }) });
    expect(lineOf({ error: round }).line.error.codes).toEqual(['EFIRST', 'ESECOND']);
    let deep = coded('x', 'EDEEP');
    for (let depth = 0; depth < 20; depth += 1) deep = coded('x', `E${depth}`, { cause: deep });
    expect(lineOf({ error: deep }).line.error.codes).toHaveLength(8);
  });

  test('the reason and the origin of a failed exchange are logged', () => {
    const failed = new ExchangeError(SECRET, false, refused, {
      reason: 'CONNECT_REFUSED',
      origin: 'http://pay.example',
    });
    const { line } = lineOf({ error: new PayerIdentityError('CHANNEL_UNREACHABLE', { cause: failed }) });
    expect(line.error).toMatchObject({ reason: 'CONNECT_REFUSED', origin: 'http://pay.example' });
    expect(line.error.codes).toEqual(['CHANNEL_UNREACHABLE', 'ECONNREFUSED', 'connect']);
    expect(Object.keys(lineOf({ error: new ExchangeError('x', true) }).line.error)).toEqual(['name', 'at']);
  });
});

describe('the lines of one turn of the event loop', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const open = () => {
    const writes: string[] = [];
    const before = process.listeners('exit');
    const { write } = writeByTurn({ write: (text) => void writes.push(text) });
    const [onExit] = process.listeners('exit').filter((listener) => !before.includes(listener));
    onTestFinished(() => void (onExit && process.off('exit', onExit)));
    return { writes, write, exit: () => onExit?.(0) };
  };

  test('the lines of one turn are one write in their order, and those of the next turn another one', async () => {
    const { writes, write } = open();
    write('1\n');
    write('2\n');
    expect(writes).toEqual([]);
    await turn();
    write('3\n');
    await turn();
    await turn();
    expect(writes).toEqual(['1\n2\n', '3\n']);
  });

  test('the lines before the end of the process are written', () => {
    const { writes, write, exit } = open();
    write('the last one\n');
    exit();
    exit();
    expect(writes).toEqual(['the last one\n']);
  });
});
