/** Keys and certificates change while the service runs: from files, over real HTTP, with no call lost. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { alipayKeys, keyConfig } from '../../src/channels/alipay/keys.ts';
import { createSourceRefresh } from '../../src/channels/refresh.ts';
import { openSources } from '../../src/channels/registry.ts';
import { loadConfig, sourcesReader } from '../../src/config/load.ts';
import { type AlipayOptions, startAlipay } from '../../src/emulators/alipay.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { makeCertificate, newRsaKey, pemOf } from '../support/signers/certificates.ts';

const DAY_MS = 86_400_000;
const appId = '2021000000000001';
const appKey = newRsaKey();
const root = makeCertificate({ name: 'C=CN,O=Ant Financial,CN=R1', isAuthority: true });
const app = makeCertificate({ name: 'O=Shop,CN=app', key: appKey, issuer: root });
const before = makeCertificate({ name: 'O=Shop,CN=alipay', issuer: root });
const after = makeCertificate({ name: 'O=Shop,CN=alipay', issuer: root });

const namesOf = (certificate: { readonly pem: string }) => {
  const certificates = { app: app.pem, alipay: certificate.pem, alipayRoot: root.pem };
  const given = { privateKey: appKey, certificates: keyConfig.certificates.unwrap().parse(certificates) };
  const { serialNumbers, verifiers } = alipayKeys(given);
  const [alipayCertSn = ''] = verifiers.keys();
  return { appCertSn: serialNumbers?.app ?? '', alipayRootCertSn: serialNumbers?.alipayRoot ?? '', alipayCertSn };
};
const { appCertSn, alipayRootCertSn } = namesOf(before);

/** Alipay as it signs with a certificate, and as it changes it. */
const alipayWith = async (certificate: { readonly pem: string; readonly key: KeyObject }, port?: number) => {
  const options: AlipayOptions = {
    apps: [{ appId, publicKey: createPublicKey(appKey), certs: { appCertSn, alipayRootCertSn } }],
    privateKey: certificate.key,
    alipayCertSn: namesOf(certificate).alipayCertSn,
    ...(port !== undefined && { port }),
  };
  const emulator = await startAlipay(options);
  onTestFinished(() => emulator.close().catch(() => {}));
  return emulator;
};

const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-upkeep-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** The service with a configuration file whose keys and certificates are files. */
const startWith = async (origin: string, alipay: string) => {
  const folder = newFolder();
  const file = (name: string) => join(folder, name);
  const write = (name: string, text: string) => writeFileSync(file(name), text);
  write('app.key', pemOf(appKey));
  write('app.crt', app.pem);
  write('alipay.crt', alipay);
  write('root.crt', root.pem);
  const certificates = {
    app: { $file: file('app.crt') },
    alipay: { $file: file('alipay.crt') },
    alipayRoot: { $file: file('root.crt') },
  };
  const urls = { gatewayUrl: `${origin}/gateway.do`, apiUrl: origin };
  const keys = generateVaultKeys();
  const written = {
    defaultApp: 'shop',
    apps: [{ id: 'shop', channels: { ali_pay: 'alipay' } }],
    sources: { alipay: { type: 'alipay', appId, privateKey: { $file: file('app.key') }, certificates, ...urls } },
    router: { secrets: ['s'.repeat(32)] },
    ...{ keys, callers: { router: ['payer:authenticate'] }, times: { sweepEveryMs: 25 } },
  };
  write('config.json', JSON.stringify(written));
  const env = { CONFIG: file('config.json') };
  const config = await loadConfig(env, () => Promise.reject(new Error('no sandbox here')));
  const logLines: string[] = [];
  const log = createLog('info', { write: (line) => void logLines.push(line) });
  const vault = openVault(keys);
  const store = createStore(openSqlite({ file: ':memory:', now: Date.now }), { vault, times: config.times });
  const sources = openSources(config.sources, { guard: config.limits.source });
  const lookAfterSources = createSourceRefresh({ sources, log, now: Date.now, readSources: sourcesReader(env) });
  const service = await createApp(config, { store, sources, refreshSources: lookAfterSources, vault, log });
  const server = await listen(service.handle, { host: '127.0.0.1', port: 0, log });
  onTestFinished(async () => {
    await server.close(1_000);
    await service.close();
    await sources.close();
    await store.close();
  });
  const query = `mutation ($input: PayerAuthenticateInput!) { authenticate(input: $input) {
    __typename ... on PayerFailure { code } } }`;
  const authenticate = async (authCode: string) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'router-authorization': 's'.repeat(32) },
      body: JSON.stringify({ query, variables: { input: { channelId: 'ali_pay', authCode } } }),
    });
    const { data, errors } = (await response.json()) as {
      data?: { authenticate: { code?: string } };
      errors?: unknown;
    };
    expect(errors).toBeUndefined();
    return data?.authenticate.code ?? 'PayerAuthenticated';
  };
  const lines = (event: string) =>
    logLines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === event);
  return { write, authenticate, lines, logLines };
};

