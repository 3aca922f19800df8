/**
 * A canary for every kind of secret goes through the whole fault suite, and is searched in everything that the service
 * writes: output, answers, errors, database. Once with a process of its own, once with the service in this process,
 * whose errors can be inspected. The service makes no spans.
 */
import { expect, test } from 'vitest';
import { searchCanaries } from '../support/canaries/canaries.ts';
import type { Answer } from '../support/faults/calls.ts';
import { type Canaries, type Places, startHere, startProcess } from '../support/faults/hosts.ts';
import { runFaults } from '../support/faults/suite.ts';

/** The fields of an answer that carry a secret by contract, and which. */
const carries: Readonly<Record<string, readonly string[]>> = {
  openId: ['openid', 'openId', 'jobOpenId', 'askedOpenId'],
  userId: ['userId', 'unionPayId', 'jobUserId', 'askedUserId'],
  queryCode: ['queryCode', 'issuedQueryCode'],
  state: ['state'],
  authorizeUrl: ['state'],
  certifyId: ['certifyId'],
  merchantIdentityId: ['jobworthId'],
  resultUrl: ['jobworthId'],
  ref: ['openid', 'openId', 'userId', 'unionPayId'],
  ...Object.fromEntries(['url', 'html', 'deepLink'].map((name) => [name, ['certifyId']])),
  // Of an access token, and of a field of a form.
  value: ['accessToken', 'certifyId'],
};

const leaves = (value: unknown, name: string): [name: string, text: string][] => {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, member]) => [
    ['names', key] as [string, string],
    ...leaves(member, Array.isArray(value) ? name : key),
  ]);
};

const parts = ({ text, headers, status }: Answer): [name: string, text: string][] => {
  const isJson = /^\{.*\}\s*$/s.test(text);
  return [
    ['headers', `${status} ${headers}`],
    ...(isJson ? leaves(JSON.parse(text), '') : [['pages', text] as [string, string]]),
  ];
};

/** All answers, by field. */
const answered = (answers: readonly Answer[]): Places => {
  const byName = new Map<string, string[]>();
  for (const [name, text] of answers.flatMap(parts)) byName.set(name, [...(byName.get(name) ?? []), text]);
  return Object.fromEntries([...byName].map(([name, texts]) => [`answered ${name}`, Buffer.from(texts.join('\n'))]));
};

/** The outcomes that the suite has to reach. */
const faults = [
  ...['AUTH_CODE_INVALID', 'AUTH_CODE_USED', 'AUTH_CODE_EXPIRED', 'AUTH_CODE_REFUSED', 'OUTCOME_UNKNOWN'],
  ...['REPLY_UNVERIFIED', 'REPLY_MALFORMED', 'CERTIFICATION_REFUSED', 'ONCE_TOKEN_INVALID', 'CHANNEL_NO_ANSWER'],
  ...['CHANNEL_UNREACHABLE', 'SERVICE_UNAVAILABLE', 'INPUT_INVALID', 'QUERY_CODE_TAKEN', 'NONCE_USED'],
  ...['SIGNATURE_MISSING', 'SIGNATURE_INVALID', 'REQUEST_TIME_INVALID', 'BAD_USER_INPUT'],
  ...[
    'GRAPHQL_PARSE_FAILED',
    'GRAPHQL_VALIDATION_FAILED',
    'BAD_REPRESENTATION',
    'BODY_TOO_LARGE',
    'QUERY_CODE_UNKNOWN',
  ],
  'INTERNAL_SERVER_ERROR',
];

const scan = (canaries: Canaries, places: Places) => {
  const searches = Object.entries(places).map(([place, written]) => {
    const allowed = carries[place.replace('answered ', '')] ?? [];
    const forbidden = Object.entries(canaries).filter(([name]) => !allowed.includes(name));
    return searchCanaries(Object.fromEntries(forbidden), { [place]: written });
  });
  return {
    hits: searches.flatMap(({ hits }) => hits),
    needles: Math.max(...searches.map(({ needles }) => needles)),
    bytes: searches.reduce((sum, { bytes }) => sum + bytes, 0),
  };
};

test.each([
  ['the process', startProcess],
  ['the service in this process', startHere],
])(
  'P8: %s shows no secret outside the fields that are for it, through every fault',
  { timeout: 120_000 },
  async (name, start) => {
    const host = await start();
    const { canaries: planted, answers, received } = await runFaults(host);
    const places = { ...(await host.stop()), ...answered(answers) };
    const canaries = { ...planted, ...host.configured };

    // The canaries were sent: each that is for an upstream has reached one.
    for (const secret of [
      'payer',
      'job',
      'certName',
      'certNo',
      'passport',
      'agreementId',
      'askedUserId',
      'askedOpenId',
      'queryCode',
    ] as const)
      expect(received, secret).toContain(planted[secret]);
    const bodies = answers.map(({ text }) => text).join('\n');
    expect(faults.filter((code) => !bodies.includes(`"${code}"`))).toEqual([]);
    const { hits, needles, bytes } = scan(canaries, places);
    console.log(
      `${name}: ${answers.length} answers, ${Object.keys(canaries).length} canaries in ${needles} spellings, ${hits.length} hits in ${bytes} bytes of ${Object.keys(places).length} places: ${Object.entries(
        places,
      )
        .filter(([place]) => !place.startsWith('answered'))
        .map(([place, { length }]) => `${place} (${length})`)
        .join(', ')}`,
    );
    expect(hits).toEqual([]);

    // The search works: in each place it finds planted secrets in three spellings.
    for (const [place, written] of Object.entries(places)) {
      const { payer, certNo, agreementId } = planted;
      const spelled = [payer, Buffer.from(`?${certNo}?`).toString('base64'), Buffer.from(agreementId).toString('hex')];
      const leaking = Buffer.concat([written, Buffer.from(spelled.join(' '))]);
      const found = scan({ payer, certNo, agreementId }, { [place]: leaking });
      expect(found.hits.sort()).toEqual(['agreementId', 'certNo', 'payer'].map((secret) => `${secret} in ${place}`));
    }
  },
);
