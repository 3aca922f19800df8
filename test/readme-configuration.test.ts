/**
 * The configuration that docs/quick-start.md shows, word for word: the real service is started with it, and payers authenticate by
 * both channels. Only the addresses of the channels are replaced, by the settings for that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startAlipay } from '../src/emulators/alipay.ts';
import type { Emulator } from '../src/emulators/emulator.ts';
import { startWechat } from '../src/emulators/wechat.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from './support/services/service.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const guide = readFileSync(join(root, 'docs/quick-start.md'), 'utf8');
const shown =
  [...guide.matchAll(/```json\n([\s\S]*?)```/g)].find(([, text]) => text?.includes('defaultApp'))?.[1] ?? '';

const source = z.looseObject({ type: z.string(), appId: z.string() });
const configuration = z.looseObject({
  apps: z.array(z.looseObject({ returnUrls: z.array(z.string()) })).min(1),
  sources: z.strictObject({ alipay: source, wechat: source }),
});

const pem = (key: KeyObject) =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
const folder = mkdtempSync(join(tmpdir(), 'payer-identity-readme-'));
const [app, alipay] = [
  generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  generateKeyPairSync('rsa', { modulusLength: 2_048 }),
];
const routerSecret = randomBytes(16).toString('hex');
const wechatSecret = randomBytes(16).toString('hex');

/** The contents of the example's files; keys of the service are made by the guide's command. */
const fileOf = (name: string): string => {
  if (name === 'alipay-app-private.pem') return pem(app.privateKey);
  if (name === 'alipay-public.pem') return pem(alipay.publicKey);
  return `${randomBytes(32).toString('base64')}\n`;
};

let returnUrl: string;
let url: string;
let child: ChildProcess;
const emulators: Emulator[] = [];

const listening = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const output = { out: '', err: '' };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output.err += text;
    });
    child.once('exit', () => reject(new Error(`it did not start: ${output.err}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output.out += text;
      const found = /"url":"(http:[^"]+)","msg":"listening"/.exec(output.out)?.[1];
      if (found) resolve(found);
    });
  });

beforeAll(async () => {
  const config = configuration.parse(JSON.parse(shown));
  returnUrl = config.apps[0]?.returnUrls[0] ?? '';
  const { alipay: ali, wechat } = config.sources;
  const alipayEmulator = await startAlipay({
    apps: [{ appId: ali.appId, publicKey: app.publicKey, returnUrls: [returnUrl] }],
    privateKey: alipay.privateKey,
  });
  const wechatEmulator = await startWechat({
    apps: [{ appId: wechat.appId, secret: wechatSecret, redirectHost: new URL(returnUrl).host }],
  });
  emulators.push(alipayEmulator, wechatEmulator);
  const addresses = {
    alipay: {
      gatewayUrl: `${alipayEmulator.origin}/gateway.do`,
      apiUrl: alipayEmulator.origin,
      authorizeUrl: `${alipayEmulator.origin}/oauth2/publicAppAuthorize.htm`,
    },
    wechat: { apiUrl: wechatEmulator.origin, authorizeUrl: `${wechatEmulator.origin}/connect/oauth2/authorize` },
  };
  const sources = { alipay: { ...ali, ...addresses.alipay }, wechat: { ...wechat, ...addresses.wechat } };
  writeFileSync(join(folder, 'payer-identity.json'), JSON.stringify({ ...config, sources }));
  for (const [, name = ''] of shown.matchAll(/"\$file": "([^"]+)"/g)) writeFileSync(join(folder, name), fileOf(name));

  child = spawn(process.execPath, [join(root, 'src/main.ts')], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      ...{ PORT: '0', CONFIG: 'payer-identity.json', NODE_ENV: 'production' },
      // Output of `$(…)` and of secret stores may end with a line break.
      ...{ ROUTER_SECRET: routerSecret, WECHAT_SECRET: `${wechatSecret}\n` },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  url = await listening();
}, 30_000);
afterAll(async () => {
  child.kill('SIGKILL');
  await Promise.all(emulators.map((emulator) => emulator.close()));
  rmSync(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
const graphql = async (query: string, variables: object): Promise<any> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'router-authorization': routerSecret },
    body: JSON.stringify({ query, variables }),
  });
  return ((await response.json()) as { data: unknown }).data;
};

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state authorizeUrl } ... on PayerFailure { code message } } }`;

/** Picks the first payer on the channel's page, and returns the address that the channel redirects to. */
const authorize = async (authorizeUrl: string): Promise<URL> => {
  const page = await (await fetch(authorizeUrl.split('#')[0] ?? '')).text();
  const href = /href="([^"]*[?&;](?:auth_code|code)=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  return new URL(href);
};

describe.each([
  ['ali_pay', 'auth_code'],
  ['wechat_pay', 'code'],
])('the configuration of the quick start, on %s', (channelId, codeName) => {
  test('the configuration of the quick start takes a payer to the channel and back, and the shop reads the outcome', async () => {
    const { startAuthentication: started } = await graphql(START, { input: { channelId, returnUrl } });
    expect(started).toMatchObject({ __typename: 'PayerAuthenticationStarted' });
    const back = await authorize(started.authorizeUrl);
    expect(back.origin + back.pathname).toBe(returnUrl);
    expect(back.searchParams.get('state')).toBe(started.state);

    const input = { channelId, authCode: back.searchParams.get(codeName), state: back.searchParams.get('state') };
    const stored = await graphql(AUTHENTICATE_AND_SET, { input });
    expect(stored.authenticateAndSet).toMatchObject({ __typename: 'PayerAuthResultStored' });
    const { authResult } = await graphql(AUTH_RESULT, { queryCode: started.queryCode });
    // The identity takes payer:read, which this configuration gives to no caller.
    expect(authResult).toMatchObject({ __typename: 'PayerAuthSucceeded', identity: null });
  });

  test('the configuration of the quick start shows AUTHORIZE, and refuses a query code that was not issued', async () => {
    const { payerChannels } = await graphql('{ payerChannels { channel { id } capabilities } }', {});
    const { capabilities } = payerChannels.find(({ channel }: { channel: { id: string } }) => channel.id === channelId);
    expect(capabilities).toEqual(expect.arrayContaining(['AUTHENTICATE', 'AUTHORIZE']));
    const input = { channelId, authCode: `test_ok_${channelId}`, queryCode: 'a-query-code-of-ones-own' };
    const { authenticateAndSet } = await graphql(AUTHENTICATE_AND_SET, { input });
    expect(authenticateAndSet).toMatchObject({ __typename: 'PayerNotAllowed', code: 'NOT_ALLOWED' });
  });
});
