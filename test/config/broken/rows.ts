/**
 * Broken configurations: those of the study of how operators meet the service, by its numbers, and further ones from 101
 * on. Each is a valid file of a merchant with one fault, or a few.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../support/signers/certificates.ts';

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2_048 });
const [app, alipay] = [rsa(), rsa()];
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: typeof app.privateKey) =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();

/** No message may repeat it. */
export const SECRET = 'canary-0123456789abcdef0123456789abcdef';
const key = () => randomBytes(32).toString('base64');
const [seal, index] = [key(), key()];

const wechat = { type: 'wechat', appId: 'wx0000000000000001', appSecret: SECRET };
const ali = {
  type: 'alipay',
  appId: '2021000000000001',
  privateKey: pem(app.privateKey),
  alipayPublicKey: pem(alipay.publicKey),
};
const shop = {
  id: 'shop',
  channels: { ali_pay: 'alipay', wechat_pay: 'wechat' },
  returnUrls: ['https://shop.example.com/pay'],
};

/** A configuration of a merchant with Alipay and WeChat, with which the service starts. */
export const valid = {
  defaultApp: 'shop',
  apps: [shop],
  sources: { alipay: ali, wechat },
  router: { secrets: [SECRET] },
  keys: { seal: [{ id: 'k1', key: seal }], index },
  metrics: { port: 9_464 },
};

type Env = Readonly<Record<string, string>>;

export interface Row {
  readonly id: number;
  readonly fault: string;
  /** Writes the files into a folder; returns the environment. */
  readonly write: (folder: string) => Env;
}

