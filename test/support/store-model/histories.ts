/** Random histories of calls of a store, for fast-check. */
import fc from 'fast-check';
import type { CertificationStatus, Subject } from '../../../src/model.ts';
import type { FinalOutcome, Outcome } from '../../../src/store/model.ts';
import {
  addCertification,
  advance,
  type Command,
  cancel,
  claim,
  collect,
  countPoll,
  erase,
  exchange,
  jump,
  markSent,
  openSession,
  release,
  reopen,
  reportStep,
  type SessionChoice,
  settle,
  sweep,
  updateCertification,
} from './commands.ts';

const oneOf = fc.constantFrom;
/** Mostly the latest. */
const number = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) });
const subject: fc.Arbitrary<Subject> = fc
  .record({ openId: oneOf('open-a', 'open-b', undefined), userId: oneOf('user-a', 'user-b', undefined) })
  .filter(({ openId, userId }) => openId !== undefined || userId !== undefined)
  .chain((ids) => oneOf(ids, { ...ids, unionId: 'union' }));
const finalOutcome: fc.Arbitrary<FinalOutcome> = fc.oneof(
  subject.map((subject) => ({ state: 'SUCCEEDED', subject }) as const),
  subject.map((subject) => ({ state: 'SUCCEEDED', subject, accessToken: { value: 'token' } }) as const),
  oneOf<FinalOutcome>(
    { state: 'REJECTED', failureCode: 'AUTH_CODE_USED', upstreamCode: '42003' },
    { state: 'INDETERMINATE', failureCode: 'REPLY_MALFORMED' },
    { state: 'ANSWERED', answer: '{"trusted":true}' },
  ),
);
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 4, arbitrary: finalOutcome },
  { weight: 1, arbitrary: fc.constant({ state: 'HELD' } as const) },
);
const session: fc.Arbitrary<SessionChoice> = fc.oneof(
  oneOf(undefined, { own: 'own-a', attempts: 2 }, { own: 'own-b', attempts: 1 }, { own: 'own-b', attempts: 3 }),
  fc.record({
    issued: fc.nat({ max: 1 }),
    by: oneOf('query code' as const, 'state' as const, 'state' as const),
    codeChallenge: oneOf(undefined, undefined, 'challenge', 'challenge', 'another challenge'),
  }),
);
const anyClaim = fc.record({
  code: oneOf('code-a', 'code-b', 'code-c'),
  kind: oneOf('authCode', 'authCode', 'onceToken'),
  session,
  caller: oneOf('router', 'page'),
  appId: oneOf('demo', 'demo', 'other'),
  issuedOnly: oneOf(false, false, true),
  marks: oneOf(false, true),
  channelId: oneOf('ali_pay', 'ali_pay', 'ali_pay', 'wechat_pay'),
});
const byState = { issued: 0, by: 'state', codeChallenge: 'challenge' } as const;
/** Few different calls, repeated often, as retries are. */
const usualClaim = fc.record({
  code: oneOf('code-a', 'code-b', 'code-c'),
  session: oneOf<SessionChoice>(undefined, { own: 'own-a', attempts: 3 }, byState, byState, {
    ...byState,
    codeChallenge: undefined,
  }),
  kind: fc.constant('authCode' as const),
  caller: fc.constant('router'),
  appId: fc.constant('demo'),
  issuedOnly: fc.constant(false),
  marks: oneOf(false, true),
  channelId: fc.constant('ali_pay'),
});
const certifyId = oneOf('certify-a', 'certify-b', 'certify-c');

/** Commands in roughly the frequencies of production. */
export const commands: fc.Arbitrary<Command>[] = [
  anyClaim.map(claim),
  anyClaim.map(claim),
  usualClaim.map(claim),
  usualClaim.map(claim),
  number.map(markSent),
  number.map(markSent),
  number.map(release),
  ...[1, 2].map(() => fc.tuple(number, outcome).map(([index, how]) => settle(index, how))),
  ...[anyClaim, usualClaim].map((choice) => fc.tuple(choice, outcome).map(([what, how]) => exchange(what, how))),
  fc.tuple(number, finalOutcome).map(([index, how]) => collect(index, how)),
  fc
    .tuple(oneOf('demo', 'other'), oneOf('ali_pay', 'ali_pay', undefined), oneOf(undefined, 'challenge', 'challenge'))
    .map(([appId, channelId, challenge]) => openSession(appId, channelId, challenge)),
  number.map(countPoll),
  fc
    .tuple(
      number,
      fc.record({
        step: oneOf('OPENED', 'DECLINED'),
        appId: oneOf('demo', 'demo', 'other'),
        channelId: oneOf('ali_pay', 'ali_pay', 'ali_pay', 'wechat_pay'),
      }),
    )
    .map(([index, report]) => reportStep(index, report)),
  fc
    .tuple(number, oneOf('OPENED' as const, 'DECLINED' as const))
    .map(([index, step]) => reportStep(index, { step, appId: 'demo', channelId: 'ali_pay' })),
  fc.tuple(number, oneOf('demo', 'demo', 'other')).map(([index, appId]) => cancel(index, appId)),
  oneOf(1, 9, 10, 11, 20, 30, 31, 60, 80).map(advance),
  oneOf(1, 1, 2, 5, 10).map(advance),
  fc.constant(sweep),
  oneOf(25, 1, -1, -48).map(jump),
  fc.oneof({ weight: 3, arbitrary: number.map(erase) }, { weight: 1, arbitrary: fc.constant(reopen) }),
  fc.tuple(certifyId, fc.option(number, { nil: undefined })).map(([id, payer]) => addCertification(id, payer)),
  fc
    .tuple(certifyId, oneOf<CertificationStatus>('NOT_PASSED', 'PASSED'))
    .map(([id, to]) => updateCertification(id, to)),
];
