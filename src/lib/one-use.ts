/**
 * undici on a connection that carries one request. undici writes the request and reads the reply; the stream that it is
 * given instead of the socket sees what undici drops: bytes before the request, and bytes after the reply.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Client } from 'undici';
import { codeOf, type Reason } from './reasons.ts';

/** Of each head of a reply. */
const MAX_HEAD_BYTES = 16_384;

interface OneUse {
  /** Of the body. */
  readonly maxReplyBytes: number;
  /** Asked when the request is about to be written, as the last thing before its first byte. */
  mayWrite(): boolean;
  /** Bytes came that cannot belong to the one reply. */
  fault(reason: Reason): void;
}

export interface OneUseStream extends Duplex {
  /** Whether any byte has come over the socket. */
  hasReceived(): boolean;
  /** Listens to the socket no longer. */
  release(): void;
}

/** undici destroys the stream when the reply is whole; the socket stays open, and is listened to until its end. */
export const createOneUseStream = (socket: Socket, { maxReplyBytes, mayWrite, fault }: OneUse): OneUseStream => {
  let isWritten = false;
  let received = 0;

  // The socket itself reports a write that failed, to the owner of the socket.
  const write = (bytes: Buffer, done: () => void) => {
    isWritten ||= mayWrite();
    if (isWritten) socket.write(bytes, () => done());
    else done();
  };
  const receive = (bytes: Buffer) => {
    received += bytes.length;
    if (!isWritten) fault('BYTES_BEFORE_REQUEST');
    else if (stream.destroyed) fault('REPLY_SURPLUS');
    // undici limits each head by itself; this bounds heads, trailers and sizes of chunks together.
    else if (received > MAX_HEAD_BYTES + maxReplyBytes) fault('REPLY_TOO_LARGE');
    else stream.push(bytes);
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
      /** undici puts back what it read beyond the end of the reply, when it has ended the stream. */
      unshift(bytes: Buffer) {
        if (bytes.length > 0) fault('REPLY_SURPLUS');
      },
      hasReceived: () => received > 0,
      release() {
        socket.off('data', receive).off('end', finish);
      },
    },
  );
  socket.on('data', receive).on('end', finish).resume();
  // undici reports errors of the stream; one that comes after that must not end the process.
  return stream.on('error', () => undefined);
};

/** Calls `open` at the first request; undici's own limits of time are off, since the caller has a deadline. */
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
    // undici asks for a Socket, and uses nothing of it that a Duplex does not have, except where it is there.
    connect: (_options, callback) => open((stream) => callback(null, stream as Socket)),
  });

/** An error of undici without the bytes of the reply that it may hold: its code alone. */
export const withoutBytes = (error: unknown): Error =>
  Object.assign(new Error('The reply could not be read'), { code: codeOf(error) });
