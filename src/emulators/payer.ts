/**
 * The payer of the sandbox as a program: opens the page of an emulated channel, declines, authorizes, and goes back to
 * the merchant, as a browser in the payer's hand would. It knows no more than that browser: addresses and their pages.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Choice, choiceOf, createBrowser, isCodeOf, type Places } from './payer/browser.ts';
import { type Certification, certify } from './payer/certify.ts';
import { createAsk, type PayerSession, placeOf } from './payer/payer-page.ts';
import { SteeringError } from './payer/steering-error.ts';
import { type CodeOutcome, issueTestCode } from './test-codes.ts';

export type { Certification } from './payer/certify.ts';
export type { PayerSession } from './payer/payer-page.ts';
export { SteeringError } from './payer/steering-error.ts';

export interface Authorization extends PayerSession, CodeOutcome {
  /** alice, bob, carol, or another name of A-Z a-z 0-9 _ - */
  readonly payer?: string | null | undefined;
  /** False: the auth code is not redeemed, so that a test opens `returnedTo` in a browser of its own. */
  readonly redeems?: boolean | null | undefined;
  /** For a session with a codeChallenge: what the payer page would hold. */
  readonly codeVerifier?: string | null | undefined;
}

/** What came of it. */
export interface Visit {
  /** Where the channel sent the payer's browser, with what it hands over; null while the payer is still at the channel. */
  readonly returnedTo: string | null;
  /** The type of the service's answer to what the payer page does; null where it has nothing to do. */
  readonly answer: string | null;
  /** The code of that answer, when it is a failure. */
  readonly code: string | null;
  /** Why it failed, for developers: the fields of an invalid input, or the message. */
  readonly reason: string | null;
}

/** Every method throws SteeringError for what a test did wrong. */
export interface Payer {
  opens(session: PayerSession): Promise<Visit>;
  declines(session: PayerSession): Promise<Visit>;
  authorizes(authorization: Authorization): Promise<Visit>;
  certifies(certification: Certification): Promise<Visit>;
}

interface Deps extends Places {
  readonly serviceUrl: () => string;
  readonly signal: AbortSignal;
}

const MAX_SECONDS = 60;

const authCodeOf = (choice: Choice, payer: string, outcome: CodeOutcome): string => {
  const offered = choice.address.searchParams.get(choice.codeName) ?? '';
  const isPlain = (outcome.kind ?? 'ok') === 'ok' && !outcome.delaySeconds;
  // The channel remembers for which application it gave out the code that it offers.
  return isPlain && isCodeOf(choice, payer) ? offered : issueTestCode(payer, outcome);
};

const wait = async ({ afterSeconds }: Pick<PayerSession, 'afterSeconds'>, signal: AbortSignal): Promise<void> => {
  const seconds = afterSeconds ?? 0;
  if (!(seconds >= 0 && seconds <= MAX_SECONDS))
    throw new SteeringError(`afterSeconds is a number of seconds from 0 to ${MAX_SECONDS}`);
  if (seconds > 0) await delay(seconds * 1_000, undefined, { signal });
};

export const createPayer = (deps: Deps): Payer => {
  const { signal } = deps;
  const browser = createBrowser(deps, signal);
  const ask = createAsk(deps);

  const openPage = async (session: PayerSession) => {
    await wait(session, signal);
    return browser.open(session.authorizeUrl, session.channelId);
  };
  const report = (session: PayerSession, address: URL, step: string) =>
    ask('reportAuthenticationStep', 'PayerReportAuthenticationStepInput', { ...placeOf(session, address), step });

  return {
    async opens(session) {
      const { page, address } = await openPage(session);
      choiceOf(page);
      return { returnedTo: null, ...(await report(session, address, 'OPENED')) };
    },

    async declines(session) {
      const { page, address } = await openPage(session);
      const { address: back, codeName } = choiceOf(page);
      back.searchParams.delete(codeName);
      if (codeName === 'userAuthCode') back.searchParams.set('respCode', '34');
      const returnedTo = await browser.follow(back);
      return { returnedTo: returnedTo.href, ...(await report(session, address, 'DECLINED')) };
    },

    async authorizes({ kind, delaySeconds, codeVerifier, ...session }) {
      const payer = session.payer ?? 'alice';
      if (!/^[\w-]{1,32}$/.test(payer)) throw new SteeringError('payer has 1 to 32 characters of A-Z a-z 0-9 _ -');
      const { page, address } = await openPage(session);
      const choice = choiceOf(page, payer);
      const authCode = authCodeOf(choice, payer, { kind, delaySeconds });
      choice.address.searchParams.set(choice.codeName, authCode);
      const returnedTo = (await browser.follow(choice.address)).href;
      if (session.redeems === false) return { returnedTo, answer: null, code: null, reason: null };
      const input = { ...placeOf(session, address), authCode, codeVerifier, clientIp: '127.0.0.1' };
      return { returnedTo, ...(await ask('authenticateAndSet', 'PayerAuthenticateAndSetInput', input)) };
    },

    async certifies(certification) {
      await wait(certification, signal);
      return { returnedTo: await certify(browser, certification), answer: null, code: null, reason: null };
    },
  };
};
