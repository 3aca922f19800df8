import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTHENTICATE } from '../support/services/service.ts';

const INITIALIZE = `mutation ($input: PayerInitializeCertificationInput!) { initializeIdentityCertification(input: $input) {
  __typename ... on PayerCertificationInitialized { certifyId } ... on PayerFailure { code message } ... on PayerInvalidInput { fields { path message } } } }`;
const START = `mutation ($input: PayerStartCertificationInput!) { startIdentityCertification(input: $input) {
  __typename ... on PayerCertificationStarted { url deepLink qr form { action html fields { name value } } }
  ... on PayerFailure { code } ... on PayerInvalidInput { fields { path } } } }`;
const CHECK = `query ($certifyId: ID!, $appId: ID) { identityCertification(certifyId: $certifyId, appId: $appId) {
  __typename ... on PayerCertification { certifyId status startedAt checkedAt } ... on PayerFailure { code } ... on PayerChannelUnavailable { retryAfterSeconds } } }`;

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService((config) => ({
    ...config,
    apps: [...config.apps, { id: 'other', channels: { ali_pay: 'alipay' } }],
    times: { deadlineMs: 1_500, leaseMs: 4_000 },
  }));
});
afterAll(() => service.close());

const number = '11010519491231002X';
const payer = { type: 'IDENTITY_CARD', holderName: '张三', number };
const initialize = async (input: Record<string, unknown> = {}) =>
  (await service.graphql(INITIALIZE, { input: { method: 'FACE', document: payer, ...input } })).data
    .initializeIdentityCertification;
/** With another document. */
const initializeWith = (document: Partial<typeof payer>) => initialize({ document: { ...payer, ...document } });
const check = async (certifyId: string, appId?: string) =>
  (await service.graphql(CHECK, { certifyId, appId })).data.identityCertification;
const start = async (input: Record<string, unknown>) =>
  (await service.graphql(START, { input })).data.startIdentityCertification;
const choose = async (url: string, choice: '通过' | '不通过') => {
  const page = await (await fetch(url)).text();
  const links = [...page.matchAll(/href="([^"]+)"[^>]*>([^<]*)</g)];
  const href = links.find(([, , label]) => label?.trim() === choice)?.[1]?.replaceAll('&amp;', '&') ?? '';
  return fetch(new URL(href, url), { redirect: 'manual' });
};

describe('a certification', () => {
  test('a certification passes when the payer passes, and is shown on the payer that it was started for', async () => {
    const { data } = await service.graphql(AUTHENTICATE, {
      input: { channelId: 'ali_pay', authCode: 'test_ok_alice' },
    });
    const identityId = data.authenticate.identity.id;
    const { certifyId } = await initialize({ identityId });
    const shown = async () =>
      (
        await service.graphql(
          'query ($id: ID!) { payerIdentity(id: $id) { certification { certifyId status checkedAt } } }',
          { id: identityId },
        )
      ).data.payerIdentity.certification;
    expect(await shown()).toEqual({ certifyId, status: 'STARTED', checkedAt: null });

    const { url } = await start({ certifyId });
    expect(await check(certifyId)).toMatchObject({ status: 'NOT_PASSED' });
    await choose(url, '通过');
    expect(await check(certifyId)).toMatchObject({ __typename: 'PayerCertification', status: 'PASSED' });
    expect(await shown()).toMatchObject({ status: 'PASSED', checkedAt: expect.any(String) });

    const later = await initialize({ identityId });
    expect(later.certifyId).not.toBe(certifyId);
    expect(await shown()).toMatchObject({ certifyId, status: 'PASSED' });
  });

  test('a certification that the payer fails is not passed, even if the browser returns as if it were', async () => {
    const returnUrl = service.returnUrl('ali_pay');
    const { certifyId } = await initialize({ returnUrl });
    const { url } = await start({ certifyId, returnUrl });
    const back = await choose(url, '不通过');
    await fetch(back.headers.get('location') ?? returnUrl);
    await fetch(`${returnUrl}&passed=T&certify_id=${certifyId}`);
    expect(await check(certifyId)).toMatchObject({ status: 'NOT_PASSED' });
  });

  test('a certification of another app is answered as an unknown one', async () => {
    const { certifyId } = await initialize();
    expect(await check(certifyId, 'other')).toEqual({
      __typename: 'PayerCertificationRejected',
      code: 'CERTIFY_ID_UNKNOWN',
    });
    expect(await check('0'.repeat(32))).toEqual({
      __typename: 'PayerCertificationRejected',
      code: 'CERTIFY_ID_UNKNOWN',
    });
  });

  test('a certification stores and logs the document’s number nowhere', async () => {
    await initialize();
    await initializeWith({ holderName: 'test_500_x' });
    const files = ['', '-wal'].map((suffix) => readFileSync(service.file + suffix, 'latin1')).join('');
    for (const form of [
      number,
      Buffer.from(number).toString('base64').slice(0, 20),
      Buffer.from(number).toString('hex'),
    ]) {
      expect(files).not.toContain(form);
      expect(service.logLines.join('')).not.toContain(form);
    }
  });
});

