/** The forms of a request's target. https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2 */
export interface Target {
  /** Without its query, as it was sent: not decoded, dots not resolved; `*` for the service as a whole. */
  readonly path: string;
  /** The authority of a target in absolute form, which replaces the Host header. */
  readonly authority?: string;
}

const host = String.raw`(?:[\w!$%&'()*+,;=.~-]*|\[[\da-f:.]+\])(?::\d*)?`;
const hostForm = new RegExp(`^${host}$`, 'i');
const absoluteForm = new RegExp(String.raw`^https?://(?!:|[/?]|$)(${host})(/[^?#]*)?(\?[^#]*)?$`, 'i');

/** Whether a Host header could be the authority of a URI, without a user. */
export const isHost = (text: string): boolean => hostForm.test(text);

/** Undefined for a target in no form that an origin server answers to; CONNECT never gets here. */
export const readTarget = (method: string, target: string): Target | undefined => {
  if (target.startsWith('/')) return { path: target.split('?', 1)[0] ?? '' };
  if (target === '*') return method === 'OPTIONS' ? { path: '*' } : undefined;
  const [, authority, path, query] = absoluteForm.exec(target) ?? [];
  if (authority === undefined) return undefined;
  const asterisk = method === 'OPTIONS' && query === undefined;
  return { path: path ?? (asterisk ? '*' : '/'), authority };
};
