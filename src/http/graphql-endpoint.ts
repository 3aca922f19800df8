/**
 * POST /graphql: checks router, body and caller, then runs the operation within its time. From where the body is known
 * to be a GraphQL request, faults are GraphQL answers.
 */
import type { ApolloServer } from '@apollo/server';
import { type Context, createContext, type Services } from '../graphql/context.ts';
import type { GraphqlRequest, PreparedOperations } from '../graphql/prepared.ts';
import type { SubscriptionRequest, Subscriptions } from '../graphql/subscriptions.ts';
import type { Caller } from '../security/caller.ts';
import type { Callers } from '../security/callers.ts';
import { KeysUnavailable } from '../security/issuer-keys.ts';
import type { RouterCheck } from '../security/router-check.ts';
import { acceptedType, acceptsEvents } from './accepted-type.ts';
import { execute as executeInApollo, parseJson } from './apollo-adapter.ts';
import { clientAddress } from './client-address.ts';
import { acceptedCodings, decodeBody, isAcceptedCoding } from './content-coding.ts';
import { isJson } from './content-type.ts';
import { withDeadline } from './deadline.ts';
import { type EdgeReply, type EdgeRequest, type Handler, refuse, reply } from './edge.ts';
import { type Asked, answerFault, graphqlRequestOf, settleStatus } from './graphql-status.ts';
import { createOpenStream } from './graphql-stream.ts';
import { traceIdOf } from './trace-context.ts';

export interface EndpointOptions {
  readonly apollo: ApolloServer<Context>;
  readonly prepared: PreparedOperations;
  readonly subscriptions: Subscriptions;
  readonly services: Services;
  readonly router: RouterCheck;
  readonly callers: Callers;
  /** The time of an operation, without `waitSeconds`. */
  readonly operationMs: number;
  /** Of a request body, at most. */
  readonly bodyBytes: number;
  /** The header in which the router sends its client's address. */
  readonly clientAddressHeader?: string | undefined;
}

const UNDECODABLE = `The body cannot be decoded as ${acceptedCodings} (with a window of 4 MiB at most)`;

/** Closes the connection as well: an open one counts against the limit that the router's connections need. */
const notTheRouter = () =>
  refuse(401, 'UNAUTHENTICATED', 'Only the router may call this subgraph', {
    // The name of no registered scheme: what proves the router is configured. Every 401 has to have a challenge.
    'www-authenticate': 'Router',
    connection: 'close',
  });

const late = {
  status: 503,
  code: 'DEADLINE_EXCEEDED',
  message: 'The operation took too long; what it has sent goes on.',
  retryAfterSeconds: 2,
};
const invalidToken = {
  status: 401,
  code: 'UNAUTHENTICATED',
  message: "The caller's credentials are not valid",
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
};
const undetermined = {
  status: 503,
  code: 'CALLER_KEYS_UNAVAILABLE',
  message: 'Whether the credentials are valid cannot be determined now',
};

/** What a request asks for, and how the answer is to look. */
interface Question {
  readonly body: object;
  /** The body, where it is a well-formed GraphQL request. */
  readonly asksFor: GraphqlRequest | undefined;
  readonly asked: Asked;
}

/** `idle` resolves when no operation runs, those of clients that are gone included. */
export const createGraphqlEndpoint = (options: EndpointOptions): { handle: Handler; idle(): Promise<void> } => {
  const { apollo, prepared, subscriptions, services, router, callers, operationMs, bodyBytes, clientAddressHeader } =
    options;
  const running = new Set<Promise<unknown>>();
  const openStream = createOpenStream(options, running);

  const execute = async (request: EdgeRequest, { body, asksFor, asked }: Question, context: Context) => {
    const text = asksFor && (await prepared.answer(asksFor, context));
    if (text !== undefined) return reply(200, `${asked.type}; charset=utf-8`, text);
    const head = { method: request.method, headers: { ...request.headers, accept: asked.type } };
    return executeInApollo(apollo, head, body, async () => context);
  };

  const run = async (request: EdgeRequest, question: Question, caller: Caller): Promise<EdgeReply> => {
    const { asksFor, asked } = question;
    const fault = asksFor && subscriptions.faultOf(asksFor);
    if (fault) return answerFault(asked, { status: 400, ...fault });
    const traceId = traceIdOf(request.headers.traceparent);
    const clientIp = clientAddress(request, clientAddressHeader);
    const answered = await withDeadline(operationMs, request.signal, (deadline) => {
      const call = { caller, traceId, clientIp, ...deadline };
      const execution = execute(request, question, createContext(services, call));
      running.add(execution);
      const end = () => running.delete(execution);
      execution.then(end, end);
      return execution;
    });
    return answered ? settleStatus(answered, asked) : answerFault(asked, late);
  };

  const answer = async (
    request: EdgeRequest,
    question: Question,
    streamed?: SubscriptionRequest,
  ): Promise<EdgeReply> => {
    const { body, asked } = question;
    try {
      const caller = await callers.identify(request, 'extensions' in body ? body.extensions : undefined);
      if (!caller) return answerFault(asked, invalidToken);
      return streamed ? await openStream(request, streamed, caller) : await run(request, question, caller);
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw error;
      return answerFault(asked, { ...undetermined, retryAfterSeconds: error.retryAfterSeconds });
    }
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
    const sent = await request.readBody(bodyBytes);
    const bytes = await decodeBody(sent, coding, bodyBytes);
    const body = bytes && parseJson(bytes);
    if (verdict === 'pending' && !(body && router.checkBody(request, sent, body))) return notTheRouter();
    if (!bytes) return refuse(400, 'BAD_REQUEST', UNDECODABLE);
    if (!body) return refuse(400, 'BAD_REQUEST', 'Invalid JSON');
    if (Array.isArray(body))
      return refuse(400, 'BAD_REQUEST', 'One request holds one operation: turn off batching towards this subgraph');
    const type = acceptedType(request.headers.accept);
    const asksFor = graphqlRequestOf(body);
    const streamed = acceptsEvents(request.headers.accept) ? asksFor : undefined;
    const kind = streamed && subscriptions.kindOf(streamed);
    // Where nothing else is accepted, the faults of a document are events as well.
    if (streamed && (kind === 'subscription' || !(kind || type)))
      return answer(request, { body, asksFor, asked: { type: 'application/json', isGraphql: true } }, streamed);
    if (!type)
      return refuse(406, 'NOT_ACCEPTABLE', 'Answers are application/json or application/graphql-response+json');
    return answer(request, { body, asksFor, asked: { type, isGraphql: asksFor !== undefined } });
  };

  return { handle, idle: async () => void (await Promise.allSettled(running)) };
};
