const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** For text and quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

export interface Form {
  readonly action: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

/** An HTML document that submits the form by POST when it is loaded, with a button for browsers without scripts. */
export const selfSubmittingForm = ({ action, fields }: Form): string =>
  [
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>…</title>',
    `<form method="post" action="${escapeHtml(action)}" accept-charset="utf-8">`,
    ...fields.map(({ name, value }) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`),
    '<noscript><button type="submit">继续</button></noscript></form>',
    '<script>document.forms[0].submit()</script>',
  ].join('');
