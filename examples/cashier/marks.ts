/** The marks of the channels, drawn for this example: plain shapes in the channel's colour, no trademark. */
import { html, svg, type TemplateResult } from 'lit-html';

const shapes = {
  ali: svg`<path d="M8 10.5h16M16 7v3.5M10 15h12c-1.5 4.5-5 8-11 10M12 18c3 1 8 4 12 6.5" />`,
  wechat: svg`<path d="M6 15c0-4 4-7 9.5-7S25 11 25 15s-4 7-9.5 7c-1.2 0-2.3-.2-3.3-.5L8 23.5l.8-3.3C7 19 6 17.1 6 15z" /><path d="M12 14.5v.01M19 14.5v.01" stroke-width="3" />`,
  union: svg`<rect x="6" y="9" width="20" height="14" rx="2.5" /><path d="M6 14h20M10 19h5" />`,
  any: svg`<path d="M7 7h7v7H7zM18 7h7v7h-7zM7 18h7v7H7zM18 18h3v3M25 18v7h-7" />`,
};

/** Which of the marks and colours a channel has, by the beginning of its id. */
export const brandOf = (channelId: string | undefined): keyof typeof shapes => {
  if (channelId?.startsWith('ali_pay')) return 'ali';
  if (channelId?.startsWith('wechat_pay')) return 'wechat';
  return channelId?.startsWith('union_pay') ? 'union' : 'any';
};

export const mark = (channelId: string | undefined): TemplateResult =>
  html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="plate" width="32" height="32" rx="8" />
    <g class="lines">${shapes[brandOf(channelId)]}</g>
  </svg>`;

export const tick: TemplateResult = html`<svg class="sign" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
  <circle cx="24" cy="24" r="22" /><path d="M14 25l7 7 13-15" />
</svg>`;

export const cross: TemplateResult = html`<svg class="sign bad" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
  <circle cx="24" cy="24" r="22" /><path d="M24 13v14M24 33.5v.01" />
</svg>`;
