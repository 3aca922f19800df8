/**
 * What an operator reads for each broken configuration: the setting, the cause, and what to write instead. The messages
 * are in messages.json; MESSAGES=write writes them, to be read before they are committed.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../../src/config/load.ts';
import { rows, SECRET, valid } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'payer-identity-broken-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const expectedFile = new URL('messages.json', import.meta.url);
const expected: Readonly<Record<string, readonly string[]>> = JSON.parse(readFileSync(expectedFile, 'utf8'));
const found: Record<string, string[]> = {};

const noSandbox = () => Promise.reject(new Error('no sandbox here'));

const messageOf = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const error: unknown = await loadConfig(env, noSandbox).then(
    () => new Error('it starts'),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof ConfigError ? error.message : '';
};

test('the configuration that every row breaks is valid', async () => {
  const path = join(folder, 'valid.json');
  writeFileSync(path, JSON.stringify(valid));
  await expect(loadConfig({ CONFIG: path }, noSandbox)).resolves.toMatchObject({ sandbox: false });
});

describe('a broken configuration is refused with setting, cause and fix', () => {
  test.each(rows.map((row) => [row.id, row.fault, row] as const))(
    'configuration %i, %s, is refused so',
    async (id, _, row) => {
      const own = join(folder, `${id}`);
      mkdirSync(own);
      const message = await messageOf(row.write(own));
      expect(message).not.toContain(SECRET.slice(0, 6));
      const lines = message.replaceAll(own, '<folder>').split('\n');
      found[id] = lines;
      if (process.env.MESSAGES !== 'write') expect(lines).toEqual(expected[id]);
    },
  );
});

afterAll(() => {
  if (process.env.MESSAGES === 'write') writeFileSync(expectedFile, `${JSON.stringify(found, null, 2)}\n`);
});

test('every message ends with what to write instead', () => {
  expect(Object.keys(expected).map(Number)).toEqual(rows.map(({ id }) => id));
  const advice =
    /\b(?:Write|Remove|Give|Set|Name|List|Choose|Make|Correct|Put|Close|Save|Indent|Look|Did you mean|give|make|copy|unset)\b/;
  const faults = Object.values(expected).flatMap((lines) =>
    lines.filter((line) => line.startsWith('  ') || lines.length === 1),
  );
  expect(faults.length).toBeGreaterThanOrEqual(rows.length);
  expect(faults.filter((line) => !advice.test(line))).toEqual([]);
});
