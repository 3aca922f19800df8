/** What the edge is made of: a request in, a reply out, no sockets. */
import type { RequestHead } from '../security/router-check.ts';

export interface EdgeRequest extends RequestHead {
  /** Reads the body; throws BodyTooLarge above the limit. */
  readBody(maxBytes: number): Promise<Buffer>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface EdgeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Why the request was refused before GraphQL saw it. */
  readonly refusal?: string;
}

export type Handler = (request: EdgeRequest) => Promise<EdgeReply>;

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** On every reply: kept by nobody, taken for nothing else, shown in no frame. */
export const baseHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

export const reply = (
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): EdgeReply => ({ status, headers: { ...baseHeaders, 'content-type': type, ...headers }, body });

/** Every refusal is a GraphQL error: clients need only one way to read answers. */
export const refuse = (
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): EdgeReply => {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  return { ...reply(status, 'application/json; charset=utf-8', body, headers), refusal: code };
};
