/**
 * `npm run -s payer:erase -- <PayerIdentity.id>`: deletes a payer, and prints an audit line that does not identify the
 * payer. Results that an upstream holds stay there.
 */
import { randomUUID } from 'node:crypto';
import { ConfigError } from '../config/load.ts';
import { loadServiceConfig, openServiceStore, runCommand } from './lib/run-command.ts';

const erase = async (identityId: string): Promise<void> => {
  const store = await openServiceStore(await loadServiceConfig());
  try {
    const erased = await store.erase(identityId);
    const line = { time: new Date().toISOString(), event: 'payer erased', auditId: randomUUID(), ...erased };
    console.log(JSON.stringify(line));
    if (erased.identities === 0) throw new ConfigError('There is no payer of that id.');
  } finally {
    await store.close();
  }
};

await runCommand(async () => {
  const [command, identityId] = process.argv.slice(2);
  if (command !== 'erase' || !identityId) throw new ConfigError('npm run -s payer:erase -- <PayerIdentity.id>');
  await erase(identityId);
});
