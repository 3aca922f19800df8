/** The cashier: choose a channel, show one card for the payment; beside it the certification and the job identity. */
import { html, type TemplateResult } from 'lit-html';
import { send } from './api.ts';
import { certification } from './certification.ts';
import { isPhone, onDeviceChange } from './device.ts';
import { onWait, showContent, showTabs, update } from './frame.ts';
import { ChannelsDocument } from './graphql.ts';
import { jobIdentity } from './job-identity.ts';
import { say, type Words } from './language.ts';
import { brandOf, mark } from './marks.ts';
import { type Actions, stepCard } from './pay.ts';
import { cancel, follow, forget, type Place, recall, type Session, type Step, start } from './session.ts';
import { texts, titleOf } from './texts.ts';

const appId = new URLSearchParams(location.search).get('app') ?? undefined;
const newOrderId = (): string => `D-${1000 + Math.floor(Math.random() * 9000)}`;

/** Undefined until the service has answered. */
let places: readonly Place[] | undefined;
let step: Step | undefined;
let running: AbortController | undefined;

/** A new card gets the focus: the button that was pressed is gone, and a screen reader goes on at the heading. */
const show = (newStep: Step | undefined): void => {
  const isNew = newStep?.is !== step?.is;
  step = newStep;
  update();
  if (isNew) document.getElementById('card-title')?.focus();
};

/** Runs one session; a newer one ends it. A fault of this page ends it with words too. */
const run = (place: Place, work: (options: { signal: AbortSignal; onWait: typeof onWait }) => Promise<void>): void => {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  onWait(0);
  work({ signal: mine.signal, onWait }).catch((error: unknown) => {
    if (mine.signal.aborted) return;
    show({ is: 'failed', place, code: 'INPUT_INVALID' });
    throw error;
  });
};

const begin = (place: Place): void => run(place, (options) => start(place, newOrderId(), options, show));
const resume = (session: Session): void => {
  show({ is: 'waiting', session, result: undefined });
  run(session.place, (options) => follow(session, options, show));
};

const actions: Actions = {
  cancel: (session) => void cancel(session, { onWait }),
  again: begin,
  chooseAnother() {
    running?.abort();
    if (step?.is === 'waiting') void cancel(step.session, {});
    forget();
    show(undefined);
  },
};

/** What comes next, in words: ids are for programs. */
const wayOf = ({ id, hasPage }: Place): Words => {
  if (!hasPage) return texts.byHand;
  if (isPhone()) return texts.inApp;
  return id === undefined ? texts.anyWalletNote : texts.byQr;
};

const choice = (place: Place): TemplateResult => html`<li>
  <button class="choice ${brandOf(place.id)}" type="button" data-channel=${place.id ?? 'any'} @click=${() => begin(place)}>
    ${mark(place.id)}
    <span><b>${place.id === undefined ? say(texts.anyWallet) : titleOf(place.id, place.title)}</b>
      <small>${say(wayOf(place))}</small></span>
  </button></li>`;

const choices = (): TemplateResult => {
  if (places?.length) return html`<ul class="choices">${places.map(choice)}</ul>`;
  return html`<p role="status">${say(places ? texts.nothingToChoose : texts.loading)}</p>`;
};

const chooser = (): TemplateResult => html`
  <section class="card" aria-labelledby="card-title">
    <header class="brand"><div><h1 id="card-title" tabindex="-1">${say(texts.choose)}</h1>
      <p class="order">${say(texts.shop)} · ${say(texts.sandboxNote)}</p></div>
      <p class="amount">${say(texts.amount)}</p></header>
    ${choices()}
  </section>`;

const pay = (): TemplateResult => (step ? stepCard(step, actions) : chooser());

const pages = { '': pay, '#certify': certification, '#job': jobIdentity };
const pageNow = (): keyof typeof pages =>
  location.hash === '#certify' || location.hash === '#job' ? location.hash : '';

const tab = (hash: keyof typeof pages, label: string): TemplateResult =>
  html`<a href=${`${location.pathname}${location.search}${hash || '#'}`} aria-current=${pageNow() === hash ? 'page' : 'false'}>${label}</a>`;

showTabs(
  () => html`<nav class="tabs" aria-label=${say(texts.title)}>
    ${tab('', say(texts.pay))}${tab('#certify', say(texts.certify))}${tab('#job', say(texts.job))}
  </nav>`,
);

const showPage = () => showContent(pages[pageNow()]);
addEventListener('hashchange', showPage);
onDeviceChange(update);
// The countdown.
setInterval(() => step?.is === 'waiting' && update(), 1_000);
showPage();

const { payerChannels } = await send(ChannelsDocument, { appId }, { onWait });
const ofApp = (payerChannels ?? []).map(({ channel: { id, title }, capabilities }) => ({
  appId,
  id,
  title: title ?? id,
  hasPage: capabilities.includes('AUTHORIZE'),
}));
// One address for all channels needs a door, which the sandbox's default app has.
places = appId === undefined ? [...ofApp, { appId, id: undefined, title: '', hasPage: true }] : ofApp;
update();
const session = recall();
if (session && session.place.appId === appId) resume(session);
