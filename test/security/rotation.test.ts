/** Keys are rotated and payers erased beside a running service, by the operator's commands. */
import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resealAll } from '../../src/commands/lib/reseal-all.ts';
import { addSandboxKey, openConfiguredVault } from '../../src/config/keys.ts';
import { openVault, type Vault, type VaultKeys, vaultKeys } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { contractTimes } from '../contract/store/fixtures.ts';
import { cli } from '../support/services/command.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ROTATIONS = 20;
const PACE = { batch: 20, pauseMs: 1 };

const ENTITIES = `
  query($representations: [_Any!]!) { _entities(representations: $representations) { ... on PayerIdentity { id openId } } }`;

const started = async (): Promise<SandboxService> => {
  const service = await startSandboxService();
  onTestFinished(() => service.close());
  return service;
};

const keysOf = (folder: string): VaultKeys =>
  vaultKeys.parse(JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8')));

/** One pass by another process, as good as: with a connection and a vault of its own. */
const pass = async (file: string, vault: Vault) => {
  const store = createStore(openSqlite({ file, now: Date.now }), { vault, times: contractTimes });
  try {
    return await resealAll(store, PACE);
  } finally {
    await store.close();
  }
};

const newestOnly = (folder: string): Vault => {
  const keys = keysOf(folder);
  return openVault({ ...keys, seal: keys.seal.slice(0, 1) });
};

const run = (script: string, args: readonly string[], env: Record<string, string>) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { cwd: root, env: { PATH: process.env.PATH, ...env }, timeout: 18_000 },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

/** Authenticates and looks up, as fast as it can, until it is stopped; answers how often, and what went wrong. */
const load = (service: SandboxService, workers: number) => {
  const report = { authenticated: 0, found: 0, failures: [] as unknown[] };
  let running = true;
  let codes = 0;
  const once = async () => {
    codes += 1;
    const input = { channelId: 'wechat_pay', authCode: `test_ok_payer${codes % 7}~${codes}` };
    const { data, errors } = await service.graphql(AUTHENTICATE, { input });
    const identity = data?.authenticate.identity;
    if (!identity?.openId || errors) report.failures.push({ data, errors });
    else report.authenticated += 1;
    const representations = [
      { __typename: 'PayerIdentity', id: identity?.id },
      { __typename: 'PayerIdentity', ref: `wechat_pay/${identity?.appId}/openId/${identity?.openId}` },
    ];
    const entities = await service.graphql(ENTITIES, { representations });
    const both = entities.data?._entities?.every((entity: unknown) => (entity as { id?: string })?.id === identity?.id);
    if (!both || entities.errors) report.failures.push(entities);
    else report.found += 1;
  };
  const work = async () => {
    while (running) await once();
  };
  const all = Promise.all(Array.from({ length: workers }, work));
  return async () => {
    running = false;
    await all;
    return report;
  };
};

describe('rotating keys', () => {
  test(`rotating keys ${ROTATIONS} times under load fails no call`, { timeout: 60_000 }, async () => {
    const service = await started();
    const stop = load(service, 4);
    let resealed = 0;
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      addSandboxKey(service.folder);
      const vault = openConfiguredVault({ keys: undefined, dataDir: service.folder }, {});
      const report = await pass(service.file, vault);
      expect(report.unreadable).toBe(0);
      resealed += report.resealed;
      await delay(50);
    }
    const { authenticated, found, failures } = await stop();
    console.log(`${ROTATIONS} rotations: ${resealed} values sealed anew, ${authenticated} calls, ${found} lookups`);
    expect(failures).toEqual([]);
    expect(authenticated).toBeGreaterThan(ROTATIONS);
    expect(resealed).toBeGreaterThan(ROTATIONS);
    expect(keysOf(service.folder).seal).toHaveLength(ROTATIONS + 1);
    await pass(service.file, openConfiguredVault({ keys: undefined, dataDir: service.folder }, {}));
    expect(await pass(service.file, newestOnly(service.folder))).toEqual({ resealed: 0, unreadable: 0 });
  });

  test('rotating keys with the command under load leaves nothing under the old key', { timeout: 40_000 }, async () => {
    const service = await started();
    const before = keysOf(service.folder);
    const stop = load(service, 2);
    await delay(300);
    const { code, out, err } = await run(cli, ['rotate-keys'], { DATA_DIR: service.folder });
    const { failures } = await stop();
    expect({ code, err, failures }).toEqual({ code: 0, err: '', failures: [] });
    expect(out).toMatch(/^[1-9]\d* values were sealed anew, 0 do not open .*\nThe older keys may be removed/);
    const after = keysOf(service.folder);
    expect([after.seal.length, after.seal[1], after.index]).toEqual([2, before.seal[0], before.index]);
    expect(statSync(join(service.folder, 'keys.json')).mode & 0o777).toBe(0o600);
    expect(await pass(service.file, newestOnly(service.folder))).toEqual({ resealed: 0, unreadable: 0 });
  });

  test('a service with a configuration file seals with its first key, and reads the keys anew', {
    timeout: 30_000,
  }, async () => {
    const service = await started();
    await service.graphql(AUTHENTICATE, { input: { channelId: 'wechat_pay', authCode: 'test_ok_alice' } });
    const { seal, index } = keysOf(service.folder);
    const config = join(service.folder, 'config.json');
    const next = { id: 'next', key: { $file: join(service.folder, 'next.key') } };
    writeFileSync(next.key.$file, Buffer.alloc(32, 7).toString('base64'));
    const rest = {
      ...{ defaultApp: 'a', apps: [{ id: 'a', channels: {} }], sources: {} },
      ...{ router: { secrets: ['s'.repeat(32)] }, times: { sweepEveryMs: 50 } },
    };
    writeFileSync(config, JSON.stringify({ ...rest, keys: { seal, index } }));
    const given = vaultKeys.parse({ seal, index });
    const running = openConfiguredVault({ keys: given, dataDir: service.folder }, { CONFIG: config });
    writeFileSync(config, JSON.stringify({ ...rest, keys: { seal: [next, ...seal], index } }));

    const env = { CONFIG: config, DATA_DIR: service.folder };
    const { code, out } = await run(cli, ['rotate-keys'], env);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^2 values .*\n.*may be removed/) });
    expect(keysOf(service.folder).seal).toHaveLength(1);
    const store = createStore(openSqlite({ file: service.file, now: Date.now }), {
      vault: running,
      times: contractTimes,
    });
    onTestFinished(() => store.close());
    expect(await store.reseal(10)).toMatchObject({ resealed: 0, unreadable: 0 });
    expect(running.newestPrefix().toString()).toBe('\u0004next');
  });

  test('a second rotation at the same time is refused, and no key is lost', async () => {
    const { folder } = await started();
    const before = keysOf(folder);
    writeFileSync(join(folder, 'keys.json.new'), '');
    expect(() => addSandboxKey(folder)).toThrow(/Another rotation is under way/);
    expect(keysOf(folder)).toEqual(before);
  });

  test('a rotation without a command does nothing', async () => {
    const { folder } = await started();
    const before = keysOf(folder);
    expect(await run(cli, [], { DATA_DIR: folder })).toMatchObject({ code: 2, out: '' });
    expect(keysOf(folder)).toEqual(before);
  });
});

