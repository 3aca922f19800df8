/** Installs the peers that bench/package.json names, at the first run that needs them. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));

export const arePeersInstalled = (): boolean => existsSync(`${folder}node_modules/mercurius/package.json`);

export const installPeers = (): void => {
  if (arePeersInstalled()) return;
  process.stderr.write('Installing the peers in bench/node_modules\n');
  execFileSync('npm', ['ci'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
};
