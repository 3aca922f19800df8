/** Signed calls as merchants see them: over HTTP, through the whole service. */
import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FileConfig } from '../../src/config/load.ts';
import { authenticateInput, parseInput } from '../../src/identity/input.ts';
import { createCallerOf, createIsSignedCall, isTimely } from '../../src/identity/signed-calls.ts';
import { signatureConfig } from '../../src/security/app-signature.ts';
import { AUTHENTICATE, startService } from '../support/services/service.ts';
import { type Input, newNonce, signDaxpay, signed, signingKey, signV2, timeOf } from '../support/signers/app-signer.ts';

type Signature = NonNullable<FileConfig['apps'][number]['signature']>;

const v2: Signature = { scheme: 'v2', keys: [{ secret: signingKey }] };
const daxpayGa: Signature = { scheme: 'daxpay', profile: 'ga', keys: [{ secret: signingKey }] };
const channels = { ali_pay: 'daxpay', wechat_pay: 'daxpay' };

const start = async (signature: Signature | undefined = v2) => {
  const apps = [
    { id: 'demo', channels, signature },
    { id: 'other', channels, signature },
    { id: 'unsigned', channels },
  ];
  const service = await startService({ config: { apps } });
  onTestFinished(() => service.close());
  const sentCodes = (): string[] => service.upstream.ledger.map(({ body }) => JSON.parse(body).authCode);
  const ask = async (input: Record<string, string | null | undefined>) => {
    const { status, data, errors } = await service.graphql(AUTHENTICATE, { input });
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    return data.authenticate;
  };
  /** Makes everything signed so far happen earlier. */
  const age = (ms: number) => {
    const db = new DatabaseSync(service.file);
    db.prepare('UPDATE nonces SET used_at = used_at - ?1, forget_at = forget_at - ?1').run(ms);
    db.close();
  };
  return { service, ask, sentCodes, age };
};

let codes = 0;
const newCode = (): string => {
  codes += 1;
  return `test_ok_signer-${codes}`;
};
const call = (fields: Input = {}): Input => signed({ authCode: newCode(), ...fields });
const refused = (code: string) => ({ __typename: 'PayerNotAllowed', code, traceId: expect.any(String) });

