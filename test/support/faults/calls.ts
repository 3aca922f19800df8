/** The calls that the fault suite makes, with a canary in them for every kind of secret. */
import { openClient } from '../http/http-client.ts';
import { AUTHENTICATE, AUTHENTICATE_AND_SET } from '../services/service.ts';
import { CERTIFY, JOBWORTH, mark, newCertNo } from './operations.ts';
import { authRoutes, echoApps, echoRoutes } from './upstreams.ts';

export interface FaultHost {
  readonly url: string;
  /** The credentials of the router. */
  readonly headers: Readonly<Record<string, string>>;
  readonly returnUrl: string;
  /** Every request that an upstream received. */
  requests(): string;
  /** Executes SQL on the database, past the service. */
  run(sql: string): Promise<void>;
  closeUpstreams(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly text: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The secrets that the suite brings; those that it is given are added during the run. */
const newSecrets = () => ({
  payer: mark(),
  job: mark(),
  certName: mark(),
  certNo: newCertNo(),
  passport: mark().toUpperCase(),
  agreementId: mark(),
  askedUserId: mark(),
  askedOpenId: mark(),
  queryCode: mark(),
  codeVerifier: `${mark()}.${mark()}~${mark()}`,
  nonce: mark(),
  bearer: mark(),
  cookie: mark(),
  extension: mark(),
  wrongRouterSecret: mark(),
});

export type FaultCalls = ReturnType<typeof openFaultCalls>;

export const openFaultCalls = (host: FaultHost) => {
  const secret = newSecrets();
  const client = openClient(host.url);
  const answers: Answer[] = [];
  const issued: Record<string, string> = {};
  const headers = { ...host.headers, cookie: `session=${secret.cookie}`, 'x-forwarded-for': '203.0.113.7' };
  let codes = 0;

  const send = async (body: string | Buffer, changed: Readonly<Record<string, string>> = {}) => {
    const { status, headers: received, text } = await client.post(body, { ...headers, ...changed });
    answers.push({ status, headers: JSON.stringify(received), text });
    return text;
  };
  return {
    host,
    secret,
    /** Secrets that the service or an upstream has made. */
    issued,
    answers,
    headers,
    send,
    // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the operation
    async ask(query: string, variables: Fields): Promise<any> {
      const extensions = { jwt: { payload: { sub: secret.extension } } };
      const { data } = JSON.parse(await send(JSON.stringify({ query, variables, extensions })));
      return data && Object.values(data)[0];
    },
    newCode(kind: string, payer: string = secret.payer) {
      codes += 1;
      return `test_${kind}_${payer}~${codes}`;
    },
    close: () => client.close(),
  };
};

export const authenticate = ({ ask }: FaultCalls, route: Fields, authCode: string, more: Fields = {}) =>
  ask(AUTHENTICATE, { input: { ...route, authCode, clientIp: '127.0.0.1', ...more } });

export const authenticateAndSet = ({ ask }: FaultCalls, appId: string, authCode: string, more: Fields = {}) =>
  ask(AUTHENTICATE_AND_SET, { input: { appId, channelId: 'ali_pay', authCode, ...more } });

export const certify = ({ ask, secret }: FaultCalls, certName: string, more: Fields = {}) =>
  ask(CERTIFY, {
    input: {
      method: 'FACE',
      document: { type: 'IDENTITY_CARD', holderName: certName, number: secret.certNo },
      ...more,
    },
  });

export const queryJob = ({ ask, secret }: FaultCalls, onceToken: string, more: Fields = {}) =>
  ask(JOBWORTH, {
    input: {
      onceToken,
      agreementId: secret.agreementId,
      match: 'EXACT',
      jobIdentityType: '04',
      serviceId: 'service',
      subject: { userId: secret.askedUserId },
      ...more,
    },
  });

const callRoutes = (
  calls: FaultCalls,
  routes: readonly Fields[],
  apps: readonly string[],
  kind: string,
): Promise<unknown>[] => {
  const { newCode, secret } = calls;
  const passport = { document: { type: 'PASSPORT', number: secret.passport } };
  return [
    ...routes.map((route) => authenticate(calls, route, newCode(kind))),
    ...apps.flatMap((appId) => [
      certify(calls, newCode(kind, secret.certName), { appId }),
      queryJob(calls, newCode(kind, secret.job), { appId, subject: passport }),
      queryJob(calls, newCode(kind, secret.job), { appId, subject: { openId: secret.askedOpenId } }),
    ]),
  ];
};

/** One call to every operation of every upstream. */
export const callEveryOperation = (calls: FaultCalls, kind: string): Promise<unknown> =>
  Promise.all([
    ...callRoutes(calls, authRoutes, ['demo'], kind),
    authenticateAndSet(calls, 'resultHolder', calls.newCode(kind)),
  ]);

/** Calls to the upstreams that repeat the request in their replies. */
export const callEchoes = async (calls: FaultCalls): Promise<void> => {
  const { secret } = calls;
  await Promise.all(callRoutes(calls, echoRoutes, echoApps, 'ok'));
  // Codes with the characters of an upstream code.
  await Promise.all(echoRoutes.map((route, index) => authenticate(calls, route, `${secret.payer}.${index}`)));
  await Promise.all(echoApps.map((appId) => queryJob(calls, secret.job, { appId })));
};
