/** Whether a request comes from the router: nobody else may call this subgraph. */
import { z } from 'zod';
import { equalSecrets } from '../lib/digest.ts';

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
  readonly address: string | undefined;
  /** The names in its client certificate, verified by TLS; empty without one. */
  readonly certificateNames: readonly string[];
}

export const routerConfig = z.strictObject({
  /** Sent as Router-Authorization; several while one replaces another. */
  secrets: z.array(z.string().min(32, 'at least 32 characters')).min(1),
});

export interface RouterCheck {
  /** `pending`: what decides stands in the body. */
  head(head: RequestHead): 'router' | 'stranger' | 'pending';
  /** Asked only when the head was pending. */
  body(head: RequestHead, bytes: Buffer, parsed: object): boolean;
}

/** Everybody on this machine: sandbox mode. */
export const openToAll: RouterCheck = { head: () => 'router', body: () => true };

export const createRouterCheck = ({ secrets }: z.output<typeof routerConfig>): RouterCheck => ({
  head({ headers }) {
    const secret = headers['router-authorization'];
    const matches = secret === undefined ? [] : secrets.filter((known) => equalSecrets(known, secret));
    return matches.length > 0 ? 'router' : 'stranger';
  },
  body: () => false,
});
