/** What is known of a request before its body is read. */
export interface RequestHead {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly peer: Peer;
}

/** The other end of the connection. */
export interface Peer {
  /** The names in its client certificate, verified by TLS; empty without one. */
  readonly certificateNames: readonly string[];
  /** Whether TLS ends in this process. */
  readonly encrypted: boolean;
}