const REFUSED = 'a source stays as it is: its new settings are refused';
const OPENED = 'a source was opened with new settings';

describe('a service that runs', () => {
  test('a running service accepts both of two certificates of Alipay, and reads a third without a restart', async () => {
    const alipay = await alipayWith(before);
    const service = await startWith(alipay.origin, before.pem + after.pem);
    expect(await service.authenticate('test_ok_a~1')).toBe('PayerAuthenticated');
    const port = Number(new URL(alipay.origin).port);
    await alipay.close();
    const changed = await alipayWith(after, port);
    expect(await service.authenticate('test_ok_a~2')).toBe('PayerAuthenticated');

    await changed.close();
    const third = makeCertificate({ name: 'O=Shop,CN=alipay', issuer: root });
    await alipayWith(third, port);
    expect(await service.authenticate('test_ok_a~3')).toBe('REPLY_UNVERIFIED');
    service.write('alipay.crt', after.pem + third.pem);
    await vi.waitFor(() => expect(service.lines(OPENED)).toHaveLength(1));
    expect(service.lines(OPENED)).toMatchObject([{ source: 'alipay' }]);
    expect(await service.authenticate('test_ok_a~4')).toBe('PayerAuthenticated');
  });

  test('a running service goes on with its old options while a file is wrong or missing, logs why once, and reads the right one', async () => {
    const alipay = await alipayWith(before);
    const service = await startWith(alipay.origin, before.pem);
    service.write('alipay.crt', app.pem);
    await vi.waitFor(() => expect(service.lines(REFUSED)).toHaveLength(1));
    const reason = /^Source alipay: certificates.alipay: it holds the application's own certificate/;
    expect(service.lines(REFUSED)[0]?.reason).toMatch(reason);
    expect(await service.authenticate('test_ok_b~1')).toBe('PayerAuthenticated');

    service.write('alipay.crt', before.pem.slice(0, 500));
    await vi.waitFor(() => expect(service.lines(REFUSED)).toHaveLength(2));
    service.write('alipay.crt', after.pem);
    await vi.waitFor(() => expect(service.lines(OPENED)).toHaveLength(1));
    service.write('alipay.crt', before.pem);
    await vi.waitFor(() => expect(service.lines(OPENED)).toHaveLength(2));
    expect(await service.authenticate('test_ok_b~2')).toBe('PayerAuthenticated');
    // Dozens of looks later.
    expect(service.lines(REFUSED)).toHaveLength(2);
    expect(service.logLines.join('')).not.toMatch(/BEGIN|MII/);
  });

  test('a running service reads a new private key together with its certificate, and not one without the other', async () => {
    const newKey = newRsaKey();
    const newApp = makeCertificate({ name: 'O=Shop,CN=app', key: newKey, issuer: root });
    const alipay = await alipayWith(before);
    const service = await startWith(alipay.origin, before.pem);
    service.write('app.key', pemOf(newKey));
    await vi.waitFor(() => expect(service.lines(REFUSED)).toHaveLength(1));
    expect(service.lines(REFUSED)[0]?.reason).toMatch(/certificates.app: it does not belong to privateKey/);
    expect(await service.authenticate('test_ok_c~1')).toBe('PayerAuthenticated');
    service.write('app.crt', newApp.pem);
    await vi.waitFor(() => expect(service.lines(OPENED)).toHaveLength(1));
    // Alipay does not know the new certificate yet.
    expect(await service.authenticate('test_ok_c~2')).toBe('CHANNEL_MISCONFIGURED');
  });
});

