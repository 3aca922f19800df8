/** What the log shows of the sweeps, beside what a sweep does. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { DatabaseOverloaded, DatabaseUnavailable } from '../../src/store/engine/engine.ts';
import { startSweeper } from '../../src/store/sweeper.ts';

const record = () => {
  const lines: [string, object | undefined][] = [];
  const write = (event: string, fields?: object) => lines.push([event, fields]);
  return { lines, log: { ...createLog('silent'), info: write, warn: write, error: write } };
};

const swept = { released: 0, abandoned: 0, purged: 0 };

test('an instance logs which key seals when a rotation has reached it, and once', async () => {
  const [one, other] = [generateVaultKeys(), generateVaultKeys()];
  const [k1] = one.seal;
  const [found] = other.seal;
  if (!k1 || !found) throw new Error('no keys');
  const k2 = { ...found, id: 'k2' };
  let current = one;
  const vault = openVault(one, () => current);
  const { lines, log } = record();
  const sweep = vi.fn(async () => swept);
  const sweeper = startSweeper({ store: { sweep }, vault, log, everyMs: 5, before: () => undefined });
  onTestFinished(() => sweeper.stop());
  current = { ...one, seal: [k1, k2] };
  await vi.waitFor(() => expect(sweep.mock.calls.length).toBeGreaterThan(2));
  expect(lines).toEqual([]);
  current = { ...one, seal: [k2, k1] };
  const before = sweep.mock.calls.length;
  await vi.waitFor(() => expect(sweep.mock.calls.length).toBeGreaterThan(before + 3));
  expect(lines).toEqual([['new values are sealed with another key', { sealKey: 'k2' }]]);
});

test.each([
  ['an unavailable database, which the engine has logged', new DatabaseUnavailable('gone'), []],
  ['an overloaded database', new DatabaseOverloaded('busy'), ['the sweep failed']],
  ['any other failure', new Error('x'), ['the sweep failed']],
])('a sweep that fails because of %s', async (_, error, events) => {
  const vault = openVault(generateVaultKeys());
  const { lines, log } = record();
  const sweep = vi.fn(() => Promise.reject(error));
  const sweeper = startSweeper({ store: { sweep }, vault, log, everyMs: 5, before: () => undefined });
  onTestFinished(() => sweeper.stop());
  await vi.waitFor(() => expect(sweep.mock.calls.length).toBeGreaterThan(1));
  expect([...new Set(lines.map(([event]) => event))]).toEqual(events);
});
