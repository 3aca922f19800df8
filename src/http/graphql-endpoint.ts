/**
 * POST /graphql: checks router, body and caller, then runs the operation within its time. From where the body is known
 * to be a GraphQL request, faults are GraphQL answers.
 */
import type { Graphql } from '../graphql/apollo-server.ts';
import { type Context, createContext, type Services } from '../graphql/context.ts';
import type { Caller } from '../security/caller.ts';
import type { Callers } from '../security/callers.ts';
import { KeysUnavailable } from '../security/issuer-keys.ts';
import type { RouterCheck } from '../security/router-check.ts';
import { execute as executeInApollo } from './apollo-adapter.ts';
import { withDeadline } from './deadline.ts';
import { type EdgeReply, type EdgeRequest, type Handler, reply } from './edge.ts';
import { type Question, readQuestion } from './graphql-question.ts';
import { answerFault, settleStatus } from './graphql-status.ts';
import { createOpenStream } from './graphql-stream.ts';
import { traced, traceIdOf } from './trace-context.ts';

export interface EndpointOptions extends Graphql {
  readonly services: Services;
  readonly router: RouterCheck;
  readonly callers: Callers;
  /** The time of an operation, without `waitSeconds`. */
  readonly operationMs: number;
  /** Of a request body, at most. */
  readonly bodyBytes: number;
  /** The address of the router's client, where it is known. */
  readonly clientAddressOf: (request: EdgeRequest) => string | undefined;
}

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

/** `idle` resolves when no operation runs, those of clients that are gone included. */
export const createGraphqlEndpoint = (options: EndpointOptions): { handle: Handler; idle(): Promise<void> } => {
  const { apollo, prepared, faultOf, subscriptions, services, callers, operationMs, clientAddressOf } = options;
  const running = new Set<Promise<unknown>>();
  const openStream = createOpenStream(options, running);

  const execute = async (request: EdgeRequest, { body, asksFor, asked }: Question, context: Context) => {
    const text = asksFor && (await prepared.answer(asksFor, context));
    if (text !== undefined) return reply(200, `${asked.type}; charset=utf-8`, text);
    const fault = asksFor && faultOf(asksFor);
    if (fault) return answerFault(asked, { status: 400, ...fault });
    const head = { method: request.method, headers: { ...request.headers, accept: asked.type } };
    return executeInApollo(apollo, head, body, async () => context);
  };

  const run = async (request: EdgeRequest, question: Question, caller: Caller): Promise<EdgeReply> => {
    const { asksFor, asked } = question;
    const fault = asksFor && subscriptions.faultOf(asksFor);
    if (fault) return answerFault(asked, { status: 400, ...fault });
    const traceId = traceIdOf(request.headers.traceparent);
    const clientIp = clientAddressOf(request);
    const answered = await withDeadline(operationMs, request.signal, (deadline) => {
      const call = { caller, traceId, clientIp, ...deadline };
      const execution = execute(request, question, createContext(services, call));
      running.add(execution);
      const end = () => running.delete(execution);
      execution.then(end, end);
      return execution;
    });
    return traced(answered ? settleStatus(answered, asked) : answerFault(asked, late), traceId);
  };

  const answer = async (request: EdgeRequest, question: Question): Promise<EdgeReply> => {
    const { body, asked, streamed } = question;
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
    const question = await readQuestion(options, request);
    return 'refusal' in question ? question : answer(request, question);
  };

  return { handle, idle: async () => void (await Promise.allSettled(running)) };
};
