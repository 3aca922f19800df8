/** The card of one payment: which step of the session it is in, and what to do next. */
import { html, nothing, type TemplateResult } from 'lit-html';
import { serviceNow } from './api.ts';
import { isPhone } from './device.ts';
import type { PayerFailureCode } from './graphql.ts';
import { handOverForm } from './hand-over.ts';
import { say, type Words } from './language.ts';
import { brandOf, cross, mark, tick } from './marks.ts';
import { type Place, reportOpened, type Session, type Step, type Waiting } from './session.ts';
import { failureText, texts, titleOf } from './texts.ts';

export interface Actions {
  cancel(session: Session): void;
  again(place: Place): void;
  chooseAnother(): void;
}

const nameOf = ({ id, title }: Place): string => (id === undefined ? say(texts.anyWallet) : titleOf(id, title));

const card = (place: Place, orderId: string | undefined, content: unknown): TemplateResult => html`
  <section class="card ${brandOf(place.id)}" aria-labelledby="card-title">
    <header class="brand">
      ${mark(place.id)}
      <div><h1 id="card-title" tabindex="-1">${nameOf(place)}</h1>
        <p class="order">${say(texts.shop)}${orderId ? html` · ${say(texts.order, { id: orderId })}` : nothing}</p></div>
      <p class="amount">${say(texts.amount)}</p>
    </header>
    ${content}
  </section>`;

const status = (title: string, next: string, sign: unknown = nothing): TemplateResult => html`
  <div class="status" role="status">${sign}<h2>${title}</h2><p>${next}</p></div>`;

const secondsLeft = ({ started }: Session): number =>
  Math.max(0, Math.round((Date.parse(started.expiresAt) - serviceNow()) / 1_000));

const countdown = (session: Session): TemplateResult => {
  const seconds = secondsLeft(session);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return html`<p class="countdown" role="timer" aria-live="off">${say(texts.timeLeft)} <b>${text}</b></p>`;
};

const qr = (session: Session): TemplateResult | typeof nothing => {
  const { place, started } = session;
  if (!('authorizeUrl' in started) || !started.authorizeQr) return nothing;
  const title = nameOf(place);
  const caption = place.id === undefined ? say(texts.scanAny) : say(texts.scan, { title });
  // As an image, so that nothing in it can run.
  const source = `data:image/svg+xml,${encodeURIComponent(started.authorizeQr)}`;
  return html`<figure class="qr"><img src=${source} width="224" height="224" alt=${say(texts.qrAlt, { title })} />
    <figcaption>${caption}</figcaption></figure>`;
};

/** On a phone the tab itself goes to the channel and comes back; beside a QR code the payer's page gets a tab of its own. */
const link = (session: Session): TemplateResult | typeof nothing => {
  const { place, started } = session;
  if (!('authorizeUrl' in started)) return nothing;
  const label = isPhone() ? say(texts.openHere, { title: nameOf(place) }) : say(texts.openAsPayer);
  return html`<a class="button ${isPhone() ? 'primary' : ''}" href=${started.authorizeUrl}
    target=${isPhone() ? '_self' : '_blank'} rel="noopener" @click=${() => reportOpened(session)}>${label}</a>`;
};

/** The words for a session that waits: the newest thing that happened, and what the payer does now. */
const waitingWords = ({ place }: Session, result: Waiting | undefined): readonly [string, string] => {
  const title = nameOf(place);
  const attempts = result && result.attemptsLeft > 0 ? texts.attempts : texts.lastAttempt;
  const left = say(attempts, { count: result?.attemptsLeft ?? 0 });
  if (result?.step === 'DECLINED') return [say(texts.declined), say(texts.declinedNext)];
  if (result?.lastFailure) {
    const { code } = result.lastFailure;
    const heading: Words = code === 'OUTCOME_UNKNOWN' ? texts.unknown : texts.refused;
    return [say(heading), `${say(failureText(code))} ${left}`];
  }
  if (result?.step === 'OPENED') return [say(texts.opened, { title }), say(texts.openedNext)];
  if (!place.hasPage) return [say(texts.withoutPage), say(texts.withoutPageNext)];
  const next = isPhone() ? texts.waitingNextHere : texts.waitingNext;
  return [say(texts.waiting), say(next, { title })];
};