describe('an app that signs its calls', () => {
  test('a signed call gets the payer, and the same call gets it again, with one request upstream', async () => {
    const { ask, sentCodes } = await start();
    const input = call();
    const answer = await ask(input);
    expect(answer).toMatchObject({ __typename: 'PayerAuthenticated' });
    expect(await ask(input)).toEqual(answer);
    expect(sentCodes()).toEqual([input.authCode]);
  });

  test('a signed call may leave appId to the default', async () => {
    const { ask } = await start();
    const fields = { channelId: 'wechat_pay', authCode: newCode(), reqTime: timeOf(), nonceStr: newNonce() };
    const sign = signV2(fields, { appId: 'demo' });
    expect(await ask({ ...fields, sign })).toMatchObject({ __typename: 'PayerAuthenticated' });
  });

  test('a signed call is refused a minute later', async () => {
    const { ask, age, sentCodes } = await start();
    const input = call();
    await ask(input);
    age(59_000);
    expect(await ask(input)).toMatchObject({ __typename: 'PayerAuthenticated' });
    age(1_001);
    expect(await ask(input)).toMatchObject(refused('NONCE_USED'));
    expect(sentCodes()).toEqual([input.authCode]);
  });

  test('a signed call with a nonce that another call has used is refused, in any case', async () => {
    const { ask, sentCodes } = await start();
    const first = call({ nonceStr: 'A-nonce-of-ours-1' });
    await ask(first);
    for (const nonceStr of ['A-nonce-of-ours-1', 'a-NONCE-of-ours-1'])
      expect(await ask(call({ nonceStr }))).toMatchObject(refused('NONCE_USED'));
    expect(sentCodes()).toEqual([first.authCode]);
  });

  test.each(['sign', 'nonceStr', 'reqTime'])(
    'a call of an app that signs without %s is refused with what is missing',
    async (field) => {
      const { ask, sentCodes } = await start();
      const { [field]: _, ...stripped } = call();
      for (const input of [stripped, { ...stripped, [field]: null }]) {
        const answer = await ask(input);
        expect(answer).toMatchObject(refused('SIGNATURE_MISSING'));
        for (const name of ['sign', 'nonceStr', 'reqTime']) expect(answer.message).toContain(name);
      }
      expect(sentCodes()).toEqual([]);
    },
  );

  test('an invalid signature is refused without the reason, and its nonce stays unused', async () => {
    const { ask, sentCodes, service } = await start();
    const input = call();
    const { sign, ...fields } = input;
    const wrong = [
      { ...input, authCode: newCode() },
      { ...input, reqTime: timeOf(Date.now() - 1_000) },
      { ...input, nonceStr: newNonce() },
      { ...input, appId: 'other' },
      { ...input, termId: 'added' },
      { ...input, sign: sign?.toUpperCase() },
      { ...fields, sign: signV2(fields, { secret: 'another key of no fewer than 32 bytes' }) },
      { ...fields, sign: signV2(fields, { operation: 'authenticateAndSet' }) },
      { ...fields, sign: signDaxpay(fields) },
    ];
    const answers = new Set<string>();
    for (const other of wrong) {
      const { traceId, ...answer } = await ask(other);
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      answers.add(JSON.stringify(answer));
    }
    expect([...answers]).toEqual([expect.stringContaining('SIGNATURE_INVALID')]);
    expect(sentCodes()).toEqual([]);
    expect(await ask(input)).toMatchObject({ __typename: 'PayerAuthenticated' });
    const written = service.logLines.join('');
    expect(written).toContain('SIGNATURE_INVALID');
    for (const secret of [signingKey, sign, input.nonceStr, input.authCode]) expect(written).not.toContain(secret);
  });

  test('a call that was signed for another time is refused', async () => {
    const { ask, sentCodes } = await start();
    for (const seconds of [-330, 330, -8 * 3_600, 8 * 3_600])
      expect(await ask(call({ reqTime: timeOf(Date.now() + seconds * 1_000) }))).toMatchObject(
        refused('REQUEST_TIME_INVALID'),
      );
    expect(sentCodes()).toEqual([]);
    for (const seconds of [-270, 270])
      expect(await ask(call({ reqTime: timeOf(Date.now() + seconds * 1_000) }))).toMatchObject({
        __typename: 'PayerAuthenticated',
      });
  });

  test('a signed call is SERVICE_UNAVAILABLE while its nonce cannot be stored', async () => {
    const { ask, service, sentCodes } = await start();
    const { useNonce } = service.store;
    service.store.useNonce = () => Promise.reject(new Error('disk-canary'));
    const input = call();
    const answer = await ask(input);
    expect(answer).toMatchObject({
      __typename: 'PayerChannelUnavailable',
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 2,
    });
    expect(sentCodes()).toEqual([]);
    service.store.useNonce = useNonce;
    expect(await ask(input)).toMatchObject({ __typename: 'PayerAuthenticated' });
  });

  test('an app may sign with a new key before the old one is removed', async () => {
    const secrets = ['the old key, of 32 bytes or more', 'the new key, of 32 bytes or more'] as const;
    const { ask } = await start({ keys: secrets.map((secret) => ({ secret })) });
    for (const secret of secrets)
      expect(await ask(signed({ authCode: newCode() }, { secret }))).toMatchObject({
        __typename: 'PayerAuthenticated',
      });
    expect(await ask(call())).toMatchObject(refused('SIGNATURE_INVALID'));
  });

  test('an app that does not sign is called without a signature', async () => {
    const { ask } = await start();
    const input = { appId: 'unsigned', channelId: 'wechat_pay', authCode: newCode(), sign: 'of no meaning here' };
    expect(await ask(input)).toMatchObject({ __typename: 'PayerAuthenticated' });
  });
});

