/** `payer-identity check-config [file]`: every fault of a configuration, or what it serves; opens no store, sends nothing. */
import { checkConfiguration, formatReport } from '../config/check.ts';
import type { Command } from './lib/run-command.ts';

export const checkConfig = async ({ env, output }: Command, file: string | undefined): Promise<void> => {
  const report = await checkConfiguration({ env, file: file ?? env.CONFIG });
  output.line(formatReport(report).trimEnd());
  output.result({ ...report });
  if (!report.ok) process.exitCode = 1;
};
