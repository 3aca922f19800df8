import { networkInterfaces } from 'node:os';

const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;

/** The IPv4 address of this machine in its local network: the first private one, else the first; undefined without one. */
export const lanAddress = (interfaces = networkInterfaces()): string | undefined => {
  const addresses = Object.values(interfaces)
    .flatMap((entries = []) => entries)
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  return addresses.find((address) => PRIVATE.test(address)) ?? addresses[0];
};
