/** One authentication, from its start to its outcome: what the card shows is a `Step` of it. */
import { type SendOptions, send, serviceNow, sleep } from './api.ts';
import {
  CancelDocument,
  type OutcomeFragment,
  type PayerFailureCode,
  ReportStepDocument,
  ResultDocument,
  StartDocument,
  type StartMutation,
} from './graphql.ts';

/** Where the payer pays; `id` is undefined for one address that every wallet opens. */
export interface Place {
  readonly appId: string | undefined;
  readonly id: string | undefined;
  readonly title: string;
  readonly hasPage: boolean;
}

type Started = Extract<StartMutation['started'], { queryCode: string }>;

export interface Session {
  readonly place: Place;
  readonly started: Started;
  readonly orderId: string;
}

export type Waiting = Extract<OutcomeFragment, { __typename: 'PayerAuthWaiting' }>;
type Succeeded = Extract<OutcomeFragment, { __typename: 'PayerAuthSucceeded' }>;

export type Step =
  | { readonly is: 'starting'; readonly place: Place }
  | { readonly is: 'waiting'; readonly session: Session; readonly result: Waiting | undefined }
  | { readonly is: 'succeeded'; readonly session: Session; readonly identity: Succeeded['identity'] }
  | { readonly is: 'failed'; readonly place: Place; readonly code: PayerFailureCode };

export type Show = (step: Step) => void;
type Quiet = Pick<SendOptions, 'onWait'>;

const WAIT_SECONDS = 20;
const STORED_AS = 'cashier';

/** The page that the channel sends the payer back to. */
export const payerPage = ({ appId, id }: Pick<Place, 'appId' | 'id'>): string => {
  const page = new URL('../payer', import.meta.url);
  if (appId !== undefined) page.searchParams.set('app', appId);
  if (id !== undefined) page.searchParams.set('channel', id);
  return page.href;
};

/** On a phone the payer leaves this page for the channel's and comes back: the tab remembers its session. */
const remember = (session: Session | undefined): void => {
  if (session) sessionStorage.setItem(STORED_AS, JSON.stringify(session));
  else sessionStorage.removeItem(STORED_AS);
};

export const forget = (): void => remember(undefined);

export const recall = (): Session | undefined => {
  const stored = sessionStorage.getItem(STORED_AS);
  if (stored === null) return undefined;
  const session: Session = JSON.parse(stored);
  return Date.parse(session.started.expiresAt) > serviceNow() ? session : undefined;
};

export const start = async (place: Place, orderId: string, options: SendOptions, show: Show): Promise<void> => {
  show({ is: 'starting', place });
  const { id: channelId, appId, hasPage } = place;
  const input = { channelId, appId, clientReferenceId: orderId, returnUrl: hasPage ? payerPage(place) : undefined };
  const { started } = await send(StartDocument, { input }, options);
  if (!('queryCode' in started)) return show({ is: 'failed', place, code: started.code });
  const session: Session = { place, started, orderId };
  remember(session);
  show({ is: 'waiting', session, result: undefined });
  await follow(session, options, show);
};

/** What the card shows for an answer. */
const stepOf = (session: Session, result: OutcomeFragment): Step => {
  const { place } = session;
  switch (result.__typename) {
    case 'PayerAuthWaiting':
      return { is: 'waiting', session, result };
    case 'PayerAuthSucceeded':
      return { is: 'succeeded', session, identity: result.identity };
    case 'PayerAuthFailed':
      return { is: 'failed', place, code: result.failure.code };
    default:
      return { is: 'failed', place, code: result.code };
  }
};

/** Asks until the session has ended. Each call waits at the service for a change, so that a loop is no load. */
export const follow = async (session: Session, options: SendOptions, show: Show): Promise<void> => {
  const { queryCode } = session.started;
  for (;;) {
    const { result } = await send(ResultDocument, { queryCode, waitSeconds: WAIT_SECONDS }, options);
    options.signal?.throwIfAborted();
    if (result?.__typename === 'PayerServiceBusy' || !result) {
      const seconds = result?.retryAfterSeconds ?? 1;
      options.onWait?.(seconds, 'busy');
      await sleep(seconds * 1_000, options.signal);
      continue;
    }
    const step = stepOf(session, result);
    if (step.is !== 'waiting') forget();
    show(step);
    if (step.is !== 'waiting') return;
  }
};

/** The answer is also what `follow` gets: a success that came first stays a success. */
export const cancel = async ({ started }: Session, options: Quiet): Promise<void> => {
  await send(CancelDocument, { input: { queryCode: started.queryCode } }, options);
};

/** A page in the payer's own browser that leads to the channel's may say so. For every wallet there is no channel yet. */
export const reportOpened = async ({ place, started }: Session): Promise<void> => {
  const { id: channelId, appId } = place;
  if (channelId === undefined) return;
  await send(ReportStepDocument, { input: { channelId, appId, state: started.state, step: 'OPENED' } });
};
