/** The table of kinds of auth codes and channel names in docs/channels.md: `UPDATE_DOCS=1 vitest run test/channels/ways-table.test.ts` writes it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { openSources } from '../../src/channels/registry.ts';
import { configFile } from '../../src/config/file.ts';
import { waysApp, waysTitles } from '../../src/emulators/sandbox-ways.ts';
import vectors from '../vectors/alipay.json' with { type: 'json' };

const docs = new URL('../../docs/channels.md', import.meta.url);
const [BEGIN, END] = ['<!-- ways: begin -->\n', '<!-- ways: end -->'];

const alipay = {
  type: 'alipay',
  appId: '2021000000000001',
  privateKey: vectors.appPrivateKeyPkcs8DerBase64,
  alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64,
};
const wechat = { type: 'wechat', appId: 'wx1', appSecret: 's' };
/** By what a configuration says besides credentials. */
const configured = {
  '`alipay`': alipay,
  '`alipay`, `kind: miniprogram`': { ...alipay, kind: 'miniprogram' },
  '`alipay`, `kind: native`': { ...alipay, kind: 'native', pid: '2088000000000001' },
  '`wechat`': wechat,
  '`wechat`, `scope: snsapi_login`': { ...wechat, scope: 'snsapi_login' },
  '`wechat`, `kind: miniprogram`': { ...wechat, kind: 'miniprogram' },
  '`wechat`, `kind: native`': { ...wechat, kind: 'native' },
  '`wechat`, `kind: payment_code`': { type: 'wechat', kind: 'payment_code', appId: 'wx1', mchId: '1', apiKey: 'k' },
  '`jucai`': { type: 'jucai', baseUrl: 'https://pay.example', mchNo: 'm', appId: 'a', secret: 's' },
  '`daxpay`': { type: 'daxpay', baseUrl: 'https://pay.example', appId: 'a', secret: 's' },
};

/** Rows of one source and kind: the channels that it serves by default, and what startAuthentication answers. */
const rows = () => {
  const sources = openSources(configured);
  onTestFinished(() => sources.close());
  return sources.names.flatMap((name) => {
    const source = sources.get(name) ?? expect.unreachable();
    const byKind = Map.groupBy(source.channels, (channel) => source.authCodeKind(channel));
    return [...byKind].map(([kind, channels]) => {
      const hasPage = channels.every((channel) => source.authorizer?.channels.includes(channel));
      const started = hasPage ? 'a page' : `no page${source.infoStr ? ', but an `infoStr`' : ''}`;
      const names = channels.map((channel) => `\`${channel}\``).join(', ');
      return { kind, channels, line: `| ${name} | \`${kind}\` | ${names} | ${started} |\n` };
    });
  });
};

test('docs/channels.md lists the kind of auth code and the channel names of every source', () => {
  const head =
    '| source | kind of code | channel names by default | `startAuthentication` answers |\n|---|---|---|---|\n';
  const table =
    head +
    rows()
      .map(({ line }) => line)
      .join('');
  const text = readFileSync(docs, 'utf8');
  const [at, until] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (process.env.UPDATE_DOCS) writeFileSync(docs, text.slice(0, at) + table + text.slice(until));
  else expect(text.slice(at, until)).toBe(table);
});

test('a name ends with its kind, so that no name is used for two kinds, and the sandbox has every one of them', () => {
  const named = rows().flatMap(({ kind, channels }) => channels.map((channel) => [channel, kind] as const));
  const wallets = ['ali_pay', 'wechat_pay', 'union_pay'];
  const own = named.filter(([channel]) => !wallets.includes(channel));
  for (const [channel, kind] of own) expect(channel).toMatch(new RegExp(`^(?:ali|wechat)_pay_${kind.toLowerCase()}$`));
  const names = new Set(own.map(([channel]) => channel));
  expect(Object.keys(waysTitles).toSorted()).toEqual([...names].toSorted());
  expect(Object.keys(waysApp('http://127.0.0.1').channels).toSorted()).toEqual([...names, ...wallets].toSorted());
  // They are names that a configuration may have.
  for (const channel of names)
    expect(configFile.shape.apps.element.shape.channels.safeParse({ [channel]: 'a' }).success).toBe(true);
});
