/** Which methods a route answers to. https://www.rfc-editor.org/rfc/rfc9110.html#section-9.1 */
import { type EdgeReply, type Handler, refuse } from './edge.ts';

/** Known, and so 405 where they are not answered to; every other method is 501. QUERY is a safe POST. */
const KNOWN: ReadonlySet<string> = new Set('GET HEAD POST PUT DELETE OPTIONS TRACE PATCH QUERY'.split(' '));

export const isKnownMethod = (method: string): boolean => KNOWN.has(method);

/** For routes that are read; node:http sends the reply to HEAD without its body. */
export const toGet =
  (route: Handler): Handler =>
  async (request): Promise<EdgeReply> => {
    if (request.method === 'GET' || request.method === 'HEAD') return route(request);
    return refuse(405, 'METHOD_NOT_ALLOWED', 'This is answered to GET only', { allow: 'GET, HEAD' });
  };
