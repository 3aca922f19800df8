/** `payer-identity doctor`: finds out for each source what its configuration and its upstream have to say, without a payer. */
import type { Check } from '../channels/check.ts';
import { diagnose } from '../channels/diagnose.ts';
import { createResolver } from '../lib/resolver.ts';
import type { Command } from './lib/run-command.ts';
import { chooseSource, readSources } from './lib/sources.ts';

interface DoctorOptions {
  readonly source?: string | undefined;
}

const MARKS: Readonly<Record<Check['state'], string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

export const doctor = async (command: Command, { source }: DoctorOptions): Promise<void> => {
  const { output } = command;
  const chosen = source === undefined ? Object.entries(readSources(command)) : [chooseSource(command, source)];
  const resolver = createResolver();
  const reports: Record<string, Check[]> = {};
  for (const [name, configured] of chosen) {
    output.progress(`source ${name} is examined`);
    const checks = await diagnose(name, configured, resolver);
    reports[name] = checks;
    output.line(`${name} (${configured.type})`);
    for (const { check, state, found } of checks) output.line(`  ${MARKS[state]}  ${check.padEnd(12)}  ${found}`);
  }
  const isWell = Object.values(reports).every((checks) => checks.every(({ state }) => state !== 'fail'));
  output.result({ ok: isWell, sources: reports });
  if (!isWell) process.exitCode = 1;
};
