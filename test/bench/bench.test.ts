/** The bench compares equal answers, and ends with the object that its readers parse. Its figures are no test's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkAnswers } from '../../bench/lib/check.ts';
import type { Target } from '../../bench/lib/measure.ts';
import { arePeersInstalled } from '../../bench/lib/peers.ts';
import { runCommand } from '../support/services/command.ts';

const own = ['limit', 'store', 'ours', 'ours-token'];
const peers = ['apollo', 'apollo-fastify', 'yoga', 'mercurius', 'mercurius-jit'];

test('npm run bench -- --quick compares equal answers of all servers, and ends with the ratios of five workloads', async () => {
  const servers = [...own, ...(arePeersInstalled() ? peers : [])].join(',');
  const short = '--rounds 1 --seconds 0.01 --warm 0.01 --connections 2 --rows 300 --sessions 4'.split(' ');
  const { code, out, err } = await runCommand('bench/bench.ts', ['--quick', '--servers', servers, ...short], {});
  expect(err).not.toContain('Error');
  expect(code).toBe(0);
  const ratios = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;
  expect(Object.keys(ratios)).toEqual(['e1', 'e10', 'e100', 'poll', 'authenticate']);
  expect(Object.values(ratios).every((ratio) => ratio > 0)).toBe(true);
}, 300_000);

test('a server that answers with other data is refused before anything is measured', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-bench-'));
  const dataFile = join(folder, 'data.json');
  writeFileSync(dataFile, JSON.stringify({ ids: ['pid_1'], queryCodes: ['code'] }));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const answering = async (name: string, openId: string): Promise<Target> => {
    const server = createServer((_, response) => response.end(JSON.stringify({ data: { _entities: [{ openId }] } })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const row = { name, title: name, process: 'service', workloads: ['e1'] } as const;
    return { row, server: { url, pid: 0, startedAt: 0, metricsUrl: undefined, stop: async () => undefined } };
  };
  const [first, same, other] = [await answering('a', 'o1'), await answering('b', 'o1'), await answering('c', 'o2')];
  const stage = { dataFile, token: '' };
  await expect(checkAnswers(stage, [first, same])).resolves.toBeUndefined();
  await expect(checkAnswers(stage, [first, other])).rejects.toThrow('c answers e1 with');
});
