/** A clause of a specification: the bytes that put it to the test, and what is right. */
import { hello, type Reply } from '../../support/http/raw-http.ts';

export interface Answer {
  /** One status for each reply, interim ones included. */
  readonly statuses: readonly number[];
  /** Of the last reply. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  /** The code of the only error. */
  readonly code?: string;
  readonly data?: unknown;
  /** What the body has at least. */
  readonly like?: object;
  readonly body?: string | RegExp;
  /** Whether the connection stays open. */
  readonly open?: boolean;
}

export interface Clause {
  /** The document and its section, or the report that showed what goes wrong without it. */
  readonly clause: string;
  readonly title: string;
  readonly send: readonly (string | Buffer)[];
  readonly right: Answer;
  /** Sent to a service that the router's secret guards. */
  readonly guarded?: boolean;
}

/** `[clause, title, bytes, what is right]`. */
export type Row = readonly [string, string, string | Buffer | readonly (string | Buffer)[], Answer];

export const clauses = (rows: readonly Row[], guarded = false): Clause[] =>
  rows.map(([clause, title, bytes, right]) => {
    const send = typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes;
    return { clause, title, send, right, guarded };
  });

const has = (lines: readonly string[], name: string) => lines.some((line) => line.toLowerCase().startsWith(`${name}:`));

/** A request with Host, Connection, and what describes its body, unless `lines` have them. */
export const message = (first: string, lines: readonly string[] = [], body?: string | Buffer): Buffer => {
  const usual = ['host: x', 'connection: close'];
  if (body !== undefined) usual.push('content-type: application/json');
  if (body !== undefined && !has(lines, 'transfer-encoding')) usual.push(`content-length: ${Buffer.byteLength(body)}`);
  const missing = usual.filter((line) => !has(lines, line.split(':', 1)[0] ?? ''));
  return Buffer.concat([
    Buffer.from([first, ...missing, ...lines, '', ''].join('\r\n')),
    typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0)),
  ]);
};

export const post = (lines: readonly string[] = [], body: string | Buffer = hello, target = '/graphql') =>
  message(`POST ${target} HTTP/1.1`, lines, body);
export const postJson = (value: unknown, lines: readonly string[] = []) => post(lines, JSON.stringify(value));
export const get = (target: string, lines: readonly string[] = []) => message(`GET ${target} HTTP/1.1`, lines);

export const ok: Answer = { statuses: [200], data: { __typename: 'Query' } };
export const refused = (status: number, code: string, headers: Answer['headers'] = {}): Answer => ({
  statuses: [status],
  code,
  headers,
});
/** Written without a body, by what cannot be parsed. */
export const fault = (status: number): Answer => ({ statuses: [status], body: '', headers: { connection: 'close' } });

/** The replies in what a connection returned. */
export const readReplies = (received: Buffer): Reply[] => {
  const replies: Reply[] = [];
  for (let rest = received; rest.length > 0; ) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`not a reply: ${rest.toString()}`);
    const [statusLine = '', ...lines] = rest.subarray(0, end).toString().split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.replace(/:.*/, '').toLowerCase(), line.replace(/^[^:]*: */, '')]),
    );
    const length = Number(headers.get('content-length') ?? 0);
    const body = rest.subarray(end + 4, end + 4 + length).toString();
    replies.push({ status: Number(statusLine.split(' ')[1]), headers, body });
    rest = rest.subarray(end + 4 + Buffer.byteLength(body));
  }
  return replies;
};