describe('the certificates of a source', () => {
  const watch = (validity: { readonly validFrom?: Date; readonly validTo?: Date }) => {
    let nowMs = Date.now();
    const lines: Record<string, unknown>[] = [];
    const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
    const ours = makeCertificate({ name: 'O=Shop,CN=app', key: appKey, issuer: root, ...validity });
    const certificates = { app: ours.pem, alipay: before.pem, alipayRoot: root.pem };
    const sources = openSources({ main: { type: 'alipay', appId, privateKey: pemOf(appKey), certificates } });
    onTestFinished(() => sources.close());
    const look = createSourceRefresh({ sources, log, now: () => nowMs });
    look();
    const later = (ms: number) => {
      nowMs += ms;
      look();
    };
    return { lines, later };
  };
  const inDays = (days: number) => new Date(Math.floor(Date.now() / 1_000) * 1_000 + days * DAY_MS);

  test('certificates that end within 30 days are logged at the start and every day, as warnings and then as errors', () => {
    const validTo = inDays(30);
    const { lines, later } = watch({ validTo });
    const soon = { level: 'warn', msg: 'a certificate expires soon', source: 'main', setting: 'certificates.app' };
    expect(lines).toEqual([expect.objectContaining({ ...soon, validTo: validTo.toISOString() })]);
    later(DAY_MS - 1);
    expect(lines).toHaveLength(1);
    later(1);
    expect(lines).toHaveLength(2);
    later(29 * DAY_MS);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      msg: 'a certificate has expired',
      setting: 'certificates.app',
    });
  });

  test('certificates that last longer are not logged', () => {
    const { lines, later } = watch({ validTo: inDays(32) });
    expect(lines).toEqual([]);
    later(DAY_MS);
    expect(lines).toEqual([]);
    later(DAY_MS);
    expect(lines).toMatchObject([{ msg: 'a certificate expires soon' }]);
  });

  test('certificates that are not valid yet are logged as errors, and the source starts', () => {
    const { lines } = watch({ validFrom: inDays(1) });
    expect(lines).toMatchObject([
      { level: 'error', msg: 'a certificate is not valid yet', setting: 'certificates.app' },
    ]);
  });
});

describe('settings that cannot be read again', () => {
  test('options that cannot be read again leave the sources as they are, and only our own messages are logged', () => {
    const lines: Record<string, unknown>[] = [];
    const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
    const given = { main: { type: 'daxpay', baseUrl: 'http://127.0.0.1', appId: 'a', secret: 's' } };
    const sources = openSources(given);
    onTestFinished(() => sources.close());
    let answer: () => typeof given = () => {
      throw new Error('s3cret');
    };
    const look = createSourceRefresh({ sources, log, now: Date.now, readSources: () => answer() });
    const first = sources.get('main');
    look();
    look();
    expect(lines).toMatchObject([{ msg: REFUSED, reason: 'they cannot be read' }]);
    answer = () => given;
    look();
    answer = () => ({ ...given, other: given.main });
    look();
    expect(sources.get('main')).toBe(first);
    expect(sources.get('other')).toBeUndefined();
    answer = () => ({ main: { ...given.main, type: 'none' } });
    look();
    expect(lines.at(-1)).toMatchObject({ reason: expect.stringContaining('Source main: unknown type') });
    expect(lines).toHaveLength(2);
    answer = () => ({ main: { ...given.main, secret: 'other' } });
    look();
    expect(lines.at(-1)).toMatchObject({ msg: OPENED, source: 'main' });
    expect(sources.get('main')).not.toBe(first);
  });
});
