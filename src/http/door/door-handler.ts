/**
 * The door behind HTTP: GET and HEAD of two addresses, for payers' browsers. No reply depends on the Host header, and
 * nothing of a request is in a log line or in a label of a metric.
 */
import { PayerIdentityError } from '../../failure.ts';
import { BACK, type Destination, type Door, OPEN } from '../../identity/door.ts';
import { joinPath } from '../../lib/address.ts';
import { createLineBudget } from '../../lib/line-budget.ts';
import type { Log } from '../../lib/log.ts';
import { networkOf } from '../../lib/network.ts';
import { createTokenBuckets, type Rate } from '../../lib/token-bucket.ts';
import type { Metrics } from '../../metrics.ts';
import { clientAddress } from '../client-address.ts';
import { withDeadline } from '../deadline.ts';
import { baseHeaders, type EdgeReply, type EdgeRequest, type Handler, refuse } from '../edge.ts';
import { measureRequest } from '../measure.ts';
import { toGet } from '../methods.ts';
import { choicePage, doorHeaders, refusalPage } from './pages.ts';
import { lastParameters } from './query.ts';

export interface DoorOptions {
  readonly door: Door;
  /** Its path stands before the paths of the door. */
  readonly publicUrl: string;
  /** Of requests from one network; absent: no limit. */
  readonly rate: Rate | undefined;
  readonly clientAddressHeader: string | undefined;
  readonly operationMs: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What a ticket or state that was not issued here costs beyond the request itself, in tokens. */
const GUESS_TOKENS = 10;
/** Lines about requests that failed. */
const LINES_PER_SECOND = 100;

/** A browser that loads a page before the payer asks for it would take an auth code with it, and may never show it. */
const isSpeculative = ({ headers }: EdgeRequest): boolean =>
  ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
    /prefetch|prerender|preview/i.test(headers[name] ?? ''),
  );

const speculative = () => refuse(403, 'DOOR_SPECULATIVE', 'Nothing is loaded before the payer asks for it');

const redirectTo = (location: string): EdgeReply => ({ status: 303, headers: { ...baseHeaders, location }, body: '' });

const replyTo = (way: Destination): EdgeReply => {
  switch (way.kind) {
    case 'REDIRECT':
      return redirectTo(way.url);
    case 'CHOICE':
      return choicePage(way.choice);
    default:
      return refusalPage(way.kind);
  }
};

/** A request of the door: the name of its route, and where it leads. */
interface Asked {
  readonly route: string;
  readonly appId: string;
  readonly channelId?: string;
  lead(): Destination | Promise<Destination>;
}

const askedOf = (door: Door, base: string, { path, target, headers }: EdgeRequest): Asked | undefined => {
  const [route = '', appId = '', last = '', ...rest] = path.startsWith(`${base}/`)
    ? path.slice(base.length + 1).split('/')
    : [];
  if (appId === '' || last === '' || rest.length > 0) return undefined;
  if (`/${route}` === OPEN)
    return { route: OPEN, appId, lead: () => door.open(appId, last, headers['user-agent'] ?? '') };
  if (`/${route}` === BACK)
    return { route: BACK, appId, channelId: last, lead: () => door.handOver(appId, last, lastParameters(target)) };
  return undefined;
};

export const createDoorHandler = (options: DoorOptions): Handler => {
  const { door, publicUrl, rate, clientAddressHeader, operationMs, metrics, log } = options;
  const base = joinPath(new URL(publicUrl), '');
  const buckets = rate && createTokenBuckets(rate, { debtBursts: GUESS_TOKENS });
  const lines = createLineBudget(LINES_PER_SECOND, (count) =>
    log.warn('requests of the door failed, more than the log has lines for', { count }),
  );

  /** The names are those of the configuration: only a ticket or state that was issued for them gets this far. */
  const fail = ({ appId, channelId }: Asked, error: unknown): EdgeReply => {
    if (!(error instanceof PayerIdentityError) || error.code !== 'SERVICE_UNAVAILABLE') throw error;
    if (lines.take()) log.error('the store failed', { appId, channelId, code: error.code, error: error.cause });
    return refusalPage('UNAVAILABLE', { 'retry-after': `${error.retryAfterSeconds ?? 1}` });
  };

  const lead = async (asked: Asked, network: string): Promise<EdgeReply> => {
    const way = await asked.lead();
    if (way.kind === 'UNKNOWN') buckets?.take(network, GUESS_TOKENS);
    const { appId, channelId } = asked;
    if (way.kind === 'UNLISTED' && lines.take())
      log.warn('a payer cannot return: returnUrls of the app lists the page of the session no longer', {
        appId,
        channelId,
      });
    return replyTo(way);
  };

  const answer = async (request: EdgeRequest, asked: Asked | undefined): Promise<EdgeReply> => {
    const network = networkOf(clientAddress(request, clientAddressHeader) ?? request.remoteAddress ?? '');
    const seconds = buckets?.secondsUntil(network) ?? 0;
    if (seconds > 0) return refusalPage('RATE_LIMITED', { 'retry-after': `${Math.ceil(seconds)}` });
    buckets?.take(network);
    if (!asked) return refusalPage('UNKNOWN');
    if (isSpeculative(request)) return speculative();
    const led = await withDeadline(operationMs, request.signal, () =>
      lead(asked, network).catch((error: unknown) => fail(asked, error)),
    );
    return led ?? refusalPage('UNAVAILABLE', { 'retry-after': '1' });
  };

  return async (request) => {
    const asked = askedOf(door, base, request);
    const given = await measureRequest(metrics, `door ${asked?.route ?? 'none'}`, () =>
      toGet((read) => answer(read, asked))(request),
    );
    // A refused client needs no connection that stays open.
    const last = given.refusal === undefined ? {} : { connection: 'close' };
    return { ...given, headers: { ...given.headers, ...doorHeaders, ...last } };
  };
};
