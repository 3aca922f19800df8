/** The mutation authenticate, from input to failure, over real HTTP. */
import { getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { DaxpayApp } from '../../src/emulators/daxpay.ts';
import { freePort } from '../../src/emulators/free-port.ts';
import { idsOf, type TestCodeKind, testCodeKinds } from '../../src/emulators/test-codes.ts';
import { resolvers } from '../../src/graphql/resolvers/resolvers.ts';
import { buildSchema, readTypeDefs } from '../../src/graphql/schema.ts';
import {
  AUTH_RESULT,
  AUTHENTICATE,
  type Service,
  type ServiceOptions,
  startService,
} from '../support/services/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

let codes = 0;
/** A fresh code of a payer, or with a fresh unique name. */
const codeOf = (kind: string, payer = `payer${codes}`) => {
  codes += 1;
  return `test_${kind}_${payer}~${codes}`;
};

/** Runs authenticate over HTTP; besides the answer gives the very text of it. */
const authenticate = async (
  input: Record<string, unknown>,
  { at = service, query = AUTHENTICATE, headers = {} as Record<string, string> } = {},
) => {
  const response = await fetch(`${at.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const text = await response.text();
  const { data, errors } = JSON.parse(text);
  return { text, status: response.status, errors, answer: data?.authenticate };
};

const startFor = async (options: ServiceOptions): Promise<Service> => {
  const started = await startService(options);
  onTestFinished(() => started.close());
  return started;
};

/** A selection of every field that a type has, so that it cannot fall behind the schema. */
const everyField = (typeName: string): string => {
  const type = buildSchema(resolvers, readTypeDefs()).getType(typeName);
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type`);
  const fields = Object.values(type.getFields()).map(({ name, type: fieldType }) => {
    const named = getNamedType(fieldType);
    return isObjectType(named) ? `${name} ${everyField(named.name)}` : name;
  });
  return `{ ${fields.join(' ')} }`;
};

describe('success', () => {
  const query = `mutation($input: PayerAuthenticateInput!) {
    authenticate(input: $input) { __typename ... on PayerAuthenticated ${everyField('PayerAuthenticated')} }
  }`;
  const identity = {
    id: expect.stringMatching(/^[\w-]{16,}$/),
    appId: 'demo',
    openId: null,
    userId: null,
    unionId: null,
    subAppId: null,
    subOpenId: null,
    firstAuthenticatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    lastAuthenticatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    certification: null,
    ref: null,
  };

  test('ali_pay gives every field of the payer, a userId and no token', async () => {
    const { answer, errors } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'alice') }, { query });
    expect(errors).toBeUndefined();
    expect(answer).toEqual({
      __typename: 'PayerAuthenticated',
      identity: {
        ...identity,
        ref: `ali_pay/demo/userId/${idsOf('alice').userId}`,
        userId: idsOf('alice').userId,
        channel: { id: 'ali_pay', title: '支付宝' },
      },
      accessToken: null,
    });
  });

  test('wechat_pay gives every field of the payer, an openId and a token', async () => {
    const { answer, errors } = await authenticate(
      { channelId: 'wechat_pay', authCode: codeOf('ok', 'alice') },
      { query },
    );
    expect(errors).toBeUndefined();
    expect(answer).toEqual({
      __typename: 'PayerAuthenticated',
      identity: {
        ...identity,
        ref: `wechat_pay/demo/openId/${idsOf('alice').openid}`,
        openId: idsOf('alice').openid,
        channel: { id: 'wechat_pay', title: '微信支付' },
      },
      accessToken: { value: idsOf('alice').accessToken, expiresAt: null },
    });
  });

  test('an Alipay application of the new kind gives an openId instead of a userId', async () => {
    const at = await startFor({ daxpay: { alipayId: 'openId' } });
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'alice') }, { at });
    expect(answer.identity).toMatchObject({ openId: idsOf('alice').openId, userId: null });
  });

  test('without appId the default app serves the call, and naming it changes nothing', async () => {
    const unnamed = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'dora') });
    const named = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'dora'), appId: 'demo' });
    const nulled = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'dora'), appId: null });
    expect(unnamed.answer.identity.appId).toBe('demo');
    expect(named.answer.identity.id).toBe(unnamed.answer.identity.id);
    expect(nulled.answer.identity.id).toBe(unnamed.answer.identity.id);
  });

  test('one payer keeps one id over many codes, and has another on another channel', async () => {
    const first = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'erin') });
    const second = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'erin') });
    const elsewhere = await authenticate({ channelId: 'wechat_pay', authCode: codeOf('ok', 'erin') });
    const other = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok', 'frank') });
    const ids = [first, second, elsewhere, other].map(({ answer }) => answer.identity.id);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(second.answer.identity.firstAuthenticatedAt).toBe(first.answer.identity.firstAuthenticatedAt);
  });

  test('P4: the same call repeated returns the same answer', async () => {
    const input = { channelId: 'wechat_pay', authCode: codeOf('ok') };
    const first = await authenticate(input);
    const again = await authenticate(input);
    expect(first.answer.__typename).toBe('PayerAuthenticated');
    expect(again.answer).toEqual(first.answer);
  });
});

