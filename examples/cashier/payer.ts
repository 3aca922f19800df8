/**
 * Where the channel sends the payer back to: hands the auth code over, and learns nothing about the payer. A payer who
 * comes back without a code has declined; one without a state comes from the page of a certification.
 */
import { html, nothing, type TemplateResult } from 'lit-html';
import { send, sleep } from './api.ts';
import { onWait, showContent } from './frame.ts';
import { HandOverDocument, type PayerFailureCode, ReportStepDocument } from './graphql.ts';
import { say, type Words } from './language.ts';
import { brandOf, cross, mark, tick } from './marks.ts';
import { payerTexts } from './payer-texts.ts';
import { recall } from './session.ts';
import { failureText, isRefusal, texts } from './texts.ts';

const SLOW_MS = 3_000;

const given = new URLSearchParams(location.search);
/** An address that was redirected twice has its parameters twice: the last ones are new. */
const last = (name: string): string | undefined => given.getAll(name).at(-1);
/** Each channel names its code differently; none of them stays in the address bar. */
const authCode = last('auth_code') ?? last('code') ?? last('userAuthCode');
history.replaceState(null, '', location.pathname);
const place = { channelId: last('channel') ?? '', appId: last('app'), state: last('state') ?? '' };
/**
 * Why no code came: error of OAuth 2.0, errorcode of UnionPay's open platform, respCode of UnionPay's page, where 34 is
 * a payer who did not authorize. WeChat and Alipay give no reason, and return nothing but the state.
 */
const reason = last('error') ?? last('errorcode') ?? last('respCode');
const isDeclined = reason === undefined || reason === 'access_denied' || reason === '34';

type Sign = typeof tick | typeof nothing;
/** Whether the payer may go back to the channel's page and choose again. */
type Chance = 'again' | 'over';

/** On a phone the cashier was in this tab. */
const isFromHere = recall()?.started.state === place.state && place.state !== '';

const show = (title: Words, next: Words, sign: Sign = nothing, chance: Chance = 'over'): void =>
  showContent(
    () => html`<section class="card ${brandOf(place.channelId)}" aria-labelledby="card-title">
      <header class="brand">${mark(place.channelId)}<div><h1 id="card-title">${say(texts.shop)}</h1></div></header>
      <div class="status" role="status">${sign}<h2>${say(title)}</h2><p>${say(next, { reason: reason ?? '' })}</p></div>
      ${ways(chance)}
    </section>`,
  );

/** The page before this one is the channel's. A session that takes no code any more says so, before the payer goes. */
const goToChannel = async (): Promise<void> => {
  if (place.state) {
    const { reported } = await send(ReportStepDocument, { input: { ...place, step: 'OPENED' } }, { onWait });
    if ('code' in reported) return fail(reported.code);
  }
  history.back();
};

const toChannel = (isFirst: boolean): TemplateResult =>
  html`<button class=${isFirst ? 'primary' : ''} type="button" @click=${() => goToChannel().catch(failHere)}>${say(payerTexts.toChannel)}</button>`;

const toCashier = (isFirst: boolean): TemplateResult => {
  const cashier = new URL('../cashier', import.meta.url);
  if (place.appId !== undefined) cashier.searchParams.set('app', place.appId);
  return html`<a class="button ${isFirst ? 'primary' : ''}" href=${cashier.href}>${say(payerTexts.back)}</a>`;
};

const ways = (chance: Chance): TemplateResult | typeof nothing => {
  const isAgain = chance === 'again' && history.length > 1;
  if (!isAgain && !isFromHere) return nothing;
  return html`<p class="buttons">${isAgain ? toChannel(true) : nothing}${isFromHere ? toCashier(!isAgain) : nothing}</p>`;
};

const fail = (code: PayerFailureCode): void => {
  const headings: Partial<Record<PayerFailureCode, Words>> = {
    SESSION_EXPIRED: texts.expired,
    SESSION_CANCELLED: texts.cancelled,
    OUTCOME_UNKNOWN: texts.unknown,
  };
  const chance = isRefusal(code) ? 'again' : 'over';
  const heading = headings[code] ?? (chance === 'again' ? texts.refused : texts.failed);
  show(heading, failureText(code), cross, chance);
};

const handOver = async (code: string): Promise<void> => {
  show(payerTexts.working, texts.openedNext);
  const slow = setTimeout(() => show(payerTexts.working, payerTexts.slow), SLOW_MS);
  // The service redeems a code once: the same call again, after a broken connection, gets the outcome of the first.
  const input = { ...place, authCode: code, clientIp: '127.0.0.1' };
  for (;;) {
    const { stored } = await send(HandOverDocument, { input }, { onWait }).finally(() => clearTimeout(slow));
    if (!('code' in stored)) return show(payerTexts.done, payerTexts.doneNext, tick);
    if (!('retryAfterSeconds' in stored)) return fail(stored.code);
    show(payerTexts.working, failureText(stored.code));
    await sleep(stored.retryAfterSeconds * 1_000);
  }
};

const decline = async (): Promise<void> => {
  const { reported } = await send(ReportStepDocument, { input: { ...place, step: 'DECLINED' } }, { onWait });
  if ('code' in reported) fail(reported.code);
  else show(payerTexts.declined, payerTexts.declinedNext, nothing, 'again');
};

/** A fault of this page, too, ends in words. */
const failHere = (error: unknown): never => {
  fail('INPUT_INVALID');
  throw error;
};

if (authCode) await handOver(authCode).catch(failHere);
else if (!isDeclined) show(payerTexts.channelError, payerTexts.channelErrorNext, cross);
else if (place.state) await decline().catch(failHere);
else if (reason !== undefined) show(payerTexts.declined, payerTexts.declinedNext, nothing, 'again');
else show(payerTexts.nothing, payerTexts.nothingNext);
