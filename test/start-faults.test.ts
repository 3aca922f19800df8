/** What an operator sees when the service cannot start, and what a terminal shows when it can. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { prepareDataDir } from '../src/config/data-dir.ts';
import { openConfiguredVault } from '../src/config/keys.ts';
import { describeForOperator } from '../src/config/operator-errors.ts';
import { createLog } from '../src/lib/log.ts';
import { places, portFault } from '../src/start/ports.ts';
import { openEngine } from '../src/store/engine/open.ts';
import { runCommand } from './support/services/command.ts';
import { CTRL_C, hasTerminal, openTerminal } from './support/services/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'payer-identity-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('DATA_DIR', () => {
  test('a new folder and those above it are made for this user alone', () => {
    const dataDir = join(folder, 'new', 'deeper');
    prepareDataDir(dataDir);
    expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700');
    prepareDataDir(dataDir);
  });

  test.each([
    ['a folder below /proc', '/proc/payer-identity/data', /\(ENOENT\)/],
    ['a folder below a file', join(folder, 'file', 'data'), /a part of it is a file \(ENOTDIR\)/],
    ['a file', join(folder, 'file'), /a part of it is a file \(ENOTDIR\)|it is a file/],
  ])('%s is refused with the folder, the reason and the setting', (_, dataDir, reason) => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => prepareDataDir(dataDir)).toThrow(`DATA_DIR names the folder ${dataDir}, which cannot be used`);
    expect(() => prepareDataDir(dataDir)).toThrow(reason);
    expect(() => prepareDataDir(dataDir)).toThrow(/Set DATA_DIR to a folder that this user can write to$/);
  });
});

describe('a file in DATA_DIR that cannot be used ends the start with its path, the reason and the setting', () => {
  test.each([
    [
      'keys.json is a folder',
      'keys.json',
      undefined,
      /^DATA_DIR has the file .*keys\.json, .*: it is a folder \(EISDIR\)/,
    ],
    ['keys.json is not JSON', 'keys.json', '{', /^.*keys\.json is not JSON\. Restore it .* or set DATA_DIR to/],
    ['keys.json has no keys', 'keys.json', '{}', /keys\.json does not hold keys .*seal.*Restore it from a backup/s],
    [
      'the database is a folder',
      'payer-identity.sqlite',
      undefined,
      /^The database .*\.sqlite cannot .*SQLITE_CANTOPEN/,
    ],
    [
      'the lock is a folder',
      'payer-identity.sqlite.lock',
      undefined,
      /^The database .*\.sqlite cannot .*SQLITE_CANTOPEN/,
    ],
    ['the database is another file', 'payer-identity.sqlite', 'not a database'.repeat(99), /\(SQLITE_NOTADB\)\. Put/],
  ])('%s', async (name, file, text, message) => {
    const dataDir = mkdtempSync(join(folder, 'files-'));
    if (text === undefined) mkdirSync(join(dataDir, file));
    else writeFileSync(join(dataDir, file), text);
    const open = async () => {
      openConfiguredVault({ keys: undefined, dataDir }, {});
      await openEngine({ dataDir }, createLog('silent'), { serve: true });
    };
    const shown = describeForOperator(await open().catch((thrown: unknown) => thrown));
    expect({ name, shown }).toEqual({ name, shown: expect.stringMatching(message) });
    expect(shown).toContain(join(dataDir, file.replace('.lock', '')));
  });
});

describe('ports', () => {
  const where = { host: '10.0.0.9', port: 80 };
  const failing = (code: string) => Object.assign(new Error(code), { code });

  test.each([
    ['EADDRINUSE', 'PORT', /another process listens on port 80 of 10\.0\.0\.9 .* set PORT to a free one/],
    ['EACCES', 'PORT', /set PORT to 1024 or above/],
    ['EADDRNOTAVAIL', 'HOST', /10\.0\.0\.9 is not an address of this machine .* set HOST to/],
    ['ENOTFOUND', 'HOST', /is not an address of this machine .* set HOST to/],
  ])('%s is reported with the setting %s', (code, _, message) => {
    const fault = portFault(failing(code), where, places.service);
    expect(fault).toMatchObject({ name: 'ConfigError', message: expect.stringMatching(message) });
    expect(portFault(failing(code), where, places.metrics)).toMatchObject({
      message: expect.stringMatching(/set metrics\.(?:port|host) to/),
    });
  });

  test('an error of another kind stays as it is', () => {
    const error = failing('EMFILE');
    expect(portFault(error, where, places.service)).toBe(error);
  });
});

test('a folder below /proc ends the start at once with 1, and not a hang', { timeout: 60_000 }, async () => {
  const { code, out, err } = await runCommand('src/main.ts', [], { DATA_DIR: '/proc/payer-identity', PORT: '0' });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^payer-identity cannot start: DATA_DIR names the folder \/proc\/payer-identity.*\n$/);
});

test.runIf(hasTerminal)(
  'on a terminal the greeting comes last, with what to do next, and no JSON',
  { timeout: 60_000 },
  async () => {
    const dataDir = join(folder, 'terminal');
    const command = `${process.execPath} src/main.ts --port 0 --data-dir ${dataDir}`;
    const { shown, type, ended } = openTerminal(command, process.cwd());
    await expect.poll(shown, { timeout: 50_000 }).toContain('Ctrl+C ends it.');
    for (const expected of ['/explorer', '/cashier', 'curl -s http://127.0.0.1:', 'npx payer-identity try wechat_pay'])
      expect(shown()).toContain(expected);
    expect(shown()).not.toMatch(/"level"|listening/);
    expect(existsSync(dataDir)).toBe(true);
    type(CTRL_C);
    await ended;
  },
);
