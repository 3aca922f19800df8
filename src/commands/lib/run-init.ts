import { createInterface } from 'node:readline/promises';
import { ConfigError } from '../../config/load.ts';
import { init } from '../init.ts';
import type { Ask, InitOptions } from './init-answers.ts';
import type { Command } from './run-command.ts';

/** Asks on standard error, so that standard output has the result alone. */
const onTerminal = (): { ask: Ask; close(): void } => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl+C, Ctrl+D, and a terminal that is closed.
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  const ask: Ask = async ({ text, fallback, fault }) => {
    if (fault !== undefined) process.stderr.write(`  ${fault}\n`);
    const answer = await terminal.question(`${text} (${fallback}) `, { signal: closed.signal }).catch(() => {
      process.stderr.write('\n');
      throw new ConfigError('Nothing was written.');
    });
    return answer.trim() || fallback;
  };
  return { ask, close: () => terminal.close() };
};

/** `payer-identity init`: asks a person at a terminal for what the options leave open. */
export const runInit = async ({ output }: Command, options: InitOptions): Promise<void> => {
  const terminal = process.stdin.isTTY && process.stderr.isTTY ? onTerminal() : undefined;
  try {
    const { files, next } = await init(options, terminal?.ask);
    for (const file of files) output.line(`written: ${file}`);
    output.line('\nNext:');
    for (const [index, step] of next.entries()) output.line(`  ${index + 1}. ${step}`);
    output.result({ ok: true, files, next });
  } finally {
    terminal?.close();
  }
};
