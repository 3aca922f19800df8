/**
 * The one table of the sandbox's test values: what each channel of each app answers to each of them. docs/test-values.md
 * is printed from it, and test/emulators/test-values.test.ts gives every value to every channel.
 */
import { type TestCodeKind, testCodeKinds } from './test-codes.ts';

export const valueKinds = {
  authCode: 'Auth codes, for `authenticate` and `authenticateAndSet`',
  holderName: 'Names on the document, for `initializeIdentityCertification`',
  certification: 'Choices on Alipay’s page of the certification, for `identityCertification`',
  onceToken: 'Once tokens, for `jobworthAuthentication`',
} as const;
export type ValueKind = keyof typeof valueKinds;

export interface TestValue {
  readonly value: string;
  readonly of: ValueKind;
  readonly does: string;
  readonly outcomes: readonly TestValueOutcome[];
}

export interface TestValueOutcome {
  readonly appId: string;
  readonly channelId: string;
  /** The code of the failure, or the type of the success. */
  readonly outcome: string;
}

const ALIPAY = 'Alipay: page, mini program, app';
const WECHAT = 'WeChat: page, website, app';
const MINI_PROGRAM = 'WeChat mini program';
const PAYMENT_CODE = 'WeChat payment code';
const JUCAI = 'JuCai, and UnionPay by it';
const DAXPAY_ALIPAY = 'DaxPay, Alipay';
const DAXPAY_WECHAT = 'DaxPay, WeChat';

/** Channels that answer alike, since one upstream serves them in one way. */
export const channelGroups = {
  [ALIPAY]: [
    ['demo', 'ali_pay'],
    ['demo-ways', 'ali_pay'],
    ['demo-ways', 'ali_pay_mini_program'],
    ['demo-ways', 'ali_pay_native_app'],
  ],
  [WECHAT]: [
    ['demo', 'wechat_pay'],
    ['demo-ways', 'wechat_pay'],
    ['demo-ways', 'wechat_pay_website_qr'],
    ['demo-ways', 'wechat_pay_native_app'],
  ],
  [MINI_PROGRAM]: [['demo-ways', 'wechat_pay_mini_program']],
  [PAYMENT_CODE]: [['demo-ways', 'wechat_pay_payment_code']],
  [JUCAI]: [
    ['demo', 'union_pay'],
    ['demo-ways', 'union_pay'],
    ['demo-jucai', 'wechat_pay'],
    ['demo-jucai', 'union_pay'],
  ],
  [DAXPAY_ALIPAY]: [['demo-daxpay', 'ali_pay']],
  [DAXPAY_WECHAT]: [['demo-daxpay', 'wechat_pay']],
} as const satisfies Readonly<Record<string, readonly (readonly [appId: string, channelId: string])[]>>;
type Group = keyof typeof channelGroups;

const isGroup = (name: string): name is Group => Object.hasOwn(channelGroups, name);
const groups = Object.keys(channelGroups).filter(isGroup);

type Except = Readonly<Partial<Record<Group, string>>>;

const outcomesOf = (outcome: string, except: Except, among: readonly Group[] = groups): TestValueOutcome[] =>
  among.flatMap((group) =>
    channelGroups[group].map(([appId, channelId]) => ({ appId, channelId, outcome: except[group] ?? outcome })),
  );

interface Row {
  readonly outcome: string;
  /** The groups that answer otherwise. */
  readonly except?: Except;
}

/** DaxPay does not pass on why a code was refused. */
const daxpayHides = { [DAXPAY_ALIPAY]: 'AUTH_CODE_REFUSED', [DAXPAY_WECHAT]: 'OUTCOME_UNKNOWN' };
const unsigned = { [WECHAT]: 'PayerAuthenticated', [MINI_PROGRAM]: 'PayerAuthenticated' };

const authCodes: Readonly<Record<TestCodeKind, Row>> = {
  ok: { outcome: 'PayerAuthenticated' },
  invalid: { outcome: 'AUTH_CODE_INVALID', except: daxpayHides },
  used: {
    outcome: 'AUTH_CODE_USED',
    except: { ...daxpayHides, [ALIPAY]: 'AUTH_CODE_INVALID', [PAYMENT_CODE]: 'AUTH_CODE_INVALID' },
  },
  expired: { outcome: 'AUTH_CODE_EXPIRED', except: { ...daxpayHides, [ALIPAY]: 'AUTH_CODE_INVALID' } },
  hang: { outcome: 'OUTCOME_UNKNOWN' },
  reset: { outcome: 'OUTCOME_UNKNOWN' },
  500: { outcome: 'REPLY_MALFORMED' },
  html: { outcome: 'REPLY_MALFORMED' },
  gbk: { outcome: 'REPLY_MALFORMED' },
  redirect: { outcome: 'REPLY_MALFORMED' },
  oversize: { outcome: 'OUTCOME_UNKNOWN' },
  badsign: { outcome: 'REPLY_UNVERIFIED', except: unsigned },
  nosign: { outcome: 'REPLY_UNVERIFIED', except: unsigned },
  twice: { outcome: 'REPLY_MALFORMED' },
};

const isKind = (kind: string): kind is TestCodeKind => Object.hasOwn(testCodeKinds, kind);
const kinds = ['ok', ...Object.keys(testCodeKinds).filter((kind) => kind !== 'ok')].filter(isKind);

