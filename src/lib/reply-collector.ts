/** Collects what undici reads of the reply of one connection. */
import type { Dispatcher } from 'undici';
import type { HttpReply } from './http-message.ts';
import { codeOf, type Reason } from './reasons.ts';

interface Listeners {
  /** The reply switches protocols, which no request has offered. */
  switched(): void;
  failed(error: Error): void;
}

export interface ReplyCollector {
  readonly handler: Dispatcher.DispatchHandler;
  /** Once the head of the final reply is read. */
  readonly status: number | undefined;
  /** Whether the upstream has promised to close the connection. */
  readonly closing: boolean;
  /** The reply, once undici has read all of it. */
  readonly whole: HttpReply | undefined;
}

export const createReplyCollector = ({ switched, failed }: Listeners): ReplyCollector => {
  let head: Omit<HttpReply, 'body'> | undefined;
  let whole: HttpReply | undefined;
  const body: Buffer[] = [];

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onResponseStart(_controller, status, headers) {
      if (status === 101) switched();
      else if (status >= 200) head = { status, headers };
    },
    onResponseData: (_controller, bytes) => void body.push(bytes),
    onResponseEnd() {
      whole = head && { ...head, body: Buffer.concat(body) };
    },
    onResponseError: (_controller, error) => failed(error),
  };

  return {
    handler,
    get status() {
      return head?.status;
    },
    get closing() {
      const options = String(head?.headers.connection ?? '').toLowerCase();
      return options.split(/[\t ,]/).includes('close');
    },
    get whole() {
      return whole;
    },
  };
};

const TOO_LARGE = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_EXCEEDED_MAX_SIZE']);

/** Why undici has no reply. `ended`: the connection has ended; `some`: at least one byte has arrived. */
export const reasonOfReply = (error: Error, { ended, some }: { ended: boolean; some: boolean }): Reason => {
  if (TOO_LARGE.has(codeOf(error) ?? '')) return 'REPLY_TOO_LARGE';
  if (!ended) return 'REPLY_GARBLED';
  return some ? 'REPLY_INCOMPLETE' : 'CLOSED_BEFORE_REPLY';
};
