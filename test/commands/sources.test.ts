/** The commands for integrators, against emulated upstreams that share no code with the sources. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Check } from '../../src/channels/check.ts';
import { diagnose } from '../../src/channels/diagnose.ts';
import { explainMessage } from '../../src/channels/registry.ts';
import { HIDDEN, judgeSecret } from '../../src/channels/signing.ts';
import { doctor } from '../../src/commands/doctor.ts';
import { runCommand as runCommandHere } from '../../src/commands/lib/run-command.ts';
import { verify } from '../../src/commands/sign.ts';
import { type TryOptions, tryChannel } from '../../src/commands/try.ts';
import { freePort } from '../../src/emulators/free-port.ts';
import { sharedResolver } from '../../src/lib/resolver.ts';
import { cli, runCommand } from '../support/services/command.ts';
import { chooseOnPage } from '../support/services/door.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTHENTICATE_AND_SET } from '../support/services/service.ts';
import { makeCertificate, newRsaKey } from '../support/signers/certificates.ts';

/** A start of Node on a busy machine. */
const slow = { timeout: 60_000 };

let service: SandboxService;
const folder = mkdtempSync(join(tmpdir(), 'payer-identity-sources-'));
beforeAll(async () => {
  service = await startSandboxService();
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ sources: service.sources }));
}, 60_000);
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const configured = (name: string, changes: Record<string, unknown> = {}) => {
  const options = service.sources[name];
  if (!options) throw new Error(`no source ${name}`);
  return { ...options, ...changes };
};
const pemOf = (key: ReturnType<typeof newRsaKey>) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const secretOf = (name: string, option: string) => String(configured(name)[option]);

type Work = Parameters<typeof runCommandHere>[1];