describe('bad input', () => {
  const good = () => ({ channelId: 'ali_pay', authCode: codeOf('ok') });

  const expectInvalid = (
    { text, status, errors, answer }: Awaited<ReturnType<typeof authenticate>>,
    { code, path, value }: { code: string; path: string; value: string },
  ) => {
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(answer).toEqual({
      __typename: 'PayerInvalidInput',
      code,
      message: expect.stringMatching(/\w/),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      fields: [{ path, message: expect.stringMatching(/\w/) }],
    });
    // One character or none can stand in any message; everything longer must not come back.
    if (value.length > 1) expect(text).not.toContain(value);
  };

  const tooLong = (length: number) => 'Zq7'.repeat(length).slice(0, length);
  const signature = { value: 'a'.repeat(64), signedAt: '2026-11-22T12:00:00Z', nonce: 'a-nonce-of-the-app' };
  /** The good input with a value at a path, such as channelOptions.orderId. */
  const withValue = (path: string, value: string) => {
    const [name = '', inner] = path.split('.');
    const around = name === 'signature' ? signature : {};
    return { ...good(), [name]: inner === undefined ? value : { ...around, [inner]: value } };
  };
  const invalid: [what: string, field: string, value: string][] = [
    ['an empty channelId', 'channelId', ''],
    ['a channelId of 33 characters', 'channelId', tooLong(33)],
    ['an empty authCode', 'authCode', ''],
    ['an authCode of 201 characters', 'authCode', tooLong(201)],
    ['an authCode of 60,000 characters', 'authCode', tooLong(60_000)],
    ['an empty appId', 'appId', ''],
    ['an appId of 33 characters', 'appId', tooLong(33)],
    ['an empty nonce', 'signature.nonce', ''],
    ['a nonce of 15 characters', 'signature.nonce', tooLong(15)],
    ['a nonce of 33 characters', 'signature.nonce', tooLong(33)],
    ['a nonce with a space', 'signature.nonce', 'sixteen characters'],
    ['a nonce with a line break behind it', 'signature.nonce', `${tooLong(20)}\n`],
    ['an empty signature', 'signature.value', ''],
    ['a signature of 65 characters', 'signature.value', tooLong(65)],
    ['an empty queryCode', 'queryCode', ''],
    ['a queryCode of 15 characters', 'queryCode', tooLong(15)],
    ['a queryCode of 129 characters', 'queryCode', tooLong(129)],
    ['a queryCode with a space', 'queryCode', 'sixteen and more characters'],
    ['a queryCode that is not ASCII', 'queryCode', '查询码查询码查询码查询码查询码查询码'],
    ['a queryCode with a line break behind it', 'queryCode', `${tooLong(20)}\n`],
    ['an empty clientIp', 'clientIp', ''],
    ['a clientIp that is a name', 'clientIp', 'pay.example.com'],
    ['a clientIp out of range', 'clientIp', '192.0.2.256'],
    ['a clientIp of three parts', 'clientIp', '192.0.2'],
    ['a clientIp with a port', 'clientIp', '192.0.2.1:443'],
    ['a clientIp with a prefix length', 'clientIp', '2001:db8::/32'],
    ['an IPv6 clientIp of nine groups', 'clientIp', '1:2:3:4:5:6:7:8:9'],
    ['a clientIp of 65 characters', 'clientIp', tooLong(65)],
    ['a signedAt of 37 milliseconds', 'signature.signedAt', '2026-11-22T12:00:00.037Z'],
    ['an empty orderId', 'channelOptions.orderId', ''],
    ['an orderId of 4 characters', 'channelOptions.orderId', tooLong(4)],
    ['an orderId of 31 characters', 'channelOptions.orderId', tooLong(31)],
    ['an empty subAppId', 'channelOptions.subAppId', ''],
    ['a subAppId of 33 characters', 'channelOptions.subAppId', tooLong(33)],
    ['an empty terminalId', 'channelOptions.terminalId', ''],
    ['a terminalId of 33 characters', 'channelOptions.terminalId', tooLong(33)],
  ];
  test.each(invalid)('%s is a PayerInvalidInput that names %s and does not repeat it', async (_, field, value) => {
    const before = service.upstream.ledger.length;
    const answered = await authenticate(withValue(field, value));
    expectInvalid(answered, { code: 'INPUT_INVALID', path: field, value });
    expect(service.upstream.ledger.length).toBe(before);
  });

  const accepted: [what: string, field: string, value: string][] = [
    ['a queryCode of 16 characters', 'queryCode', tooLong(16)],
    ['a queryCode of 128 characters', 'queryCode', tooLong(128)],
    ['a queryCode of every character allowed', 'queryCode', 'azAZ09_-.~azAZ09_-.~'],
    ['a nonce of 16 characters', 'signature.nonce', tooLong(16)],
    ['a nonce of 32 characters', 'signature.nonce', tooLong(32)],
    ['a signature of 64 characters', 'signature.value', tooLong(64)],
    ['an IPv4 clientIp', 'clientIp', '192.0.2.255'],
    ['an IPv6 clientIp', 'clientIp', '2001:db8::ff00:42:8329'],
    ['the longest IPv6 clientIp', 'clientIp', '2001:0db8:0000:0000:0000:ff00:0042:8329'],
    ['an IPv4-mapped IPv6 clientIp', 'clientIp', '::ffff:192.0.2.1'],
    ['a signedAt in another time zone', 'signature.signedAt', '2026-11-22T20:00:00+08:00'],
    ['a signedAt with milliseconds that are none', 'signature.signedAt', '2026-11-22T12:00:00.000Z'],
    ['an orderId of 5 characters', 'channelOptions.orderId', tooLong(5)],
    ['an orderId of 30 characters', 'channelOptions.orderId', tooLong(30)],
    ['a terminalId of 32 characters', 'channelOptions.terminalId', tooLong(32)],
  ];
  test.each(accepted)('%s is accepted', async (_, field, value) => {
    const { answer } = await authenticate(withValue(field, value));
    expect(answer).toMatchObject({ __typename: 'PayerAuthenticated' });
  });

  test('a subAppId on a channel that has no place for it is a PayerInvalidInput, and nothing is sent', async () => {
    const before = service.upstream.ledger.length;
    const subAppId = tooLong(32);
    const answered = await authenticate({ ...good(), channelOptions: { subAppId } });
    expectInvalid(answered, { code: 'INPUT_INVALID', path: 'channelOptions.subAppId', value: subAppId });
    expect(service.upstream.ledger.length).toBe(before);
  });

  test('an authCode of 200 characters reaches its channel', async () => {
    const authCode = `${codeOf('ok')}${'x'.repeat(200)}`.slice(0, 200);
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode });
    expect(answer.__typename).toBe('PayerAuthenticated');
    expect(service.upstream.ledger.at(-1)?.body).toContain(authCode);
  });

  test.each([
    ['unheard of', 'card_pay'],
    ['of 32 characters', tooLong(32)],
    ['in other letters', 'ALI_PAY'],
    ['called __proto__', '__proto__'],
  ])('a channel %s is CHANNEL_UNKNOWN', async (_, channelId) => {
    const answered = await authenticate({ ...good(), channelId });
    expectInvalid(answered, { code: 'CHANNEL_UNKNOWN', path: 'channelId', value: channelId });
  });

  test.each([
    ['unheard of', 'someone-else'],
    ['of 32 characters', tooLong(32)],
    ['called constructor', 'constructor'],
  ])('an app %s is APP_UNKNOWN', async (_, appId) => {
    const answered = await authenticate({ ...good(), appId });
    expectInvalid(answered, { code: 'APP_UNKNOWN', path: 'appId', value: appId });
  });

  test('every invalid field is named in one answer', async () => {
    const { answer } = await authenticate({
      ...{ channelId: '', authCode: '', clientIp: 'x' },
      signature: { ...signature, value: tooLong(65), nonce: 'short' },
      channelOptions: { orderId: 'x', terminalId: '' },
    });
    const paths = answer.fields.map(({ path }: { path: string }) => path);
    expect(paths.toSorted()).toEqual([
      ...['authCode', 'channelId', 'channelOptions.orderId', 'channelOptions.terminalId', 'clientIp'],
      ...['signature.nonce', 'signature.value'],
    ]);
  });

  test.each([
    ['empty', ''],
    ['without a time zone', '2026-11-22T16:37:00'],
    ['as DaxPay writes it', '2026-11-22 16:37:00'],
    ['without a time', '2026-11-22'],
    ['with single digits', '2026-1-2T3:04:05Z'],
    ['in seconds', '1795340220'],
    ['in seconds as a number', 1_795_340_220],
    ['with a line break behind it', '2026-11-22T16:37:00Z\n'],
    ['on February 30', '2026-02-30T16:37:00Z'],
    ['at 25 hours', '2026-11-22T25:00:00Z'],
    ['that no calendar has', '2026-13-45T99:99:99Z'],
  ])('a signedAt %s is BAD_USER_INPUT without being repeated, and nothing is sent', async (_, signedAt) => {
    const before = service.upstream.ledger.length;
    const { status, text, errors } = await authenticate({ ...good(), signature: { ...signature, signedAt } });
    expect(status).toBe(200);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    if (signedAt !== '') expect(text).not.toContain(String(signedAt));
    expect(service.upstream.ledger.length).toBe(before);
  });

  test('optional fields that are null count as absent', async () => {
    const nulls = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));
    const optional = nulls(['appId', 'clientIp', 'queryCode', 'signature', 'channelOptions']);
    const options = { channelOptions: nulls(['orderId', 'subAppId', 'terminalId']) };
    for (const given of [optional, options, { channelOptions: {} }]) {
      const { answer } = await authenticate({ ...good(), ...given });
      expect(answer.__typename).toBe('PayerAuthenticated');
    }
  });

  test('a query code that another authentication holds is QUERY_CODE_TAKEN', async () => {
    const queryCode = 'taken-taken-taken-taken';
    await authenticate({ ...good(), queryCode });
    const answered = await authenticate({ ...good(), queryCode });
    expectInvalid(answered, { code: 'QUERY_CODE_TAKEN', path: 'queryCode', value: queryCode });
  });
});

