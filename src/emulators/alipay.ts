/**
 * Alipay as an application meets it: the OpenAPI gateway with both of its protocols, the pages that payers see, and the
 * application on the payer's phone.
 * Written from the documentation and from observed replies of the gateway, without code of our source, so that one
 * mistake cannot hide in both.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { AlipayApp, Gateway } from './alipay/app.ts';
import { choose, createCertifications } from './alipay/certifications.ts';
import { authorizePage } from './alipay/pages.ts';
import { authV2, getAuthCode } from './alipay/payer-app.ts';
import { createV1 } from './alipay/v1.ts';
import { createV3 } from './alipay/v3.ts';
import { type Emulator, route, startEmulator } from './emulator.ts';
import { languageOf } from './html.ts';

export type { AlipayApp } from './alipay/app.ts';

export interface AlipayOptions {
  readonly apps: readonly AlipayApp[];
  /** Alipay's key; as PEM or parsed. */
  readonly privateKey: KeyObject | string;
  /** Set: Alipay signs with a certificate and names it in its replies. */
  readonly alipayCertSn?: string;
  /** Whether errors are signed (default true). Errors of unknown applications never are. */
  readonly signErrors?: boolean;
  /** Whether signed errors of the first protocol name the certificate (default true). */
  readonly nameCertInErrors?: boolean;
  /** Of the replies of the first protocol: utf-8, which callers request, unless the gateway falls back to GBK. */
  readonly charset?: 'utf-8' | 'GBK';
  /** Whether the result of a certification is ["T"] instead of "T". */
  readonly passedAsList?: boolean;
  readonly now?: () => number;
  readonly port?: number;
}

export const startAlipay = (options: AlipayOptions): Promise<Emulator> => {
  const gateway = createGateway(options);
  const certifications = createCertifications({ now: gateway.now, passedAsList: options.passedAsList });
  const v1 = createV1(gateway, certifications);
  const v3 = createV3(gateway);
  const otherwise = route(
    {
      'POST /gateway.do': v1,
      'GET /gateway.do': v1,
      'GET /certify': (request) => choose(certifications, request.url.searchParams, languageOf(request)),
      'GET /oauth2/publicAppAuthorize.htm': (request) => {
        const { searchParams } = request.url;
        return authorizePage(gateway.appOf(searchParams.get('app_id') ?? ''), searchParams, languageOf(request));
      },
      'GET /payer-app/my.getAuthCode': (request) => getAuthCode(gateway, request),
      'POST /payer-app/auth_V2': (request) => authV2(gateway, request),
    },
    () => ({ status: 404, body: 'Not Found' }),
  );
  return startEmulator((request) => (request.url.pathname.startsWith('/v3/') ? v3 : otherwise)(request), options.port);
};

const createGateway = ({
  apps,
  privateKey,
  alipayCertSn,
  signErrors = true,
  nameCertInErrors = true,
  charset = 'utf-8',
  now = Date.now,
}: AlipayOptions): Gateway => {
  const byId = new Map(apps.map((app) => [app.appId, app]));
  const publicKeys = new Map(
    apps.map(({ appId, publicKey }) => [appId, typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey]),
  );
  const alipayKey = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey;
  return {
    now,
    alipayCertSn,
    signErrors,
    nameCertInErrors,
    charset,
    appOf: (appId) => byId.get(appId ?? ''),
    verify({ appId }, text, signature) {
      const key = publicKeys.get(appId);
      // Node would also read base64url, and skip characters that are not base64.
      const isBase64 = /^[0-9A-Za-z+/]+={0,2}$/.test(signature);
      return (
        key !== undefined && isBase64 && verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64'))
      );
    },
    sign: (bytes, kind) =>
      sign('sha256', Buffer.from(bytes), kind === 'badsign' ? wrongKey() : alipayKey).toString('base64'),
  };
};

let otherKey: KeyObject | undefined;
/** A key that is not Alipay's. */
const wrongKey = (): KeyObject => {
  otherKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return otherKey;
};
