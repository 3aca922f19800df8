/**
 * Auth codes with a known end, like test card numbers. Every emulator understands them: `test_ok_<x>` succeeds with
 * an identity derived from <x>, the others fail the way their name says. Codes work once, so one payer has many:
 * `test_ok_alice~1` and `test_ok_alice~2` are two codes of the same payer.
 */
import { createHash } from 'node:crypto';

export const testCodeKinds = {
  ok: 'succeeds, once; the payer is derived from what follows',
  invalid: 'is refused as unknown',
  used: 'is refused as used before',
  expired: 'is refused as expired',
  hang: 'is read and never answered',
  reset: 'is read, then the connection is reset',
  500: 'is answered with HTTP 500',
  html: 'is answered with a web page',
  gbk: 'succeeds, but the answer is not UTF-8',
  redirect: 'is answered with a redirect to the same address',
  oversize: 'is answered with more than 64 KiB',
  badsign: 'succeeds, but the answer is signed with another key',
  nosign: 'succeeds, but the answer is not signed',
  twice: 'succeeds, but the answer holds its result twice',
} as const;

export type TestCodeKind = `${keyof typeof testCodeKinds}`;

export interface TestCode {
  readonly kind: TestCodeKind;
  readonly payer: string;
}

/** What a code stands for; whatever is not a test code is unknown to every emulator. */
export const readTestCode = (code: string): TestCode => {
  const match = /^test_([a-z0-9]+)_([^~]+)/.exec(code);
  const kind = match?.[1] ?? '';
  return { kind: Object.hasOwn(testCodeKinds, kind) ? (kind as TestCodeKind) : 'invalid', payer: match?.[2] ?? code };
};

const hash = (kind: string, payer: string) => createHash('sha256').update(`${kind} ${payer}`).digest();

/** Ids in the shapes that the channels use, always the same for the same payer. */
export const idsOf = (payer: string) => ({
  /** WeChat openid: 28 characters. */
  openid: `o${hash('openid', payer).toString('base64url').slice(0, 27)}`,
  /** Alipay user_id: 2088 and 12 digits. */
  userId: `2088${(hash('userId', payer).readBigUInt64BE() % 10n ** 12n).toString().padStart(12, '0')}`,
  /** Alipay open_id: 47 characters. */
  openId: `0${(hash('openId', payer).toString('base64url') + hash('more', payer).toString('base64url')).slice(0, 46)}`,
  accessToken: hash('accessToken', payer).toString('base64url'),
});