/** A command in this process: a start of Node for each would take seconds. */
const run = async (work: Work, options: { json?: boolean; config?: string } = {}) => {
  const [out, err]: [string[], string[]] = [[], []];
  const streams = {
    out: { write: (text: string) => out.push(text) },
    err: { write: (text: string) => err.push(text) },
  };
  await runCommandHere({ config: join(folder, 'config.json'), ...options }, work, streams);
  const code = process.exitCode ?? 0;
  process.exitCode = undefined;
  return { code, out: out.join(''), err: err.join('') };
};
const save = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('doctor', () => {
  const states = (checks: readonly Check[]) => Object.fromEntries(checks.map(({ check, state }) => [check, state]));
  const foundBy = (checks: readonly Check[], name: RegExp) => checks.find(({ check }) => name.test(check))?.found;

  test('every source of the sandbox is well: reached, its clock agrees, an invalid code is refused as invalid', async () => {
    const names = Object.keys(service.sources);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) {
      const checks = await diagnose(name, configured(name), sharedResolver);
      const { options, name: looked, TCP, HTTP, clock, signature } = states(checks);
      const all = { options, looked, TCP, HTTP, clock, signature };
      const ok = { options: 'ok', looked: 'ok', TCP: 'ok', HTTP: 'ok', clock: 'ok', signature: 'ok' };
      expect({ name, ...all }).toEqual({ name, ...ok });
      const refused = checks.filter(({ check }) => check.startsWith('invalid code'));
      expect(refused[0]?.found, name).toMatch(/^refused as invalid: AUTH_CODE_/);
      expect(refused.map(({ state }) => state)).not.toContain('fail');
    }
  });

  test.each([
    ['daxpay', { secret: 'another' }, /REPLY_UNVERIFIED, upstream code 20052/, /20052: DaxPay could not verify/],
    ['jucai', { secret: 'another' }, /refuses these settings, not the code/, /no signature/],
    ['jucai', { secret: 'another' }, /docs\/sources\/jucai\.md lists codes and settings/, /no signature/],
    ['wechat', { appSecret: 'another' }, /40125\. appSecret is not the one of this appId/, /TLS authenticates/],
    [
      'wechat',
      { appId: 'wx0000000000000009' },
      /40013\. WeChat knows no application of this appId/,
      /TLS authenticates/,
    ],
    [
      'wechat-payment-code',
      { apiKey: 'another' },
      /SIGNERROR\. apiKey is not the V2 key/,
      /return_code FAIL is not signed/,
    ],
    ['daxpay', { appId: 'another' }, /20023\. DaxPay knows no application of this appId/, /no signature/],
    ['alipay', { appId: '2021000000000009' }, /invalid-app-id\. Alipay knows no application/, /does not sign all/],
    ['alipay', { privateKey: pemOf(newRsaKey()) }, /invalid-signature\. the public key that Alipay has/, /verified/],
  ])('a wrong setting of %s is found, and what to do: %o', async (name, changes, code, signature) => {
    const checks = await diagnose(name, configured(name, changes), sharedResolver);
    expect(checks.find(({ check }) => check.startsWith('invalid code'))).toMatchObject({ state: 'fail' });
    expect(foundBy(checks, /^invalid code/)).toMatch(code);
    expect(foundBy(checks, /^signature/)).toMatch(signature);
  });

  test('the way to an upstream is followed step by step to the one that fails', async () => {
    const reach = async (apiUrl: string) =>
      states(await diagnose('wechat', configured('wechat', { apiUrl }), sharedResolver));
    expect(await reach('http://127.0.0.1:1')).toMatchObject({ name: 'ok', TCP: 'fail' });
    const tls = await reach(service.emulators.wechat.origin.replace('http:', 'https:'));
    expect(tls).toMatchObject({ name: 'ok', TCP: 'ok', TLS: 'fail' });
    const untold = await diagnose('wechat', configured('wechat', { apiUrl: 'https://api.invalid' }), sharedResolver);
    expect(foundBy(untold, /^name/)).toMatch(/^api\.invalid: E\w+: .*: (?:correct the address|look at) /);
    const refused = await diagnose('wechat', configured('wechat', { apiUrl: 'http://127.0.0.1:1' }), sharedResolver);
    expect(foundBy(refused, /^TCP/)).toMatch(/ECONNREFUSED: nothing listens there: correct host and port/);
    const proxied = { apiUrl: 'https://api.invalid', proxy: 'http://127.0.0.1:1' };
    const behind = await diagnose('wechat', configured('wechat', proxied), sharedResolver);
    expect(behind.filter(({ check }) => check === 'proxy')).toMatchObject([
      { state: 'fail', found: expect.stringMatching(/^127\.0\.0\.1:1: .*the proxy is not reached/) },
    ]);
    const options = await diagnose('wechat', configured('wechat', { appSecret: '' }), sharedResolver);
    expect(options).toMatchObject([{ check: 'options', state: 'fail', found: expect.stringContaining('appSecret') }]);
  });

  test.each([
    [
      'expired',
      { name: 'CN=localhost', validTo: new Date(Date.now() - 86_400_000) },
      true,
      /CERT_HAS_EXPIRED: .*clock/,
    ],
    ['of another name', { name: 'CN=other.example.com' }, true, /ALTNAME_INVALID: .*of another name: correct the host/],
    ['of an unknown authority', { name: 'CN=localhost' }, false, /authority that is not known: name it by ca/],
  ])('a certificate of the upstream that is %s is named, and what to do', async (_, names, isKnown, found) => {
    const issuer = { name: 'CN=root', key: newRsaKey() };
    const { key, pem } = makeCertificate({ ...names, issuer });
    const options = { key: key.export({ format: 'pem', type: 'pkcs8' }), cert: pem };
    const upstream = createTlsServer(options).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    onTestFinished(() => void upstream.close());
    const apiUrl = `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const ca = isKnown ? { ca: makeCertificate({ ...issuer, isAuthority: true }).pem } : {};
    const checks = await diagnose('wechat', configured('wechat', { apiUrl, ...ca }), sharedResolver);
    expect(foundBy(checks, /^TLS/)).toMatch(found);
  });

  test('a page that answers in place of the upstream is named', async () => {
    const page = createServer((_, response) => response.end('<html>log in</html>')).listen(0, '127.0.0.1');
    await once(page, 'listening');
    onTestFinished(() => void page.close());
    const apiUrl = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    const checks = await diagnose('wechat', configured('wechat', { apiUrl }), sharedResolver);
    expect(foundBy(checks, /^invalid code/)).toMatch(/REPLY_MALFORMED\. Is the address that of its API/);
  });

  test('a clock that is minutes off, and an upstream that accepts every code, are found', async () => {
    const upstream = createServer((_, response) => {
      response.setHeader('date', new Date(Date.now() - 400_000).toUTCString());
      response.end('{"access_token":"t","expires_in":7200,"openid":"oABC"}');
    }).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    onTestFinished(() => void upstream.close());
    const { port } = upstream.address() as AddressInfo;
    const checks = await diagnose(
      'wechat',
      configured('wechat', { apiUrl: `http://127.0.0.1:${port}` }),
      sharedResolver,
    );
    expect(checks.find(({ check }) => check === 'clock')).toMatchObject({ state: 'fail' });
    expect(foundBy(checks, /^clock/)).toMatch(/^this machine is (?:39\d|40\d) s ahead of the upstream/);
    expect(foundBy(checks, /^invalid code/)).toMatch(/^it was accepted/);
  });

  test('the command ends with 1 when a source is not well, prints JSON, and shows no secret', async () => {
    const path = save(
      'wrong.json',
      JSON.stringify({ sources: { wechat: configured('wechat', { appSecret: 'canary' }) } }),
    );
    const { code, out, err } = await run((to) => doctor(to, {}), { json: true, config: path });
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const { ok, sources } = JSON.parse(out);
    expect({ ok, names: Object.keys(sources) }).toEqual({ ok: false, names: ['wechat'] });
    expect(out).not.toContain('canary');
  });
});

