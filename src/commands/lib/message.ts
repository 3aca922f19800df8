/** Reads a request or a reply that an operator has saved: a body alone, or with its head as `curl -i` prints it. */
import { readFileSync } from 'node:fs';
import type { WireMessage } from '../../channels/signing.ts';
import { ConfigError } from '../../config/load.ts';

const START_LINE = /^(?:HTTP\/[\d.]+ \d{3}|(?:GET|POST) \S)[^\n]*\n/;

/** Reads standard input for `-`. */
export const readInput = (file: string): Buffer => {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new ConfigError(`${file} cannot be read${code}: name a file, or - for standard input`);
  }
};

/** The headers as the characters of a head, of which a repeated one keeps its last value. */
export const headersIn = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]] : [];
    }),
  );

export const readMessage = (file: string): WireMessage => {
  const bytes = readInput(file);
  // Editors put a byte order mark in front, and no upstream sends one.
  return messageIn(bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : bytes);
};

const BOM = Buffer.of(0xef, 0xbb, 0xbf);

/** `curl -i` prints the heads of a proxy and of 100 Continue before the one of the reply. */
const messageIn = (bytes: Buffer): WireMessage => {
  // One character for each byte, so that the body can be cut off by its place.
  const text = bytes.toString('latin1');
  if (!START_LINE.test(text)) return { headers: {}, body: bytes };
  const [, head = '', gap = ''] = /^([\s\S]*?)(\r?\n\r?\n|\r?\n?$)/.exec(text) ?? [];
  const [startLine, ...lines] = head.split(/\r?\n/);
  const body = bytes.subarray(head.length + gap.length);
  if (/^HTTP\/[\d.]+ \d{3}/.test(body.toString('latin1', 0, 16))) return messageIn(body);
  return { startLine, headers: headersIn(lines), body };
};
