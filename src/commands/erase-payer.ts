/**
 * `payer-identity erase-payer <PayerIdentity.id>`: deletes a payer, and prints an audit line that does not identify the
 * payer. Results that an upstream holds stay there.
 */
import { randomUUID } from 'node:crypto';
import { ConfigError } from '../config/load.ts';
import { type Command, loadStoreConfig, openServiceStore } from './lib/run-command.ts';

/** The line is JSON with and without --json: an audit log takes it as it is. */
export const erasePayer = async (command: Command, identityId: string): Promise<void> => {
  const store = await openServiceStore(await loadStoreConfig(command), command);
  try {
    const erased = await store.erase(identityId);
    if (erased.identities === 0) throw new ConfigError('There is no payer of that id.');
    const line = { time: new Date().toISOString(), event: 'payer erased', auditId: randomUUID(), ...erased };
    command.output.line(JSON.stringify(line));
    command.output.result({ ok: true, ...line });
  } finally {
    await store.close();
  }
};
