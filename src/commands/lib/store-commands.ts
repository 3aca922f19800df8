/** The commands beside a service, on its store. */
import type { Command } from 'commander';
import { JSON_OPTION, runCommand, withConfig } from './definitions.ts';
import type { CommonOptions } from './run-command.ts';

const withStore = (command: Command): Command =>
  withConfig(command)
    .option('--data-dir <folder>', 'where results are stored, in place of DATA_DIR')
    .option(...JSON_OPTION);

export const addStoreCommands = (program: Command): void => {
  withStore(program.command('migrate'))
    .description("Bring the store's database up to this release.")
    .action((options: CommonOptions) => runCommand(options, async (to) => (await import('../migrate.ts')).migrate(to)));

  withStore(program.command('copy-store'))
    .description('Copy a SQLite file of a stopped service to PostgreSQL, as a whole or not at all.')
    .argument('<file>', 'the SQLite file')
    .argument('[address]', 'postgres://…, which other users of the machine can see; absent: store of the configuration')
    .action((file: string, address: string | undefined, options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../copy-store.ts')).copyStoreFrom(to, file, address)),
    );

  withStore(program.command('rotate-keys'))
    .description('Seal all values with the newest key, while the service runs.')
    .action((options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../rotate-keys.ts')).rotateKeys(to)),
    );

  withStore(program.command('erase-payer'))
    .description('Delete a payer, its tokens and certifications; print a line for the audit.')
    .argument('<id>', 'PayerIdentity.id')
    .action((id: string, options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../erase-payer.ts')).erasePayer(to, id)),
    );
};
