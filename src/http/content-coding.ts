/** Content codings of request bodies, bounded before and after decoding. https://www.rfc-editor.org/rfc/rfc9110.html#section-8.4 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { BodyTooLarge } from './edge.ts';

const decoders = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};
type Coding = keyof typeof decoders;

/** For Accept-Encoding. */
export const acceptedCodings = Object.keys(decoders).join(', ');

const names: ReadonlyMap<string, Coding> = new Map([
  ['gzip', 'gzip'],
  // https://www.rfc-editor.org/rfc/rfc9110.html#section-8.4.1.3
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
]);

const listed = (contentEncoding = ''): readonly string[] =>
  contentEncoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');

/** Whether a body is coded in no way, or in one that is accepted; a second coding would hide what the first one yields. */
export const isAcceptedCoding = (contentEncoding: string | undefined): boolean => {
  const codings = listed(contentEncoding);
  return codings.length <= 1 && codings.every((name) => names.has(name));
};

/**
 * Brotli fills its window before it returns a byte, so maxOutputLength alone does not bound what decoding takes. The
 * window is at most 4 MiB, the default of every encoder; the first bits state it. https://www.rfc-editor.org/rfc/rfc7932#section-9.1
 */
const hasLargeWindow = (brotli: Buffer): boolean => ((brotli[0] ?? 0) & 0b1101) === 0b1101;

const isTooLong = (error: unknown): boolean =>
  error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

/** The body without its accepted coding; undefined when it is malformed, cut off, or followed by more bytes. */
export const decodeBody = async (
  body: Buffer,
  contentEncoding: string | undefined,
  maxBytes: number,
): Promise<Buffer | undefined> => {
  const [name = ''] = listed(contentEncoding);
  const coding = names.get(name);
  if (!coding) return body;
  if (coding === 'br' && hasLargeWindow(body)) return undefined;
  try {
    // One chunk holds the longest body: decoding that would exceed it ends within its first step.
    const bounds = { maxOutputLength: maxBytes, chunkSize: maxBytes + 1, rejectGarbageAfterEnd: true };
    return await decoders[coding](body, bounds);
  } catch (error) {
    if (isTooLong(error)) throw new BodyTooLarge();
    return undefined;
  }
};
