/** A name server on 127.0.0.1 that answers A and AAAA from a table, or not at all. https://www.rfc-editor.org/rfc/rfc1035 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Addresses; or an unknown name, a failing server, a server that does not answer. */
export type Answer = readonly string[] | 'unknown' | 'failure' | 'mute';

interface Zone {
  readonly A?: Answer;
  readonly AAAA?: Answer;
  readonly ttl?: number;
  /** The delay of each answer. */
  readonly afterMs?: number;
}

const TYPES = { 1: 'A', 28: 'AAAA' } as const;

const readQuestion = (query: Buffer) => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = TYPES[query.readUInt16BE(at + 1) as keyof typeof TYPES] ?? 'A';
  return { name: labels.join('.').toLowerCase(), type, question: query.subarray(12, at + 5) };
};

const bytesOf = (address: string): Buffer => {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return Buffer.concat([...head, ...zeros, ...tail].map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
};

const record = (type: number, ttl: number, data: Buffer): Buffer => {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
};

export const startNameServer = async (zones: Record<string, Zone>) => {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const { name, type, question } = readQuestion(query);
    asked.push(`${type} ${name}`);
    const zone = zones[name] ?? { A: 'unknown', AAAA: 'unknown' };
    const answer = zone[type] ?? [];
    if (answer === 'mute') return;
    const addresses = typeof answer === 'string' ? [] : answer;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 + (answer === 'unknown' ? 3 : 0) + (answer === 'failure' ? 2 : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((text) => record(type === 'A' ? 1 : 28, zone.ttl ?? 60, bytesOf(text)));
    const send = () => socket.send(Buffer.concat([head, question, ...records]), port, address, () => undefined);
    if (zone.afterMs) setTimeout(send, zone.afterMs);
    else send();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    /** Every question, such as `A pay.example`. */
    asked,
    zones,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
};