describe('an app that signs as DaxPay ga does, in upper case', () => {
  const dax = (fields: Input = {}): Input => {
    const common = { appId: 'demo', channelId: 'wechat_pay', authCode: newCode(), reqTime: timeOf() };
    const input = { ...common, nonceStr: 'Nonce-of-DaxPay-1', ...fields };
    return { ...input, sign: signDaxpay(input, { profile: 'ga' }) };
  };

  test('a call signed in upper case gets the payer', async () => {
    const { ask } = await start(daxpayGa);
    expect(await ask(dax())).toMatchObject({ __typename: 'PayerAuthenticated' });
  });

  test('of two calls that differ in case alone and share a signature the second is refused: its nonce is used', async () => {
    const { ask, sentCodes } = await start(daxpayGa);
    const input = dax();
    await ask(input);
    const authCode = input.authCode?.replace('signer', 'SIGNER');
    for (const nonceStr of [input.nonceStr, input.nonceStr?.toLowerCase()])
      expect(await ask({ ...input, authCode, nonceStr })).toMatchObject(refused('NONCE_USED'));
    expect(sentCodes()).toEqual([input.authCode]);
  });

  test('values that DaxPay would sign like others are refused', async () => {
    const { ask, sentCodes } = await start(daxpayGa);
    for (const authCode of ['a"b', 'a\\b', 'a&b=c'])
      expect(await ask(dax({ authCode }))).toMatchObject(refused('SIGNATURE_INVALID'));
    for (const authCode of ['a\nb', 'aßb'])
      expect(await ask(dax({ authCode }))).toMatchObject({ __typename: 'PayerInvalidInput', code: 'INPUT_INVALID' });
    expect(sentCodes()).toEqual([]);
  });
});

describe('the caller', () => {
  const callerOf = async (signature: Signature | undefined, input: Input) => {
    const { service } = await start();
    const caller = { id: 'somebody', scopes: new Set(['payer:certify'] as const) };
    const policy = signature && signatureConfig.parse(signature);
    const app = { id: 'demo', channels, returnUrls: [], sessions: 'optional' as const, signature: policy };
    const find = createCallerOf({ store: service.store, now: Date.now });
    const parsed = parseInput(authenticateInput, input);
    return { caller, found: await find({ appId: 'demo', app }, parsed, { caller, note() {} }) };
  };

  test('the caller of a signed call is the app, which may authenticate and read for itself', async () => {
    const { found } = await callerOf(v2, call());
    const scopes = new Set(['payer:authenticate', 'payer:read']);
    expect(found).toEqual({ id: 'app:demo', scopes, apps: new Set(['demo']) });
  });

  test('the caller of a signed call may read the access token when the app’s policy grants it', async () => {
    const { found } = await callerOf({ ...v2, accessToken: true }, call());
    expect(found.scopes).toEqual(new Set(['payer:authenticate', 'payer:read', 'payer:token']));
  });

  test('the caller of a call for an app that does not sign stays the caller of the operation', async () => {
    const { found, caller } = await callerOf(undefined, call());
    expect(found).toBe(caller);
  });
});

