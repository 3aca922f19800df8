/** What surrounds every page: the sandbox's sign, the links, the choice of language, and the notice of a lost connection. */
import { html, nothing, render, type TemplateResult } from 'lit-html';
import type { WaitCause } from './api.ts';
import { chooseLanguage, language, say } from './language.ts';
import { texts } from './texts.ts';

const here = (path: string): string => new URL(`../${path}`, import.meta.url).href;

let content: () => TemplateResult = () => html``;
let tabs: () => TemplateResult | typeof nothing = () => nothing;
let wait: { readonly seconds: number; readonly cause: WaitCause } = { seconds: 0, cause: 'network' };

const switchLanguage = () => {
  chooseLanguage(language() === 'zh' ? 'en' : 'zh');
  update();
};

const top = () => html`
  <header class="top">
    <strong>payer-identity</strong>
    <span class="badge" title=${say(texts.sandboxNote)}>${say(texts.sandbox)}</span>
    <nav aria-label=${say(texts.home)}>
      <a href=${here('./')}>${say(texts.home)}</a>
      <a href=${here('explorer')}>${say(texts.explorer)}</a>
      <a href=${here('docs')}>${say(texts.docs)}</a>
    </nav>
    <button class="plain" type="button" lang=${language() === 'zh' ? 'en' : 'zh-CN'} @click=${switchLanguage}>
      ${say(texts.otherLanguage)}
    </button>
  </header>`;

/** Draws the page as it is now. */
export const update = (): void => {
  document.title = say(texts.title);
  const { seconds, cause } = wait;
  const notice = seconds > 0 ? say(texts[cause], { seconds }) : '';
  const page = html`${top()}
    <main>${tabs()}
      <p class="notice" role="alert" ?hidden=${!notice}>${notice}</p>
      ${content()}
    </main>`;
  render(page, document.body);
};

export const showContent = (newContent: () => TemplateResult): void => {
  content = newContent;
  update();
};

export const showTabs = (newTabs: () => TemplateResult): void => {
  tabs = newTabs;
};

/** For `send`: what a payer reads while the network or the service does not serve. */
export const onWait = (seconds: number, cause: WaitCause = 'network'): void => {
  if (wait.seconds === seconds && wait.cause === cause) return;
  wait = { seconds, cause };
  update();
};
