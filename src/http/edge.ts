/** The edge's own types of request and reply, without sockets, and how replies and refusals are made. */
import type { RequestHead } from '../security/router-check.ts';

export interface EdgeRequest extends RequestHead {
  /** The path of the target, whether or not a host stands before it. */
  readonly path: string;
  /** The other end of the connection. */
  readonly remoteAddress?: string | undefined;
  /** Reads the body; throws BodyTooLarge above the limit. */
  readBody(maxBytes: number): Promise<Buffer>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface EdgeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Written piece by piece, instead of the body. The connection is closed at its end. */
  readonly stream?: AsyncIterable<string>;
  /** The code of a refusal. */
  readonly refusal?: string;
}

/** A reply that says why the request was refused before GraphQL ran. */
export interface Refusal extends EdgeReply {
  readonly refusal: string;
}

export type Handler = (request: EdgeRequest) => Promise<EdgeReply>;

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** On every reply: not stored, not sniffed for another type, not referred from, not framed. */
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

/** A refusal in the form of a GraphQL error, so that clients read every answer in one way. */
export const refuse = (
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
  details: Readonly<Record<string, unknown>> = {},
): Refusal => {
  const body = JSON.stringify({ errors: [{ message, extensions: { code, ...details } }] });
  return { ...reply(status, 'application/json; charset=utf-8', body, headers), refusal: code };
};
