/** The commands that write and check a configuration. */
import type { Command } from 'commander';
import { JSON_OPTION, runCommand } from './definitions.ts';
import type { InitOptions } from './init-answers.ts';
import type { CommonOptions } from './run-command.ts';

export const addConfigurationCommands = (program: Command): void => {
  program
    .command('init')
    .description('Write a commented configuration and new keys; asks for what the options leave open.')
    .option('--source <type...>', 'alipay, wechat, daxpay, jucai: one or more')
    .option('--app <id>', 'the id of the app; absent: shop')
    .option('--return-url <url...>', 'the pages that payers come back to')
    .addOption(program.createOption('--store <kind>', 'where results are stored').choices(['sqlite', 'postgres']))
    .option('--out <file>', 'the file to write; absent: payer-identity.yaml')
    .option(...JSON_OPTION)
    .action((options: InitOptions & CommonOptions) =>
      runCommand(options, async (to) => (await import('./run-init.ts')).runInit(to, options)),
    );

  program
    .command('check-config')
    .description('Check a configuration: every fault at once, or what it serves. Opens no store, sends nothing.')
    .argument('[file]', 'the configuration file; absent: the variable CONFIG')
    .option(...JSON_OPTION)
    .action((file: string | undefined, options: CommonOptions) =>
      runCommand(options, async (to) => (await import('../check-config.ts')).checkConfig(to, file)),
    );
};
