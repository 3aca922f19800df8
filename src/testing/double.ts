/**
 * A double of this subgraph for the tests of other subgraphs: the real SDL, and references to payers and channels that
 * are answered from fixtures, as for a caller with the scope payer:read. It redeems nothing; the sandbox does.
 */
import { type GraphQLSchema, graphql } from 'graphql';
import { z } from 'zod';
import { type EdgeReply, type Handler, refuse, reply } from '../http/edge.ts';
import { listen } from '../http/server.ts';
import { createLog } from '../lib/log.ts';
import { portFault } from '../start/ports.ts';
import { createSchema, type SchemaOptions } from './double-schema.ts';
import { type Identity, type IdentityFixture, readFixture } from './fixtures.ts';
import { requireKnown } from './options.ts';

export interface DoubleOptions extends SchemaOptions {
  readonly identities?: readonly IdentityFixture[];
  /** A free one by default. */
  readonly port?: number;
}

/** What a gateway or a test has asked. */
export interface DoubleRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface PayerIdentityDouble {
  /** Without a slash at the end. */
  readonly url: string;
  readonly graphqlUrl: string;
  /** The SDL that it serves: that of the service. */
  readonly sdl: string;
  /** In order; the SDL's own are among them. */
  readonly requests: readonly DoubleRequest[];
  /** Adds a payer, or replaces the one of that id. */
  add(identity: IdentityFixture): void;
  remove(id: string): void;
  close(): Promise<void>;
}

const asked = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});
const MAX_BODY_BYTES = 1_048_576;

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};

const createHandler =
  (schema: GraphQLSchema, requests: DoubleRequest[]): Handler =>
  async ({ method, path, readBody }): Promise<EdgeReply> => {
    if (path !== '/graphql') return refuse(404, 'NOT_FOUND', 'There is nothing here; GraphQL is at /graphql');
    if (method !== 'POST') return refuse(405, 'METHOD_NOT_ALLOWED', 'GraphQL is asked by POST', { allow: 'POST' });
    const { data } = asked.safeParse(parse(await readBody(MAX_BODY_BYTES)));
    if (!data) return refuse(400, 'BAD_REQUEST', 'The body is {"query": "…", "variables": {…}}');
    const { query, variables, operationName } = data;
    requests.push({ query, variables: variables ?? {} });
    const result = await graphql({
      schema,
      source: query,
      variableValues: variables ?? {},
      operationName: operationName ?? null,
    });
    return reply(200, 'application/json; charset=utf-8', JSON.stringify(result));
  };

const serviceReply = z.object({ data: z.object({ _service: z.object({ sdl: z.string() }) }) });

const OPTIONS = { identities: true, port: true, channelTitles: true, scopesInSdl: true } as const;

/** Rejects with a message that names the field when a payer is not valid. */
export const startPayerIdentityDouble = async (options: DoubleOptions = {}): Promise<PayerIdentityDouble> => {
  requireKnown('startPayerIdentityDouble', options, OPTIONS);
  const identities = new Map<string, Identity>();
  const add = (identity: IdentityFixture) => {
    const read = readFixture(identity);
    identities.set(read.id, read);
  };
  for (const identity of options.identities ?? []) add(identity);
  const schema = createSchema(identities, options);
  const { data } = serviceReply.parse(await graphql({ schema, source: '{ _service { sdl } }' }));
  const requests: DoubleRequest[] = [];
  const log = createLog('silent');
  const place = { host: '127.0.0.1', port: options.port ?? 0 };
  const { url, close } = await listen(createHandler(schema, requests), { ...place, log }).catch((error: unknown) => {
    throw portFault(error, place, { host: 'host', port: 'the option port' });
  });
  let closing: Promise<void> | undefined;
  return {
    url,
    graphqlUrl: `${url}/graphql`,
    sdl: data._service.sdl,
    requests,
    add,
    remove: (id) => void identities.delete(id),
    close() {
      closing ??= close(1_000);
      return closing;
    },
  };
};
