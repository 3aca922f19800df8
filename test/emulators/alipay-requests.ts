/** Requests to the emulated Alipay, signed by hand. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { AlipayApp } from '../../src/emulators/alipay.ts';
import { type AlipayOptions, startAlipay } from '../../src/emulators/alipay.ts';

export const vectors = JSON.parse(readFileSync(new URL('../vectors/alipay.json', import.meta.url), 'utf8'));
export const der = (base64: string) => Buffer.from(base64, 'base64');
export const appKey = createPrivateKey({ key: der(vectors.appPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
export const appPublicKey = createPublicKey(appKey);
export const alipayKey = createPrivateKey({
  key: der(vectors.alipayPrivateKeyPkcs8DerBase64),
  format: 'der',
  type: 'pkcs8',
});
export const alipayPublicKey = createPublicKey(alipayKey);
export const pem = (key: typeof appKey, type: 'pkcs8' | 'spki') => key.export({ format: 'pem', type }).toString();

export const appId = '2021000000000001';
export const encryptKey = 'MDEyMzQ1Njc4OWFiY2RlZg==';
export const certs = { appCertSn: 'a'.repeat(32), alipayRootCertSn: `${'b'.repeat(32)}_${'c'.repeat(32)}` };
export const OAUTH = 'alipay.system.oauth.token';
export const INITIALIZE = 'alipay.user.certify.open.initialize';
export const CERTIFY = 'alipay.user.certify.open.certify';
export const QUERY = 'alipay.user.certify.open.query';
export const noon = Date.parse('2026-11-22T12:00:00+08:00');

export type Params = Record<string, string | undefined>;
// biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they expect
export type Node = any;

export const signText = (text: string, key = appKey) => sign('sha256', Buffer.from(text), key).toString('base64');
export const isAlipays = (text: string | Buffer, signature: string | null) =>
  verify('sha256', Buffer.from(text), alipayPublicKey, der(signature ?? ''));
/** Neither sent nor signed: what is undefined. Sent and not signed: what is empty. */
export const present = (params: Params) =>
  Object.entries(params).filter((pair): pair is [string, string] => pair[1] != null);
const omit = (params: Params, others: Params) =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !(name in others)));
export const signParams = (params: Params, key = appKey) => {
  const names = present(params).flatMap(([name, value]) => (value === '' ? [] : [name]));
  return signText(
    names
      .sort()
      .map((name) => `${name}=${params[name]}`)
      .join('&'),
    key,
  );
};

export interface Reply {
  readonly response: Response;
  readonly text: string;
  readonly root: string;
  /** The node as it was sent. */
  readonly raw: string;
  readonly node: Node;
  readonly sign: string;
  /** Whether Alipay's key has signed the node. */
  readonly isSigned: boolean;
}

/** Starts an emulator whose clock says noon, and gives it a client that shares no code with it. */
export const start = async ({ app = {}, ...options }: Partial<AlipayOptions> & { app?: Partial<AlipayApp> } = {}) => {
  const clock = { now: noon };
  const apps = [{ appId, publicKey: appPublicKey, ...app }];
  const { origin, close } = await startAlipay({ apps, privateKey: alipayKey, now: () => clock.now, ...options });
  onTestFinished(close);

  const common = (method: string): Params => ({
    app_id: appId,
    method,
    format: 'json',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: '2026-11-22 12:00:00',
    version: '1.0',
  });
  const signed = (method: string, params: Params, key = appKey) => {
    const all = { ...common(method), ...params };
    return { ...all, sign: params.sign ?? signParams(all, key) };
  };
  const inBody = new Set(['biz_content', 'code', 'grant_type']);
  const post = (params: Params) => {
    const [query, body] = [new URLSearchParams(), new URLSearchParams()];
    for (const [name, value] of present(params)) (inBody.has(name) ? body : query).set(name, value);
    return fetch(`${origin}/gateway.do?${query}`, { method: 'POST', body });
  };
  const read = async (response: Response): Promise<Reply> => {
    const text = await response.text();
    const [, root = '', raw = '', tail = ''] = /^\{"(\w+)":(\{.*?\}|"[^"]*")((?:,"\w+":"[^"]*")*)\}$/s.exec(text) ?? [];
    const members = JSON.parse(`{${tail.slice(1)}}`);
    const isOne = root !== '' && text.split(`"${root}":`).length === 2;
    const sign: string = members.sign ?? '';
    const isSigned = isAlipays(raw, sign);
    return { response, text, root, raw, node: isOne ? JSON.parse(raw) : undefined, sign, isSigned };
  };
  const send = async (method: string, params: Params, key = appKey) => read(await post(signed(method, params, key)));
  const redeem = (code: string, params: Params = {}) =>
    send(OAUTH, { grant_type: 'authorization_code', code, ...params });
  const business = (method: string, biz: unknown, params: Params = {}) =>
    send(method, { biz_content: JSON.stringify(biz), ...params });
  const get = (path: string) => fetch(origin + path, { redirect: 'manual' });

  const authorize = (target: string, { auth = {}, key = appKey, body = '', method = 'GET' }: V3 = {}) => {
    // Those that a test gives come first, in its order.
    const fields = { ...auth, ...omit({ app_id: appId, nonce: 'eb4ade8f', timestamp: String(clock.now) }, auth) };
    const authString = present(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join(',');
    const signature = signText(`${authString}\n${method}\n${target}\n${body}\n`, key);
    return { authorization: `ALIPAY-SHA256withRSA ${authString},sign=${signature}` };
  };
  const getV3 = async (target: string, options: V3 = {}) => {
    const requestHeaders = { ...authorize(target, options), ...options.headers };
    const response = await fetch(origin + (options.sendTo ?? target), { headers: requestHeaders, redirect: 'manual' });
    const bytes = Buffer.from(await response.arrayBuffer());
    const { headers: replyHeaders } = response;
    const text = `${replyHeaders.get('alipay-timestamp')}\n${replyHeaders.get('alipay-nonce')}\n`;
    const isSigned = isAlipays(
      Buffer.concat([Buffer.from(text), bytes, Buffer.from('\n')]),
      replyHeaders.get('alipay-signature'),
    );
    return { response, bytes, isSigned, body: bytes.toString() };
  };
  const jobworth = (onceToken: string, changes: Params = {}, options: V3 = {}) => {
    const query = { ...jobworthQuery, once_token: onceToken, ...changes };
    return getV3(`/v3/zhima/customer/jobworth/authentication?${new URLSearchParams(present(query))}`, options);
  };
  return { origin, clock, common, signed, post, read, send, redeem, business, get, getV3, jobworth };
};

export interface V3 {
  readonly auth?: Params;
  readonly key?: typeof appKey;
  readonly body?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Another target than the one that was signed. */
  readonly sendTo?: string;
}

export const jobworthQuery = {
  conn_key: 'uuid 中/~*',
  query_type: 'exact',
  identity_type: '04',
  service_id: '2019120400000000000004450100',
  user_id: '2088102910292100',
};
export const bill = {
  outer_order_no: 'ZGYD201809132323000001234',
  biz_code: 'FACE',
  identity_param: {
    identity_type: 'CERT_INFO',
    cert_type: 'IDENTITY_CARD',
    cert_name: '张三',
    cert_no: '330100199001011234',
  },
  merchant_config: { return_url: 'https://shop.example/back?d=1&e=2' },
};
export const billFor = (certName: string) => ({
  ...bill,
  identity_param: { ...bill.identity_param, cert_name: certName },
});
export const hrefs = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].map(([, href = '', label = '']) => [
      label,
      href.replaceAll('&amp;', '&'),
    ]),
  );
