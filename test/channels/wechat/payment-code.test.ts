import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { judgeOpenId, openIdRequest, signV2 } from '../../../src/channels/wechat/payment-code.ts';
import { idsOf } from '../../../src/emulators/test-codes.ts';
import { startWechat } from '../../../src/emulators/wechat.ts';
import { PayerIdentityError } from '../../../src/failure.ts';
import type { Redeemed } from '../../../src/model.ts';
import { soon } from '../../support/services/sources.ts';
import { apiKey, appId, appSecret, mchId, merchant, open, shown, sub } from './options.ts';

/** A V2 reply as WeChat would sign it. */
const signedXml = (fields: Readonly<Record<string, string>>, key = apiKey): string => {
  const all = new Map(Object.entries(fields));
  all.set('sign', signV2(all, key));
  return `<xml>${[...all].map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`).join('\n')}\n</xml>`;
};
const success = {
  ...{ return_code: 'SUCCESS', return_msg: 'OK', appid: appId, mch_id: mchId, nonce_str: 'n', result_code: 'SUCCESS' },
  openid: 'oAlice',
};
const judge = (xml: string | Buffer, who: Parameters<typeof judgeOpenId>[1] = merchant): Redeemed =>
  judgeOpenId({ status: 200, headers: {}, body: Buffer.from(xml) }, who);
const outcome = (xml: string | Buffer, who = merchant): unknown => {
  try {
    return judge(xml, who).subject;
  } catch (error) {
    if (!(error instanceof PayerIdentityError)) throw error;
    return error.code;
  }
};

describe('a signature of WeChat Pay V2', () => {
  /** https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=4_3 */
  const example = {
    ...{ appid: 'wxd930ea5d5a258f4f', mch_id: '10000100', device_info: '1000', body: 'test' },
    nonce_str: 'ibuaiVcKdpRxkhJA',
  };
  const published = '9A0A8659F005D6984697E2CA0A9CF3B7';
  const sign = (fields: object, key = apiKey) => signV2(new Map(Object.entries(fields)), key);

  test('the V2 signature of the published example is the published one', () => {
    expect(sign(example)).toBe(published);
    expect(sign(Object.fromEntries(Object.entries(example).reverse()))).toBe(published);
    expect(sign({ ...example, sign: 'x', attach: '' })).toBe(published);
  });

  test('the V2 signature changes with one character', () => {
    for (const [name, value] of Object.entries(example))
      expect(sign({ ...example, [name]: `${value.slice(0, -1)}~` }), name).not.toBe(published);
    expect(sign(example, apiKey.replace('1', '2'))).not.toBe(published);
    expect(sign({ ...example, attach: ' ' })).not.toBe(published);
  });
});

describe('a payment code', () => {
  test('a payment code yields the openid, with the request that V2 requires', async () => {
    const { emulator, redeem } = await open('payment_code');
    expect(await redeem('test_ok_alice')).toEqual({ subject: { openId: idsOf('alice').openid } });
    expect(emulator.ledger[0]?.method).toBe('POST');
    const { headers } = openIdRequest('code', merchant, 'nonce');
    expect(headers).toEqual({ 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml' });
    expect(emulator.ledger[0]?.body).toMatch(
      new RegExp(
        `^<xml><appid>${appId}</appid><mch_id>${mchId}</mch_id><auth_code>test_ok_alice</auth_code>` +
          `<nonce_str>[0-9a-f]{32}</nonce_str><sign>[0-9A-F]{32}</sign></xml>$`,
      ),
    );
  });

  test('a payment code yields the ids of the sub-merchant to a service provider', async () => {
    const { emulator, redeem } = await open('payment_code', {
      app: { merchant: { ...merchant, ...sub } },
      source: sub,
    });
    const { subject } = await redeem('test_ok_alice');
    expect(subject).toEqual({
      openId: idsOf('alice').openid,
      subAppId: sub.subAppId,
      subOpenId: expect.stringMatching(/^o[\w-]{27}$/),
    });
    expect(subject.subOpenId).not.toBe(subject.openId);
    expect(emulator.ledger[0]?.body).toContain(
      `<sub_appid>${sub.subAppId}</sub_appid><sub_mch_id>${sub.subMchId}</sub_mch_id>`,
    );
  });

  test('a payment code with markup in it reaches WeChat unchanged', async () => {
    const { redeem } = await open('payment_code');
    const refused = { code: 'AUTH_CODE_INVALID', upstreamCode: 'AUTH_CODE_INVALID' };
    await expect(redeem('test_]]></auth_code>&amp;<appid>')).rejects.toMatchObject(refused);
  });

  test.each(['100000000000000000', '134567890123456789', '159999999999999999'])(
    'the payment code %s is sent',
    async (code) => {
      const { source, emulator, redeem } = await open('payment_code', { source: { paymentCodePattern: undefined } });
      source.validate?.(code, { channelId: 'wechat_pay' });
      await expect(redeem(code)).rejects.toMatchObject({ upstreamCode: 'AUTH_CODE_INVALID' });
      expect(emulator.ledger).toHaveLength(1);
    },
  );

  test.each([
    '160000000000000000',
    '013456789012345678',
    '13456789012345678',
    '1345678901234567890',
    '134567890123456789\n',
    '１３４５６７８９０１２３４５６７８９',
    'test_ok_alice',
    '',
  ])('%j is not a payment code, and is INPUT_INVALID before anything is claimed', async (code) => {
    const { source } = await open('payment_code', { source: { paymentCodePattern: undefined } });
    const check = () => source.validate?.(code, { channelId: 'wechat_pay' });
    expect(check).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', fields: [expect.objectContaining({ path: 'authCode' })] }),
    );
  });

  const provider = (subAppId: string | readonly string[]) => ({ merchant: { ...merchant, ...sub, subAppId } });
  const asking = async (options: Parameters<typeof open>[1], subAppId?: string) => {
    const { source, emulator } = await open('payment_code', options);
    const request = { channelId: 'wechat_pay', subAppId };
    return { emulator, ask: async () => source.validate?.('test_ok_alice', request), request, source };
  };

  test('a payment code is redeemed in the application of the sub-merchant that the caller names', async () => {
    const apps = ['wx8888888888888888', 'wx9999999999999999'];
    const subjects = [];
    for (const subAppId of apps) {
      const { source, emulator, ask, request } = await asking(
        { app: provider(apps), source: { subMchId: sub.subMchId } },
        subAppId,
      );
      await ask();
      const { subject } = await source.redeem('test_ok_alice', request, soon());
      expect(emulator.ledger[0]?.body).toContain(`<sub_appid>${subAppId}</sub_appid>`);
      expect(subject).toMatchObject({ openId: idsOf('alice').openid, subAppId });
      subjects.push(subject.subOpenId);
    }
    expect(new Set(subjects).size).toBe(2);
  });

  test.each([
    ['none, for a sub-merchant with one application', sub.subAppId, undefined],
    ['the configured one', sub.subAppId, sub.subAppId],
  ])('a payment code is redeemed with %s', async (_, subAppId, named) => {
    const { ask } = await asking({ app: provider(subAppId), source: sub }, named);
    await expect(ask()).resolves.toBeUndefined();
  });

  test.each([
    ['an ordinary merchant', {}, 'wx8888888888888888'],
    ['a service provider whose configuration names another one', sub, 'wx9999999999999999'],
    ['a service provider, with what is no id', { subMchId: sub.subMchId }, 'wx 8888'],
  ])('a subAppId of the caller for %s is refused and sends nothing', async (_, source, subAppId) => {
    const { ask, emulator } = await asking({ source }, subAppId);
    const refused = {
      code: 'INPUT_INVALID',
      fields: [{ path: 'channelOptions.subAppId', message: expect.any(String) }],
    };
    await expect(ask()).rejects.toMatchObject(refused);
    expect(emulator.ledger).toHaveLength(0);
  });
});

describe('a reply of WeChat Pay V2', () => {
  test.each([
    ['AUTHCODEEXPIRE', 'AUTH_CODE_EXPIRED'],
    ['AUTH_CODE_ERROR', 'AUTH_CODE_INVALID'],
    ['AUTH_CODE_INVALID', 'AUTH_CODE_INVALID'],
    ['SYSTEMERROR', 'OUTCOME_UNKNOWN'],
    ['NEVER_HEARD_OF', 'OUTCOME_UNKNOWN'],
    ['constructor', 'OUTCOME_UNKNOWN'],
  ])('a reply that refuses with %s is %s', (err_code, code) => {
    const refusal = signedXml({ ...success, result_code: 'FAIL', openid: '', err_code });
    expect(() => judge(refusal)).toThrow(expect.objectContaining({ code, upstreamCode: err_code }));
  });

  test('a refusal without a signature is unverified', () => {
    const refusal = signedXml({ ...success, result_code: 'FAIL', err_code: 'AUTH_CODE_INVALID' });
    expect(outcome(refusal.replace(/<sign>.*<\/sign>/, ''))).toBe('REPLY_UNVERIFIED');
  });

  test('P12: a reply for another app, merchant or sub-merchant is unverified, though its signature is right', () => {
    const provider = { ...merchant, ...sub };
    expect(outcome(signedXml(success))).toEqual({ openId: 'oAlice' });
    expect(outcome(signedXml({ ...success, appid: 'wx0' }))).toBe('REPLY_UNVERIFIED');
    expect(outcome(signedXml({ ...success, mch_id: '1' }))).toBe('REPLY_UNVERIFIED');
    expect(outcome(signedXml({ ...success, sub_appid: 'wx0' }), provider)).toBe('REPLY_UNVERIFIED');
    expect(outcome(signedXml({ ...success, sub_mch_id: '1' }), provider)).toBe('REPLY_UNVERIFIED');
    const both = { ...success, sub_appid: sub.subAppId, sub_openid: 'oSub' };
    expect(outcome(signedXml(both), provider)).toEqual({
      openId: 'oAlice',
      subAppId: sub.subAppId,
      subOpenId: 'oSub',
    });
  });

  test('a reply that names no sub-merchant where none is configured is a success without one', () => {
    expect(outcome(signedXml({ ...success, sub_openid: '', sub_appid: '', sub_mch_id: '' }))).toEqual({
      openId: 'oAlice',
    });
  });

  test.each([
    ['no openid', { openid: '' }],
    ['an openid that is markup', { openid: '<b>' }],
    ['a result unheard of', { result_code: 'MAYBE' }],
    ['a return code unheard of', { return_code: 'MAYBE' }],
  ])('a reply with %s is malformed, though its signature is right', (_, change) => {
    expect(outcome(signedXml({ ...success, ...change }))).toBe('REPLY_MALFORMED');
  });

  test('a reply with one field moved into another has the same signature, and is malformed', () => {
    const genuine = { ...success, sub_openid: 'oSub', return_msg: 'OK' };
    const { sub_openid: _, ...rest } = genuine;
    const moved = { ...rest, return_msg: 'OK&sub_openid=oSub' };
    const { sign } = Object.fromEntries(
      [...signedXml(genuine).matchAll(/<(sign)><!\[CDATA\[(.*?)\]/g)].map(([, k, v]) => [k, v]),
    );
    expect(signV2(new Map(Object.entries({ ...moved, return_code: 'SUCCESS' })), apiKey)).toBe(sign);
    expect(outcome(signedXml(moved))).toBe('REPLY_MALFORMED');
  });

  const genuine = signedXml(success);
  const openid = '<openid><![CDATA[oAlice]]></openid>';
  test.each([
    ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${genuine}`],
    ['a byte order mark', `\ufeff${genuine}`],
    ['blanks between elements', genuine.replaceAll('>\n<', '>\r\n\t <')],
    ['plain text for CDATA', genuine.replace(openid, '<openid>oAlice</openid>')],
    ['an empty element', genuine.replace(openid, `${openid}<attach></attach>`)],
    ['a self-closing element', genuine.replace(openid, `${openid}<attach/>`)],
    ['a new element, signed', signedXml({ ...success, brand_new: '<b>中</b> ]] >' })],
  ])('a reply with %s is read', (_, xml) => {
    expect(outcome(xml)).toEqual({ openId: 'oAlice' });
  });

  const inside = (content: string) => genuine.replace(openid, `<openid>${content}</openid>`);
  const laughs = Array.from({ length: 12 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  test.each([
    ['a DTD', `<!DOCTYPE xml>${genuine}`],
    ['an entity', `<!DOCTYPE xml [<!ENTITY e "oAlice">]>${inside('&e;')}`],
    ['an external entity', `<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]>${inside('&e;')}`],
    ['a billion laughs', `<!DOCTYPE xml [<!ENTITY l0 "ha">${laughs}]>${inside('&l12;')}`],
    ['a doctype in other letters', `<!doctype xml>${genuine}`],
    ['an undeclared entity', inside('&e;')],
    ['a predefined entity', inside('oAlic&#101;')],
    ['an attribute', genuine.replace('<openid>', '<openid id="1">')],
    ['an attribute of the root', genuine.replace('<xml>', '<xml xmlns="urn:x">')],
    ['a comment in a value', inside('oAl<!-- -->ice')],
    ['a comment', genuine.replace('</xml>', '<!-- --></xml>')],
    ['a processing instruction', inside('oAlice<?x y?>')],
    ['a declaration in a value', inside('oAl<?xml version="1.0"?>ice')],
    ['a reference in CDATA', signedXml({ ...success, brand_new: 'a&b' })],
    ['a comment in CDATA', signedXml({ ...success, brand_new: '<!-- -->' })],
    ['two CDATA sections', inside('<![CDATA[oAl]]><![CDATA[ice]]>')],
    ['text beside CDATA', inside('oAl<![CDATA[ice]]>')],
    ['an element in an element', inside('<b>oAlice</b>')],
    ['a repeated element', genuine.replace('</xml>', `${openid}</xml>`)],
    ['a repeated element, the other one first', genuine.replace('<xml>', '<xml><openid>oMallory</openid>')],
    ['an element with a namespace', genuine.replaceAll('openid>', 'x:openid>')],
    ['an element of the prototype', genuine.replace('</xml>', '<__proto__>1</__proto__></xml>')],
    ['an element named constructor', genuine.replace('</xml>', '<constructor>1</constructor></xml>')],
    ['two roots', `${genuine}${genuine}`],
    ['another root', genuine.replaceAll('xml>', 'root>')],
    ['text before the root', `OK${genuine}`],
    ['text after the root', `${genuine}OK`],
    ['text between elements', genuine.replace(openid, `${openid}oMallory`)],
    ['a root that is not closed', genuine.replace('</xml>', '')],
    ['a tag closed by another', genuine.replace('</openid>', '</openld>')],
    ['CDATA that is not closed', genuine.replace('oAlice]]>', 'oAlice')],
    ['depth', `<xml>${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}</xml>`],
    ['depth without end', '<xml>'.repeat(13_000)],
    ['more than it needs', genuine.replace('</xml>', `${' '.repeat(8_000)}</xml>`)],
    ['nothing', ''],
    ['blanks', ' \n '],
    ['an angle', '<'],
    ['JSON', '{"return_code":"SUCCESS","openid":"oAlice"}'],
    ['a NUL', Buffer.from([0])],
  ])('a reply with %s is malformed', (_, xml) => {
    expect(outcome(xml)).toBe('REPLY_MALFORMED');
  });

  test('P8: nothing of a malformed reply is in an error', () => {
    for (const xml of [inside('s3cret<'), inside('<s3cret'), inside('<a s3cret>'), `<s3cret>${genuine}`, 's3cret'])
      try {
        expect.unreachable(shown(judge(xml)));
      } catch (error) {
        expect(error).toBeInstanceOf(PayerIdentityError);
        expect(shown(error)).not.toContain('s3cret');
      }
  });

  /** The emulator's replies, byte for byte. */
  const replyTo = async (code: string, who: typeof merchant) => {
    const emulator = await startWechat({ apps: [{ appId, secret: appSecret, merchant: who }] });
    onTestFinished(() => emulator.close());
    const { path, body = '' } = openIdRequest(code, who, 'n');
    const reply = await fetch(emulator.origin + path, { method: 'POST', body });
    return Buffer.from(await reply.arrayBuffer());
  };

  test.each([
    ['a success', 'test_ok_alice', merchant],
    ["a sub-merchant's success", 'test_ok_alice', { ...merchant, ...sub }],
    ['a refusal', 'test_expired_alice', merchant],
  ])('P12: a reply with any one byte of %s changed names no other payer', async (_, code, who) => {
    const reply = await replyTo(code, who);
    const before = outcome(reply, who);
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(reply.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(reply);
        changed[at] = (changed[at] ?? 0) ^ change;
        const after = outcome(changed, who);
        if (typeof after === 'string') return;
        accepted += 1;
        expect(after).toEqual(before);
      }),
      { numRuns: 3_000 },
    );
    // Only the blanks between elements may change.
    expect(accepted).toBeLessThan(100);
  });

  test('P12: a reply cut, doubled or spliced anywhere names no other payer', async () => {
    const reply = await replyTo('test_ok_alice', merchant);
    const before = outcome(reply);
    const at = fc.nat(reply.length);
    fc.assert(
      fc.property(at, at, at, (from, to, into) => {
        const piece = reply.subarray(Math.min(from, to), Math.max(from, to));
        const changed = [
          reply.subarray(0, from),
          Buffer.concat([reply.subarray(0, into), piece, reply.subarray(into)]),
        ];
        for (const xml of changed) {
          const after = outcome(xml);
          if (typeof after !== 'string') expect(after).toEqual(before);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
