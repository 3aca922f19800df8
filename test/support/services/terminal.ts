/** A command as a person meets it: on a pseudo terminal, which util-linux's `script` opens. */
import { execFileSync, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { childEnv } from './child-env.ts';

export const hasTerminal = (() => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

/** What Ctrl+C sends. */
export const CTRL_C = '\u0003';

/** It ends with the test at the latest. */
export const openTerminal = (command: string, cwd: string) => {
  const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd, env: childEnv({ TERM: 'xterm-256color' }) });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += stripVTControlCharacters(chunk);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    shown: () => text,
    type: (keys: string) => void child.stdin.write(keys),
    /** Waits until the terminal shows a text, forgets what it has shown so far, and types. */
    async answer(question: string, keys: string): Promise<string> {
      await expect.poll(() => text, { timeout: 50_000 }).toContain(question);
      const seen = text;
      text = '';
      child.stdin.write(keys);
      return seen;
    },
    /** The exit code, when the command has ended. */
    ended,
  };
};
