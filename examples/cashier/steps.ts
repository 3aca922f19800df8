/** The numbered steps of a check, with the one that is under way. */
import { html, type TemplateResult } from 'lit-html';

export const stepList = (names: readonly string[], current: number): TemplateResult => html`
  <ol class="steps">
    ${names.map((name, index) => html`<li class=${index < current ? 'done' : ''} aria-current=${index === current ? 'step' : 'false'}>${name}</li>`)}
  </ol>`;
