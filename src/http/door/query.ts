/** The query of a return address. */

/**
 * The parameters of a query, percent-decoded once; of a repeated one the last, since an address that was redirected twice
 * has the new ones at its end. A plus stays one: codes in base64 arrive unescaped. What does not decode is left out.
 */
export const lastParameters = (target: string): ReadonlyMap<string, string> => {
  const start = target.indexOf('?');
  const parts = start < 0 ? [] : target.slice(start + 1).split('&');
  return new Map(parts.flatMap((part) => decoded(part)));
};

const decoded = (part: string): [name: string, value: string][] => {
  const [name = '', ...rest] = part.split('=');
  try {
    return [[decodeURIComponent(name), decodeURIComponent(rest.join('='))]];
  } catch {
    return [];
  }
};
