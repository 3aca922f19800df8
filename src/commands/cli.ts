/**
 * The command line `payer-identity`. What a command does is loaded when it runs: help, version and completion read
 * nothing else, and change nothing.
 *
 * commander, since it suggests the nearest name and has no dependencies; completion by @bomb.sh/tab, which reads the
 * same definitions (docs/command-line.md compares).
 */
import tab from '@bomb.sh/tab/commander';
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../lib/package-version.ts';
import { addConfigurationCommands } from './lib/configuration-commands.ts';
import { addSourceCommands } from './lib/source-commands.ts';
import { addStoreCommands } from './lib/store-commands.ts';
import type { StartOptions } from './start.ts';

/** The command line itself is wrong; nothing was done. */
const WRONG_USAGE = 2;

const EXIT_CODES = `
Exit codes:
  0  done
  1  it failed, or a check found a fault
  2  the command line is wrong; nothing was done`;

/** Of the whole command line; `test/commands/cli.test.ts` compares the help of every command with docs/command-line.md. */
export const createProgram = (): Command => {
  const program = new Command('payer-identity')
    .description('The identity subgraph of a payments supergraph, and the tools of its operator.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, and do nothing else')
    .addHelpText('after', EXIT_CODES)
    .configureHelp({ helpWidth: 100 })
    .exitOverride()
    .showHelpAfterError('payer-identity --help lists the commands; payer-identity <command> --help its options.');

  program
    .command('start')
    .description('Serve: in sandbox mode with emulated channels, or with a configuration file.')
    .option('--config <file>', 'the configuration file, in place of the variable CONFIG')
    .option('--data-dir <folder>', 'where results are stored, in place of DATA_DIR')
    .option('--host <address>', 'the address to listen on, in place of HOST')
    .option('--port <number>', 'the port to listen on, in place of PORT')
    .option('--sandbox <file>', 'sandbox mode: changes to its apps, in place of SANDBOX')
    .option('--lan', 'sandbox mode: let phones of the local network in, by an address with a key')
    .action(async (options: StartOptions) => (await import('./start.ts')).start(options));
  addConfigurationCommands(program);
  addSourceCommands(program);
  addStoreCommands(program);
  tab(program, { completionCommandName: 'completion' });
  return program;
};

/**
 * A reader that has gone, as `head` does, ends no command: a rotation must not stop halfway. A full disk is a failure,
 * since a script would take half a result for a whole one.
 */
const onLostOutput = ({ code }: NodeJS.ErrnoException): void => {
  if (code === 'EPIPE' || process.exitCode === 1) return;
  process.stderr.write(`The result could not be written (${code}).\n`);
  process.exitCode = 1;
};
const onLostMessages = (): void => undefined;

const watchOutput = (): void => {
  process.stdout.off('error', onLostOutput).on('error', onLostOutput);
  process.stderr.off('error', onLostMessages).on('error', onLostMessages);
};

const isHelp = (argument: string): boolean => argument === '--help' || argument === '-h';

/** With --help anywhere nothing else counts: `migrate --data-dir --help` would otherwise migrate in a folder of that name. */
const withHelpAlone = (args: readonly string[]): readonly string[] => {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  const [name = '--help'] = options.filter((argument) => !argument.startsWith('-'));
  return options.some(isHelp) ? [name, '--help'] : args;
};

/** Runs one command. Sets the exit code of the process; only `start` goes on. */
export const runCli = async (args: readonly string[]): Promise<void> => {
  watchOutput();
  const program = createProgram();
  if (args.length === 0) {
    process.stderr.write(program.helpInformation());
    process.exitCode = WRONG_USAGE;
    return;
  }
  try {
    await program.parseAsync(withHelpAlone(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
    if (error.exitCode !== 0 && args.includes('--json'))
      process.stdout.write(`${JSON.stringify({ ok: false, error: error.message.replace(/^error: /, '') }, null, 2)}\n`);
  }
};
