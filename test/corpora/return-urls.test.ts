/**
 * Addresses that look like those an app has listed, and are not: a payer's auth code must not go there. Only the
 * listed ones pass, compared character by character, for the app that has listed them.
 */
import { expect, onTestFinished, test } from 'vitest';
import { forAll, openClient } from '../support/http/http-client.ts';
import { startSandboxService } from '../support/services/sandbox.ts';

const listed = [
  'https://shop.example.com/back',
  'https://shop.example.com/back?from=pay&lang=zh',
  'https://shop.example.com:8443/back',
  'http://203.0.113.7/back',
  'https://[2001:db8::7]/back',
  'https://xn--fiq228c.example/back',
  'https://shop.example.com/back%2Fpayer#done',
];
const listedElsewhere = ['https://other.example.com/back', 'https://shop.example.com/elsewhere'];

/** Other ways to write a listed address, and addresses that only seem to be one. */
const looksLike = (address: string): string[] => {
  const { protocol, host, hostname, port, pathname, search, hash } = new URL(address);
  const rest = pathname + search + hash;
  const at = (authority: string, path = rest) => `${protocol}//${authority}${path}`;
  const last = hostname.slice(0, -1);
  return [
    // Userinfo, and what parsers take for it.
    ...['user@', 'user:password@', 'evil.example@', ':@', '@', '%40'].map((user) => at(user + host)),
    ...[
      '@evil.example',
      ':443@evil.example',
      '%40evil.example',
      '\\@evil.example',
      '#@evil.example',
      '?@evil.example',
    ].map((end) => at(host + end)),
    // Backslashes and slashes.
    address.replace('//', '\\\\'),
    address.replace('//', '/\\'),
    address.replace('//', '///'),
    address.replace('//', '/'),
    address.replace('//', ''),
    address.replace('://', ':'),
    at(host, `\\..${rest}`),
    ...[
      '//evil.example',
      '/%2f%2fevil.example',
      '/%2F%2Fevil.example',
      '/..;/evil',
      '/%5cevil.example',
      '/.evil.example',
    ],
    ...['//', '/%2f%2f', '/./', '/../', '/%2e%2e/', '/;/', '/%00/', '/%252f/'].map((dots) =>
      at(host, dots + rest.slice(1)),
    ),
    // The host: dots, case, ports, look-alikes.
    ...[
      '.',
      '..',
      '%2e',
      '。',
      '．',
      '%00',
      '%20',
      ' ',
      '\t',
      '\u00ad',
      '\u200b',
      '.evil.example',
      '-evil.example',
      'evil',
    ].map((end) => at(host.replace(hostname, hostname + end))),
    ...['evil', 'evil.', 'evil-', '.', '*.', 'www.', '\u200b', '%77'].map((start) => at(start + host)),
    ...[':443', ':80', ':', ':0', ':00443', ':65536', ':8443', ':443:443', ':４４３'].map((end) =>
      at((port ? hostname : host) + (end === `:${port}` ? ':9443' : end)),
    ),
    at(last),
    at(host.toUpperCase()),
    at(host.replace('e', 'E').replace('b', 'B')),
    at(host.replace('a', '\u0430').replace('0', '\u06f0')),
    at(host.replace('o', '\uff4f').replace('1', '\u00b9')),
    at(host.replace('.', '\u3002').replace(':', '\uff1a')),
    // Scheme.
    ...['http', 'https', 'HTTPS', 'Https', 'ftp', 'javascript', 'data', 'file', 'alipays', 'ws', 'blob:https'].map(
      (scheme) => address.replace(/^\w+/, scheme),
    ),
    `view-source:${address}`,
    address.replace(/^\w+:/, ''),
    // Path, query and fragment.
    ...[
      '/',
      '//',
      '%2f',
      '?',
      '#',
      '?x=1',
      '#x',
      '&x=1',
      '.',
      ';x',
      '/..',
      '/.',
      '%00',
      '%0d%0aSet-Cookie:x=1',
      '*',
      ',https://evil.example',
    ].map((end) => address + end),
    at(host, rest.toUpperCase()),
    at(host, rest.replace('b', '%62')),
    at(host, rest.replace('b', 'B')),
    at(host, rest.replaceAll('%2F', '%2f').replace('?', '?&')),
    at(host, rest.split(/[?#]/)[0]),
    at(host, ''),
    at(host, '/'),
    at(host, pathname.slice(0, -1)),
    at('evil.example', `/${address}`),
    at('evil.example', `?next=${address}`),
    at('evil.example', `#${address}`),
    // Space and control characters around and within.
    ...[' ', '\t', '\n', '\r\n', '\u0000', '\u000b', '\u00a0', '\u2028', '\ufeff', '\u202e'].flatMap((space) => [
      space + address,
      address + space,
      address.replace('/back', `/${space}back`),
    ]),
    encodeURIComponent(address),
    encodeURI(address).replaceAll('%', '%25'),
    `"${address}"`,
    `<${address}>`,
    `${address} ${address}`,
  ];
};

/** Addresses of internal networks in many spellings, and a few that no template makes. */
const inside = [
  ...[
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '017700000001',
    '127.1',
    '0',
    '0.0.0.0',
    '127.0.0.1.nip.io',
  ],
  ...[
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[fe80::1%25lo]',
  ],
  ...[
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '[::ffff:a9fe:a9fe]',
    '10.0.0.1',
    '192.168.0.1',
  ],
  // The listed addresses in other notations.
  ...['3405803783', '0xcb007107', '0313.0.0161.7', '203.0.28935', '203.0.113.07', '203.0.113.7.', '0xcb.0.0x71.7'],
  ...[
    '[::ffff:203.0.113.7]',
    '[::ffff:cb00:7107]',
    '[2001:0db8::7]',
    '[2001:db8:0:0:0:0:0:7]',
    '[2001:DB8::7]',
    '[2001:db8::0.0.0.7]',
  ],
  ...[
    '中文.example',
    'xn--FIQ228C.example',
    'xn--fiq228c.example.',
    'localhost',
    'metadata.google.internal',
    'ⓢⓗⓞⓟ.example.com',
  ],
].flatMap((host) => [`http://${host}/back`, `https://${host}/back`]);

const corpus = [
  ...new Set([...listed.flatMap(looksLike), ...inside, ...listedElsewhere, '', ' ', '/', '/back', '//', 'back']),
].filter((address) => !listed.includes(address));

const operations: Readonly<
  Record<string, { readonly query: string; readonly input: Readonly<Record<string, unknown>> }>
> = {
  startAuthentication: {
    query: 'mutation ($input: PayerStartAuthenticationInput!) { r: startAuthentication(input: $input) { ...F } }',
    input: { channelId: 'ali_pay' },
  },
  initializeIdentityCertification: {
    query:
      'mutation ($input: PayerInitializeCertificationInput!) { r: initializeIdentityCertification(input: $input) { ...F } }',
    input: {
      method: 'FACE',
      document: { type: 'IDENTITY_CARD', holderName: 'test_ok_a', number: '11010519491231002X' },
    },
  },
  startIdentityCertification: {
    query: 'mutation ($input: PayerStartCertificationInput!) { r: startIdentityCertification(input: $input) { ...F } }',
    input: { certifyId: '0123456789abcdef0123456789abcdef' },
  },
};
const FAILURE = ' fragment F on PayerFailure { code ... on PayerInvalidInput { fields { path } } }';

/** Two apps at the emulated Alipay: as in production, or in sandbox mode. */
const startShops = async (sandbox: boolean) => {
  const service = await startSandboxService(
    (config) => ({
      ...config,
      apps: [
        { id: 'shop', channels: { ali_pay: 'alipay' }, returnUrls: listed },
        { id: 'other', channels: { ali_pay: 'alipay' }, returnUrls: listedElsewhere },
      ],
      defaultApp: 'shop',
    }),
    { sandbox },
  );
  onTestFinished(() => service.close());
  return service;
};

test.each(Object.entries(operations))(
  '%s accepts the return URLs that the app has listed, character by character, and no other',
  { timeout: 60_000 },
  async (_, { query, input }) => {
    expect(corpus.length).toBeGreaterThan(300);
    const service = await startShops(false);
    const client = openClient(service.origin);
    onTestFinished(() => client.close());
    /** The code of the failure and its field; nothing when the address is accepted. */
    const verdict = async (appId: string, returnUrl: string): Promise<string> => {
      const variables = { input: { ...input, appId, returnUrl } };
      const { text } = await client.post(JSON.stringify({ query: query + FAILURE, variables }));
      const { r } = JSON.parse(text).data;
      return [r.code, ...(r.fields ?? []).map(({ path }: { path: string }) => path)].join(' ');
    };
    const passed: string[] = [];
    const ask = async (appId: string, address: string) => {
      const refusal = await verdict(appId, address);
      if (refusal === '') passed.push(`${appId} ${JSON.stringify(address)}`);
      else expect(refusal).toBe('INPUT_INVALID returnUrl');
    };
    await forAll([...corpus, ...listed], (address) => ask('shop', address));
    await forAll([...listed, ...listedElsewhere], (address) => ask('other', address));
    console.log(
      `${corpus.length} addresses that no app has listed; ${passed.length} passed of ${corpus.length + 2 * listed.length + listedElsewhere.length} calls`,
    );
    const expected = [
      ...listed.map((address) => ['shop', address]),
      ...listedElsewhere.map((address) => ['other', address]),
    ];
    expect(passed.sort()).toEqual(expected.map(([appId, address]) => `${appId} ${JSON.stringify(address)}`).sort());
  },
);

test('in sandbox mode an app also accepts the pages of this machine, in the spelling of a browser, and no other', {
  timeout: 60_000,
}, async () => {
  const service = await startShops(true);
  const client = openClient(service.origin);
  onTestFinished(() => client.close());
  const { query, input } = operations.startAuthentication ?? expect.unreachable();
  const passed: string[] = [];
  const hosts = ['localhost', '127.0.0.1', '[::1]'];
  const ends = ['', '/', '/back?x=1#y', ':5173/back', ':80/back', '//evil.example', '/@evil.example'];
  const own = hosts.flatMap((host) => ends.map((end) => `http://${host}${end}`));
  const strange = [
    ...hosts.flatMap((host) => [
      `http://me@${host}/`,
      `ftp://${host}/`,
      `http://${host}.evil.example/`,
      `http:/${host}/`,
    ]),
    ...['http://LOCALHOST/', 'http://127.0.0.2/', 'http://localhost\\@evil.example/', 'http://evil.example/#localhost'],
  ];
  await forAll([...corpus, ...strange, ...own], async (returnUrl) => {
    const variables = { input: { ...input, appId: 'shop', returnUrl } };
    const { text } = await client.post(JSON.stringify({ query: query + FAILURE, variables }));
    if (JSON.parse(text).data.r.code === undefined) passed.push(returnUrl);
  });
  const hostOf = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:[/?#]|$)/;
  expect(passed.filter((address) => !hostOf.test(address))).toEqual([]);
  expect(passed).toEqual(expect.arrayContaining(own));
});