describe('the page', () => {
  test('the page of the channel is the same by link, form, deep link and QR code, and its HTML submits itself', async () => {
    const { certifyId } = await initialize();
    const started = await start({ certifyId });
    const { form } = started;
    expect(form.action).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/gateway\.do\?/);
    expect(JSON.parse(form.fields[0].value)).toEqual({ certify_id: certifyId });
    expect(form.html).toContain('document.forms[0].submit()');
    expect(form.html.match(/<form/g)).toHaveLength(1);
    expect(decodeURIComponent(started.deepLink.split('url=')[1])).toBe(started.url);
    expect(started.qr).toMatch(/^<svg|^<\?xml/);
  });

  test('the page of the channel returns only to a page that the app lists', async () => {
    const { certifyId } = await initialize();
    expect(await start({ certifyId, returnUrl: 'https://evil.example/' })).toMatchObject({
      fields: [{ path: 'returnUrl' }],
    });
    expect(await initialize({ returnUrl: 'https://evil.example/' })).toMatchObject({ fields: [{ path: 'returnUrl' }] });
  });
});

describe('the number of the document', () => {
  const sentDocument = async (document: Partial<typeof payer>) => {
    expect(await initializeWith(document)).toMatchObject({ __typename: 'PayerCertificationInitialized' });
    const { body = '' } = service.emulators.alipay.ledger.at(-1) ?? {};
    return JSON.parse(new URLSearchParams(body).get('biz_content') ?? '').identity_param;
  };

  test.each(['11010519491231002x', '１１０１０５１９４９１２３１００２ｘ', ' 110105 19491231 002x '])(
    'the number of an identity card is sent as the card prints it: %s',
    async (typed) =>
      expect(await sentDocument({ number: typed })).toEqual({
        identity_type: 'CERT_INFO',
        cert_type: 'IDENTITY_CARD',
        cert_name: '张三',
        cert_no: number,
      }),
  );

  test.each([
    'HOME_VISIT_PERMIT_HK_MC',
    'HOME_VISIT_PERMIT_TAIWAN',
    'RESIDENCE_PERMIT_HK_MC',
    'RESIDENCE_PERMIT_TAIWAN',
    'PERMANENT_RESIDENCE_FOREIGNER',
  ])('the number of a document %s is sent with capitals and without blanks', async (type) => {
    const sent = await sentDocument({ type, number: 'h 123456789 ' });
    expect(sent).toMatchObject({ cert_type: type, cert_no: 'H123456789' });
  });

  test.each([
    ['110105491231002', /15 digits have not been valid since 2013/],
    ['11010519491331002X', /no date of birth/],
    ['110105194912310021', /last character does not check/],
    [' \u3000 ', /at least 1 character/],
  ])('a malformed number is refused with what to change: %s', async (malformed, message) => {
    const { __typename, fields } = await initializeWith({ number: malformed });
    expect(__typename).toBe('PayerInvalidInput');
    expect(fields[0]).toEqual({ path: 'document.number', message: expect.stringMatching(message) });
  });
});

describe('bad input', () => {
  test.each([
    [{ document: { ...payer, number: '110105194912310021' } }, 'document.number'],
    [{ document: { ...payer, number: '11010519491231002Y' } }, 'document.number'],
    [{ document: { ...payer, holderName: '' } }, 'document.holderName'],
    [{ document: { ...payer, holderName: '名'.repeat(129) } }, 'document.holderName'],
    [{ identityId: 'pid_unknown' }, 'identityId'],
    [{ returnUrl: `https://shop.example/${'x'.repeat(256)}` }, 'returnUrl'],
  ])('the bad input %o is refused with the name of the field and without the value', async (input, path) => {
    const answer = await initialize(input);
    expect(answer).toMatchObject({ __typename: 'PayerInvalidInput', fields: [{ path }] });
    expect(JSON.stringify(answer)).not.toContain('4912310');
  });

  test.each(['', 'x'.repeat(33), 'a-b', 'a b'])('the certifyId %o is refused', async (certifyId) => {
    expect(await start({ certifyId })).toMatchObject({
      __typename: 'PayerInvalidInput',
      fields: [{ path: 'certifyId' }],
    });
    expect(await check(certifyId)).toMatchObject({ __typename: 'PayerInvalidInput' });
  });
});

test.each(['hang', 'reset', '500', 'html', 'gbk', 'redirect', 'oversize', 'badsign', 'nosign', 'twice'])(
  'a channel that answers with %s has given no usable answer, and can be asked again',
  async (kind) => {
    expect(await initializeWith({ holderName: `test_${kind}_x` })).toMatchObject({
      __typename: 'PayerChannelUnavailable',
      code: 'CHANNEL_NO_ANSWER',
    });
  },
);
