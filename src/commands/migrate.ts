/** `npm run -s migrate`: brings the store's database up to this release, as the service does when it starts. */
import { migrateDatabase } from '../store/engine/open.ts';
import { loadServiceConfig, runCommand } from './lib/run-command.ts';

await runCommand(async () => {
  const { from, to } = await migrateDatabase(await loadServiceConfig());
  console.log(`The database had schema ${from} and has schema ${to}.`);
});
