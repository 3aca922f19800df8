/** The promises that every source keeps, whatever its upstream. A source's own test plugs in its emulator. */
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Source } from '../../src/channels/source.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { type TestCodeKind, testCodeKinds } from '../../src/emulators/test-codes.ts';
import { type FailureCode, PayerIdentityError } from '../../src/failure.ts';
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
  /** How refusals come through; upstreams differ in what they tell. */
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

  describe(`${name} keeps the promises of a source`, () => {
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

    test('a code works once', async () => {
      const { redeem, failure } = await open();
      await redeem('test_ok_alice~1');
      expect(await failure('test_ok_alice~1')).toMatchObject({ code: refusals.used });
    });

    test.runIf(signsReplies).each(['badsign', 'nosign'])('a success with %s is not believed', async (kind) => {
      const { failure, ledger } = await open();
      expect(await failure(`test_${kind}_alice`)).toMatchObject({ code: 'REPLY_UNVERIFIED' });
      expect(ledger).toHaveLength(1);
    });

    test.each(malformedKinds)('a reply of kind %s is malformed, and not asked for again', async (kind) => {
      const { redeem, failure, ledger } = await open();
      const error = await failure(`test_${kind}_alice`);
      expect(error).toBeInstanceOf(PayerIdentityError);
      expect(error).toMatchObject({ code: 'REPLY_MALFORMED' });
      await redeem('test_ok_next');
      expect(ledger).toHaveLength(2);
    });

    test.each(['oversize', 'hang', 'reset'])('no reply because of %s: sent, once, and it says so', async (kind) => {
      const { redeem, failure, ledger } = await open();
      const error = await failure(
        `test_${kind}_alice`,
        kind === 'hang' ? { deadline: AbortSignal.timeout(300) } : soon(),
      );
      expect(error).toBeInstanceOf(ExchangeError);
      expect(error).toMatchObject({ sent: true });
      await redeem('test_ok_next');
      expect(ledger).toHaveLength(2);
    });

    test('nobody listening: nothing was sent, and it says so', async () => {
      const { failure, hangUp } = await open();
      await hangUp();
      const error = await failure('test_ok_alice');
      expect(error).toBeInstanceOf(ExchangeError);
      expect(error).toMatchObject({ sent: false });
    });

    test('a signal that is aborted already sends nothing', async () => {
      const { redeem, failure, ledger } = await open();
      const error = await failure('test_ok_alice', { deadline: AbortSignal.abort() });
      expect(error).toBeInstanceOf(ExchangeError);
      expect(error).toMatchObject({ sent: false });
      expect(ledger).toHaveLength(0);
      await redeem('test_ok_alice');
    });

    test('no failure holds the auth code, however deep one looks', async () => {
      const { failure, hangUp } = await open();
      const errors: [string, unknown][] = [];
      for (const kind of failingKinds) {
        if (!signsReplies && (kind === 'badsign' || kind === 'nosign')) continue;
        const until = kind === 'hang' ? { deadline: AbortSignal.timeout(100) } : soon();
        errors.push([kind, await failure(`test_${kind}_s3cret`, until)]);
      }
      errors.push(['aborted', await failure('test_ok_s3cret', { deadline: AbortSignal.abort() })]);
      await hangUp();
      errors.push(['nobody listening', await failure('test_ok_s3cret~2')]);
      for (const [kind, error] of errors) {
        const shown = `${inspect(error, { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null })}
          ${error instanceof Error && error.stack}`;
        expect(shown, kind).toContain('Error');
        expect(shown, kind).not.toContain('s3cret');
      }
    });
  });
};
