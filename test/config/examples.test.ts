/** The configurations of examples/config, and those that `init` writes: the real loader reads them without a fault. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { init } from '../../src/commands/init.ts';
import { checkConfiguration, formatReport } from '../../src/config/check.ts';
import { makeCertificate, newRsaKey } from '../support/signers/certificates.ts';
import tls from '../vectors/tls.json' with { type: 'json' };

const examples = fileURLToPath(new URL('../../examples/config', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'payer-identity-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2_048 });
const own = rsa();
const privatePem = own.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const publicPem = () => rsa().publicKey.export({ format: 'pem', type: 'spki' }).toString();
const authority = { name: 'CN=root', key: newRsaKey() };
const root = makeCertificate({ ...authority, isAuthority: true });

/** What the files of the examples hold, by the ends of their names. */
const contents: readonly (readonly [end: RegExp, content: () => string])[] = [
  [/app-private\.pem$/, () => privatePem],
  [/alipay-public\.pem$/, publicPem],
  [/appCert/, () => makeCertificate({ name: 'CN=app', key: own.privateKey, issuer: authority }).pem],
  [/alipayCert/, () => makeCertificate({ name: 'CN=alipay', issuer: authority }).pem],
  [/alipayRoot/, () => root.pem],
  [/tls\.crt$/, () => tls.server.cert],
  [/tls\.key$/, () => tls.server.key],
  [/clients-ca\.crt$/, () => tls.ca],
  [/./, () => randomBytes(32).toString('base64')],
];

const contentOf = (name: string): string => contents.find(([end]) => end.test(name))?.[1]() ?? '';

