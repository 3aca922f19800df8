/** The commands that an operator runs, as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnv } from './child-env.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The command line, as npx runs it. */
export const cli = 'bin/payer-identity.mjs';

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

/** `node <script> <args>` with this environment and, of the tests' own, only the PATH. */
export const startCommand = (script: string, args: readonly string[], env: Record<string, string>): Running => {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: childEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return { child, ended };
};

export const runCommand = (script: string, args: readonly string[], env: Record<string, string>) =>
  startCommand(script, args, env).ended;
