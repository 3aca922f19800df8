/**
 * undici on a connection for one request. undici writes the request and reads the reply over a stream that stands in
 * for the socket, and that reports what undici drops: bytes before the request, and bytes after the reply.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Client } from 'undici';
import { codeOf, type Reason } from './reasons.ts';

/** The limit of each head of a reply. */
const MAX_HEAD_BYTES = 16_384;

interface OneUse {
  /** The limit of the body. */
  readonly maxReplyBytes: number;
  /** Whether the same reply may arrive again, byte by byte. Bytes after it are a fault otherwise. */
  readonly mayRepeat: boolean;
  /** Called directly before the first byte of the request; false: the request is not written. */
  mayWrite(): boolean;
  /** Bytes arrived that cannot belong to the reply. */
  fault(reason: Reason): void;
}

export interface OneUseStream extends Duplex {
  /** Whether any byte has arrived. */
  hasReceived(): boolean;
  /** Stops listening to the socket. */
  release(): void;
}

/**
 * Whether bytes after a reply only repeat it, in whole or in part. A hop that delivers one reply twice names the same
 * payer twice; other bytes might be the reply to another request.
 */
const repetitionOf = (reply: Buffer) => {
  let at = 0;
  return (bytes: Buffer): boolean => {
    for (const byte of bytes) {
      if (byte !== reply[at]) return false;
      at = (at + 1) % reply.length;
    }
    return true;
  };
};

/** undici destroys the stream when the reply is complete; the socket stays open, and is read until its end. */
export const createOneUseStream = (
  socket: Socket,
  { maxReplyBytes, mayRepeat, mayWrite, fault }: OneUse,
): OneUseStream => {
  let isWritten = false;
  let received = 0;
  const chunks: Buffer[] = [];
  let repeats: ((bytes: Buffer) => boolean) | undefined;

  // A write that fails is reported by the socket itself, to its owner.
  const write = (bytes: Buffer, done: () => void) => {
    isWritten ||= mayWrite();
    if (isWritten) socket.write(bytes, () => done());
    else done();
  };
  /** Bytes after the reply, which is the first `replyBytes` bytes. */
  const receiveSurplus = (bytes: Buffer, replyBytes: number) => {
    repeats ??= repetitionOf(Buffer.concat(chunks).subarray(0, replyBytes));
    if (!mayRepeat || !repeats(bytes)) fault('REPLY_SURPLUS');
  };
  const receive = (bytes: Buffer) => {
    const before = received;
    received += bytes.length;
    if (!isWritten) fault('BYTES_BEFORE_REQUEST');
    else if (stream.destroyed) receiveSurplus(bytes, before);
    // undici limits each head by itself; this limits heads, trailers and chunk sizes together.
    else if (received > MAX_HEAD_BYTES + maxReplyBytes) fault('REPLY_TOO_LARGE');
    else {
      chunks.push(bytes);
      stream.push(bytes);
    }
  };
  const finish = () => {
    if (!stream.destroyed) stream.push(null);
  };

  const stream: OneUseStream = Object.assign(
    new Duplex({
      read() {},
      write: (bytes: Buffer, _encoding, done) => write(bytes, done),
      writev: (chunks, done) => write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    }),
    {
      /** undici puts back what it has read beyond the end of the reply. */
      unshift(bytes: Buffer) {
        if (bytes.length > 0) receiveSurplus(bytes, received - bytes.length);
      },
      hasReceived: () => received > 0,
      release() {
        socket.off('data', receive).off('end', finish);
      },
    },
  );
  socket.on('data', receive).on('end', finish).resume();
  // Without a listener, an error after undici has finished would end the process.
  return stream.on('error', () => undefined);
};

/** Calls `open` at the first request. undici's own time limits are off, since the caller has a deadline. */
export const createOneUseClient = (
  origin: string,
  maxReplyBytes: number,
  open: (ready: (stream: Duplex) => void) => void,
): Client =>
  new Client(origin, {
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    maxResponseSize: maxReplyBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
    // undici's type requires a Socket; it uses what a Duplex lacks only after checking that it exists.
    connect: (_options, callback) => open((stream) => callback(null, stream as Socket)),
  });

/** Only the code of an error of undici, which may hold bytes of the reply. */
export const withoutBytes = (error: unknown): Error =>
  Object.assign(new Error('The reply could not be read'), { code: codeOf(error) });
