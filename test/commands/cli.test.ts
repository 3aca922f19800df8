/** The command line as a whole: its help changes nothing, wrong usage ends with 2, and the document has every word of it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { createProgram } from '../../src/commands/cli.ts';
import { childEnv } from '../support/services/child-env.ts';
import { cli, runCommand } from '../support/services/command.ts';
import { CTRL_C, hasTerminal, openTerminal } from '../support/services/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'payer-identity-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const env = { DATA_DIR: join(folder, 'data'), PORT: '1' };
const root = fileURLToPath(new URL('../..', import.meta.url));

const program = createProgram();
const commands = program.commands.map((command) => command.name()).filter((name) => name !== 'complete');

/** Several command lines, one after the other in one process: a start of Node for each would take seconds. */
const runAll = async (lines: readonly string[]) => {
  const script = `const { runCli } = await import('${root}src/commands/cli.ts');
    for (const line of ${JSON.stringify(lines)}) {
      process.exitCode = undefined;
      process.stdout.write(\`--- \${line}\\n\`);
      await runCli(line.split(' '));
      process.stdout.write(\`\\n=== \${process.exitCode ?? 0}\\n\`);
    }
    process.exitCode = 0;`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env: childEnv(env),
    timeout: 20_000,
  });
  const outputs = new Map<string, { out: string; code: number }>();
  for (const [, line = '', out = '', code] of stdout.matchAll(/^--- (.*)\n([\s\S]*?)\n=== (\d+)\n/gm))
    outputs.set(line, { out, code: Number(code) });
  return { outputs, stderr };
};

