import { isIP } from 'node:net';
import type { EdgeRequest } from './edge.ts';

/**
 * The address of the client that the router serves, from the header that it sends, such as X-Forwarded-For. Only the
 * last element is believed: the router put it there, and what stands before it came from the client.
 */
export const clientAddress = ({ headers }: EdgeRequest, header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  const last = headers[header]?.split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? undefined : last;
};
