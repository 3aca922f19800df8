/** A request and a reply, as sources build and read them. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Path below the upstream's address, and query, as they go on the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
