/**
 * One keep-alive connection of the load, with one request at a time. It is written on a socket, and not with undici or
 * autocannon, since these cost more CPU than a server at the limit does (147 and 80 µs a request beside 37 of a plain
 * node:http server, on the same loaded machine; this one 40): the load's core would be measured, and not the server's.
 */
import { connect, type Socket } from 'node:net';

/** Called with each whole answer. */
type Answered = (answer: Buffer) => void;

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Whether the bytes are one whole answer, with a content-length or in chunks. */
const isWhole = (bytes: Buffer): boolean => {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))?.[1];
  if (length === undefined) return bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  return bytes.length >= headEnd + HEAD_END.length + Number(length);
};

const CLOSING = /\r\nconnection: close\r\n/i;

export class Connection {
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer | undefined;
  #answered: Answered = () => undefined;
  #waiting = false;

  constructor(port: number) {
    this.#port = port;
  }

  #open(): Socket {
    const socket = connect(this.#port, '127.0.0.1').setNoDelay();
    socket.on('data', (bytes) => {
      const received = this.#received ? Buffer.concat([this.#received, bytes]) : bytes;
      if (!isWhole(received)) {
        this.#received = received;
        return;
      }
      this.#received = undefined;
      // The service closes a connection after 10,000 requests.
      if (CLOSING.test(received.toString('latin1', 0, 1_024))) this.close();
      this.#waiting = false;
      this.#answered(received);
    });
    socket.on('error', (error) => {
      throw error;
    });
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (this.#waiting) throw new Error('A server closed the connection instead of answering');
    });
    return socket;
  }

  send(request: Buffer, answered: Answered): void {
    this.#answered = answered;
    this.#waiting = true;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}
