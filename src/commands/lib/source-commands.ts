/** The commands that an integrator needs: they examine a source, try a channel, and show how messages are signed. */
import type { Command } from 'commander';
import type { TryOptions } from '../try.ts';
import { JSON_OPTION, runCommand, withConfig } from './definitions.ts';
import type { CommonOptions } from './run-command.ts';

/** The options of the commands that show how a message is signed. */
const withSigning = (command: Command): Command =>
  withConfig(command)
    .argument('<file>', 'a request or a reply as it was on the wire, with or without its head; - for standard input')
    .option('--source <name>', 'the source that the message is of; absent: the only one')
    .option(...JSON_OPTION);

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

const addTry = (program: Command): void => {
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
    .option(...JSON_OPTION)
    .action((channel: string, options: TryOptions & CommonOptions) =>
      runCommand(options, async (to) => (await import('../try.ts')).tryChannel(to, channel, options)),
    );
};

export const addSourceCommands = (program: Command): void => {
  withConfig(program.command('doctor'))
    .description('Examine each source: keys, certificates, the way to its upstream, the clock, an invalid code.')
    .option('--source <name>', 'this source alone')
    .option(...JSON_OPTION)
    .action((options: SigningOptions) =>
      runCommand(options, async (to) => (await import('../doctor.ts')).doctor(to, options)),
    );

  addTry(program);
  addSigningCommands(program);
};
