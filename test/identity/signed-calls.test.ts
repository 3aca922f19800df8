/** Signed calls as merchants see them: over HTTP, through the whole service. */
import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FileConfig } from '../../src/config/load.ts';
import { authenticateInput, parseInput } from '../../src/identity/input.ts';
import { createCallerOf, createIsSignedCall } from '../../src/identity/signed-calls.ts';
import { signatureConfig } from '../../src/security/app-signature.ts';
import { AUTHENTICATE, startService } from '../support/services/service.ts';
import {
  type CallInput,
  newMoment,
  newNonce,
  type SignedCall,
  signDaxpay,
  signed,
  signingKey,
  signV2,
  timeOf,
} from '../support/signers/app-signer.ts';

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
  const ask = async (input: object) => {
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
type Fields = Partial<CallInput>;
const call = (fields: Fields = {}, options?: Parameters<typeof signed>[1]): SignedCall =>
  signed({ authCode: newCode(), ...fields }, options);
/** The input as GraphQL gives it to the service. */
const received = ({ signature, ...input }: SignedCall) => ({
  ...input,
  signature: { ...signature, signedAt: new Date(signature.signedAt) },
});
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
    const [input, moment] = [{ channelId: 'wechat_pay', authCode: newCode() }, newMoment()];
    const signature = { ...moment, value: signV2(input, moment, { appId: 'demo' }) };
    expect(await ask({ ...input, signature })).toMatchObject({ __typename: 'PayerAuthenticated' });
  });

  test('a signed call may state signedAt in any time zone, as the text that is signed states it in UTC', async () => {
    const { ask, sentCodes } = await start();
    const { signature, ...input } = call();
    const inBeijing = new Date(Date.parse(signature.signedAt) + 8 * 3_600_000).toISOString().replace('.000Z', '+08:00');
    const answer = await ask({ ...input, signature: { ...signature, signedAt: inBeijing } });
    expect(answer).toMatchObject({ __typename: 'PayerAuthenticated' });
    expect(await ask({ ...input, signature })).toEqual(answer);
    expect(sentCodes()).toEqual([input.authCode]);
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
    const first = call({}, { nonce: 'A-nonce-of-ours-1' });
    await ask(first);
    for (const nonce of ['A-nonce-of-ours-1', 'a-NONCE-of-ours-1'])
      expect(await ask(call({}, { nonce }))).toMatchObject(refused('NONCE_USED'));
    expect(sentCodes()).toEqual([first.authCode]);
  });

  test('a call of an app that signs without a signature is refused with what is missing', async () => {
    const { ask, sentCodes } = await start();
    const { signature: _, ...stripped } = call();
    for (const input of [stripped, { ...stripped, signature: null }]) {
      const answer = await ask(input);
      expect(answer).toMatchObject(refused('SIGNATURE_MISSING'));
      expect(answer.message).toContain('signature');
    }
    expect(sentCodes()).toEqual([]);
  });

  test.each(['value', 'signedAt', 'nonce'])(
    'a signature without its %s is an error, and nothing is sent',
    async (part) => {
      const { service, sentCodes } = await start();
      const { signature, ...rest } = call();
      for (const without of [undefined, null]) {
        const input = { ...rest, signature: { ...signature, [part]: without } };
        const { data, errors } = await service.graphql(AUTHENTICATE, { input });
        expect(data).toBeUndefined();
        expect(errors).toEqual([expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })]);
      }
      expect(sentCodes()).toEqual([]);
    },
  );

  test.each([
    ['a value of no characters', { value: '' }, 'signature.value'],
    ['a value of 65 characters', { value: '0'.repeat(65) }, 'signature.value'],
    ['a fraction of a second', { signedAt: '2026-11-22T12:00:00.001Z' }, 'signature.signedAt'],
    ['a nonce of 15 characters', { nonce: 'n'.repeat(15) }, 'signature.nonce'],
    ['a nonce of 33 characters', { nonce: 'n'.repeat(33) }, 'signature.nonce'],
    ['a nonce with a blank', { nonce: 'a nonce of 21 letters' }, 'signature.nonce'],
  ])('a signature with %s is INPUT_INVALID, and nothing is sent', async (_, change, path) => {
    const { ask, sentCodes } = await start();
    const { signature, ...rest } = call();
    const answer = await ask({ ...rest, signature: { ...signature, ...change } });
    expect(answer).toMatchObject({ __typename: 'PayerInvalidInput', code: 'INPUT_INVALID', fields: [{ path }] });
    expect(sentCodes()).toEqual([]);
  });

  test('an invalid signature is refused without the reason, and its nonce stays unused', async () => {
    const { ask, sentCodes, service } = await start();
    const input = call();
    const { signature, ...fields } = input;
    const as = (change: Partial<typeof signature>) => ({ ...fields, signature: { ...signature, ...change } });
    const wrong = [
      { ...input, authCode: newCode() },
      as({ signedAt: timeOf(Date.parse(signature.signedAt) - 1_000) }),
      as({ nonce: newNonce() }),
      { ...input, appId: 'other' },
      { ...input, channelId: 'ali_pay' },
      { ...input, channelOptions: { terminalId: 'added' } },
      { ...input, channelOptions: {} },
      as({ value: signature.value.toUpperCase() }),
      as({ value: signV2(fields, signature, { secret: 'another key of no fewer than 32 bytes' }) }),
      as({ value: signV2(fields, signature, { operation: 'authenticateAndSet' }) }),
      as({ value: signDaxpay(fields, signature) }),
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
    for (const secret of [signingKey, signature.value, signature.nonce, input.authCode])
      expect(written).not.toContain(secret);
  });

  test('a call that was signed for another time is refused', async () => {
    const { ask, sentCodes } = await start();
    for (const seconds of [-330, 330, -8 * 3_600, 8 * 3_600])
      expect(await ask(call({}, { signedAt: timeOf(Date.now() + seconds * 1_000) }))).toMatchObject(
        refused('REQUEST_TIME_INVALID'),
      );
    expect(sentCodes()).toEqual([]);
    for (const seconds of [-270, 270])
      expect(await ask(call({}, { signedAt: timeOf(Date.now() + seconds * 1_000) }))).toMatchObject({
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
      __typename: 'PayerServiceBusy',
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
    const input = { appId: 'unsigned', channelId: 'wechat_pay', authCode: newCode() };
    expect(await ask(input)).toMatchObject({ __typename: 'PayerAuthenticated' });
    const signature = { ...newMoment(), value: 'of no meaning here' };
    expect(await ask({ ...input, authCode: newCode(), signature })).toMatchObject({ __typename: 'PayerAuthenticated' });
  });
});

describe('an app that signs as DaxPay ga does, in upper case', () => {
  const dax = (fields: Fields = {}): SignedCall => {
    const input = { appId: 'demo', channelId: 'wechat_pay', authCode: newCode(), ...fields };
    const moment = { signedAt: timeOf(), nonce: 'Nonce-of-DaxPay-1' };
    return { ...input, signature: { ...moment, value: signDaxpay(input, moment, { profile: 'ga' }) } };
  };

  test('a call signed in upper case gets the payer', async () => {
    const { ask } = await start(daxpayGa);
    expect(await ask(dax())).toMatchObject({ __typename: 'PayerAuthenticated' });
  });

  test('of two calls that differ in case alone and share a signature the second is refused: its nonce is used', async () => {
    const { ask, sentCodes } = await start(daxpayGa);
    const input = dax();
    await ask(input);
    const { signature } = input;
    const authCode = input.authCode.replace('signer', 'SIGNER');
    for (const nonce of [signature.nonce, signature.nonce.toLowerCase()])
      expect(await ask({ ...input, authCode, signature: { ...signature, nonce } })).toMatchObject(
        refused('NONCE_USED'),
      );
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
  const callerOf = async (signature: Signature | undefined, input: SignedCall) => {
    const { service } = await start();
    const caller = { id: 'somebody', scopes: new Set(['payer:certify'] as const) };
    const policy = signature && signatureConfig.parse(signature);
    const app = { id: 'demo', channels, returnUrls: [], sessions: 'optional' as const, attempts: 5, signature: policy };
    const find = createCallerOf({ store: service.store, now: Date.now });
    const parsed = parseInput(authenticateInput, received(input));
    const noted: object[] = [];
    const note = (fields: object) => void noted.push(fields);
    return { caller, noted, found: await find({ appId: 'demo', app }, parsed, { caller, note }) };
  };

  test('the caller of a signed call is the app, which may authenticate and read for itself, and the log states it', async () => {
    const { found, noted } = await callerOf(v2, call());
    const scopes = new Set(['payer:authenticate', 'payer:read']);
    expect(found).toEqual({ id: 'app:demo', scopes, apps: new Set(['demo']) });
    expect(noted).toEqual([{ signed: true }]);
  });

  test('the caller of a signed call may read the access token when the app’s policy grants it', async () => {
    const { found } = await callerOf({ ...v2, accessToken: true }, call());
    expect(found.scopes).toEqual(new Set(['payer:authenticate', 'payer:read', 'payer:token']));
  });

  test('the caller of a call for an app that does not sign stays the caller of the operation', async () => {
    const { found, caller, noted } = await callerOf(undefined, call());
    expect(found).toBe(caller);
    expect(noted).toEqual([]);
  });
});

describe('before admission, without a store', () => {
  const at = Date.UTC(2026, 10, 22, 12);
  const openCheck = (signature: Signature | undefined, nowMs = at) => {
    const policy = signature && signatureConfig.parse(signature);
    const app = { id: 'demo', channels, returnUrls: [], sessions: 'optional' as const, attempts: 5, signature: policy };
    const isSignedCall = createIsSignedCall({ now: () => nowMs });
    return (input: unknown, appId = 'demo') => isSignedCall({ appId, app: { ...app, id: appId } }, input);
  };
  const good = () => received(call({}, { signedAt: timeOf(at) }));

  test('before admission a call that its app has signed counts as signed', () => {
    const check = openCheck(v2);
    expect(check(good())).toBe(true);
    // As GraphQL gives it: null where nothing was given, and no prototype.
    expect(check(Object.assign(Object.create(null), { ...good(), queryCode: null }))).toBe(true);
  });

  test.each([
    ['without a signature', () => ({ signature: undefined })],
    ['whose signature is null', () => ({ signature: null })],
    ['without a nonce', ({ signature }) => ({ signature: { ...signature, nonce: undefined } })],
    ['without signedAt', ({ signature }) => ({ signature: { ...signature, signedAt: undefined } })],
    ['with another signature', ({ signature }) => ({ signature: { ...signature, value: '0'.repeat(64) } })],
    ['with another auth code', () => ({ authCode: 'another' })],
    ['with a field that is not valid', () => ({ clientIp: 'nowhere' })],
  ] satisfies [string, (input: ReturnType<typeof good>) => object][])(
    'before admission a call %s does not count as signed',
    (_, change) => {
      const input = good();
      expect(openCheck(v2)({ ...input, ...change(input) })).toBe(false);
    },
  );

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
    const nonce = newNonce();
    const unsigned = { channelId: 'wechat_pay', authCode: newCode() };
    const signedWith = (moment: { readonly signedAt: string; readonly nonce: string }) => ({
      ...unsigned,
      appId: 'demo',
      signature: { ...moment, value: signDaxpay({ ...unsigned, appId: 'demo' }, moment, { profile: 'ga' }) },
    });
    const copy = received(signedWith({ signedAt: timeOf(at), nonce }));
    const inOtherCase = { ...copy, signature: { ...copy.signature, nonce: nonce.toUpperCase() } };
    expect([copy, inOtherCase, copy, copy, copy, copy, inOtherCase].map((input) => check(input))).toEqual([
      ...Array(5).fill(true),
      false,
      false,
    ]);
    expect(check(received(signedWith({ signedAt: timeOf(at), nonce: newNonce() })))).toBe(true);
  });

  test('copies of a signed call are counted for each app by itself', () => {
    const check = openCheck(v2);
    const moment = { signedAt: timeOf(at), nonce: newNonce() };
    const of = (appId: string) => received(call({ appId }, moment));
    const copies = Array.from({ length: 6 }, () => of('demo'));
    expect(copies.map((input) => check(input))).toEqual([...Array(5).fill(true), false]);
    expect(check(of('other'), 'other')).toBe(true);
  });
});

test('signedAt may be 300 s off and not 301, in any time zone of the machine', { timeout: 60_000 }, async () => {
  const at = Date.UTC(2026, 10, 22, 12);
  const moments = [-301, -300, -299, 0, 299, 300, 301].map((seconds) => ({
    signedAt: timeOf(at + seconds * 1_000),
    nonce: newNonce(),
  }));
  const input = { appId: 'demo', channelId: 'wechat_pay', authCode: newCode() };
  const schemes = [
    { signature: v2, sign: signV2 },
    { signature: { ...daxpayGa, profile: 'beta' }, sign: signDaxpay },
  ].map(({ signature, sign }) => ({
    signature,
    calls: moments.map((moment) => ({ ...input, signature: { ...moment, value: sign(input, moment) } })),
  }));
  const script = `
    import { createIsSignedCall } from './src/identity/signed-calls.ts';
    import { signatureConfig } from './src/security/app-signature.ts';
    const received = (call) => ({ ...call, signature: { ...call.signature, signedAt: new Date(call.signature.signedAt) } });
    const answers = ['UTC', 'Asia/Shanghai', 'America/New_York'].map((zone) => {
      process.env.TZ = zone;
      const timely = ${JSON.stringify(schemes)}.map(({ signature, calls }) => {
        const isSignedCall = createIsSignedCall({ now: () => ${at} });
        const route = { appId: 'demo', app: { signature: signatureConfig.parse(signature) } };
        return calls.map((call) => isSignedCall(route, received(call)));
      });
      return [new Date(${at}).getHours(), ...timely];
    });
    console.log(JSON.stringify(answers));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const timely = [false, true, true, true, true, true, false];
  expect(JSON.parse(stdout)).toEqual([12, 20, 7].map((hour) => [hour, timely, timely]));
});
