/** The service alone: `node src/main.ts` is `payer-identity start`. */
import { runCli } from './commands/cli.ts';

await runCli(['start', ...process.argv.slice(2)]);
