/**
 * The text of a reply, and the bytes of every part of it: a signature is over bytes, and JSON is read as text.
 *
 * Calls ask for UTF-8; in some of its errors and replies the gateway falls back to GBK and names it in the content type.
 * In GBK the second byte of a character may look like a backslash or a brace, so structure is only read from the text.
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
 * What is UTF-8 is read as UTF-8, whatever the content type says: nothing signs the content type, so a reply to our
 * UTF-8 must not get another meaning by it.
 */
export const readReplyText = ({ status, headers, body }: HttpReply): ReplyText => {
  const utf8 = decode('utf-8', body);
  if (utf8 !== undefined) return { text: utf8, bytes: (start, end) => Buffer.from(utf8.slice(start, end)) };
  const gbk = GBK.test(String(headers['content-type'])) ? decode('gb18030', body) : undefined;
  if (gbk === undefined) throw new PayerIdentityError('REPLY_MALFORMED', { upstreamCode: `HTTP_${status}` });
  const offsets = offsetsIn(body);
  return { text: gbk, bytes: (start, end) => body.subarray(offsets[start], offsets[end]) };
};

/** Where each UTF-16 unit of valid GB 18030 begins among its bytes, and after the last one where they end. */
const offsetsIn = (bytes: Buffer): number[] => {
  const offsets: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = lengthAt(bytes, at);
    // A character of four bytes may be one beyond the BMP, which is two units.
    const units = length === 4 ? (decode('gb18030', bytes.subarray(at, at + 4))?.length ?? 1) : 1;
    for (let unit = 0; unit < units; unit += 1) offsets.push(at);
    at += length;
  }
  return [...offsets, at];
};

/** GB 18030-2005: ASCII is one byte; a digit in second place makes a character of four, anything else one of two. */
const lengthAt = (bytes: Buffer, at: number): 1 | 2 | 4 => {
  const [first = 0, second = 0] = bytes.subarray(at, at + 2);
  // 0x80 alone is the euro sign of Microsoft's code page.
  if (first <= 0x80) return 1;
  return second >= 0x30 && second <= 0x39 ? 4 : 2;
};