test('help and version of every command end with 0 and change nothing', async () => {
  const lines = [...commands.map((name) => `${name} --help`), 'rotate-keys -h', 'help migrate', '--help', '--version'];
  const { outputs, stderr } = await runAll(lines);
  expect([...outputs.keys()]).toEqual(lines);
  for (const [line, { out, code }] of outputs) {
    expect({ line, code }).toEqual({ line, code: 0 });
    expect(out, line).toMatch(line === '--version' ? /^\d+\.\d+\.\d+$/m : /^Usage: payer-identity/);
  }
  expect(stderr).toBe('');
  expect(existsSync(env.DATA_DIR)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test('--help counts also where an option would take it as its value, and with other options', async () => {
  const lines = ['migrate --data-dir --help', 'rotate-keys --config -h', 'erase-payer --json --help pid_1'];
  const { outputs } = await runAll(lines);
  for (const [line, { out, code }] of outputs)
    expect({ line, code, out }).toEqual({ line, code: 0, out: expect.stringMatching(/^Usage/) });
  expect(readdirSync(folder)).toEqual([]);
});

test('a reader that has gone ends no command, and a result that cannot be written ends with 1', async () => {
  const shell = (line: string) => promisify(execFile)('sh', ['-c', line], { cwd: folder, env: childEnv(env) });
  const command = `${process.execPath} ${join(root, cli)}`;
  const gone = await shell(
    `{ ${command} check-config nowhere.json --json; echo "ended $?" >&2; } | (exec <&-; sleep 0.1)`,
  );
  expect(gone.stderr).toBe('ended 1\n');
  const full = await shell(`${command} --help > /dev/full; echo "ended $?"`);
  expect(full).toMatchObject({ stdout: 'ended 1\n', stderr: 'The result could not be written (ENOSPC).\n' });
});

test.each(['start', 'keys:rotate'])('npm run %s -- --help neither serves nor writes', async (script) => {
  const { stdout } = await promisify(execFile)('npm', ['run', '-s', script, '--', '--help'], {
    cwd: root,
    env: { ...childEnv(env), HOME: folder, npm_config_update_notifier: 'false' },
    timeout: 20_000,
  });
  expect(stdout).toMatch(/^Usage: payer-identity/);
  expect(existsSync(env.DATA_DIR)).toBe(false);
});

test('an unknown command or option and a missing argument end with 2 and the nearest name, and nothing is done', async () => {
  const wrong = {
    'rotate-kyes': /Did you mean rotate-keys\?/,
    'rotate-keys --jsno': /Did you mean --json\?/,
    'start --prot 1': /Did you mean --port\?/,
    'erase-payer': /missing required argument 'id'/,
    'migrate now': /too many arguments/,
    'init --store mysql': /Allowed choices are sqlite, postgres/,
  };
  const { outputs, stderr } = await runAll(Object.keys(wrong));
  for (const [line, { out, code }] of outputs) expect({ line, out, code }).toEqual({ line, out: '', code: 2 });
  expect(outputs.size).toBe(6);
  for (const reason of Object.values(wrong)) expect(stderr).toMatch(reason);
  expect(existsSync(env.DATA_DIR)).toBe(false);
});

test('with --json a command prints one JSON object, also when it fails', { timeout: 60_000 }, async () => {
  const options = { DATA_DIR: join(folder, 'json') };
  const absent = await runCommand(cli, ['erase-payer', 'pid_nope', '--json'], options);
  const noDatabase = `There is no database in ${options.DATA_DIR}. Name the folder of the service by --data-dir or DATA_DIR.`;
  expect({ ...absent, out: JSON.parse(absent.out) }).toEqual({
    ...{ code: 1, err: `${noDatabase}\n` },
    out: { ok: false, error: noDatabase },
  });
  expect(existsSync(join(options.DATA_DIR, 'payer-identity.sqlite'))).toBe(false);
  expect((await runCommand(cli, ['migrate'], options)).code).toBe(0);
  const { code, out, err } = await runCommand(cli, ['erase-payer', 'pid_nope', '--json'], options);
  expect({ code, err }).toEqual({ code: 1, err: 'There is no payer of that id.\n' });
  expect(JSON.parse(out)).toEqual({ ok: false, error: 'There is no payer of that id.' });
  const { outputs } = await runAll(['migrate --json --onfig x', 'rotate-kyes --json']);
  for (const { out: wrong, code: usage } of outputs.values())
    expect({ usage, wrong: JSON.parse(wrong) }).toMatchObject({ usage: 2, wrong: { ok: false } });
});

test('a Node that cannot load TypeScript is answered with one sentence that says what to install', async () => {
  const versions = "Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.4'}})";
  const old = `data:text/javascript,${encodeURIComponent(versions)}`;
  const { code, out, err } = await runCommand('--import', [old, cli, 'start'], env);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^payer-identity needs Node 24[\d.]* or newer, and this is 20\.19\.4: install it from .*\n$/);
});

describe.runIf(hasTerminal)('init on a terminal', { timeout: 60_000 }, () => {
  const init = `${process.execPath} ${join(root, cli)} init`;
  const ownFolder = (name: string): string => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };

  test('a wrong answer is asked again with the reason, and a file that is there stays as it is', async () => {
    const own = ownFolder('asked');
    writeFileSync(join(own, 'payer-identity.yaml'), 'of the operator');
    const { answer, shown, ended } = openTerminal(init, own);
    await answer('Which file is to be written? (payer-identity.yaml)', '\r');
    const taken = await answer('Which file is to be written?', 'new/payer-identity.yml\r');
    expect(taken).toMatch(/The answer is taken\. Nothing was written.*asked\/payer-identity\.yaml/);
    await answer('Which sources (alipay, wechat, daxpay, jucai)? (alipay,wechat)', 'wechat, alipai\r');
    expect(await answer('Which sources', 'wechat jucai\r')).toMatch(
      /is not a known type\. Write one or more of: alipay/,
    );
    await answer('Which id has your app? (shop)', 'a b\r');
    expect(await answer('Which id has your app?', 'tea\r')).toMatch(/is not an id\. Write 1 to 32 characters/);
    await answer('To which page do payers come back?', 'shop.example.com\r');
    const page = await answer('To which page do payers come back?', 'https://shop.example.com/back\r');
    expect(page).toMatch(/is not an address of a page\. Write one such as https:/);
    await answer('Which store', 'mysql\r');
    expect(await answer('Which store', '\r')).toMatch(/is not a kind of store\. Write sqlite/);
    expect(await ended).toBe(0);
    expect(shown()).toMatch(/written: .*new\/payer-identity\.yml[\s\S]*Next:[\s\S]*check-config/);
    const written = readFileSync(join(own, 'new', 'payer-identity.yml'), 'utf8');
    for (const part of [
      'defaultApp: tea',
      'wechat_pay: wechat',
      'union_pay: jucai',
      "- 'https://shop.example.com/back'",
    ])
      expect(written).toContain(part);
    expect(readFileSync(join(own, 'payer-identity.yaml'), 'utf8')).toBe('of the operator');
  });

  test.each([
    ['Ctrl+C', CTRL_C],
    ['Ctrl+D', '\u0004'],
  ])('%s ends it with 1, and nothing is written', async (name, keys) => {
    const own = ownFolder(name);
    const { answer, shown, ended } = openTerminal(init, own);
    await answer('Which file', '\r');
    await answer('Which sources', '\r');
    await answer('Which id', keys);
    expect(await ended).toBe(1);
    expect(shown().trim()).toBe('Nothing was written.');
    expect(readdirSync(own)).toEqual([]);
  });
});

describe('completion', () => {
  test('completion names commands, options and choices as they are typed', async () => {
    const { outputs } = await runAll(['complete -- ro', 'complete -- init --store ', 'complete -- explain --']);
    const texts = [...outputs.values()].map(({ out }) => out);
    expect(texts[0]).toMatch(/^rotate-keys\t/);
    expect(texts[1]).toMatch(/^sqlite\b[\s\S]*^postgres\b/m);
    expect(texts[2]).toMatch(/^--against\t/m);
  });

  test('the script for bash is valid', async () => {
    const { out } = await runCommand(cli, ['completion', 'bash'], env);
    const checked = execFile('bash', ['-n']);
    checked.stdin?.end(out);
    const code = await new Promise((resolve) => checked.once('close', resolve));
    expect({ code, named: out.includes('payer-identity') }).toEqual({ code: 0, named: true });
  });
});

test("docs/command-line.md has the help of every command, word by word, and no other command's", () => {
  const text = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
  const shown = [...text.matchAll(/^```text\n(Usage: [\s\S]*?)^```$/gm)].map(([, help = '']) => help.trimEnd());
  const visible = program.commands.filter((command) => command.name() !== 'complete');
  const helps = [program, ...visible].map((command) => command.helpInformation().trimEnd());
  expect(shown).toEqual(expect.arrayContaining(helps));
  expect(shown).toHaveLength(helps.length);
});