/** Makes the files that a configuration names, and the variables. */
const provide = (path: string): Record<string, string> => {
  const text = readFileSync(path, 'utf8');
  for (const [, name = ''] of text.matchAll(/\$file: '?([^'} ]+)/g)) {
    const file = join(dirname(path), name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contentOf(name), { mode: 0o600 });
  }
  const names = [...text.matchAll(/\$env: '?([A-Z_]+)/g)].map(([, name = '']) => name);
  const variable = (name: string) =>
    name.startsWith('DATABASE') ? 'postgres://u:p@db.example.com/payers' : randomBytes(16).toString('hex');
  return Object.fromEntries(names.map((name) => [name, variable(name)]));
};

test.each(readdirSync(examples))('examples/config/%s is read without a fault, and holds no secret', async (name) => {
  const path = join(folder, name);
  cpSync(join(examples, name), path);
  const report = await checkConfiguration({ env: provide(path), file: path });
  expect(report.problem).toBeUndefined();
  expect(report.warnings.filter((warning) => /stands in the file itself|used by no app/.test(warning))).toEqual([]);
  expect(formatReport(report)).toContain('has no fault');
});

const options = { source: ['alipay', 'wechat,daxpay,jucai'], returnUrl: ['https://shop.example.com/back'] };

test('init writes a configuration and private keys, with which the service starts once the operator has filled it in', async () => {
  const out = join(folder, 'new', 'payer-identity.yaml');
  const { files, next } = await init({ ...options, out, store: 'postgres' });
  expect(files.map((file) => [file.slice(join(folder, 'new').length + 1), statSync(file).mode & 0o777])).toEqual([
    ['keys/seal.key', 0o600],
    ['keys/index.key', 0o600],
    ['keys/router.secret', 0o600],
    ['keys/alipay-app-private.pem', 0o600],
    ['keys/alipay-app-public.pem', 0o644],
    ['payer-identity.yaml', 0o600],
  ]);
  expect(next.join('\n')).toMatch(/WECHAT_APP_SECRET[\s\S]*DATABASE_URL[\s\S]*check-config/);

  const fresh = await checkConfiguration({ env: {}, file: out });
  expect(fresh.problem).toMatch(/sources\.alipay\.appId \(line \d+\): is a placeholder\./);
  expect(fresh.problem).toMatch(/sources\.wechat\.appSecret .*no WECHAT_APP_SECRET/);

  writeFileSync(out, readFileSync(out, 'utf8').replaceAll(/'<(.*)>'/g, "'$1'"));
  writeFileSync(join(dirname(out), 'keys/alipay-public.pem'), publicPem());
  const secrets = { WECHAT_APP_SECRET: 'a1', DAXPAY_SECRET: 'b2', JUCAI_SECRET: 'c3' };
  const filled = await checkConfiguration({ env: { ...secrets, DATABASE_URL: 'postgres://u:p@db/x' }, file: out });
  expect(filled.problem).toBeUndefined();
  expect(filled.summary?.apps[0]?.channels.map(({ id, source }) => `${id} ${source}`)).toEqual([
    'ali_pay alipay',
    'wechat_pay wechat',
    'union_pay jucai',
  ]);
});

test('init overwrites nothing, and writes nothing where one of its files is there', async () => {
  const out = join(folder, 'other', 'payer-identity.yaml');
  mkdirSync(join(folder, 'other', 'keys'), { recursive: true });
  writeFileSync(join(folder, 'other', 'keys', 'seal.key'), 'of the operator');
  await expect(init({ ...options, out })).rejects.toThrow(/Nothing was written.*seal\.key/);
  expect(readdirSync(join(folder, 'other'))).toEqual(['keys']);
  expect(readFileSync(join(folder, 'other', 'keys', 'seal.key'), 'utf8')).toBe('of the operator');
});

test.each([
  [{ source: ['alipai'] }, /--source: is not a known type\. Write one or more of: alipay/],
  [{}, /--source: is missing/],
  [{ ...options, app: 'a b' }, /--app: is not an id/],
  [{ ...options, store: 'mysql' }, /--store: is not a kind of store/],
  [{ ...options, returnUrl: ['javascript:x'] }, /--return-url: is not an address/],
  [{ ...options, out: 'x.json' }, /--out: is not the name of a YAML file/],
])('init refuses %o', async (given, message) => {
  await expect(init({ out: join(folder, 'refused', 'x.yaml'), ...given })).rejects.toThrow(message);
});

test('init asks for what no option says', async () => {
  const asked: string[] = [];
  const out = join(folder, 'asked', 'payer-identity.yaml');
  await init({ out, app: 'tea' }, async ({ text, fallback }) => {
    asked.push(text);
    return fallback;
  });
  expect(asked).toHaveLength(3);
  expect(readFileSync(out, 'utf8')).toMatch(/defaultApp: tea[\s\S]*ali_pay: alipay\n {6}wechat_pay: wechat/);
});

test.each(['yes', '123', '1e3', 'null', '2026-01-01', '-', '.'])('init writes the app id %s as a text', async (app) => {
  const out = join(folder, `id ${app}`, 'payer-identity.yaml');
  await init({ ...options, out, app });
  const { problem } = await checkConfiguration({ env: {}, file: out });
  expect(problem).toMatch(/appId/);
  expect(problem).not.toMatch(/defaultApp|apps\.|id:/);
});

test('init that cannot write all of its files leaves none', async () => {
  const out = join(folder, 'half', 'payer-identity.yaml');
  mkdirSync(join(folder, 'half', 'keys', 'alipay-app-private.pem'), { recursive: true });
  await expect(init({ ...options, out })).rejects.toThrow(/Nothing was written.*alipay-app-private\.pem/);
  expect(readdirSync(join(folder, 'half'), { recursive: true })).toEqual(['keys', 'keys/alipay-app-private.pem']);
});

test('a certificate that ends within 30 days is a warning of the check', async () => {
  const path = join(folder, 'three-instances.yaml');
  cpSync(join(examples, 'three-instances.yaml'), path);
  const env = provide(path);
  const soon = new Date(Date.now() + 10 * 86_400_000);
  const certificate = makeCertificate({ name: 'CN=app', key: own.privateKey, issuer: authority, validTo: soon });
  writeFileSync(join(folder, 'keys/appCertPublicKey.crt'), certificate.pem);
  const { warnings } = await checkConfiguration({ env, file: path });
  expect(warnings.join('\n')).toMatch(/sources\.alipay\.certificates\.app ends on \d{4}-\d\d-\d\d, in (?:9|10) days/);
});