const file = (folder: string, name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** A row of a text as it is. */
const text = (id: number, fault: string, name: string, content: string): Row => ({
  id,
  fault,
  write: (folder) => ({ CONFIG: file(folder, name, content) }),
});

/** A row of the valid configuration with other parts. */
const changed = (id: number, fault: string, changes: object, env: Env = {}): Row => ({
  id,
  fault,
  write: (folder) => ({
    CONFIG: file(folder, 'config.json', JSON.stringify({ ...valid, ...changes }, null, 2)),
    ...env,
  }),
});

const inApp = (id: number, fault: string, changes: object) => changed(id, fault, { apps: [{ ...shop, ...changes }] });
const inSource = (id: number, fault: string, name: 'alipay' | 'wechat', changes: object, env: Env = {}) =>
  changed(id, fault, { sources: { ...valid.sources, [name]: { ...valid.sources[name], ...changes } } }, env);
/** A secret of the valid configuration by $file, which a function prepares in the folder. */
const inFile = (id: number, fault: string, prepare: (folder: string) => string, setting = 'appSecret'): Row => ({
  id,
  fault,
  write: (folder) => {
    const named = { $file: prepare(folder) };
    const sources =
      setting === 'appSecret'
        ? { ...valid.sources, wechat: { ...wechat, [setting]: named } }
        : { ...valid.sources, alipay: { ...ali, [setting]: named } };
    return { CONFIG: file(folder, 'config.json', JSON.stringify({ ...valid, sources }, null, 2)) };
  },
});
const inVariable = (id: number, fault: string, value: string) =>
  inSource(id, fault, 'wechat', { appSecret: { $env: 'WECHAT_SECRET' } }, { WECHAT_SECRET: value });

const authority = { name: 'CN=root', key: alipay.privateKey };
const issuer = { name: 'CN=intermediate', key: app.privateKey };
const intermediate = makeCertificate({ ...issuer, issuer: authority, isAuthority: true }).pem;
const leaf = makeCertificate({ name: 'CN=leaf', key: ec.privateKey, issuer }).pem;
const passphrase = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const;

const environment = (id: number, fault: string, env: Env): Row => ({ id, fault, write: () => env });
const without = (id: number, fault: string, name: keyof typeof valid) => changed(id, fault, { [name]: undefined });

const json = JSON.stringify(valid, null, 2);
const jwt = { issuer: 'https://login.example.com', audience: 'payers', algorithms: ['ES256'] };
const jwksUrl = 'https://login.example.com/jwks.json';
const jwks = { keys: [ec.publicKey.export({ format: 'jwk' })] };

/** YAML in blocks, of which the last part is JSON in one line: YAML reads both. */
const inYaml = (id: number, fault: string, lines: string): Row => {
  const rest = Object.entries(valid)
    .filter(([name]) => !new RegExp(`^${name}:`, 'm').test(lines))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return text(id, fault, 'config.yaml', `${lines}\n${rest.join('\n')}\n`);
};

export const rows: readonly Row[] = [
  changed(1, '`apps` is an object', { apps: { shop } }),
  changed(2, 'unknown key `channel` at the top', { channel: {} }),
  without(4, '`defaultApp` is missing', 'defaultApp'),
  changed(5, '`defaultApp` is none of the apps', { defaultApp: 'shopp' }),
  inSource(
    7,
    '`$env` names an empty variable',
    'wechat',
    { appSecret: { $env: 'WECHAT_SECRET' } },
    { WECHAT_SECRET: '' },
  ),
  changed(8, '`$file` names a file that does not exist', {
    keys: { ...valid.keys, index: { $file: '/nowhere/index.key' } },
  }),
  changed(9, '`$file` beside the configuration, which is absent there', {
    keys: { ...valid.keys, index: { $file: 'index.key' } },
  }),
  inSource(11, 'garbage in the frame of a PEM as `privateKey`', 'alipay', {
    privateKey: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  }),
  inSource(12, 'a public key as `privateKey`', 'alipay', { privateKey: pem(app.publicKey) }),
  inSource(13, 'a private key as `alipayPublicKey`', 'alipay', { alipayPublicKey: pem(app.privateKey) }),
  inSource(14, 'an EC key as `privateKey`', 'alipay', { privateKey: pem(ec.privateKey) }),
  inSource(15, 'neither `alipayPublicKey` nor `certificates`', 'alipay', { alipayPublicKey: undefined }),
  changed(16, 'a seal key that is not base64', { keys: { seal: [{ id: 'k1', key: '!' }], index } }),
  changed(17, 'a seal key of 16 bytes', {
    keys: { seal: [{ id: 'k1', key: seal.slice(0, 20).concat('AA==') }], index },
  }),
  changed(18, '`seal` is empty', { keys: { seal: [], index } }),
  without(19, '`keys` is missing', 'keys'),
  without(20, '`router` is missing', 'router'),
  changed(21, 'a short secret of the router', { router: { secrets: ['short'] } }),
  changed(22, '`router.secrets` is a text', { router: { secrets: SECRET } }),
  changed(23, '`router` is empty', { router: {} }),
  inSource(24, 'source type `alipai`', 'alipay', { type: 'alipai' }),
  inApp(26, 'an app names no such source', { channels: { ali_pay: 'alipy', wechat_pay: 'wechat' } }),
  inApp(27, 'the source does not serve the channel', { channels: { ali_pay: 'wechat', wechat_pay: 'wechat' } }),
  changed(28, 'an app id twice', { apps: [shop, shop] }),
  inApp(30, '`javascript:` as return URL', { returnUrls: ['javascript:alert(1)'] }),
  changed(31, '`jwks` and `jwksUrl`', { callers: { jwt: { ...jwt, jwks, jwksUrl } } }),
  changed(32, 'neither `jwks` nor `jwksUrl`', { callers: { jwt } }),
  changed(33, 'HS256 as algorithm', { callers: { jwt: { ...jwt, algorithms: ['HS256'], jwksUrl } } }),
  changed(34, '`jwksUrl` with http', { callers: { jwt: { ...jwt, jwksUrl: 'http://login.example.com/jwks.json' } } }),
  changed(35, 'a store of MySQL', { store: `mysql://user:${SECRET}@db.example.com/payers` }),
  changed(38, 'PORT=99999', {}, { PORT: '99999' }),
  changed(39, 'PORT=abc', {}, { PORT: 'abc' }),
  changed(40, '`metrics.port` 70000', { metrics: { port: 70_000 } }),
  changed(41, '`metrics.port` is PORT', { metrics: { port: 4_001 } }),
  text(42, 'a comment with # in JSON', 'config.json', json.replace('{', '{ # a comment')),
  text(43, 'two commas in JSON', 'config.json', json.replace('"shop",', '"shop",,')),
  environment(45, 'the file does not exist', { CONFIG: '/nowhere/payer-identity.json' }),
  { id: 46, fault: 'a directory as file', write: (folder) => ({ CONFIG: folder }) },
  text(47, 'an empty file', 'config.json', ''),
  inApp(49, 'channel id "ali pay"', { channels: { 'ali pay': 'alipay' } }),
  changed(52, 'an origin with a slash', { http: { cors: ['https://shop.example.com/'] } }),
  changed(53, '`certificateSubjects` without TLS', { router: { certificateSubjects: ['CN=router'] } }),
  changed(54, '`tls` without PEM', { tls: { cert: 'cert', key: 'key' } }),
  changed(55, 'LOG_LEVEL=debug', {}, { LOG_LEVEL: 'debug' }),
  environment(56, 'NODE_ENV=production without CONFIG', { NODE_ENV: 'production' }),
  environment(57, 'HOST=0.0.0.0 without CONFIG', { HOST: '0.0.0.0' }),
  inSource(62, '`appId` is a number', 'alipay', { appId: 2_021_000_000_000_001 }),
  inApp(63, 'a short secret of signatures', { signature: { keys: [{ secret: 'short' }] } }),
  inSource(64, '`kind` is `mini`', 'wechat', { kind: 'mini' }),
  inSource(65, '`appSecret` is missing', 'wechat', { appSecret: undefined }),
  changed(66, 'three faults in three places', {
    apps: [{ ...shop, sessions: 'always' }],
    sources: { ...valid.sources, wechat: { ...wechat, appSecret: undefined } },
    metrics: { port: -1 },
  }),
  changed(70, 'two seal keys of one id', {
    keys: {
      seal: [
        { id: 'k1', key: seal },
        { id: 'k1', key: key() },
      ],
      index,
    },
  }),
  {
    id: 72,
    fault: 'a key file that is a directory',
    write: (folder) => {
      mkdirSync(join(folder, 'index.key'));
      const keys = { ...valid.keys, index: { $file: 'index.key' } };
      return { CONFIG: file(folder, 'config.json', JSON.stringify({ ...valid, keys }, null, 2)) };
    },
  },
  changed(101, 'PORT with a blank', {}, { PORT: ' 4001' }),
  text(102, 'a name twice', 'config.json', json.replace('"defaultApp"', '"defaultApp": "x",\n  "defaultApp"')),
  text(103, 'NaN', 'config.json5', json.replace('9464', 'NaN')),
  text(104, 'a hexadecimal number', 'config.json5', json.replace('9464', '0x24f8')),
  text(105, 'an id that loses digits', 'config.json', json.replace('"2021000000000001"', '20210000000000012345')),
  inSource(106, 'a blank behind a secret', 'wechat', { appSecret: `${SECRET} ` }),
  inSource(107, 'a placeholder that was not replaced', 'wechat', { appId: '<AppID>' }),
  inSource(108, '`$env` beside another name', 'wechat', { appSecret: { $env: 'A', default: 'b' } }),
  inSource(109, '`$env` names no variable', 'wechat', { appSecret: { $env: 'WECHAT_SECRET' } }),
  inYaml(110, 'YAML: `yes`', 'callers: { scopesInSdl: yes }'),
  inYaml(111, 'YAML: a leading zero', 'metrics: { port: 09464 }'),
  inYaml(112, 'YAML: an anchor and its alias', `apps: &apps ${JSON.stringify([shop])}\nchannelTitles: *apps`),
  inYaml(113, 'YAML: a merge key', '<<: { defaultApp: shop }'),
  inYaml(114, 'YAML: a tag', 'defaultApp: !!str shop'),
  inYaml(115, 'YAML: nothing behind a name', 'defaultApp:'),
  inYaml(116, 'YAML: a date as key id', `keys:\n  seal:\n    - id: 2026-11-26\n      key: ${seal}\n  index: ${index}`),
  text(117, 'YAML: a tab as indentation', 'config.yaml', 'apps:\n\t- id: shop\n'),
  text(118, 'YAML in a file named .json', 'config.json', 'defaultApp: shop\n'),
  text(119, 'YAML: two documents', 'config.yaml', 'defaultApp: shop\n---\ndefaultApp: shop\n'),
  {
    id: 120,
    fault: 'a file in UTF-16',
    write: (folder) => {
      const path = join(folder, 'config.json');
      writeFileSync(path, Buffer.from(`\ufeff${json}`, 'utf16le'));
      chmodSync(path, 0o600);
      return { CONFIG: path };
    },
  },
  text(121, 'a brace is missing', 'config.json', json.slice(0, -1)),
  inApp(122, 'a channel with a slip', { channels: { ali_pay: 'alipay', wechat_pai: 'wechat' } }),
  inApp(123, 'an unknown name in an app', { returnUrl: ['https://shop.example.com/pay'] }),
  changed(124, '`storeListenUrl` without `store`', { storeListenUrl: 'postgres://db.example.com/payers' }),
  changed(125, 'a slash in a password of the store', { store: `postgres://user:1234/${SECRET}@db.example.com/payers` }),
  inApp(126, '`sessions: required` without a page', { sessions: 'required', returnUrls: [] }),
  inSource(127, 'a proxy for an upstream on this machine', 'wechat', {
    apiUrl: 'http://127.0.0.1:9',
    proxy: 'http://proxy.example.com:3128',
  }),
  changed(128, 'a lease that is too short', { times: { leaseMs: 5_000 } }),
  changed(129, 'SCOPES_IN_SDL beside CONFIG', {}, { SCOPES_IN_SDL: 'false' }),
  changed(130, '`door.port` is PORT', { door: { publicUrl: 'https://pay.example.com', port: 4_001 } }),
  {
    id: 131,
    fault: 'a pipe in place of the file',
    write: (folder) => {
      execFileSync('mkfifo', [join(folder, 'config.yaml')]);
      return { CONFIG: join(folder, 'config.yaml') };
    },
  },
  inVariable(132, 'a variable with quotes around its value', `"${SECRET}"`),
  inVariable(133, 'a variable with the name of another', '$WECHAT_APP_SECRET'),
  inVariable(134, 'a variable with `undefined`', 'undefined'),
  inVariable(135, 'a variable with a line break within', `${SECRET}\n${SECRET}`),
  inSource(
    136,
    '`$env` with a slip in the name',
    'wechat',
    { appSecret: { $env: 'WECHAT_SECERT' } },
    { WECHAT_SECRET: SECRET },
  ),
  inSource(137, '`$env` names the value itself', 'wechat', { appSecret: { $env: SECRET } }),
  inSource(138, '`$ENV` in place of `$env`', 'wechat', { appSecret: { $ENV: 'WECHAT_SECRET' } }),
  changed(139, 'a placeholder of a template within an address', {
    apps: [{ ...shop, returnUrls: ['https://{{ .Values.shop }}/pay'] }],
  }),
  inFile(140, 'a pipe as key file', (folder) => {
    execFileSync('mkfifo', [join(folder, 'secret')]);
    return 'secret';
  }),
  inFile(141, 'a device without an end as key file', () => '/dev/zero'),
  inFile(142, 'a key file of 1 GB', (folder) => {
    truncateSync(file(folder, 'secret.txt', ''), 2 ** 30);
    return 'secret.txt';
  }),
  inFile(143, 'a circle of links as key file', (folder) => {
    symlinkSync('secret.b', join(folder, 'secret.a'));
    symlinkSync('secret.a', join(folder, 'secret.b'));
    return 'secret.a';
  }),
  inFile(144, '`$file` holds the value itself', () => SECRET),
  inFile(145, '`$file` begins with ~', () => '~/wechat.secret'),
  inFile(146, '`$file` with a slip in the name', (folder) => {
    file(folder, 'wechat.secret', SECRET);
    return 'wechat.secert';
  }),
  inFile(147, 'a key file as a shell reads it', (folder) => {
    file(folder, 'wechat.env', `WECHAT_SECRET=${SECRET}\n`);
    return 'wechat.env';
  }),
  inFile(
    148,
    'a key in DER',
    (folder) => {
      writeFileSync(join(folder, 'app.der'), app.privateKey.export({ format: 'der', type: 'pkcs8' }));
      return 'app.der';
    },
    'privateKey',
  ),
  inSource(149, 'a key under a passphrase', 'alipay', { privateKey: app.privateKey.export(passphrase).toString() }),
  changed(150, '`tls.cert` begins with the intermediate', {
    tls: { cert: intermediate + leaf, key: pem(ec.privateKey) },
  }),
  changed(151, '`tls.key` under a passphrase', {
    tls: { cert: leaf, key: ec.privateKey.export(passphrase).toString() },
  }),
  changed(152, '`tls.cert` with a broken intermediate', {
    tls: { cert: `${leaf}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, key: pem(ec.privateKey) },
  }),
  inApp(153, 'a return URL with a password', { returnUrls: [`https://user:${SECRET}@shop.example.com/pay`] }),
  inApp(154, 'a return URL with a wildcard', { returnUrls: ['https://*.example.com/pay'] }),
  inApp(155, 'a return URL of 300 characters', { returnUrls: [`https://shop.example.com/${'x'.repeat(300)}`] }),
  changed(156, '`sources` is a list', { sources: [wechat] }),
  inSource(157, 'a source that serves no channel', 'wechat', { channels: [] }),
  inSource(158, 'two schemes in an address', 'wechat', { apiUrl: 'https://https://api.weixin.qq.com' }),
  changed(159, 'a parameter of the store with a slip', { store: `postgres://user:${SECRET}@db/payers?sslmod=require` }),
  changed(160, 'a mode of TLS with a slip', { store: `postgres://user:${SECRET}@db/payers?sslmode=verify` }),
  changed(161, 'a # in a password of the store', { store: `postgres://user:1234#${SECRET}@db/payers` }),
  changed(162, 'no key of the issuer for the algorithm', {
    callers: { jwt: { ...jwt, algorithms: ['RS256'], jwks } },
  }),
  changed(163, 'a time that no timer waits', { times: { patienceMs: 3e9 } }),
  changed(164, 'HOST with a port', {}, { HOST: '127.0.0.1:4001' }),
  changed(165, 'a setting of `limits` at the top', { rates: { app: { perSecond: 1, burst: 1 } } }),
  text(
    166,
    'a name twice, once with an escape',
    'config.json',
    json.replace('"router"', '"rou\\u0074er": {},\n  "router"'),
  ),
  text(167, '`__proto__` as a name', 'config.json', json.replace('{', '{"__proto__": {},')),
  text(168, 'brackets without an end', 'config.json', '['.repeat(5_000)),
  text(169, 'a list in place of the settings', 'config.json', `[${json}]`),
  inYaml(170, 'YAML: an exponent', 'metrics: { port: 9e3 }'),
  inYaml(171, 'YAML: a tag of its own', 'defaultApp: !env DEFAULT_APP'),
  inYaml(172, 'YAML: a name twice within a setting', 'metrics:\n  port: 9464\n  port: 9465'),
  inYaml(173, 'YAML: a number to the base of 60', 'defaultApp: 12:30'),
  {
    id: 174,
    fault: 'a slip in the name of the file',
    write: (folder) => {
      file(folder, 'payer-identity.yaml', json);
      return { CONFIG: join(folder, 'payer-identiy.yaml') };
    },
  },
];
