/**
 * The text of a reply, and the bytes of every part of it: signatures are over bytes, JSON is read as text.
 *
 * Requests ask for UTF-8; some replies of the gateway are in GBK and name it in the content type. In GBK the second
 * byte of a character may look like a backslash or a brace, so structure is read from the text only.
 */
import { PayerIdentityError } from '../../failure.ts';
import type { HttpReply } from '../../lib/exchange.ts';

export interface ReplyText {
  readonly text: string;
  /** The bytes of `text.slice(start, end)` as they were received. */
  bytes(start: number, end: number): Buffer;
}

const GBK = /^[^;]*;(?:.*;)? *charset *= *"?(?:gbk|gb2312|gb18030)"? *(?:;|$)/i;

const decode = (label: string, bytes: Buffer): string | undefined => {
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/**
 * A body that is UTF-8 is read as UTF-8 even if the content type names GBK: the content type is not signed, and must
 * not change the meaning of a reply.
 */
export const readReplyText = ({ status, headers, body }: HttpReply): ReplyText => {
  const utf8 = decode('utf-8', body);
  if (utf8 !== undefined) return { text: utf8, bytes: (start, end) => Buffer.from(utf8.slice(start, end)) };
  const gbk = GBK.test(String(headers['content-type'])) ? decode('gb18030', body) : undefined;
  if (gbk === undefined) throw new PayerIdentityError('REPLY_MALFORMED', { upstreamCode: `HTTP_${status}` });
  const offsets = offsetsIn(body);
  return { text: gbk, bytes: (start, end) => body.subarray(offsets[start], offsets[end]) };
};

/** The byte offset of each UTF-16 unit of valid GB 18030, and the length of the bytes as the last one. */
const offsetsIn = (bytes: Buffer): number[] => {
  const offsets: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = lengthAt(bytes, at);
    // A character of four bytes may be outside of the BMP, and is two units then.
    const units = length === 4 ? (decode('gb18030', bytes.subarray(at, at + 4))?.length ?? 1) : 1;
    for (let unit = 0; unit < units; unit += 1) offsets.push(at);
    at += length;
  }
  return [...offsets, at];
};

/** GB 18030-2005: ASCII has one byte; with a digit as second byte a character has four, otherwise two. */
const lengthAt = (bytes: Buffer, at: number): 1 | 2 | 4 => {
  const [first = 0, second = 0] = bytes.subarray(at, at + 2);
  // 0x80 alone is the euro sign of Microsoft's code page.
  if (first <= 0x80) return 1;
  return second >= 0x30 && second <= 0x39 ? 4 : 2;
};
