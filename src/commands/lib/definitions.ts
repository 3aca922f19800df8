import type { Command } from 'commander';
import type { CommonOptions, Command as Running } from './run-command.ts';

/** Runs a command; what it needs is loaded now, so that help and completion load nothing of it. */
export const runCommand = async (options: CommonOptions, work: (to: Running) => Promise<void>): Promise<void> =>
  (await import('./run-command.ts')).runCommand(options, work);

export const withConfig = (command: Command): Command =>
  command.option('--config <file>', 'the configuration file, in place of the variable CONFIG');

export const JSON_OPTION = ['--json', 'print the result as JSON'] as const;
