/**
 * Reads the one reply of a connection that carries one request: RFC 9112, strictly. What could be read in two ways is
 * refused, and so is every byte that follows the reply. https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
import type { HttpReply } from './http-message.ts';
import type { Reason } from './reasons.ts';

/** What was read is no reply; nothing of it is kept. */
export class ReplyFault extends Error {
  override readonly name = 'ReplyFault';
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason);
    this.reason = reason;
  }
}
const garbled = () => new ReplyFault('REPLY_GARBLED');
const tooLarge = () => new ReplyFault('REPLY_TOO_LARGE');

interface Head {
  readonly version: string;
  readonly status: number;
  readonly headers: HttpReply['headers'];
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TEXT = /^[\t -~\x80-\xff]*$/;

/** The head of a message without its empty line. Header names in lower case; repeated ones as a list. */
const parseHead = (text: string): Head => {
  const [first = '', ...lines] = text.split('\r\n');
  const [, version, status] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: .*)?$/.exec(first) ?? [];
  if (version === undefined || !TEXT.test(first)) throw garbled();
  const headers = new Map<string, string | string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!TOKEN.test(name) || !TEXT.test(line)) throw garbled();
    const value = line.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : [earlier, value].flat());
  }
  return { version, status: Number(status), headers: Object.fromEntries(headers) };
};

/** How long the body is: bytes, chunks, or up to the end of the connection. */
const framingOf = ({ version, status, headers }: Head): number | 'chunked' | 'to the end' => {
  const { 'transfer-encoding': encoding, 'content-length': length } = headers;
  const hasBody = status !== 204 && status !== 304;
  if (encoding !== undefined) {
    // Both of them, or any other encoding: two readers would see two replies.
    if (length !== undefined || version === '0' || String(encoding).toLowerCase() !== 'chunked') throw garbled();
    return hasBody ? 'chunked' : 0;
  }
  if (length === undefined) return hasBody ? 'to the end' : 0;
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length)) throw garbled();
  return hasBody ? Number(length) : 0;
};

const closes = ({ version, headers: { connection = '' } }: Head): boolean => {
  const options = String(connection)
    .toLowerCase()
    .split(/[\t ,]/);
  return version === '0' ? !options.includes('keep-alive') : options.includes('close');
};

interface ReaderOptions {
  /** All heads together, with trailers and the sizes of chunks. */
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
  /** The reply to CONNECT: a success has no body, whatever its headers say. */
  readonly tunnel?: boolean;
}

export interface ReplyReader {
  /** The next bytes of the connection. Throws ReplyFault for what cannot be part of the one reply. */
  push(bytes: Buffer): void;
  /** The end of the connection: nothing more comes. Throws ReplyFault when the reply is not whole. */
  end(): HttpReply;
  /** The reply, once it is whole by its own length. */
  readonly whole: HttpReply | undefined;
  /** Once the head is read. */
  readonly status: number | undefined;
  /** Whether the upstream has said that it closes the connection. */
  readonly closing: boolean;
}

type State = 'head' | 'body' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers' | 'to the end' | 'whole';

export const createReplyReader = ({ maxHeadBytes, maxBodyBytes, tunnel = false }: ReaderOptions): ReplyReader => {
  let state: State = 'head';
  let unread: Buffer = Buffer.alloc(0);
  let headBytes = 0;
  let head: Head | undefined;
  /** Of the body, or of this chunk. */
  let left = 0;
  let size = 0;
  const body: Buffer[] = [];

  /** What stands before a mark; undefined while the mark has not come. */
  const before = (mark: string): string | undefined => {
    const at = unread.indexOf(mark, 0, 'latin1');
    headBytes += at < 0 ? 0 : at + mark.length;
    if (headBytes + (at < 0 ? unread.length : 0) > maxHeadBytes) throw tooLarge();
    if (at < 0) return undefined;
    const text = unread.toString('latin1', 0, at);
    unread = unread.subarray(at + mark.length);
    return text;
  };

  const expectBody = (bytes: number, then: State) => {
    if (size + bytes > maxBodyBytes) throw tooLarge();
    left = bytes;
    state = then;
  };

  const takeBody = (atMost: number) => {
    const taken = unread.subarray(0, atMost);
    size += taken.length;
    if (size > maxBodyBytes) throw tooLarge();
    body.push(taken);
    unread = unread.subarray(taken.length);
    left -= taken.length;
  };

  const readHead = (text: string) => {
    const parsed = parseHead(text);
    if (parsed.status === 101) throw garbled();
    if (parsed.status < 200) return;
    head = parsed;
    const framing = tunnel && parsed.status < 300 ? 0 : framingOf(parsed);
    if (framing === 'chunked') state = 'chunk size';
    else if (framing === 'to the end') state = 'to the end';
    else expectBody(framing, framing === 0 ? 'whole' : 'body');
  };

  const readChunkSize = (line: string) => {
    const [, digits] = /^([0-9a-f]{1,8})(?:[\t ]*;.*)?$/i.exec(line) ?? [];
    if (digits === undefined || !TEXT.test(line)) throw garbled();
    const bytes = Number.parseInt(digits, 16);
    expectBody(bytes, bytes === 0 ? 'trailers' : 'chunk');
  };

  /** One step; false when it needs more bytes. */
  const step = (): boolean => {
    switch (state) {
      case 'head': {
        const text = before('\r\n\r\n');
        if (text !== undefined) readHead(text);
        return text !== undefined;
      }
      case 'chunk size': {
        const line = before('\r\n');
        if (line !== undefined) readChunkSize(line);
        return line !== undefined;
      }
      case 'body':
      case 'chunk':
        takeBody(left);
        if (left === 0) state = state === 'chunk' ? 'chunk end' : 'whole';
        return left === 0;
      case 'chunk end': {
        const rest = before('\r\n');
        if (rest) throw garbled();
        if (rest === '') state = 'chunk size';
        return rest === '';
      }
      case 'trailers': {
        const line = before('\r\n');
        if (line === '') state = 'whole';
        else if (line !== undefined) parseHead(`HTTP/1.1 200\r\n${line}`);
        return line !== undefined;
      }
      case 'to the end':
        takeBody(unread.length);
        return false;
      case 'whole':
        if (unread.length > 0) throw new ReplyFault('REPLY_SURPLUS');
        return false;
    }
  };

  const reply = (): HttpReply | undefined =>
    head && { status: head.status, headers: head.headers, body: Buffer.concat(body) };

  return {
    push(bytes) {
      unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
      while (step());
    },
    end() {
      const whole = state === 'whole' || state === 'to the end' ? reply() : undefined;
      if (whole) return whole;
      throw new ReplyFault(head || headBytes + unread.length > 0 ? 'REPLY_INCOMPLETE' : 'CLOSED_BEFORE_REPLY');
    },
    get whole() {
      return state === 'whole' ? reply() : undefined;
    },
    get status() {
      return head?.status;
    },
    get closing() {
      return head !== undefined && closes(head);
    },
  };
};
