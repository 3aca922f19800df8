/** Alipay's real-name certification in three steps. In a shop its server makes these calls: they need payer:certify. */
import { html, nothing, type TemplateResult } from 'lit-html';
import { send, sleep } from './api.ts';
import { isPhone } from './device.ts';
import { onWait, update } from './frame.ts';
import {
  CertificationDocument,
  InitializeCertificationDocument,
  type PayerFailureCode,
  StartCertificationDocument,
} from './graphql.ts';
import { say, type Words } from './language.ts';
import { cross, mark, tick } from './marks.ts';
import { checkTexts } from './payer-texts.ts';
import { payerPage } from './session.ts';
import { stepList } from './steps.ts';
import { failureText, texts, titleOf } from './texts.ts';

type State =
  | { readonly is: 'asking' }
  | {
      readonly is: 'waiting';
      readonly url: string;
      readonly qr: string | null;
      readonly checks: number;
      /** Why the channel could not be asked the last time. */
      readonly trouble?: PayerFailureCode | undefined;
    }
  | { readonly is: 'passed' }
  | { readonly is: 'failed'; readonly code: PayerFailureCode };

const POLL_MS = 2_000;
/** Then the page stops asking: the payer has left. */
const MAX_CHECKS = 150;

let state: State = { is: 'asking' };
const show = (newState: State): void => {
  state = newState;
  update();
};

const certify = async (holderName: string, number: string): Promise<void> => {
  // The channel's page of the certification sends the payer back here too; only the answer of the channel counts.
  const returnUrl = payerPage({ appId: undefined, id: 'ali_pay' });
  const document = { type: 'IDENTITY_CARD', holderName, number } as const;
  const { initialized } = await send(
    InitializeCertificationDocument,
    { input: { method: 'FACE', document } },
    { onWait },
  );
  if (!('certifyId' in initialized)) return show({ is: 'failed', code: initialized.code });
  const { certifyId } = initialized;
  const { started } = await send(StartCertificationDocument, { input: { certifyId, returnUrl } }, { onWait });
  if (!('url' in started)) return show({ is: 'failed', code: started.code });
  await watch(certifyId, { is: 'waiting', url: started.url, qr: started.qr, checks: 0 });
};

const watch = async (certifyId: string, waiting: Extract<State, { is: 'waiting' }>): Promise<void> => {
  const mine: { shown: State } = { shown: waiting };
  show(waiting);
  for (let checks = 1; checks <= MAX_CHECKS && state === mine.shown; checks += 1) {
    await sleep(POLL_MS);
    const { certification: answer } = await send(CertificationDocument, { certifyId }, { onWait });
    if (state !== mine.shown) return;
    const busy = answer && 'retryAfterSeconds' in answer ? answer : undefined;
    if (!busy && answer && 'code' in answer) return show({ is: 'failed', code: answer.code });
    if (answer && 'status' in answer && answer.status === 'PASSED') return show({ is: 'passed' });
    mine.shown = { ...waiting, checks, trouble: busy?.code };
    show(mine.shown);
    if (busy) await sleep(busy.retryAfterSeconds * 1_000);
  }
  if (state === mine.shown) show({ is: 'failed', code: 'CERTIFY_ID_EXPIRED' });
};

const submit = (event: SubmitEvent): void => {
  event.preventDefault();
  if (!(event.target instanceof HTMLFormElement)) return;
  const form = new FormData(event.target);
  certify(String(form.get('name')), String(form.get('number'))).catch((error: unknown) => {
    show({ is: 'failed', code: 'INPUT_INVALID' });
    throw error;
  });
};

const form = (): TemplateResult => html`
  <p>${say(checkTexts.certifyIntro)}</p>
  <form @submit=${submit}>
    <label>${say(checkTexts.name)} <input name="name" required maxlength="128" autocomplete="off" .defaultValue=${'张三'} /></label>
    <label>${say(checkTexts.number)} <input name="number" required maxlength="64" autocomplete="off" .defaultValue=${'11010519491231002X'} /></label>
    <p class="buttons"><button class="primary">${say(checkTexts.begin)}</button></p>
  </form>`;

const waitingWords = ({ trouble, checks }: Extract<State, { is: 'waiting' }>): Words => {
  if (trouble) return failureText(trouble);
  if (checks > 4) return checkTexts.notYet;
  return isPhone() ? checkTexts.certifyNextHere : checkTexts.certifyNext;
};

/** On a phone the link first, as for a payment; in a tab of its own, since this page holds what it waits for. */
const waysTo = ({ url, qr }: Extract<State, { is: 'waiting' }>): TemplateResult => {
  const title = titleOf('ali_pay', '支付宝');
  const code = qr
    ? html`<figure class="qr dense"><img width="320" height="320" src=${`data:image/svg+xml,${encodeURIComponent(qr)}`}
        alt=${say(texts.qrAlt, { title })} /><figcaption>${say(texts.scan, { title })}</figcaption></figure>`
    : nothing;
  const here = isPhone();
  const label = here ? say(texts.openHere, { title }) : say(texts.openAsPayer);
  const link = html`<a class="button ${here ? 'primary' : ''}" href=${url} target="_blank" rel="noopener">${label}</a>`;
  return here
    ? html`${link}<details><summary>${say(checkTexts.otherDevice)}</summary>${code}</details>`
    : html`${code}${link}`;
};

const restart = (): TemplateResult => html`<p class="buttons">
  <button type="button" @click=${() => show({ is: 'asking' })}>${say(texts.again)}</button></p>`;

const status = (title: string, next: string, sign: unknown = nothing): TemplateResult =>
  html`<div class="status" role="status">${sign}<h2>${title}</h2><p>${next}</p></div>`;

const body = (): TemplateResult => {
  switch (state.is) {
    case 'asking':
      return form();
    case 'waiting':
      return html`
        <div class="dots" aria-hidden="true"><i></i><i></i><i></i></div>
        ${status(say(checkTexts.certifyWaiting), say(waitingWords(state)))}
        <div class="ways">${waysTo(state)}</div>${restart()}`;
    case 'passed':
      return html`${status(say(checkTexts.passed), say(checkTexts.passedNext), tick)}${restart()}`;
    case 'failed':
      return html`${status(say(texts.failed), say(failureText(state.code)), cross)}
        <p class="code">${say(texts.reason)} <code>${state.code}</code></p>${restart()}`;
  }
};

const stepNumber = (): number => ({ asking: 0, waiting: 1, passed: 3, failed: 2 })[state.is];

export const certification = (): TemplateResult => html`
  <section class="card ali" aria-labelledby="card-title">
    <header class="brand">${mark('ali_pay')}<div><h1 id="card-title">${say(texts.certify)}</h1></div></header>
    ${stepList([say(checkTexts.step1), say(checkTexts.step2), say(checkTexts.step3)], stepNumber())}
    ${body()}
  </section>`;
