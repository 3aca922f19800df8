/** Zhima's job identity. In a shop its server makes this call: it needs payer:jobworth. */
import { html, nothing, type TemplateResult } from 'lit-html';
import { send, sleep } from './api.ts';
import { onWait, update } from './frame.ts';
import { JobIdentityDocument, type PayerFailureCode } from './graphql.ts';
import { say } from './language.ts';
import { cross, mark, tick } from './marks.ts';
import { checkTexts } from './payer-texts.ts';
import { failureText, texts } from './texts.ts';

type State =
  | { readonly is: 'asking' | 'sending' | 'pending' }
  | { readonly is: 'answered'; readonly confirmed: boolean }
  | { readonly is: 'failed'; readonly code: PayerFailureCode };

let state: State = { is: 'asking' };
const show = (newState: State): void => {
  state = newState;
  update();
};

/** Test tokens, like test card numbers. A token buys one answer; what follows ~ makes a new one. */
const tokens = [
  ['test_ok_alice', checkTexts.tokenOk],
  ['test_ok_unconfirmed', checkTexts.tokenUnconfirmed],
  ['test_ok_waiting', checkTexts.tokenWaiting],
  ['test_ok_error-USER_NOT_AUTHORIZE', checkTexts.tokenRefused],
  ['test_ok_error-NOT_OPEN_ZM', checkTexts.tokenNotOpened],
] as const;

const query = async (token: string): Promise<void> => {
  const input = {
    agreementId: 'agreement-1',
    onceToken: `${token}~${Math.random().toString(36).slice(2, 10)}`,
    match: 'EXACT',
    jobIdentityType: '04',
    serviceId: '2019120400000000000004450100',
    subject: { openId: '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5' },
  } as const;
  show({ is: 'sending' });
  for (;;) {
    const { answer } = await send(JobIdentityDocument, { input }, { onWait });
    if (!answer) return show({ is: 'failed', code: 'SERVICE_UNAVAILABLE' });
    if ('confirmed' in answer) return show({ is: 'answered', confirmed: answer.confirmed });
    // The same query again: it has used nothing up.
    const seconds = 'pollAfterSeconds' in answer ? answer.pollAfterSeconds : retrySecondsOf(answer);
    if (seconds === undefined) return show({ is: 'failed', code: 'code' in answer ? answer.code : 'OUTCOME_UNKNOWN' });
    show({ is: 'pending' });
    await sleep(seconds * 1_000);
  }
};

const retrySecondsOf = (answer: object): number | undefined =>
  'retryAfterSeconds' in answer && typeof answer.retryAfterSeconds === 'number' ? answer.retryAfterSeconds : undefined;

const submit = (event: SubmitEvent): void => {
  event.preventDefault();
  if (!(event.target instanceof HTMLFormElement)) return;
  query(String(new FormData(event.target).get('token'))).catch((error: unknown) => {
    show({ is: 'failed', code: 'INPUT_INVALID' });
    throw error;
  });
};

const form = (): TemplateResult => html`
  <p>${say(checkTexts.jobIntro)}</p>
  <form @submit=${submit}>
    <label>${say(checkTexts.onceToken)}
      <select name="token">${tokens.map(([token, words]) => html`<option value=${token}>${say(words)} (${token})</option>`)}</select></label>
    <label>${say(checkTexts.jobKind)} <select name="job"><option>${say(checkTexts.teacher)}</option></select></label>
    <p class="buttons"><button class="primary">${say(checkTexts.ask)}</button></p>
  </form>`;

const status = (title: string, next: string, sign: unknown = nothing): TemplateResult =>
  html`<div class="status" role="status">${sign}<h2>${title}</h2><p>${next}</p></div>`;

const restart = (): TemplateResult => html`<p class="buttons">
  <button type="button" @click=${() => show({ is: 'asking' })}>${say(texts.again)}</button></p>`;

const body = (): TemplateResult => {
  switch (state.is) {
    case 'asking':
      return form();
    case 'sending':
    case 'pending':
      return html`<div class="dots" aria-hidden="true"><i></i><i></i><i></i></div>
        ${status(say(checkTexts.jobPending), say(checkTexts.jobPendingNext))}`;
    case 'answered':
      return state.confirmed
        ? html`${status(say(checkTexts.confirmed), say(checkTexts.confirmedNext), tick)}${restart()}`
        : html`${status(say(checkTexts.notConfirmed), say(checkTexts.notConfirmedNext), cross)}${restart()}`;
    case 'failed':
      return html`${status(say(texts.failed), say(failureText(state.code)), cross)}
        <p class="code">${say(texts.reason)} <code>${state.code}</code></p>${restart()}`;
  }
};

export const jobIdentity = (): TemplateResult => html`
  <section class="card ali" aria-labelledby="card-title">
    <header class="brand">${mark('ali_pay')}<div><h1 id="card-title">${say(texts.job)}</h1></div></header>
    ${body()}
  </section>`;
