/** For channels without a page: what a mini program, an app or a scanner does, by hand. */
import { html, type TemplateResult } from 'lit-html';
import { send } from './api.ts';
import { onWait } from './frame.ts';
import { HandOverDocument } from './graphql.ts';
import { say } from './language.ts';
import type { Session } from './session.ts';
import { texts } from './texts.ts';

const codes = ['ok_alice', 'ok_bob', 'invalid_1', 'expired_1'];
/** A test code works once; what follows ~ makes a new one of the same payer. */
const newCode = (name: string): string => `test_${name}~${Math.random().toString(36).slice(2, 10)}`;

const handOver = async ({ place, started }: Session, event: SubmitEvent): Promise<void> => {
  event.preventDefault();
  if (!(event.target instanceof HTMLFormElement) || place.id === undefined) return;
  const authCode = String(new FormData(event.target).get('authCode'));
  const input = { channelId: place.id, appId: place.appId, state: started.state, authCode, clientIp: '127.0.0.1' };
  await send(HandOverDocument, { input }, { onWait });
};

export const handOverForm = (session: Session): TemplateResult => html`
  <form class="hand-over" @submit=${(event: SubmitEvent) => handOver(session, event)}>
    <p class="code">${say(texts.state)} <code>${session.started.state}</code></p>
    <label>${say(texts.authCode)}
      <input name="authCode" list="test-codes" required maxlength="200" autocomplete="off" .defaultValue=${newCode('ok_alice')} /></label>
    <datalist id="test-codes">${codes.map((name) => html`<option value=${newCode(name)}></option>`)}</datalist>
    <button class="primary">${say(texts.handOver)}</button>
  </form>`;
