/** The file that `npm run store:copy` copies from: whose it is meanwhile, and what it holds. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSource } from '../../src/commands/lib/copy-source.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { SqliteTables } from '../../src/store/engine/sqlite-tables.ts';
import { contractTimes } from '../contract/store/fixtures.ts';
import { populate } from '../support/store-model/populate.ts';

const vault = openVault(generateVaultKeys());
const openStore = (file: string) => createStore(openSqlite({ file, now: Date.now }), { vault, times: contractTimes });

const newFile = () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-source-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store.sqlite');
};

const countsOf = ({ tables }: SqliteTables) => tables.map(({ name, rows }) => [name, [...rows()].length]);

test('a service does not start on a SQLite file while it is copied', async () => {
  const file = newFile();
  await openStore(file).close();
  const source = await openSource(file, vault);
  expect(() => openStore(file)).toThrow(/locked/);
  source.close();
  await openStore(file).close();
});

test("a copy of a killed service's file holds every commit that the service confirmed", async () => {
  const [file, left] = [newFile(), newFile()];
  const store = openStore(file);
  await populate(store);
  // As they lie on the disk when the process is gone: most of it stands in the log alone.
  for (const suffix of ['', '-wal']) copyFileSync(file + suffix, left + suffix);
  await store.close();
  const [whole, found] = [await openSource(file, vault), await openSource(left, vault)];
  onTestFinished(() => {
    whole.close();
    found.close();
  });
  expect(countsOf(found)).toEqual(countsOf(whole));
  expect(Object.fromEntries(countsOf(found))).toMatchObject({ redemptions: 10, certifications: 4, webhook_events: 1 });
});
