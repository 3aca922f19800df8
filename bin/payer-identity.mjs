#!/usr/bin/env node
/** Starts the command line, or names the Node that it needs in one sentence: an older one cannot load TypeScript. */
import { existsSync, readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const needed = engines.node.replace(/[^\d.]/g, '');
const [numbers, least] = [process.versions.node, needed].map((version) => version.split('.').map(Number));
const different = least.findIndex((number, place) => number !== numbers[place]);

if (different >= 0 && numbers[different] < least[different]) {
  process.stderr.write(
    `payer-identity needs Node ${needed} or newer, and this is ${process.versions.node}: install it from https://nodejs.org, or run npm ci without --omit=dev, which brings it for npm start and npx payer-identity.\n`,
  );
  process.exit(1);
}
// The published package has the compiled code alone.
const compiled = new URL('../dist/commands/cli.js', import.meta.url);
const source = new URL('../src/commands/cli.ts', import.meta.url);
const { runCli } = await import(existsSync(source) ? source : compiled);
await runCli(process.argv.slice(2));