describe('a row that was tampered with', () => {
  test("a row that was tampered with fails alone, and the log has the error's class and nothing of the payer", async () => {
    const service = await started();
    const authenticated = async (payer: string) => {
      const input = { channelId: 'wechat_pay', authCode: `test_ok_${payer}` };
      return (await service.graphql(AUTHENTICATE, { input })).data.authenticate.identity;
    };
    const [alice, bob] = [await authenticated('alice'), await authenticated('bob')];
    const db = new DatabaseSync(service.file);
    onTestFinished(() => db.close());
    db.prepare('UPDATE identities SET subject_sealed = zeroblob(60) WHERE id = ?').run(bob.id);

    const representations = [alice, bob, alice].map(({ id }) => ({ __typename: 'PayerIdentity', id }));
    const { data, errors } = await service.graphql(ENTITIES, { representations });
    expect(data._entities).toEqual([
      { id: alice.id, openId: alice.openId },
      null,
      { id: alice.id, openId: alice.openId },
    ]);
    expect(errors).toMatchObject([{ path: ['_entities', 1], extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    const one = await service.graphql('query($id: ID!) { payerIdentity(id: $id) { id } }', { id: bob.id });
    expect(one).toMatchObject({ data: { payerIdentity: null }, errors: [{ path: ['payerIdentity'] }] });
    const lines = service.logLines.filter((line) => line.includes('VaultError'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) for (const secret of [bob.id, bob.openId]) expect(line).not.toContain(secret);
  });
});

describe('erasing a payer with the command', () => {
  test('the erase command leaves nothing of the payer to read, and an audit line without the payer', async () => {
    const service = await started();
    const input = { channelId: 'ali_pay', authCode: 'test_ok_alice', queryCode: 'query-code-0123456789abcdef012345' };
    await service.graphql(AUTHENTICATE_AND_SET, { input });
    const query = { queryCode: input.queryCode };
    const shown = (await service.graphql(AUTH_RESULT, query)).data.authResult;
    expect(shown).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    const { id, openId, userId } = shown.identity;

    const { code, out, err } = await run(cli, ['erase-payer', id], { DATA_DIR: service.folder });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      event: 'payer erased',
      auditId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      identities: 1,
      certifications: 0,
      outcomes: 1,
      tokens: expect.any(Number),
    });
    for (const known of [id, openId, userId]) if (known) expect(out).not.toContain(known);

    const { data } = await service.graphql(AUTH_RESULT, query);
    expect(data.authResult).toMatchObject({ __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' });
    expect(data.authResult).not.toHaveProperty('identity');
    const found = await service.graphql('query($id: ID!) { payerIdentity(id: $id) { id } }', { id });
    expect(found).toEqual({ status: 200, data: { payerIdentity: null } });
    expect(await run(cli, ['erase-payer', id], { DATA_DIR: service.folder })).toMatchObject({
      code: 1,
      out: '',
      err: 'There is no payer of that id.\n',
    });
  });

  test('the erase command requires an id', async () => {
    expect(await run(cli, ['erase-payer'], { DATA_DIR: root })).toMatchObject({ code: 2, out: '' });
  });
});