const onAuthCode = (value: string, does: string, { outcome, except = {} }: Row): TestValue => ({
  value,
  of: 'authCode',
  does,
  outcomes: outcomesOf(outcome, except),
});

const nameOf = (kind: TestCodeKind): string => `test_${kind}_${kind === 'ok' ? 'alice' : '1'}`;

/** Only Alipay certifies and knows job identities; the app's other channels have no part in it. */
const atAlipay = (of: ValueKind, value: string, does: string, outcome: string): TestValue => ({
  value,
  of,
  does,
  outcomes: [{ appId: 'demo', channelId: 'ali_pay', outcome }],
});

const refusedNames: ReadonlySet<TestCodeKind> = new Set(['invalid', 'used', 'expired']);
const certificationOutcome = (kind: TestCodeKind): string => {
  if (kind === 'ok') return 'PayerCertificationInitialized';
  return refusedNames.has(kind) ? 'CERTIFICATION_REFUSED' : 'CHANNEL_NO_ANSWER';
};

/** How the channel answers when it is asked for the result. The service may ask again, unless the certification is gone. */
const certificationResults: Partial<Record<TestCodeKind, string>> = {
  invalid: 'CERTIFY_ID_UNKNOWN',
  used: 'CERTIFICATION_REFUSED',
  expired: 'CERTIFY_ID_EXPIRED',
};

const jobworthOutcomes: Partial<Record<TestCodeKind, string>> = {
  ok: 'PayerJobworthAnswered',
  invalid: 'ONCE_TOKEN_INVALID',
  used: 'ONCE_TOKEN_INVALID',
  expired: 'ONCE_TOKEN_INVALID',
  html: 'REPLY_UNVERIFIED',
};

/** Zhima's business errors, by what the service makes of them. */
const jobworthErrors: Readonly<Record<string, readonly string[]>> = {
  JOBWORTH_NOT_AUTHORIZED: ['USER_NOT_AUTHORIZE'],
  ONCE_TOKEN_INVALID: ['TOKEN_INVALID'],
  JOBWORTH_NOT_OPENED: ['NOT_OPEN_ZM', 'USER_NOT_OPEN_JOBWORTH'],
  JOBWORTH_REFUSED: ['INVALID_PARAMETER', 'PARAM_ERROR'],
  JOBWORTH_BLOCKED: [
    'JOB_WORTH_BLACK_LIST',
    'MERCHANT_INTERCEPT',
    'RISK_INTERCEPT',
    'OPEN_ZM_ACCOUNT_INTERCEPT',
    'WRONG_OUT_AGREEMENT_NO_INTERCEPT',
  ],
  JOBWORTH_MISMATCH: [
    'CARD_NO_NOT_MATCH',
    'MOBILE_NO_NOT_MATCH',
    'USER_NAME_NOT_MATCH',
    'TOKEN_NOT_MATCH_IDENTITY_TYPE',
  ],
  OUTCOME_UNKNOWN: ['SYSTEM_ERROR'],
};

export const testValues: readonly TestValue[] = [
  ...kinds.map((kind) => onAuthCode(nameOf(kind), testCodeKinds[kind], authCodes[kind])),
  onAuthCode('test_ok_alice_delay_2s', 'succeeds after 2 s', authCodes.ok),
  onAuthCode('test_ok_alice_delay_9s', 'succeeds after 9 s, which is too late', authCodes.hang),
  onAuthCode('test_ok_snapshot', 'succeeds; at WeChat the payer reads the page in snapshot mode', {
    outcome: 'PayerAuthenticated',
    except: { [WECHAT]: 'AUTH_CODE_SNAPSHOT' },
  }),
  atAlipay('holderName', '张三', 'begins, as every other name', 'PayerCertificationInitialized'),
  atAlipay('holderName', '拒绝', 'is refused', 'CERTIFICATION_REFUSED'),
  ...kinds.map((kind) => atAlipay('holderName', nameOf(kind), testCodeKinds[kind], certificationOutcome(kind))),
  atAlipay('certification', '通过', 'passes: the status is PASSED', 'PayerCertification'),
  atAlipay('certification', '不通过', 'does not pass: the status is NOT_PASSED', 'PayerCertification'),
  atAlipay('certification', 'test_ok_alice_delay_2s', 'passes; each answer comes after 2 s', 'PayerCertification'),
  atAlipay('certification', 'test_ok_alice_delay_30s', 'passes; each answer comes too late', 'CHANNEL_NO_ANSWER'),
  ...kinds
    .filter((kind) => kind !== 'ok')
    .map((kind) =>
      atAlipay(
        'certification',
        `test_${kind}_alice`,
        testCodeKinds[kind],
        certificationResults[kind] ?? 'CHANNEL_NO_ANSWER',
      ),
    ),
  ...kinds.map((kind) => {
    const outcome = jobworthOutcomes[kind] ?? authCodes[kind].outcome;
    return atAlipay('onceToken', nameOf(kind), testCodeKinds[kind], outcome);
  }),
  atAlipay('onceToken', 'test_ok_unconfirmed', 'is answered: not confirmed', 'PayerJobworthAnswered'),
  atAlipay('onceToken', 'test_ok_waiting', 'waits for its result twice, then succeeds', 'PayerJobworthPending'),
  ...Object.entries(jobworthErrors).flatMap(([outcome, errors]) =>
    errors.map((error) => atAlipay('onceToken', `test_ok_error-${error}`, `is refused by ${error}`, outcome)),
  ),
];