describe('a code that was used before', () => {
  test('P1: a used code under another query code is AUTH_CODE_USED, and is not sent again', async () => {
    const authCode = codeOf('ok');
    const first = await authenticate({ channelId: 'ali_pay', authCode });
    const sent = service.upstream.ledger.length;
    const second = await authenticate({ channelId: 'ali_pay', authCode, queryCode: 'another-query-code-0001' });
    expect(first.answer.__typename).toBe('PayerAuthenticated');
    expect(second.answer).toEqual({
      __typename: 'PayerAuthorizationRejected',
      code: 'AUTH_CODE_USED',
      message: expect.any(String),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(service.upstream.ledger.length).toBe(sent);
  });

  test('a used code is refused on another channel as well', async () => {
    const authCode = codeOf('ok');
    await authenticate({ channelId: 'ali_pay', authCode });
    const { answer } = await authenticate({ channelId: 'wechat_pay', authCode });
    expect(answer).toMatchObject({ __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_USED' });
  });
});

describe('every kind of test code has its answer', () => {
  let swift: Service;
  beforeAll(async () => {
    swift = await startService({ config: { times: { deadlineMs: 1_500 } } });
  });
  afterAll(() => swift.close());

  const rejected = (code: string) => ({ __typename: 'PayerAuthorizationRejected', code });
  const doubtful = (code: string) => ({ __typename: 'PayerOutcomeUnknown', code });
  const expected: Record<TestCodeKind, { __typename: string; code?: string }> = {
    ok: { __typename: 'PayerAuthenticated' },
    // DaxPay keeps Alipay's reasons to itself.
    invalid: rejected('AUTH_CODE_REFUSED'),
    used: rejected('AUTH_CODE_REFUSED'),
    expired: rejected('AUTH_CODE_REFUSED'),
    hang: doubtful('OUTCOME_UNKNOWN'),
    reset: doubtful('OUTCOME_UNKNOWN'),
    500: doubtful('REPLY_MALFORMED'),
    html: doubtful('REPLY_MALFORMED'),
    gbk: doubtful('REPLY_MALFORMED'),
    redirect: doubtful('REPLY_MALFORMED'),
    oversize: doubtful('OUTCOME_UNKNOWN'),
    badsign: doubtful('REPLY_UNVERIFIED'),
    nosign: doubtful('REPLY_UNVERIFIED'),
    twice: doubtful('REPLY_MALFORMED'),
  };

  test.each(Object.keys(testCodeKinds))('a test code on ali_pay is answered: %s', async (kind) => {
    const authCode = codeOf(kind);
    const before = swift.upstream.ledger.length;
    const { answer, errors, text } = await authenticate({ channelId: 'ali_pay', authCode }, { at: swift });
    expect(errors).toBeUndefined();
    expect(answer).toMatchObject(expected[kind as TestCodeKind]);
    if (kind !== 'ok') expect(answer.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(text).not.toContain(authCode);
    // At most once: with any reply, the code was sent once.
    expect(swift.upstream.ledger.length - before).toBe(1);
  });

  test('a code that the channel does not know is refused', async () => {
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: 'no_test_code_at_all' }, { at: swift });
    expect(answer).toMatchObject({ __typename: 'PayerAuthorizationRejected' });
  });

  test('a refusal that DaxPay beta reports as a system error is indeterminate', async () => {
    const { answer } = await authenticate({ channelId: 'wechat_pay', authCode: codeOf('invalid') }, { at: swift });
    expect(answer).toMatchObject(doubtful('OUTCOME_UNKNOWN'));
  });

  test.each([
    ['invalid', 'AUTH_CODE_INVALID'],
    ['used', 'AUTH_CODE_USED'],
    ['expired', 'AUTH_CODE_EXPIRED'],
  ])('a refusal by DaxPay ga has its reason: %s is %s', async (kind, code) => {
    const app: Partial<DaxpayApp> = { profile: 'ga', mchNo: 'M1' };
    const at = await startFor({ daxpay: app, source: { ...app } });
    const { answer, text } = await authenticate({ channelId: 'wechat_pay', authCode: codeOf(kind) }, { at });
    expect(answer).toMatchObject(rejected(code));
    expect(text).not.toMatch(/errcode|40029|40163|42003/);
  });
});

describe('failures that are not the fault of the auth code', () => {
  const startUnreachable = async () => startFor({ source: { baseUrl: `http://127.0.0.1:${await freePort()}` } });

  const failStore = (at: Service) => {
    at.store.claim = () => Promise.reject(new Error('disk full'));
  };

  test('an unreachable channel is PayerChannelUnavailable and worth repeating', async () => {
    const at = await startUnreachable();
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok') }, { at });
    expect(answer).toMatchObject({
      __typename: 'PayerChannelUnavailable',
      code: 'CHANNEL_UNREACHABLE',
      retryAfterSeconds: expect.any(Number),
    });
  });

  test('P6: while the store fails, authenticate is PayerServiceBusy, and nothing is sent', async () => {
    const at = await startFor({});
    failStore(at);
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok') }, { at });
    expect(answer).toMatchObject({ __typename: 'PayerServiceBusy', code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 });
    expect(at.upstream.ledger).toEqual([]);
  });

  test('an application that the upstream does not know is PayerChannelMisconfigured, and only the operator can help', async () => {
    const at = await startFor({ source: { appId: 'not-demo' } });
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok') }, { at });
    expect(answer).toMatchObject({
      __typename: 'PayerChannelMisconfigured',
      code: 'CHANNEL_MISCONFIGURED',
    });
  });

  test('a refusal signed with another secret than ours is indeterminate', async () => {
    const at = await startFor({ source: { secret: 'not the secret' } });
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok') }, { at });
    expect(answer).toMatchObject({ __typename: 'PayerOutcomeUnknown', code: 'REPLY_UNVERIFIED' });
  });

  /** The trace ids of every line logged. */
  const tracesOf = ({ logLines }: Service) => logLines.map((line) => JSON.parse(line).traceId);

  test('the traceId of a failed redemption is found in the log', async () => {
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('invalid') });
    expect(tracesOf(service)).toContain(answer.traceId);
  });

  test('the traceId of an unreachable channel is found in the log', async () => {
    const at = await startUnreachable();
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok') }, { at });
    expect(tracesOf(at)).toContain(answer.traceId);
  });

  test('the traceId of a failing store is found in the log', async () => {
    const at = await startFor({});
    failStore(at);
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok') }, { at });
    expect(tracesOf(at)).toContain(answer.traceId);
  });

  test('the traceId of a failure that a repeated call reads is found in the log', async () => {
    const input = { channelId: 'ali_pay', authCode: codeOf('invalid') };
    await authenticate(input);
    const { answer } = await authenticate(input);
    expect(tracesOf(service)).toContain(answer.traceId);
  });
});

describe('traceId', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answeredTrace = async (traceparent: string): Promise<string> => {
    const { answer } = await authenticate({ channelId: 'nowhere', authCode: 'x' }, { headers: { traceparent } });
    return answer.traceId;
  };

  test("the traceId of a failure is that of the caller's traceparent", async () => {
    expect(await answeredTrace(`00-${trace}-00f067aa0ba902b7-01`)).toBe(trace);
  });

  test("the caller's traceId stands in the log as well", async () => {
    const traceId = 'f00dfeedf00dfeedf00dfeedf00dfeed';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    await authenticate({ channelId: 'ali_pay', authCode: codeOf('ok') }, { headers });
    expect(service.logLines.join('')).toContain(traceId);
  });

  test.each([
    ['all zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['too short', '00-4bf92f35-00f067aa0ba902b7-01'],
    ['not hexadecimal', `00-${'g'.repeat(32)}-00f067aa0ba902b7-01`],
    ['without a parent', `00-${trace}`],
    ['a script', '<script>alert(1)</script>'],
  ])('a failure gets a new traceId when traceparent is %s', async (_, traceparent) => {
    const first = await answeredTrace(traceparent);
    const second = await answeredTrace(traceparent);
    expect(first).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(first).not.toBe(trace);
    expect(second).not.toBe(first);
  });
});

describe('nothing that belongs to a payer is logged', () => {
  /** Breaks the store so that its errors quote secrets, as a database driver's might. */
  const breakStore = (at: Service, message: string) => {
    at.store.session = () => Promise.reject(new Error(message));
    at.store.identities = () => Promise.reject(new TypeError(message, { cause: new Error(message) }));
    at.store.settle = () => Promise.reject(new RangeError(message));
  };

  const useAndBreak = async (separator: string) => {
    const at = await startFor({ config: { times: { deadlineMs: 1_500 } } });
    const queryCode = 'secret-query-code-0123456789';
    const payers = ['gina', 'hugo'];
    const used = ['ok', 'ok', 'invalid', 'reset', 'badsign', 'twice', 'hang'].map((kind, i) =>
      codeOf(kind, payers[i % 2]),
    );
    const ids: string[] = [];
    for (const [i, authCode] of used.entries()) {
      const channelId = i === 0 ? 'wechat_pay' : 'ali_pay';
      const { answer } = await authenticate({ channelId, authCode, ...(i === 0 && { queryCode }) }, { at });
      if (answer.identity) ids.push(answer.identity.id);
    }
    await at.graphql(AUTH_RESULT, { queryCode });

    const payerIds = payers.flatMap((payer) => Object.values(idsOf(payer)));
    const secrets = [...used, queryCode, ...payerIds, '123456'];
    breakStore(at, `broken${separator}${secrets.join(separator)}`);
    const lastCode = codeOf('ok', 'gina');
    const { answer } = await authenticate({ channelId: 'ali_pay', authCode: lastCode }, { at });
    expect(answer).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    const result = await at.graphql(AUTH_RESULT, { queryCode });
    const entity = await at.graphql('query($id: ID!) { payerIdentity(id: $id) { id } }', { id: ids[0] });
    expect(result.data.authResult).toMatchObject({ __typename: 'PayerServiceBusy', code: 'SERVICE_UNAVAILABLE' });
    expect(entity.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE');
    expect(JSON.stringify([result, entity])).not.toMatch(/broken/);

    const logged = at.logLines.join('');
    expect(logged.match(/"the store failed"/g)).toHaveLength(2);
    expect(logged).toContain('an outcome could not be stored');
    expect(logged).toContain('a code was redeemed');
    return [...secrets, lastCode].filter((secret) => logged.includes(secret));
  };

  test('P8: nothing of a payer is logged, in ordinary lines or when an unexpected error quotes it', async () => {
    expect(await useAndBreak(' ')).toEqual([]);
  });

  test('P8: nothing of a payer is logged when the text of an error looks like a stack trace', async () => {
    expect(await useAndBreak('\n    at ')).toEqual([]);
  });
});
