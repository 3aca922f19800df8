/**
 * Alipay as an application meets it: the OpenAPI gateway with both of its protocols, and the pages that payers see.
 * Written from the documentation and from what the gateway was seen to answer, not from our source, so that one
 * mistake cannot hide in both.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { authorizePage, createCertifications } from './alipay-pages.ts';
import { createV1 } from './alipay-v1.ts';
import { type AlipayApp, createV3 } from './alipay-v3.ts';
import { type Emulator, type EmulatorHandler, startEmulator } from './emulator.ts';

export interface AlipayOptions {
  readonly apps: readonly AlipayApp[];
  /** Alipay's own; as PEM or parsed. */
  readonly privateKey: KeyObject | string;
  /** Set: Alipay signs with a certificate, and names it in its answers. */
  readonly alipayCertSn?: string;
  /** Whether errors are signed; they are, unless told otherwise. Errors of unknown applications never are. */
  readonly signErrors?: boolean;
  /** Whether signed errors of the first protocol name the certificate; they do, unless told otherwise. */
  readonly nameCertInErrors?: boolean;
  /** Of the replies of the first protocol: utf-8, which callers ask for, unless the gateway falls back to GBK. */
  readonly charset?: 'utf-8' | 'GBK';
  /** Whether a certification is told as ["T"] instead of "T". */
  readonly passedAsList?: boolean;
  readonly now?: () => number;
  readonly port?: number;
}

let strangersKey: KeyObject | undefined;
/** A key that belongs to nobody, for answers that are signed by the wrong one. */
const wrongKey = (): KeyObject => {
  strangersKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return strangersKey;
};

export const startAlipay = (options: AlipayOptions): Promise<Emulator> => {
  const { apps, alipayCertSn, signErrors = true, passedAsList, now = Date.now, port } = options;
  const { nameCertInErrors = true, charset = 'utf-8' } = options;
  const byId = new Map(apps.map((app) => [app.appId, app]));
  const { privateKey } = options;
  const alipayKey = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey;
  const appKeys = new Map(
    apps.map(({ appId, publicKey }) => [appId, typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey]),
  );
  const deps = {
    now,
    alipayCertSn,
    signErrors,
    nameCertInErrors,
    charset,
    appOf: (appId: string | undefined) => byId.get(appId ?? ''),
    verify: ({ appId }: AlipayApp, text: string, signature: string) => {
      const key = appKeys.get(appId);
      // Node would also read base64url, and skip what is no base64 at all.
      const isBase64 = /^[0-9A-Za-z+/]+={0,2}$/.test(signature);
      return (
        key !== undefined && isBase64 && verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64'))
      );
    },
    sign: (bytes: string | Buffer, kind?: string) =>
      sign('sha256', Buffer.from(bytes), kind === 'badsign' ? wrongKey() : alipayKey).toString('base64'),
  };
  const certifications = createCertifications({ now, passedAsList });
  const v1 = createV1(deps, certifications);
  const v3 = createV3(deps);

  const routes = new Map<string, EmulatorHandler>([
    ['POST /gateway.do', v1],
    ['GET /gateway.do', v1],
    ['GET /certify', ({ url }) => certifications.choose(url.searchParams)],
    [
      'GET /oauth2/publicAppAuthorize.htm',
      ({ url }) => authorizePage(deps.appOf(url.searchParams.get('app_id') ?? ''), url.searchParams),
    ],
  ]);
  const handle: EmulatorHandler = (request) => {
    const { pathname } = request.url;
    if (pathname.startsWith('/v3/')) return v3(request);
    return routes.get(`${request.method} ${pathname}`)?.(request) ?? { status: 404, body: 'Not Found' };
  };
  return startEmulator(handle, port);
};
