/** The state of one exchange: its one end, what it closes then, and what its parts report. */
import { describe, expect, test, vi } from 'vitest';
import { createExchange } from '../../src/lib/exchange-state.ts';
import { memorySocket } from '../support/upstreams/memory-socket.ts';

type Start = NonNullable<ReturnType<typeof createExchange>['reply']['handler']['onResponseStart']>;

const open = () => {
  const settlement = { resolve: vi.fn(), reject: vi.fn() };
  const exchange = createExchange('https://pay.example', settlement);
  const start = (status: number) =>
    exchange.reply.handler.onResponseStart?.({} as Parameters<Start>[0], status, {}, 'x');
  return { ...settlement, exchange, start };
};

const reply = { status: 200, headers: {}, body: Buffer.from('ok') };

test('an exchange begins at START, and has not ended', () => {
  expect(open().exchange).toMatchObject({ stage: 'START', sent: false, ended: false, stream: undefined });
});

describe('the end of an exchange', () => {
  test('a success ends an exchange once', () => {
    const { exchange, resolve, reject } = open();
    exchange.succeed(reply);
    exchange.fail('CLOSED');
    exchange.succeed(reply);
    expect(exchange.ended).toBe(true);
    expect([resolve.mock.calls, reject.mock.calls]).toEqual([[[reply]], []]);
  });

  test('a failure ends an exchange with its reason, its origin and its cause', () => {
    const { exchange, resolve, reject } = open();
    exchange.fail('CLOSED', 'why');
    exchange.succeed(reply);
    const error = { message: 'the exchange failed: CLOSED', reason: 'CLOSED', sent: false, cause: 'why' };
    expect(reject.mock.calls).toMatchObject([[{ ...error, origin: 'https://pay.example' }]]);
    expect(resolve).not.toHaveBeenCalled();
  });

  test('an exchange closes the newest thing first, before it settles, and later ones at once', () => {
    const order: string[] = [];
    const exchange = createExchange('', { resolve: () => order.push('settled'), reject: () => undefined });
    for (const name of ['first', 'second', 'third']) exchange.onEnd(() => order.push(name));
    exchange.succeed(reply);
    exchange.onEnd(() => order.push('late'));
    expect(order).toEqual(['third', 'second', 'first', 'settled', 'late']);
  });
});

describe('a socket of an exchange', () => {
  test('a socket is destroyed at the end of its exchange, and its errors end nothing else', () => {
    const { exchange } = open();
    const { socket } = memorySocket();
    expect(exchange.hold(() => socket)).toBe(socket);
    expect([socket.destroyed, socket.emit('error', new Error('broken'))]).toEqual([false, true]);
    exchange.fail('CLOSED');
    expect(socket.destroyed).toBe(true);
  });

  test('a socket is not opened after the end of its exchange', () => {
    const { exchange } = open();
    exchange.succeed(reply);
    const start = vi.fn();
    expect(() => exchange.hold(start)).toThrow('the exchange has ended');
    expect(start).not.toHaveBeenCalled();
  });
});

describe('the head of a reply', () => {
  test('the head of a reply that switches protocols makes the exchange fail', () => {
    const { exchange, start, reject } = open();
    start(101);
    expect(reject.mock.calls).toMatchObject([[{ reason: 'REPLY_GARBLED' }]]);
    expect(exchange.reply.status).toBeUndefined();
  });

  test.each([
    [100, undefined],
    [103, undefined],
    [199, undefined],
    [200, 200],
    [503, 503],
  ])('the head of a reply with HTTP %i makes the final status %s', (status, final) => {
    const { exchange, start } = open();
    start(status);
    expect([exchange.reply.status, exchange.ended]).toEqual([final, false]);
  });
});
