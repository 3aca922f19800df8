/** Every clause of the specifications that oblige a subgraph's HTTP, over a real socket. The tables are in `clauses/`. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reply } from '../support/http/raw-http.ts';
import { startConfigured } from '../support/services/configured.ts';
import { type Service, startService } from '../support/services/service.ts';
import * as bodies from './clauses/bodies.ts';
import { type Clause, readReplies } from './clauses/clause.ts';
import * as graphql from './clauses/graphql.ts';
import * as types from './clauses/media-types.ts';
import * as messages from './clauses/messages.ts';
import * as methods from './clauses/methods.ts';
import * as subgraph from './clauses/subgraph.ts';
import * as targets from './clauses/targets.ts';

let open: Service;
let guarded: Awaited<ReturnType<typeof startConfigured>>;
beforeAll(async () => {
  open = await startService();
  guarded = await startConfigured();
});
afterAll(() => Promise.all([open.close(), guarded.close()]));

/** Sends bytes, and reads until the server closes the connection or has answered as often as expected. */
const exchange = async (url: string, { send, right }: Clause): Promise<{ replies: Reply[]; isOpen: boolean }> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const received: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('data', (bytes) => received.push(bytes));
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(false)));
  for (const [position, part] of send.entries()) {
    if (position > 0) await delay(20);
    socket.write(part);
  }
  const patience = new AbortController();
  const stillOpen = delay(right.open ? 500 : 8_000, true, { signal: patience.signal }).catch(() => true);
  const isOpen = await Promise.race([closed, stillOpen]);
  patience.abort();
  socket.destroy();
  return { replies: readReplies(Buffer.concat(received)), isOpen };
};

const expectRight = (
  replies: readonly Reply[],
  { statuses, headers = {}, code, data, like, body }: Clause['right'],
) => {
  expect(replies.map(({ status }) => status)).toEqual(statuses);
  const last = replies.at(-1);
  for (const [name, value] of Object.entries(headers)) {
    const sent = last?.headers.get(name);
    if (value === null) expect(sent).toBeUndefined();
    else if (value instanceof RegExp) expect(sent).toMatch(value);
    else expect(sent?.toLowerCase()).toBe(value.toLowerCase());
  }
  if (typeof body === 'string') expect(last?.body).toBe(body);
  if (body instanceof RegExp) expect(last?.body).toMatch(body);
  if (data !== undefined) expect(JSON.parse(last?.body ?? '')).toEqual({ data });
  if (like !== undefined) expect(JSON.parse(last?.body ?? '')).toMatchObject(like);
  if (code !== undefined) {
    const error = { message: expect.stringMatching(/\w/), extensions: { code } };
    expect(JSON.parse(last?.body ?? '')).toMatchObject({ errors: [error] });
  }
};

describe.each([
  ['targets', targets.targets],
  ['hosts', targets.hosts],
  ['methods', methods.methods],
  ['versions', methods.versions],
  ['expectations', [...messages.expectations, ...messages.guardedExpectations]],
  ['framing', [...messages.framing, ...messages.guardedFraming]],
  ['connections', messages.connections],
  ['media types', types.mediaTypes],
  ['negotiation', types.negotiation],
  ['content codings', [...bodies.codings, ...bodies.guardedCodings]],
  ['JSON', bodies.json8259],
  ['GraphQL over HTTP', graphql.overHttp],
  ['the subgraph', [...subgraph.subgraph, ...subgraph.guardedSubgraph]],
])('%s', (_, rows) => {
  test.concurrent.each(rows.map((row) => [row.clause, row.title, row] as const))('%s: %s', async (__, ___, row) => {
    const { replies, isOpen } = await exchange(row.guarded ? guarded.url : open.url, row);
    expectRight(replies, row.right);
    expect(isOpen).toBe(row.right.open ?? false);
  });
});
