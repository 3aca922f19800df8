/** The service as an operator starts it: a process with a configuration file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { FileConfig } from '../../../src/config/load.ts';
import { childEnv } from './child-env.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Resolves when the process listens. It ends with the test at the latest. */
export const startProcess = async (folder: string, name: string, config: FileConfig) => {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: childEnv({ PORT: '0', DATA_DIR: join(folder, name), CONFIG: path, LOG_LEVEL: 'info' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ...(await listening(child)) };
};

const urlIn = (output: string, event: string): string | undefined =>
  new RegExp(`"url":"(http:[^"]+)","msg":"${event}"`).exec(output)?.[1];

/** The address, and that of the metrics when the configuration gives them a port. */
const listening = (child: ChildProcess): Promise<{ url: string; metricsUrl: string | undefined }> =>
  new Promise((resolve, reject) => {
    let output = '';
    child.once('exit', () => reject(new Error('it did not start')));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      // Only until the address was found.
      if (urlIn(output, 'listening') !== undefined) return;
      output += text;
      const url = urlIn(output, 'listening');
      if (url !== undefined) resolve({ url, metricsUrl: urlIn(output, 'metrics') });
    });
  });
