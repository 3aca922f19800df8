import { isIPv6 } from 'node:net';

/** What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, all of which one client may use. */
export const networkOf = (address: string): string => {
  const embedded = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (embedded !== undefined || !isIPv6(address)) return embedded ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail?.split(':').length ?? 0;
  const zeros = Array<string>(Math.max(8 - groups.length - after, 0)).fill('0');
  return [...groups, ...zeros, ...(tail?.split(':') ?? [])]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
};
