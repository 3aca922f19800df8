/** What the matrix asks of a gateway: to stand in front of these subgraphs, and to answer over HTTP. */
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

export interface Subgraph {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

export interface GatewayOptions {
  /** What the gateway adds to every request to a subgraph; the Authorization of the client is forwarded besides. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the gateway waits for a subgraph. */
  readonly timeoutMs?: number;
}

export interface RunningGateway {
  readonly url: string;
  close(): Promise<void>;
}

export interface Gateway {
  /** The column in the tables. */
  readonly letter: string;
  readonly name: string;
  readonly version: string;
  /** Why it cannot run here. */
  readonly unavailable?: string | undefined;
  /** False: it refuses a supergraph that declares scopes. */
  readonly takesScopes: boolean;
  start(subgraphs: readonly Subgraph[], options?: GatewayOptions): Promise<RunningGateway>;
}

export const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const composed = new Map<string, ReturnType<typeof composeServices>>();

/** The supergraph as Apollo composes it, which all gateways but Grafbase read. */
export const compose = (subgraphs: readonly Subgraph[]) => {
  const key = JSON.stringify(subgraphs);
  const result =
    composed.get(key) ??
    composeServices(subgraphs.map(({ sdl, ...subgraph }) => ({ ...subgraph, typeDefs: parse(sdl) })));
  composed.set(key, result);
  if (!result.supergraphSdl || !result.schema) throw new Error(result.errors?.map(({ message }) => message).join('\n'));
  return { supergraph: result.supergraphSdl, schema: result.schema };
};

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the matrix compares any shape
  readonly data: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: { readonly code?: string };
  }[];
}

export const askAt = async (
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
};
