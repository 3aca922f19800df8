import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Calls `act` whenever this process fails to connect to a port, until the test ends. */
export const onRefusedConnection = (port: number, act: () => void): void => {
  const listen = (message: unknown) =>
    (message as { readonly socket: Socket }).socket.once('error', (error) => {
      if ('port' in error && error.port === port) act();
    });
  subscribe('net.client.socket', listen);
  onTestFinished(() => void unsubscribe('net.client.socket', listen));
};
