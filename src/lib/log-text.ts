/**
 * Log lines for a terminal: the JSON lines of the log, one readable line each. pino-pretty would be 19 packages and 2 MB
 * for the closed list of fields that a line has.
 */
import { styleText } from 'node:util';
import type { DestinationStream } from 'pino';
import { z } from 'zod';

const lineOfLog = z.looseObject({
  level: z.string(),
  time: z.string(),
  msg: z.string(),
  traceId: z.string().optional(),
  durationMs: z.number().optional(),
  error: z.looseObject({ name: z.string(), at: z.array(z.string()).default([]) }).optional(),
});

type Color = 'cyan' | 'yellow' | 'red' | 'gray';

const colorOf: Readonly<Record<string, Color>> = { info: 'cyan', warn: 'yellow', error: 'red' };

/** Everything but printable characters: a value must neither move the cursor nor begin a line. */
const escaped = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return escaped(value.map(String).join(', '));
  return escaped(typeof value === 'string' ? value : JSON.stringify(value));
};

/** One JSON line as text; a line that is not of the log as it is. */
const textOf = (json: string, colors: boolean): string => {
  const paint = (color: Color, text: string) => (colors ? styleText(color, text, { validateStream: false }) : text);
  const parsed = lineOfLog.safeParse(parse(json));
  if (!parsed.success) return json;
  const { level, time, msg, traceId, durationMs, error, ...fields } = parsed.data;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const { name, at = [], ...reasons } = error ?? {};
  const named = Object.entries({ ...fields, error: name, ...reasons, traceId }).filter(
    ([, value]) => value !== undefined,
  );
  return [
    paint('gray', clock),
    paint(colorOf[level] ?? 'cyan', level.padEnd(5)),
    `${escaped(msg)}${durationMs === undefined ? '' : paint('gray', ` (${durationMs} ms)`)}`,
    ...named.map(([field, value]) => `${paint('gray', `${field}=`)}${shown(value)}`),
  ]
    .join(' ')
    .concat(...at.map((frame) => `\n    ${paint('gray', escaped(frame))}`));
};

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/** Passes JSON lines on as text. */
export const textLines = (stream: DestinationStream, colors: boolean): DestinationStream => ({
  write(lines) {
    const texts = lines.split('\n').map((line) => (line === '' ? '' : textOf(line, colors)));
    stream.write(texts.join('\n'));
  },
});