const waiting = (session: Session, result: Waiting | undefined, actions: Actions): TemplateResult => {
  const { place, started } = session;
  const isTrouble = result?.step === 'DECLINED' || Boolean(result?.lastFailure);
  const buttons = html`<p class="buttons">
    <button type="button" @click=${() => actions.cancel(session)}>${say(texts.cancel)}</button>
    ${isTrouble ? html`<button type="button" @click=${() => actions.chooseAnother()}>${say(texts.otherWay)}</button>` : nothing}
  </p>`;
  const [title, next] = waitingWords(session, result);
  if (!('authorizeUrl' in started))
    return card(place, session.orderId, [status(title, next), handOverForm(session), countdown(session), buttons]);
  const ways = isPhone()
    ? html`${link(session)}<details><summary>${say(texts.otherDevice)}</summary>${qr(session)}</details>`
    : html`${qr(session)}${link(session)}`;
  const isSlow = secondsLeft(session) < 240 && !isTrouble && result?.step !== 'OPENED';
  return card(place, session.orderId, [
    html`<div class="dots" aria-hidden="true"><i></i><i></i><i></i></div>`,
    status(title, isSlow ? `${next} ${say(texts.slow)}` : next),
    html`<div class="ways">${ways}</div>`,
    countdown(session),
    buttons,
  ]);
};

type Identity = Extract<Step, { is: 'succeeded' }>['identity'];

const identityTable = (identity: Identity): TemplateResult => {
  if (!identity) return html`<p>${say(texts.hiddenIdentity)}</p>`;
  const { channel } = identity;
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    [say(texts.channel), channel && titleOf(channel.id, channel.title ?? channel.id)],
    ['id', identity.id],
    ['openId', identity.openId],
    ['userId', identity.userId],
  ];
  return html`<dl class="identity">
    ${rows.map(([name, value]) => (value ? html`<div><dt>${name}</dt><dd id="identity-${name}">${value}</dd></div>` : nothing))}
  </dl>`;
};

const endings: Partial<Record<PayerFailureCode, Words>> = {
  SESSION_EXPIRED: texts.expired,
  QUERY_CODE_UNKNOWN: texts.expired,
  SESSION_CANCELLED: texts.cancelled,
  OUTCOME_UNKNOWN: texts.unknown,
};

const failed = (place: Place, code: PayerFailureCode, actions: Actions): TemplateResult =>
  card(place, undefined, [
    status(say(endings[code] ?? texts.failed), say(failureText(code)), cross),
    html`<p class="code">${say(texts.reason)} <code>${code}</code></p>
      <p class="buttons">
        <button class="primary" type="button" @click=${() => actions.again(place)}>${say(texts.again)}</button>
        <button type="button" @click=${() => actions.chooseAnother()}>${say(texts.otherWay)}</button>
      </p>`,
  ]);

export const stepCard = (step: Step, actions: Actions): TemplateResult => {
  switch (step.is) {
    case 'starting':
      return card(step.place, undefined, status(say(texts.starting), ''));
    case 'waiting':
      return waiting(step.session, step.result, actions);
    case 'succeeded':
      return card(step.session.place, step.session.orderId, [
        status(say(texts.succeeded), say(texts.succeededNext), tick),
        identityTable(step.identity),
        html`<p class="buttons"><button class="primary" type="button" @click=${() => actions.chooseAnother()}>
          ${say(texts.another)}</button></p>`,
      ]);
    case 'failed':
      return failed(step.place, step.code, actions);
  }
};