/** A request with the signature that `sign` computes, and the emulator's reply to it. */
describe('explain', () => {
  const explain = (name: string, body: string, changes = {}, head = {}) => {
    const explained = explainMessage(name, configured(name, changes), {
      headers: {},
      body: Buffer.from(body),
      ...head,
    });
    if (!explained) throw new Error('not signed');
    return explained;
  };
  const post = async (name: 'daxpay' | 'jucai' | 'wechat', path: string, body: string): Promise<string> =>
    (
      await fetch(service.emulators[name].origin + path, {
        method: 'POST',
        body,
        headers: { 'content-type': name === 'wechat' ? 'text/xml' : 'application/json' },
      })
    ).text();

  test('20052 is explained by whose secret signed it', () => {
    const refused = JSON.stringify({ code: 20052, msg: '验签失败', traceId: 't' });
    const { expected } = explain('daxpay', refused);
    const ours = JSON.stringify({ ...JSON.parse(refused), sign: expected });
    expect(explain('daxpay', ours)).toMatchObject({
      isRight: true,
      findings: [expect.stringMatching(/the secret that it has for this appId, which is yours.*Explain the request$/)],
    });
    expect(explain('daxpay', ours, { secret: 'another' }).findings[0]).toMatch(/this appId: compare the secret/);
    // The profile ga does not sign it, so that it shows nothing of DaxPay's secret.
    expect(explain('daxpay', refused).findings[0]).not.toMatch(/signed this refusal/);
  });

  const exchanges = {
    async daxpay() {
      const time = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
      const fields = {
        appId: 'demo',
        nonceStr: 'a'.repeat(32),
        reqTime: time,
        channel: 'wechat_pay',
        authCode: 'test_ok_alice~1',
      };
      const sign = explain('daxpay', JSON.stringify(fields)).expected;
      const request = JSON.stringify({ ...fields, sign });
      return { request, reply: await post('daxpay', '/unipay/assist/channel/auth/auth', request) };
    },
    async jucai() {
      const fields = {
        version: '1.0',
        termId: '88888888',
        mchNo: 'MCH_1',
        appId: 'MCH_A1',
        mchOrderNo: `20261126000000${Math.random().toString().slice(2, 12)}`,
        wayCode: 'WECHAT',
        authCode: `test_ok_alice~${Math.random()}`,
        clientIp: '127.0.0.1',
      };
      const sign = explain('jucai', JSON.stringify(fields)).expected;
      const request = JSON.stringify({ ...fields, sign });
      return { request, reply: await post('jucai', '/pay/api/1.0/auth2OpenId', request) };
    },
    async 'wechat-payment-code'() {
      const fields = `<appid>wx0000000000000001</appid><mch_id>10000100</mch_id><auth_code>test_ok_alice~3</auth_code><nonce_str>${'a'.repeat(32)}</nonce_str>`;
      const sign = explain('wechat-payment-code', `<xml>${fields}</xml>`).expected;
      const request = `<xml>${fields}<sign>${sign}</sign></xml>`;
      return { request, reply: await post('wechat', '/tools/authcodetoopenid', request) };
    },
  };

  test.each(Object.entries(exchanges))(
    '%s: an upstream accepts what sign computes, and its reply is right',
    async (name, exchange) => {
      const { request, reply } = await exchange();
      expect(reply).toMatch(/openid/i);
      expect(explain(name, request)).toMatchObject({ kind: 'request', isRight: true, findings: [] });
      expect(explain(name, reply)).toMatchObject({ kind: 'reply', isRight: true, findings: [] });
      const wrong = explain(name, reply, { [name.startsWith('wechat') ? 'apiKey' : 'secret']: 'another' });
      expect(wrong.isRight).toBe(false);
      expect(wrong.findings.join()).toMatch(/made with another secret/);
      const shown = JSON.stringify(explain(name, reply).steps);
      expect(shown).toContain(HIDDEN);
      expect(shown).not.toContain(secretOf(name, name.startsWith('wechat') ? 'apiKey' : 'secret'));
    },
  );

  const exchangeAlipay = async () => {
    const time = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    const parameters = {
      ...{ app_id: '2021000000000001', method: 'alipay.system.oauth.token', format: 'JSON', charset: 'utf-8' },
      ...{
        sign_type: 'RSA2',
        timestamp: time,
        version: '1.0',
        grant_type: 'authorization_code',
        code: 'test_ok_alice~4',
      },
    };
    const sign = explain('alipay', JSON.stringify(parameters)).expected ?? '';
    const form = `${new URLSearchParams({ ...parameters, sign })}`;
    const reply = await (
      await fetch(`${service.emulators.alipay.origin}/gateway.do?${form}`, { method: 'POST' })
    ).text();
    return { parameters, request: form, reply };
  };

  test('alipay: an upstream accepts what sign computes, and its reply is right with its key alone', async () => {
    const { parameters, request: form, reply } = await exchangeAlipay();
    expect(reply).toMatch(/access_token/);
    expect(explain('alipay', form)).toMatchObject({ kind: 'request', isRight: true });
    expect(explain('alipay', reply)).toMatchObject({ kind: 'reply', isRight: true, findings: [] });
    const changed = explain('alipay', reply.replace('access_token', 'access_tokem'));
    expect(changed.findings.join()).toMatch(/支付宝公钥/);
    const { sign_type: _, ...without } = parameters;
    const older = explain('alipay', JSON.stringify(without)).expected ?? '';
    const finding = explain('alipay', JSON.stringify({ ...parameters, sign: older })).findings.join();
    expect(finding).toMatch(/made without sign_type/);
  });

  test('alipay v3: the head of a request is part of what is signed', () => {
    const startLine = 'GET /v3/a/b?c=d HTTP/1.1';
    const unsigned = { authorization: 'ALIPAY-SHA256withRSA app_id=1,nonce=n,timestamp=1' };
    const { expected, steps } = explain('alipay', '', {}, { startLine, headers: unsigned });
    expect(steps.at(-1)?.text).toBe('app_id=1,nonce=n,timestamp=1\nGET\n/v3/a/b?c=d\n\n');
    const headers = { authorization: `${unsigned.authorization},sign=${expected}` };
    expect(explain('alipay', '', {}, { startLine, headers })).toMatchObject({ kind: 'request', isRight: true });
    const other = { startLine: startLine.replace('c=d', 'c=e'), headers };
    expect(explain('alipay', '', {}, other)).toMatchObject({ isRight: false });
  });

  test('another rule with the right secret is named', async () => {
    const { request } = await exchanges.daxpay();
    const { findings } = explain('daxpay', request, { signType: 'md5', profile: 'ga', mchNo: 'M' });
    expect(findings.join()).toMatch(
      /the secret is right, and the rule differs: .*profile beta and signType hmac_sha256/,
    );
    const { reply } = await exchanges.jucai();
    const scoped = explain('jucai', reply, { signing: { replyScope: 'envelope' } });
    expect(scoped.findings.join()).toMatch(/the rule differs: .*replyScope data/);
  });

  test.each(['daxpay', 'jucai'] as const)('%s: what a program has done wrong is named', async (name) => {
    const { request } = await exchanges[name]();
    const { sign, ...fields } = JSON.parse(request);
    const findingOf = (message: object) => explain(name, JSON.stringify(message)).findings.join();
    expect(findingOf({ ...fields, sign, extra: 'x' })).toMatch(/it was made with extra left out/);
    expect(findingOf({ ...fields, sign: Buffer.from(sign, 'hex').toString('base64') })).toMatch(/written in base64/);
    const gbk = Buffer.concat([Buffer.from(request.slice(0, -1)), Buffer.from(',"name":"\xd6\xd0"}', 'latin1')]);
    expect(explainMessage(name, configured(name), { headers: {}, body: gbk })?.findings[0]).toMatch(/not UTF-8/);
  });

  test('a secret with a line feed behind it is named', () => {
    const sign = (secret: string) => (secret === 's\n' ? 'b' : 'a');
    const message = { body: Buffer.from('{}'), given: 'b', secret: 's', sign, fields: [], variants: [] };
    expect(judgeSecret(message).findings.join()).toMatch(/it was made with a line feed behind the secret/);
  });

  test('alipay: a reply that was formatted anew, and a signature whose + became a blank, are named', async () => {
    const { request, reply } = await exchangeAlipay();
    const formatted = JSON.stringify(JSON.parse(reply), null, 2);
    expect(explain('alipay', formatted).findings.join()).toMatch(/formatted anew/);
    const sign = /"sign":"([^"]*)"/.exec(reply)?.[1] ?? '';
    const spoiled = explain('alipay', reply.replace(sign, encodeURIComponent(sign)));
    expect(spoiled.findings.join()).toMatch(/percent-encoded/);
    expect(explain('alipay', reply.replace(sign, '%FF')).findings.join()).toMatch(/not the key that signed this/);
    const rsa1 = explain('alipay', request.replace('RSA2', 'RSA'));
    expect(rsa1.findings.join()).toMatch(/sign_type is RSA/);
  });

  test('a saved message may begin with a byte order mark, and with the heads of a proxy', async () => {
    const { reply } = await exchanges.jucai();
    const heads =
      'HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n';
    for (const text of [`\ufeff${reply}`, `${heads}${reply}`])
      expect(await run((to) => verify(to, save('saved.txt', text), { source: 'jucai' }))).toMatchObject({
        code: 0,
        out: 'The signature is right.\n',
      });
  });

  test(
    'the command marks the first difference from what another program signed, and shows no secret',
    slow,
    async () => {
      const file = save('request.json', '{"appId":"demo","channel":"wechat_pay","sign":"abc"}');
      const secret = secretOf('daxpay', 'secret');
      const mine = save('mine.txt', `appId=demo&chanel=wechat_pay&key=${secret}\n`);
      const { code, out, err } = await runCommand(cli, ['explain', file, '--source', 'daxpay', '--against', mine], {
        CONFIG: join(folder, 'config.json'),
      });
      expect({ code, err }).toEqual({ code: 1, err: '' });
      expect(out).toMatch(/They differ from character 16 on:/);
      const [ours = '', theirs = '', mark = ''] = out.slice(out.indexOf('  this service')).split('\n');
      expect([ours[mark.indexOf('^')], theirs[mark.indexOf('^')]]).toEqual(['n', 'e']);
      expect(out).toMatch(/Your secret gives [0-9a-f]{64}/);
      expect(out).not.toContain(secret);
    },
  );

  test('a message of another kind, and a source that signs nothing, are answered with a sentence', async () => {
    const file = save('odd.txt', '<html>');
    expect(await run((to) => verify(to, file, { source: 'jucai' }))).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/is not one of the source jucai/),
    });
    expect(await run((to) => verify(to, file, { source: 'wechat' }))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/TLS alone authenticates/),
    });
  });
});

