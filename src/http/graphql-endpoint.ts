/** POST /graphql: checks router, body and caller, then runs the operation within its time. */
import type { ApolloServer } from '@apollo/server';
import { type Context, createContext, type Services } from '../graphql/context.ts';
import type { Caller } from '../security/caller.ts';
import type { Callers } from '../security/callers.ts';
import type { RouterCheck } from '../security/router-check.ts';
import { execute, parseJson } from './apollo-adapter.ts';
import { clientAddress } from './client-address.ts';
import { acceptedCodings, decodeBody, isAcceptedCoding } from './content-coding.ts';
import { isJson } from './content-type.ts';
import { withDeadline } from './deadline.ts';
import { type EdgeReply, type EdgeRequest, type Handler, refuse } from './edge.ts';
import { traceIdOf } from './trace-context.ts';

export interface EndpointOptions {
  readonly apollo: ApolloServer<Context>;
  readonly services: Services;
  readonly router: RouterCheck;
  readonly callers: Callers;
  /** The time of an operation, without `waitSeconds`. */
  readonly operationMs: number;
  /** The header in which the router sends its client's address. */
  readonly clientAddressHeader?: string | undefined;
}

export const MAX_BODY_BYTES = 65_536;

const UNDECODABLE = `The body cannot be decoded as ${acceptedCodings} (with a window of 4 MiB at most)`;

/** Closes the connection as well: an open one counts against the limit that the router's connections need. */
const notTheRouter = () =>
  refuse(401, 'UNAUTHENTICATED', 'Only the router may call this subgraph', {
    // The name of no registered scheme: what proves the router is configured. Every 401 has to have a challenge.
    'www-authenticate': 'Router',
    connection: 'close',
  });

/** `idle` resolves when no operation runs, those of clients that are gone included. */
export const createGraphqlEndpoint = (options: EndpointOptions): { handle: Handler; idle(): Promise<void> } => {
  const { apollo, services, router, callers, operationMs, clientAddressHeader } = options;
  const running = new Set<Promise<unknown>>();

  const answer = async (request: EdgeRequest, body: object, caller: Caller): Promise<EdgeReply> => {
    const traceId = traceIdOf(request.headers.traceparent);
    const clientIp = clientAddress(request, clientAddressHeader);
    const answered = await withDeadline(operationMs, request.signal, (deadline) => {
      const call = { caller, traceId, clientIp, ...deadline };
      const execution = execute(apollo, request, body, async () => createContext(services, call));
      running.add(execution);
      const end = () => running.delete(execution);
      execution.then(end, end);
      return execution;
    });
    return (
      answered ??
      refuse(503, 'DEADLINE_EXCEEDED', 'The operation took too long; what it has sent goes on.', { 'retry-after': '2' })
    );
  };

  const handle: Handler = async (request) => {
    if (request.method !== 'POST')
      return refuse(405, 'METHOD_NOT_ALLOWED', 'GraphQL is answered to POST only', { allow: 'POST' });
    const verdict = router.checkHead(request);
    if (verdict === 'stranger') return notTheRouter();
    if (!isJson(request.headers['content-type']))
      return refuse(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body has to be application/json in UTF-8', {
        accept: 'application/json',
      });
    const coding = request.headers['content-encoding'];
    if (!isAcceptedCoding(coding))
      return refuse(415, 'UNSUPPORTED_MEDIA_TYPE', `A body may have one content coding, of ${acceptedCodings}`, {
        'accept-encoding': acceptedCodings,
      });
    // Content-Digest, which signatures cover, is of the bytes as sent. https://www.rfc-editor.org/rfc/rfc9530#section-2
    const sent = await request.readBody(MAX_BODY_BYTES);
    const bytes = await decodeBody(sent, coding, MAX_BODY_BYTES);
    const body = bytes && parseJson(bytes);
    if (verdict === 'pending' && !(body && router.checkBody(request, sent, body))) return notTheRouter();
    if (!bytes) return refuse(400, 'BAD_REQUEST', UNDECODABLE);
    if (!body) return refuse(400, 'BAD_REQUEST', 'Invalid JSON');
    if (Array.isArray(body))
      return refuse(400, 'BAD_REQUEST', 'One request holds one operation: turn off batching towards this subgraph');
    const caller = await callers.identify(request, 'extensions' in body ? body.extensions : undefined);
    if (!caller)
      return refuse(401, 'UNAUTHENTICATED', "The caller's credentials are not valid", {
        'www-authenticate': 'Bearer error="invalid_token"',
      });
    return answer(request, body, caller);
  };

  return { handle, idle: async () => void (await Promise.allSettled(running)) };
};
