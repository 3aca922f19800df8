/** An exchange that is under way: how far it has come, what it has opened, and its one end. */
import type { Attempt } from './connection.ts';
import { ExchangeError } from './exchange-error.ts';
import type { HttpReply } from './http-message.ts';
import { type OneUseStream, withoutBytes } from './one-use.ts';
import type { Reason } from './reasons.ts';
import { createReplyCollector, type ReplyCollector, reasonOfReply } from './reply-collector.ts';

/** The first call of `succeed` or `fail` ends it and closes what it has opened; later calls do nothing. */
export interface Exchange extends Attempt {
  /** Whether writing of the request has begun. */
  sent: boolean;
  /** The connection, once it is open. */
  stream: OneUseStream | undefined;
  readonly reply: ReplyCollector;
  readonly ended: boolean;
  readonly succeed: (reply: HttpReply) => void;
  readonly fail: (reason: Reason, cause?: unknown) => void;
  /** Calls `close` at the end, the newest first; now, when the exchange has ended. */
  onEnd(close: () => void): void;
}

interface Settlement {
  resolve(reply: HttpReply): void;
  reject(error: ExchangeError): void;
}

export const createExchange = (origin: string, { resolve, reject }: Settlement): Exchange => {
  const closers: (() => void)[] = [];
  let ended = false;
  const end = (settle: () => void) => {
    if (ended) return;
    ended = true;
    for (const close of closers.reverse()) close();
    settle();
  };

  const exchange: Exchange = {
    stage: 'START',
    sent: false,
    stream: undefined,
    reply: createReplyCollector({
      switched: () => exchange.fail('REPLY_GARBLED'),
      failed: (error) => failWithoutReply(exchange, error),
    }),
    get ended() {
      return ended;
    },
    succeed: (reply) => end(() => resolve(reply)),
    fail: (reason, cause) =>
      end(() => {
        const message = `the exchange failed: ${reason}`;
        reject(new ExchangeError(message, exchange.sent, cause, { reason, origin }));
      }),
    onEnd(close) {
      if (ended) close();
      else closers.push(close);
    },
    hold(open) {
      if (ended) throw new Error('the exchange has ended');
      const socket = open();
      // Without a listener, an error after the end of the exchange would end the process.
      socket.on('error', () => undefined);
      exchange.onEnd(() => socket.destroy());
      return socket;
    },
  };
  return exchange;
};

/** undici reports that it cannot send the request, or that it cannot read what came. */
const failWithoutReply = ({ sent, stream, fail }: Exchange, error: Error): void => {
  const read = { ended: stream?.readableEnded === true, some: stream?.hasReceived() === true };
  if (sent) fail(reasonOfReply(error, read), withoutBytes(error));
  else fail('REQUEST_INVALID', error);
};