describe('try', () => {
  const attempt = (options: Partial<TryOptions>, json = false) =>
    run((to) => tryChannel(to, 'wechat_pay', { url: service.origin, ...options }), { json });

  test('a code is redeemed at a running service, and a refused one ends with 1 and its traceId', async () => {
    const { code, out } = await attempt({ code: 'test_ok_alice~try' });
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^Authenticated: pid_\S+, openId o[\w-]{3}…\n$/),
    });
    const refused = await attempt({ code: 'test_invalid_1' }, true);
    expect(JSON.parse(refused.out)).toMatchObject({
      ...{ ok: false, code: 'AUTH_CODE_INVALID', traceId: expect.any(String) },
    });
    expect(refused.code).toBe(1);
  });

  test('without a code a session is started, and its outcome awaited', async () => {
    const lines: string[] = [];
    const streams = { out: { write: (text: string) => lines.push(text) }, err: { write: () => undefined } };
    const running = runCommandHere({}, (to) => tryChannel(to, 'wechat_pay', { url: service.origin }), streams);
    await expect.poll(() => lines.join(''), { timeout: 10_000 }).toMatch(/Authorize as a payer here/);
    const link = /http:\S+/.exec(lines.join(''))?.[0] ?? '';
    const back = new URL(await chooseOnPage(link));
    const input = {
      ...{ channelId: 'wechat_pay', authCode: back.searchParams.get('code') },
      ...{ state: back.searchParams.get('state') },
    };
    await service.graphql(AUTHENTICATE_AND_SET, { input });
    await running;
    expect(lines.at(-1)).toMatch(/^Authenticated: pid_/);
    expect(process.exitCode).toBeUndefined();
  });

  test('a source redeems without a service, and a service that is not there is named', async () => {
    expect(await attempt({ source: 'wechat', code: 'test_ok_bob~direct' })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The source wechat has redeemed the code: openId /),
    });
    expect(await attempt({ url: `http://127.0.0.1:${await freePort()}`, code: 'x' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/No service answers at .*ECONNREFUSED.*npm start/),
    });
  });
});
