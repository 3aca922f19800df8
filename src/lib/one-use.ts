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

/**
 * Whether bytes after a reply only repeat it, in whole or in part. A hop that delivers one reply twice names the same
 * payer twice; anything else might be the reply to another request.
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

/** undici destroys the stream when the reply is whole; the socket stays open, and is listened to until its end. */
export const createOneUseStream = (socket: Socket, { maxReplyBytes, mayWrite, fault }: OneUse): OneUseStream => {
  let isWritten = false;
  let received = 0;
  const chunks: Buffer[] = [];
  let repeats: ((bytes: Buffer) => boolean) | undefined;

  // The socket itself reports a write that failed, to the owner of the socket.
  const write = (bytes: Buffer, done: () => void) => {
    isWritten ||= mayWrite();
    if (isWritten) socket.write(bytes, () => done());
    else done();
  };
  /** Bytes that came after the `replyBytes` first ones, which are the reply. */
  const receiveSurplus = (bytes: Buffer, replyBytes: number) => {
    repeats ??= repetitionOf(Buffer.concat(chunks).subarray(0, replyBytes));
    if (!repeats(bytes)) fault('REPLY_SURPLUS');
  };
  const receive = (bytes: Buffer) => {
    const before = received;
    received += bytes.length;
    if (!isWritten) fault('BYTES_BEFORE_REQUEST');
    else if (stream.destroyed) receiveSurplus(bytes, before);
    // undici limits each head by itself; this bounds heads, trailers and sizes of chunks together.
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
      /** undici puts back what it read beyond the end of the reply, when it has ended the stream. */
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
