/** The promises of every source. A source's own test plugs in its emulator. */
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Source } from '../../src/channels/source.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { type TestCodeKind, testCodeKinds } from '../../src/emulators/test-codes.ts';
import { PayerIdentityError } from '../../src/failure.ts';
import type { FailureCode } from '../../src/failure-codes.ts';
import { type Cancellation, ExchangeError } from '../../src/lib/exchange.ts';
import { origin, soon } from '../support/services/sources.ts';

export interface StartedSource {
  readonly source: Source;
  readonly emulator: Emulator;
  /** Closes the source's connections; the contract closes the emulator. */
  disconnect(): Promise<void>;
}

export interface SourcePlug {
  readonly name: string;
  readonly channelId: string;
  /** The failures of refusals; upstreams differ in what they report. */
  readonly refusals: Readonly<Record<'invalid' | 'used' | 'expired', FailureCode>>;
  /** False for an upstream that TLS alone vouches for. */
  readonly signsReplies: boolean;
  /** A source and an upstream of its own for one test. */
  start(): Promise<StartedSource>;
}

const refusalKinds = ['invalid', 'used', 'expired'] as const;
const malformedKinds = ['twice', 'html', '500', 'gbk', 'redirect'] as const;
const failingKinds = Object.keys(testCodeKinds).filter((kind) => kind !== 'ok') as TestCodeKind[];

export const sourceContract = ({ name, channelId, refusals, signsReplies, start }: SourcePlug): void => {
  const open = async () => {
    const { source, emulator, disconnect } = await start();
    let hungUp: Promise<void> | undefined;
    const hangUp = () => {
      hungUp ??= emulator.close();
      return hungUp;
    };
    onTestFinished(async () => {
      await disconnect();
      await hangUp();
    });
    const redeem = (code: string, cancellation: Cancellation = soon()) =>
      source.redeem(code, { channelId, clientIp: '127.0.0.1' }, { ...cancellation, origin });
    const failure = (code: string, cancellation?: Cancellation): Promise<unknown> =>
      redeem(code, cancellation).then(
        () => expect.unreachable(`${code} was redeemed`),
        (error: unknown) => error,
      );
    return { redeem, failure, ledger: emulator.ledger, hangUp };
  };

  describe(`${name} as a source`, () => {
    test('a good code yields an openId or a userId, with one request', async () => {
      const { redeem, ledger } = await open();
      const { subject } = await redeem('test_ok_alice~1');
      expect(subject.openId ?? subject.userId).toMatch(/^.{10,}$/);
      expect(ledger).toHaveLength(1);
    });

    test('two codes of one payer yield the same subject, and those of two payers do not', async () => {
      const { redeem } = await open();
      const { subject } = await redeem('test_ok_alice~1');
      expect((await redeem('test_ok_alice~2')).subject).toEqual(subject);
      expect((await redeem('test_ok_bob~1')).subject).not.toEqual(subject);
    });

    test.each(refusalKinds)('a code refused as %s fails with the code for it', async (kind) => {
      const { failure, ledger } = await open();
      const error = await failure(`test_${kind}_alice`);
      expect(error).toBeInstanceOf(PayerIdentityError);
      expect(error).toMatchObject({ code: refusals[kind] });
      expect(ledger).toHaveLength(1);
    });

    test('a code that was redeemed is refused as used', async () => {
      const { redeem, failure } = await open();
      await redeem('test_ok_alice~1');
      expect(await failure('test_ok_alice~1')).toMatchObject({ code: refusals.used });
    });

    test.runIf(signsReplies).each(['badsign', 'nosign'])('a success with %s is unverified', async (kind) => {
      const { failure, ledger } = await open();
      expect(await failure(`test_${kind}_alice`)).toMatchObject({ code: 'REPLY_UNVERIFIED' });
      expect(ledger).toHaveLength(1);
    });

    test.each(malformedKinds)('P1: a reply of kind %s is malformed, and the request is not repeated', async (kind) => {
      const { redeem, failure, ledger } = await open();
      const error = await failure(`test_${kind}_alice`);
      expect(error).toBeInstanceOf(PayerIdentityError);
      expect(error).toMatchObject({ code: 'REPLY_MALFORMED' });
      await redeem('test_ok_next');
      expect(ledger).toHaveLength(2);
    });

    test.each(['oversize', 'hang', 'reset'])(
      'P1: without a reply because of %s the failure reports sent, and the request is not repeated',
      async (kind) => {
        const { redeem, failure, ledger } = await open();
        const error = await failure(
          `test_${kind}_alice`,
          kind === 'hang' ? { deadline: AbortSignal.timeout(300) } : soon(),
        );
        expect(error).toBeInstanceOf(ExchangeError);
        expect(error).toMatchObject({ sent: true });
        await redeem('test_ok_next');
        expect(ledger).toHaveLength(2);
      },
    );

    test('a refused connection reports that nothing was sent', async () => {
      const { failure, hangUp } = await open();
      await hangUp();
      const error = await failure('test_ok_alice');
      expect(error).toBeInstanceOf(ExchangeError);
      expect(error).toMatchObject({ sent: false });
    });

    test('a call whose deadline has passed sends nothing', async () => {
      const { redeem, failure, ledger } = await open();
      const error = await failure('test_ok_alice', { deadline: AbortSignal.abort() });
      expect(error).toBeInstanceOf(ExchangeError);
      expect(error).toMatchObject({ sent: false });
      expect(ledger).toHaveLength(0);
      await redeem('test_ok_alice');
    });

    test('P8: no failure holds the auth code at any depth', async () => {
      const { failure, hangUp } = await open();
      const errors: [string, unknown][] = [];
      for (const kind of failingKinds) {
        if (!signsReplies && (kind === 'badsign' || kind === 'nosign')) continue;
        const until = kind === 'hang' ? { deadline: AbortSignal.timeout(100) } : soon();
        errors.push([kind, await failure(`test_${kind}_s3cret`, until)]);
      }
      errors.push(['aborted', await failure('test_ok_s3cret', { deadline: AbortSignal.abort() })]);
      await hangUp();
      errors.push(['refused connection', await failure('test_ok_s3cret~2')]);
      for (const [kind, error] of errors) {
        const shown = `${inspect(error, { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null })}
          ${error instanceof Error && error.stack}`;
        expect(shown, kind).toContain('Error');
        expect(shown, kind).not.toContain('s3cret');
      }
    });
  });
};
