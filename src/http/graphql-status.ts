/**
 * The status of an answer to a GraphQL request. As `application/json` it is 200, and the code stands in
 * `errors[].extensions.code`: two of five gateways drop the code of any other status. `application/graphql-response+json`
 * without data has the status of its error, as its specification requires. docs/configuration.md lists what stays.
 * https://graphql.github.io/graphql-over-http/draft/#sec-Status-Codes
 */
import { z } from 'zod';
import type { GraphqlRequest } from '../graphql/prepared.ts';
import type { AnswerType } from './accepted-type.ts';
import { type EdgeReply, type Refusal, refuse } from './edge.ts';

/** What the status of an answer depends on beside its error. */
export interface Asked {
  readonly type: AnswerType;
  /** Whether the body is a well-formed GraphQL request; its document may be anything. */
  readonly isGraphql: boolean;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const isMap = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value);

/** Whether JSON is a well-formed GraphQL request. */
const isGraphqlRequest = (body: object): body is GraphqlRequest => {
  const { query, operationName, variables, extensions }: Partial<Record<keyof GraphqlRequest, unknown>> = body;
  return (
    typeof query === 'string' &&
    (isAbsent(operationName) || typeof operationName === 'string') &&
    (isAbsent(variables) || isMap(variables)) &&
    (isAbsent(extensions) || isMap(extensions))
  );
};

/** The well-formed GraphQL request that a body is; undefined for any other body. */
export const graphqlRequestOf = (body: object): GraphqlRequest | undefined =>
  isGraphqlRequest(body) ? body : undefined;

const statusFor = ({ type, isGraphql }: Asked, status: number): number =>
  type === 'application/json' && isGraphql ? 200 : status;

interface Fault {
  /** Where the media type shows it. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAfterSeconds?: number;
}

/** The answer to a GraphQL request that is refused before it runs, or that has no result in time. */
export const answerFault = (asked: Asked, { status, code, message, headers, retryAfterSeconds }: Fault): Refusal => {
  const retryAfter = retryAfterSeconds === undefined ? undefined : { 'retry-after': `${retryAfterSeconds}` };
  const all = { 'content-type': `${asked.type}; charset=utf-8`, ...headers, ...retryAfter };
  return refuse(
    statusFor(asked, status),
    code,
    message,
    all,
    retryAfterSeconds === undefined ? undefined : { retryAfterSeconds },
  );
};

const failed = z.object({ errors: z.tuple([z.object({ extensions: z.object({ code: z.string() }) })], z.unknown()) });

/** The answer of Apollo Server with the status that its media type requires, and the code with which it was refused. */
export const settleStatus = (answer: EdgeReply, asked: Asked): EdgeReply => {
  if (answer.status < 400) return answer;
  const refusal = failed.parse(JSON.parse(answer.body)).errors[0].extensions.code;
  return { ...answer, status: statusFor(asked, answer.status), refusal };
};
