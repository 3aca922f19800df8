/** The trace that a request belongs to. https://www.w3.org/TR/trace-context/#traceparent-header */
import { randomUUID } from 'node:crypto';
import type { EdgeReply } from './edge.ts';

/** A later version may add fields behind the four of version 00; ff is not a version, and ids of zeros are not ids. */
const traceparentForm =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[\x21-\x2b\x2d-\x7e]*)?$/;

/** The id of the caller's trace, or a new one: 122 random bits, for which node:crypto has a pool. Two traceparent headers are joined by a comma, which no version has. */
export const traceIdOf = (traceparent = ''): string => {
  const [, version, traceId, more] = traceparentForm.exec(traceparent) ?? [];
  const isValid = traceId !== undefined && (version !== '00' || more === undefined);
  return isValid ? traceId : randomUUID().replaceAll('-', '');
};

/** Shows callers the traceId that the log line of their call carries, also of a success, which has no place for it. */
export const TRACE_HEADER = 'x-trace-id';

export const traced = (reply: EdgeReply, traceId: string): EdgeReply => ({
  ...reply,
  headers: { ...reply.headers, [TRACE_HEADER]: traceId },
});
