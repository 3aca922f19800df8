/** docs/operations.md: the fields and messages of the log, and a backup that holds the data and can be restored. */
import { execFile } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { readBlocks, readDocument, readTable } from '../support/markdown.ts';
import { cli, startCommand } from '../support/services/command.ts';
import { startSandboxService } from '../support/services/sandbox.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('docs/operations.md explains every field of a log line, and no other', () => {
  const [, declared = ''] = /^export interface LogFields \{\n([\s\S]*?)^\}/m.exec(read('src/lib/log.ts')) ?? [];
  const fields = [...declared.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name);
  expect(fields.length).toBeGreaterThan(15);
  const explained = readTable('operations.md', /^\| field \|/).flatMap(([names = '']) => names.split(', '));
  expect(explained.toSorted()).toEqual(['level', 'time', 'msg', ...fields].toSorted());
});

test('the documents quote only messages of the log that the service writes', () => {
  const source = globSync('src/**/*.ts', { cwd: root }).map(read).join('\n');
  const pages = [
    'operations.md',
    'troubleshooting.md',
    'configuration.md',
    'reliability.md',
    'security.md',
    'storage.md',
  ];
  const quoted = pages.flatMap((page) =>
    [...readDocument(page).matchAll(/`(an? |the )([a-z][\w',: ]* [\w',: ]+)`/g)].map(([, article, rest]) => ({
      page,
      message: `${article}${rest}`,
    })),
  );
  expect(quoted.length).toBeGreaterThan(12);
  expect(quoted.filter(({ message }) => !source.includes(message))).toEqual([]);
});

const [backUp = '', restore = ''] = readBlocks('operations.md').flatMap(({ text }) =>
  /VACUUM|backup\.sqlite data/.test(text) ? [text] : [],
);
const count = (path: string) => {
  using db = new DatabaseSync(path);
  return db.prepare('SELECT count(*) AS rows FROM identities').get()?.rows;
};

test('the backup of docs/operations.md holds what a copy of the file alone does not', async () => {
  const service = await startSandboxService();
  onTestFinished(() => service.close());
  await service.graphql(read('examples/authenticate.graphql'));
  const backup = join(service.folder, 'backup.sqlite');
  const here = backUp.replace('data/payer-identity.sqlite', service.file).replace('backup.sqlite', backup);
  await promisify(execFile)('bash', ['-c', here]);
  expect(count(backup)).toBe(1);
  const copy = join(service.folder, 'copy.sqlite');
  copyFileSync(service.file, copy);
  expect(() => expect(count(copy)).toBe(1)).toThrow();
});

/** A service of its own process on that folder, as an operator has it; ends with SIGTERM. */
const serve = async (dataDir: string) => {
  const { child, ended } = startCommand(cli, ['start'], { PORT: '0', DATA_DIR: dataDir });
  const url = await new Promise<string>((found, failed) => {
    let shown = '';
    child.stdout?.on('data', (text: string) => {
      shown += text;
      const [, address] = /"url":"(http:[^"]+)","msg":"listening"/.exec(shown) ?? [];
      if (address) found(address);
    });
    void ended.then(({ err }) => failed(new Error(err)));
  });
  return {
    async ask(query: string, variables: object) {
      const body = JSON.stringify({ query, variables });
      const headers = { 'content-type': 'application/json' };
      const { data } = await (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).json();
      return data.r;
    },
    ready: async () => (await fetch(`${url}/readyz`)).status,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
};

const AUTHENTICATE = `mutation ($authCode: String!) { r: authenticate(input: { channelId: "ali_pay", authCode: $authCode }) {
  ... on PayerAuthenticated { identity { id } } } }`;
const FIND = 'query ($id: ID!) { r: payerIdentity(id: $id) { id userId } }';

test('a database that is restored as docs/operations.md says serves the payers of the backup, and no later ones', {
  timeout: 90_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-restore-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const aside = join(folder, 'aside');
  mkdirSync(aside);
  const run = (commands: string) =>
    promisify(execFile)('bash', ['-c', commands.replace('/tmp/', `${aside}/`)], { cwd: folder });
  const before = await serve(join(folder, 'data'));
  const { identity: alice } = await before.ask(AUTHENTICATE, { authCode: 'test_ok_alice' });
  await run(backUp);
  const { identity: bob } = await before.ask(AUTHENTICATE, { authCode: 'test_ok_bob' });
  await before.stop();
  await run(restore);

  const after = await serve(join(folder, 'data'));
  onTestFinished(() => after.stop());
  expect(await after.ready()).toBe(200);
  expect(await after.ask(FIND, { id: alice.id })).toEqual({ id: alice.id, userId: expect.any(String) });
  expect(await after.ask(FIND, { id: bob.id })).toBeNull();
});
