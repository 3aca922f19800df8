/** The real Grafbase gateway, a Rust program that npm brings to x64 Linux alone, beside the gateways of the matrix. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../src/emulators/free-port.ts';
import { requireHeavy } from '../../federation/gateways/heavy.ts';

const findBinary = (): string | undefined => {
  try {
    const path = join(
      dirname(requireHeavy.resolve('@grafbase/cli-x86_64-unknown-linux-musl/package.json')),
      'grafbase',
    );
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
};

/** Undefined on other platforms. */
export const grafbase = findBinary();

export interface GrafbaseOptions {
  readonly sdl: string;
  readonly subgraphUrl: string;
  /** The section about signatures, in TOML. */
  readonly signatures: readonly string[];
  /** The files that the section names, by name; written into the working directory. */
  readonly files: Readonly<Record<string, string>>;
}

/** Starts the gateway in front of one subgraph, and waits until it answers. */
export const startGrafbase = ({ sdl, subgraphUrl, signatures, files }: GrafbaseOptions) =>
  runGrafbase({
    config: [
      '[gateway.message_signatures]',
      'enabled = true',
      ...signatures,
      '[subgraphs.payer-identity]',
      'schema_path = "schema.graphql"',
      `url = "${subgraphUrl}"`,
    ],
    files: { ...files, 'schema.graphql': sdl },
  });

export interface GrafbaseFolder {
  /** The lines of grafbase.toml. */
  readonly config: readonly string[];
  /** The files that they name, by name; written into the working directory. */
  readonly files: Readonly<Record<string, string>>;
}

const writeFolder = ({ config, files }: GrafbaseFolder): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-grafbase-'));
  for (const [name, text] of Object.entries({ ...files, 'grafbase.toml': config.join('\n') }))
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  return folder;
};

/** Starts the gateway with this configuration, and waits until it answers. */
export const runGrafbase = async (options: GrafbaseFolder) => {
  if (!grafbase) throw new Error('There is no Grafbase for this platform');
  const folder = writeFolder(options);
  const url = `http://127.0.0.1:${await freePort()}/graphql`;
  const child = spawn(grafbase, ['--home', folder, 'dev', '-c', 'grafbase.toml', '-p', new URL(url).port], {
    cwd: folder,
    env: { HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const ended = once(child, 'close');
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answers = await fetch(url, { method: 'POST', body: '{}' }).then(
      () => true,
      () => false,
    );
    if (answers) return { url, close };
    if (child.exitCode !== null || Date.now() > deadline) {
      await close();
      throw new Error(`Grafbase did not start: ${said}`);
    }
    await delay(100);
  }
};
