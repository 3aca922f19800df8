/** The operator's commands: their names, options and help. Each loads what it does when it runs. */
import type { Command } from 'commander';
import { type CommonOptions, runCommand } from './run-command.ts';

/** The options of a command beside the service. */
const withCommon = (command: Command): Command =>
  command
    .option('--config <file>', 'the configuration file, in place of the variable CONFIG')
    .option('--data-dir <folder>', 'where results are stored, in place of DATA_DIR')
    .option('--json', 'print the result as JSON');

export const addOperatorCommands = (program: Command): void => {
  withCommon(program.command('migrate'))
    .description("Bring the store's database up to this release.")
    .action((options: CommonOptions) => runCommand(options, async (to) => (await import('../migrate.ts')).migrate(to)));

  withCommon(program.command('copy-store'))
    .description('Copy a SQLite file of a stopped service to PostgreSQL, as a whole or not at all.')
    .argument('<file>', 'the SQLite file')
    .argument('[address]', 'postgres://…, which other users of the machine can see; absent: store of the configuration')
    .action((file: string, address: string | undefined, options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../copy-store.ts')).copyStoreFrom(to, file, address)),
    );

  withCommon(program.command('rotate-keys'))
    .description('Seal all values with the newest key, while the service runs.')
    .action((options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../rotate-keys.ts')).rotateKeys(to)),
    );

  withCommon(program.command('erase-payer'))
    .description('Delete a payer, its tokens and certifications; print a line for the audit.')
    .argument('<id>', 'PayerIdentity.id')
    .action((id: string, options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../erase-payer.ts')).erasePayer(to, id)),
    );
};
