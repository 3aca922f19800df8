/**
 * What `payer-identity doctor` finds out about a source: its keys and certificates, the way to its upstreams step by
 * step, the clock, and whether an invalid code is refused as invalid, by a reply whose signature is right.
 */
import { randomBytes } from 'node:crypto';
import { PayerIdentityError } from '../failure.ts';
import type { Egress } from '../lib/connection.ts';
import { ExchangeError, type HttpReply } from '../lib/exchange.ts';
import type { Resolver } from '../lib/resolver.ts';
import { type Check, check, messageOf } from './check.ts';
import { openSource } from './open-source.ts';
import { reach } from './reach.ts';
import { type Configured, definitionOf, explainMessage } from './registry.ts';
import type { OpenedSource } from './source.ts';

const DAY_MS = 86_400_000;
/** Alipay's and DaxPay's requests carry the time, and are refused when it is minutes off. */
const CLOCK_MS = { warn: 5_000, fail: 60_000 };
const LIMIT_MS = 5_000;

const certificates = ({ expiring = [] }: OpenedSource, now: number): Check[] =>
  expiring.map(({ setting, validFrom, validTo }) => {
    const days = Math.floor((validTo.getTime() - now) / DAY_MS);
    const until = `valid until ${validTo.toISOString().slice(0, 10)}`;
    if (validTo.getTime() <= now)
      return check(setting, 'fail', `expired on ${validTo.toISOString()}: download a new one`);
    if (validFrom.getTime() > now) return check(setting, 'fail', `not valid before ${validFrom.toISOString()}`);
    return check(setting, days < 30 ? 'warn' : 'ok', `${until}, ${days} days`);
  });

/** The date of a reply against this machine's clock, at the middle of the exchange. */
const clock = ({ headers }: HttpReply, at: number): Check => {
  const date = Date.parse(`${headers.date ?? ''}`);
  if (Number.isNaN(date)) return check('clock', 'warn', 'the upstream sends no Date to compare with');
  const off = at - date;
  const seconds = `${Math.round(Math.abs(off) / 1_000)} s ${off > 0 ? 'ahead of' : 'behind'} the upstream`;
  // A Date has no fractions of a second.
  if (off > -CLOCK_MS.warn && off < CLOCK_MS.warn + 1_000)
    return check('clock', 'ok', 'agrees with that of the upstream');
  const state = Math.abs(off) > CLOCK_MS.fail ? 'fail' : 'warn';
  return check('clock', state, `this machine is ${seconds}: signed requests would be refused; synchronize it (NTP)`);
};

const remedyOf = (type: string, upstreamCode: string | undefined): string =>
  definitionOf(type, type).remedies?.get(upstreamCode ?? '') ?? `docs/sources/${type}.md lists codes and settings`;

/** What came of an invalid code. */
const judge = (error: unknown, type: string): Pick<Check, 'state' | 'found'> => {
  if (error instanceof ExchangeError) return { state: 'fail', found: `no reply: ${error.reason ?? 'unknown reason'}` };
  if (!(error instanceof PayerIdentityError)) return { state: 'fail', found: messageOf(error) };
  const { code, upstreamCode, claimedCode } = error;
  const named = upstreamCode ?? claimedCode;
  const shown = named === undefined ? code : `${code}, upstream code ${named}`;
  if (code.startsWith('AUTH_CODE_')) return { state: 'ok', found: `refused as invalid: ${shown}` };
  if (code === 'CHANNEL_MISCONFIGURED')
    return {
      state: 'fail',
      found: `the upstream refuses these settings, not the code: ${shown}. ${remedyOf(type, named)}`,
    };
  if (code === 'REPLY_UNVERIFIED')
    return {
      state: 'fail',
      found: `the signature of the reply is not right: ${shown}. payer-identity explain shows why`,
    };
  if (code === 'REPLY_MALFORMED')
    return {
      state: 'fail',
      found: `the reply is not one of this upstream: ${shown}. Is the address that of its API, or does a proxy or a page answer there?`,
    };
  const found = `not refused as invalid: ${shown}`;
  if (code !== 'OUTCOME_UNKNOWN') return { state: 'fail', found };
  return {
    state: 'warn',
    found: `${found}. The upstream does not say why; payer-identity try shows whether a payer's code is redeemed`,
  };
};

/** Signed or not, the reply to an invalid code. */
const signature = (name: string, configured: Configured[string], { status, headers, body }: HttpReply): Check => {
  const single = Object.entries(headers).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.join(', ') : `${value}`,
  ]);
  try {
    const startLine = `HTTP/1.1 ${status}`;
    const explained = explainMessage(name, configured, { startLine, headers: Object.fromEntries(single), body });
    if (!explained) return check('signature', 'ok', 'this upstream signs no replies; TLS authenticates them');
    if (explained.isRight) return check('signature', 'ok', 'the reply is signed, and verified');
    const state = explained.given === undefined ? 'warn' : 'fail';
    return check('signature', state, explained.findings.join('; '));
  } catch {
    return check('signature', 'fail', 'the reply is not of the kind that this upstream sends');
  }
};

interface Seen {
  readonly reply: HttpReply;
  readonly at: number;
}

const invalidCode = (kind: string): string =>
  kind === 'PAYMENT_CODE' ? '100000000000000000' : `doctor${randomBytes(13).toString('hex')}`;

const redeemInvalid = async (source: OpenedSource, type: string, channelId: string): Promise<Check> => {
  const call = { deadline: AbortSignal.timeout(LIMIT_MS), origin: { channelId, traffic: 'trusted' } } as const;
  const name = `invalid code on ${channelId}`;
  try {
    const code = invalidCode(source.authCodeKind(channelId));
    await source.redeem(code, { channelId, clientIp: '127.0.0.1' }, call);
    return check(name, 'fail', 'it was accepted: this is not the upstream of a channel');
  } catch (error) {
    return { check: name, ...judge(error, type) };
  }
};

/** Everything that can be found out about a source without a payer. Never throws for what the source or its upstream does. */
export const diagnose = async (name: string, configured: Configured[string], resolver: Resolver): Promise<Check[]> => {
  const { type, ...options } = configured;
  const upstreams: { address: string; egress: Egress }[] = [];
  const seen: Seen[] = [];
  let opened: ReturnType<typeof openSource>;
  try {
    opened = openSource(name, definitionOf(name, type), options, {
      resolver,
      now: Date.now,
      observe: (_, send, address, route) => {
        upstreams.push({ address, egress: { ...route, resolver } });
        return async (request, cancellation) => {
          const startedAt = Date.now();
          const reply = await send(request, cancellation);
          seen.push({ reply, at: (startedAt + Date.now()) / 2 });
          return reply;
        };
      },
    });
  } catch (error) {
    return [check('options', 'fail', messageOf(error))];
  }
  const { source, close } = opened;
  const checks = [check('options', 'ok', 'keys and settings fit together'), ...certificates(source, Date.now())];
  const addresses = new Map(upstreams.map(({ address, egress }) => [new URL(address).origin, egress]));
  for (const [origin, egress] of addresses) checks.push(...(await reach(origin, egress)));
  for (const channelId of source.channels) checks.push(await redeemInvalid(source, type, channelId));
  const [first] = seen;
  if (first) {
    checks.push(check('HTTP', first.reply.status === 200 ? 'ok' : 'fail', `status ${first.reply.status}`));
    checks.push(clock(first.reply, first.at), signature(name, configured, first.reply));
  }
  await close();
  return checks;
};
