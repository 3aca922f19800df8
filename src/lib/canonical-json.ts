/** Canonical JSON, RFC 8785, of objects whose values are texts, dates and such objects. https://www.rfc-editor.org/rfc/rfc8785 */

/** A field that is undefined counts as absent. */
export interface JsonObject {
  readonly [name: string]: string | Date | JsonObject | undefined;
}

/** Names sorted by their UTF-16 code units, in every object. A date is written in UTC with milliseconds. */
export const canonicalJson = (value: JsonObject | string | Date): string => {
  if (typeof value === 'string' || value instanceof Date) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .flatMap((name) => {
      const member = value[name];
      return member === undefined ? [] : [`${JSON.stringify(name)}:${canonicalJson(member)}`];
    });
  return `{${members.join(',')}}`;
};
