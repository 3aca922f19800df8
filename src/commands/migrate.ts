/** `payer-identity migrate`: brings the store's database up to this release, as the service does when it starts. */
import { migrateDatabase } from '../store/engine/open.ts';
import { type Command, loadServiceConfig } from './lib/run-command.ts';

export const migrate = async (command: Command): Promise<void> => {
  const { from, to } = await migrateDatabase(await loadServiceConfig(command));
  command.output.line(`The database had schema ${from} and has schema ${to}.`);
  command.output.result({ ok: true, from, to });
};
