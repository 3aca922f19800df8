import { isIP } from 'node:net';
import type { EdgeRequest } from './edge.ts';

/**
 * The address of the router's client, from the header that the router sends, such as X-Forwarded-For. Only the last
 * element is used: the router adds it, and the client can forge those before it.
 */
export const clientAddress = ({ headers }: EdgeRequest, header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  const last = headers[header]?.split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? undefined : last;
};
