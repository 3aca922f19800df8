/**
 * Auth codes with a known outcome, like test card numbers. Every emulator knows them: `test_ok_<x>` succeeds with an
 * identity derived from <x>, the others fail as their name says. A code works once, so one payer has many codes:
 * `test_ok_alice~1` and `test_ok_alice~2` are two codes of the same payer. With `_delay_<n>s` after the payer, the answer
 * comes n seconds late: `test_ok_bob_delay_3s`.
 */
import { createHash, randomBytes } from 'node:crypto';

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

const isKind = (kind: string): kind is TestCodeKind => Object.hasOwn(testCodeKinds, kind);

/** The kind and payer of a code. Every emulator refuses a code that is no test code as unknown. */
export const readTestCode = (code: string): TestCode => {
  const [, kind = '', payer = code] = /^test_([a-z0-9]+)_([^~]+?)(?:_delay_\d{1,2}s)?(?:~|$)/.exec(code) ?? [];
  return { kind: isKind(kind) ? kind : 'invalid', payer };
};

/** How late a request is answered whose test code says so, in its address or body. */
export const delayMsOf = (request: string): number => {
  for (const [word] of request.matchAll(/[\w-]+/g)) {
    const start = word.indexOf('test_');
    const [, seconds] = (start >= 0 && /^test_[a-z0-9]+_[\w-]+_delay_(\d{1,2})s$/.exec(word.slice(start))) || [];
    if (seconds !== undefined) return Number(seconds) * 1_000;
  }
  return 0;
};

/** How a new code ends: as `ok` and at once, unless these say otherwise. */
export interface CodeOutcome {
  readonly kind?: TestCodeKind | undefined;
  /** Whole seconds, up to 99. */
  readonly delaySeconds?: number | undefined;
}

/** A new code of a payer. */
export const issueTestCode = (payer: string, { kind = 'ok', delaySeconds = 0 }: CodeOutcome = {}): string =>
  `test_${kind}_${payer}${delaySeconds > 0 ? `_delay_${delaySeconds}s` : ''}~${randomBytes(8).toString('hex')}`;

/** Reads codes and remembers them: the second time, a code that succeeded is `used`. */
export const createTestCodes = (): ((code: string) => TestCode) => {
  const used = new Set<string>();
  return (code) => {
    const testCode = readTestCode(code);
    const isRepeated = used.has(code);
    used.add(code);
    return isRepeated && testCode.kind === 'ok' ? { ...testCode, kind: 'used' } : testCode;
  };
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