describe('before admission, without a store', () => {
  const at = Date.UTC(2026, 10, 22, 12);
  const openCheck = (signature: Signature | undefined, nowMs = at) => {
    const policy = signature && signatureConfig.parse(signature);
    const app = { id: 'demo', channels, returnUrls: [], sessions: 'optional' as const, signature: policy };
    const isSignedCall = createIsSignedCall({ now: () => nowMs });
    return (input: unknown, appId = 'demo') => isSignedCall({ appId, app: { ...app, id: appId } }, input);
  };
  const good = () => call({ reqTime: timeOf(at) });

  test('before admission a call that its app has signed counts as signed', () => {
    const check = openCheck(v2);
    expect(check(good())).toBe(true);
    // As GraphQL gives it: null where nothing was given, and no prototype.
    expect(check(Object.assign(Object.create(null), { ...good(), queryCode: null }))).toBe(true);
  });

  test.each([
    ['without sign', { sign: undefined }],
    ['without nonceStr', { nonceStr: undefined }],
    ['without reqTime', { reqTime: undefined }],
    ['with another sign', { sign: '0'.repeat(64) }],
    ['with another auth code', { authCode: 'another' }],
    ['with a field that is not valid', { clientIp: 'nowhere' }],
  ])('before admission a call %s does not count as signed', (_, change) => {
    expect(openCheck(v2)({ ...good(), ...change })).toBe(false);
  });

  test('an invalid input, a call signed by another app and a call of an app that does not sign do not count as signed', () => {
    const check = openCheck(v2);
    for (const input of [undefined, null, {}, 'text']) expect(check(input)).toBe(false);
    expect(check(good(), 'other')).toBe(false);
    expect(openCheck(undefined)(good())).toBe(false);
  });

  test('a call that was signed for another time does not count as signed', () => {
    const input = good();
    expect([-300_000, 300_000].map((ms) => openCheck(v2, at + ms)(input))).toEqual([true, true]);
    expect([-300_001, 300_001].map((ms) => openCheck(v2, at + ms)(input))).toEqual([false, false]);
  });

  test('five copies of a signed call count as signed, in any case of its nonce, and other calls still do', () => {
    const check = openCheck(daxpayGa);
    const nonceStr = newNonce();
    const unsigned = { channelId: 'wechat_pay', authCode: newCode(), reqTime: timeOf(at), nonceStr };
    const copy = { ...unsigned, sign: signDaxpay(unsigned, { profile: 'ga' }) };
    const inOtherCase = { ...copy, nonceStr: nonceStr.toUpperCase() };
    expect([copy, inOtherCase, copy, copy, copy, copy, inOtherCase].map((input) => check(input))).toEqual([
      ...Array(5).fill(true),
      false,
      false,
    ]);
    const other = { ...unsigned, nonceStr: newNonce() };
    expect(check({ ...other, sign: signDaxpay(other, { profile: 'ga' }) })).toBe(true);
  });

  test('copies of a signed call are counted for each app by itself', () => {
    const check = openCheck(v2);
    const nonceStr = newNonce();
    const of = (appId: string) => signed({ appId, authCode: newCode(), reqTime: timeOf(at), nonceStr });
    const copies = Array.from({ length: 6 }, () => of('demo'));
    expect(copies.map((input) => check(input))).toEqual([...Array(5).fill(true), false]);
    expect(check(of('other'), 'other')).toBe(true);
  });
});

test('reqTime may be 300 s off to the millisecond, either way', () => {
  const at = Date.UTC(2026, 10, 22, 12);
  const offsets = [-300_001, -300_000, 300_000, 300_001];
  expect(offsets.map((ms) => isTimely(timeOf(at), at + ms))).toEqual([false, true, true, false]);
});

test('reqTime may be 300 s off and not 301, in any time zone of the machine', { timeout: 60_000 }, async () => {
  const at = Date.UTC(2026, 10, 22, 12);
  const times = [-301, -300, -299, 0, 299, 300, 301].map((seconds) => timeOf(at + seconds * 1_000));
  const script = `
    import { isTimely } from './src/identity/signed-calls.ts';
    const answers = ['UTC', 'Asia/Shanghai', 'America/New_York'].map((zone) => {
      process.env.TZ = zone;
      return [new Date(${at}).getHours(), ...${JSON.stringify(times)}.map((time) => isTimely(time, ${at}))];
    });
    console.log(JSON.stringify(answers));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const timely = [false, true, true, true, true, true, false];
  expect(JSON.parse(stdout)).toEqual([12, 20, 7].map((hour) => [hour, ...timely]));
});
