/** The operator's commands: their names, options and help. Each loads what it does when it runs. */
import type { Command } from 'commander';
import type { TryOptions } from '../try.ts';
import type { CommonOptions, Command as Running } from './run-command.ts';

const runCommand = async (options: CommonOptions, work: (to: Running) => Promise<void>): Promise<void> =>
  (await import('./run-command.ts')).runCommand(options, work);

const withConfig = (command: Command): Command =>
  command.option('--config <file>', 'the configuration file, in place of the variable CONFIG');

/** The options of a command beside the service. */
const withCommon = (command: Command): Command =>
  withConfig(command)
    .option('--data-dir <folder>', 'where results are stored, in place of DATA_DIR')
    .option('--json', 'print the result as JSON');

/** The options of the commands that show how a message is signed. */
const withSigning = (command: Command): Command =>
  withConfig(command)
    .argument('<file>', 'a request or a reply as it was on the wire, with or without its head; - for standard input')
    .option('--source <name>', 'the source that the message is of; absent: the only one')
    .option('--json', 'print the result as JSON');

interface SigningOptions extends CommonOptions {
  readonly source?: string;
  readonly against?: string;
}

const AGAINST = [
  '--against <file>',
  'the text that another program has signed: the first difference is marked',
] as const;

const addSigningCommands = (program: Command): void => {
  withSigning(program.command('sign'))
    .description('Print the text to sign for a request, step by step, and its signature.')
    .option(...AGAINST)
    .action((file: string, options: SigningOptions) =>
      runCommand(options, async (to) => (await import('../sign.ts')).sign(to, file, options)),
    );

  withSigning(program.command('verify'))
    .description('Check the signature of a request or reply; exit code 1 when it is not right.')
    .action((file: string, options: SigningOptions) =>
      runCommand(options, async (to) => (await import('../sign.ts')).verify(to, file, options)),
    );

  withSigning(program.command('explain'))
    .description('Show how a request or reply is signed, what your secret gives, and why they differ.')
    .option(...AGAINST)
    .action((file: string, options: SigningOptions) =>
      runCommand(options, async (to) => (await import('../sign.ts')).explain(to, file, options)),
    );
};

export const addOperatorCommands = (program: Command): void => {
  program
    .command('check-config')
    .description('Check a configuration: every fault at once, or what it serves. Opens no store, sends nothing.')
    .argument('[file]', 'the configuration file; absent: the variable CONFIG')
    .option('--json', 'print the result as JSON')
    .action((file: string | undefined, options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../check-config.ts')).checkConfig(to, file)),
    );

  withConfig(program.command('doctor'))
    .description('Examine each source: keys, certificates, the way to its upstream, the clock, an invalid code.')
    .option('--source <name>', 'this source alone')
    .option('--json', 'print the result as JSON')
    .action((options: SigningOptions) =>
      runCommand(options, async (to) => (await import('../doctor.ts')).doctor(to, options)),
    );
  withConfig(program.command('try'))
    .description('Authenticate one payer at a running service, or at a source.')
    .argument('<channel>', 'such as wechat_pay')
    .option('--url <address>', 'the running service', 'http://127.0.0.1:4001')
    .option('--app <id>', 'the app; absent: the default one')
    .option(
      '--code <code>',
      'an auth code, which is used up; - for standard input; absent: a session with a link to authorize',
    )
    .option('--return-url <url>', 'where the channel returns the payer to; absent: the payer page of sandbox mode')
    .option('--headers <file>', "lines of name: value to send, such as the router's credentials")
    .option('--source <name>', 'redeem at this source of the configuration, without a service; nothing is stored')
    .option('--json', 'print the result as JSON')
    .action((channel: string, options: TryOptions & CommonOptions) =>
      runCommand(options, async (to) => (await import('../try.ts')).tryChannel(to, channel, options)),
    );
  addSigningCommands(program);

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
