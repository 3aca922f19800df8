/** The question of a request to /graphql: from the router, in a body that can be read, with an answer that the client accepts. */
import type { GraphqlRequest } from '../graphql/prepared.ts';
import type { SubscriptionRequest, Subscriptions } from '../graphql/subscriptions.ts';
import type { RouterCheck } from '../security/router-check.ts';
import { acceptedType, acceptsEvents } from './accepted-type.ts';
import { parseJson } from './apollo-adapter.ts';
import { acceptedCodings, decodeBody, isAcceptedCoding } from './content-coding.ts';
import { isJson } from './content-type.ts';
import { type EdgeRequest, type Refusal, refuse } from './edge.ts';
import { type Asked, graphqlRequestOf } from './graphql-status.ts';

const UNDECODABLE = `The body cannot be decoded as ${acceptedCodings} (with a window of 4 MiB at most)`;

/** Closes the connection as well: an open one counts against the limit that the router's connections need. */
const notTheRouter = () =>
  refuse(401, 'UNAUTHENTICATED', 'Only the router may call this subgraph', {
    // The name of no registered scheme: what proves the router is configured. Every 401 has to have a challenge.
    'www-authenticate': 'Router',
    connection: 'close',
  });

/** What a request asks for, and how the answer is to look. */
export interface Question {
  readonly body: object;
  /** The body, where it is a well-formed GraphQL request. */
  readonly asksFor: GraphqlRequest | undefined;
  readonly asked: Asked;
  /** The answers are events. */
  readonly streamed?: SubscriptionRequest;
}

interface QuestionOptions {
  readonly router: RouterCheck;
  readonly subscriptions: Subscriptions;
  /** Of a request body, at most. */
  readonly bodyBytes: number;
}

export const readQuestion = async (
  { router, subscriptions, bodyBytes }: QuestionOptions,
  request: EdgeRequest,
): Promise<Question | Refusal> => {
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
    return { body, asksFor, asked: { type: 'application/json', isGraphql: true }, streamed };
  if (!type) return refuse(406, 'NOT_ACCEPTABLE', 'Answers are application/json or application/graphql-response+json');
  return { body, asksFor, asked: { type, isGraphql: asksFor !== undefined } };
};
