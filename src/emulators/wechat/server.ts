/** What the emulated servers of WeChat share: the applications, and the codes that were issued and used. */
import { createHash } from 'node:crypto';
import { createTestCodes, type TestCodeKind } from '../test-codes.ts';

export interface WechatApp {
  readonly appId: string;
  readonly secret: string;
  /** Whether the account is bound to an Open Platform account, so that payers have a unionid. */
  readonly bound?: boolean;
  /** What the payer granted with a code that did not come from the page. */
  readonly scope?: 'snsapi_base' | 'snsapi_userinfo' | 'snsapi_login';
  /** The host that payers may be sent back to (网页授权域名); absent: any. */
  readonly redirectHost?: string;
  /** Set: the application has a client of its own, which WeChat's application gives login codes to. */
  readonly client?: 'miniprogram' | 'native';
  readonly merchant?: WechatMerchant;
}

export interface WechatMerchant {
  readonly mchId: string;
  /** The V2 key. */
  readonly apiKey: string;
  /** A service provider's sub-merchant. */
  readonly subMchId?: string;
  /** The sub-merchant's applications. */
  readonly subAppId?: string | readonly string[];
  /** The merchant has not applied for this call. */
  readonly noPermission?: boolean;
}

/** A code that a page or WeChat's application gave out. Codes of tests, which neither issued, are taken everywhere. */
interface Issued {
  readonly appId: string;
  /** The parameter that takes it: js_code for those of mini programs. */
  readonly takenAs: 'code' | 'js_code';
  readonly scope: string;
  readonly until: number;
}

export interface WechatServer {
  readonly apps: ReadonlyMap<string, WechatApp>;
  readonly issued: Map<string, Issued>;
  /** The test code behind each payment code that a payer has shown. */
  readonly shown: Map<string, string>;
  readonly now: () => number;
  /** Uses a code up, and returns its kind for this application. */
  spend(code: string, appId: string, takenAs?: Issued['takenAs']): TestCodeKind;
}

export const createServer = (apps: readonly WechatApp[], now: () => number): WechatServer => {
  const readCode = createTestCodes();
  const issued = new Map<string, Issued>();
  return {
    apps: new Map(apps.map((app) => [app.appId, app])),
    issued,
    shown: new Map(),
    now,
    spend(code, appId, takenAs) {
      const { kind } = readCode(code);
      const issue = issued.get(code);
      if (kind === 'used' || !issue) return kind;
      if (issue.appId !== appId || issue.takenAs !== takenAs) return 'invalid';
      return issue.until <= now() ? 'expired' : kind;
    },
  };
};

/** An id of WeChat's shape, derived from what it names. */
export const wechatId = (kind: string, payer: string): string =>
  `o${createHash('sha256').update(`${kind}:${payer}`).digest('base64url').slice(0, 27)}`;
