/** A socket without a network: `push` brings bytes of the other side, and `written` is what it would receive. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export const memorySocket = (
  /** Called after each write. */
  answer: (socket: Socket, text: string) => void = () => undefined,
): { readonly socket: Socket; readonly written: string[] } => {
  const written: string[] = [];
  const duplex = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      written.push(bytes.toString());
      done();
      answer(socket, bytes.toString());
    },
  });
  // The code under test uses nothing of a Socket beyond a Duplex.
  const socket = duplex as Socket;
  return { socket, written };
};
