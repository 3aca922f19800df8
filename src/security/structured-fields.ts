/**
 * Reads the structured fields of signatures and digests: dictionaries of byte sequences, or of lists of strings.
 * Accepts only what a serializer writes, so that no two texts mean the same; everything else is undefined.
 * https://www.rfc-editor.org/rfc/rfc8941
 */
export interface InnerList {
  readonly items: readonly string[];
  readonly parameters: ReadonlyMap<string, string | number>;
  /** As received, which is how it is signed. */
  readonly text: string;
}

/** One signature is usual, two while keys or digests are replaced; each costs a verification. */
const MAX_MEMBERS = 4;

const name = '[a-z*][a-z0-9_.*-]*';
const quoted = String.raw`"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"`;
const bytes = ':([A-Za-z0-9+/]*={0,2}):';
const innerList = String.raw`\(((?:${quoted}(?: ${quoted})*)?)\)((?:;${name}=(?:-?\d{1,15}|${quoted}))*)`;

const byteMember = new RegExp(`(${name})=(${bytes})`, 'y');
const listMember = new RegExp(`(${name})=(${innerList})`, 'y');
const separator = /[ \t]*,[ \t]*/y;

const readMembers = <Value>(
  field: string,
  pattern: RegExp,
  read: (match: RegExpExecArray) => Value | undefined,
): ReadonlyMap<string, Value> | undefined => {
  const members = new Map<string, Value>();
  let at = 0;
  while (members.size < MAX_MEMBERS) {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    const value = match ? read(match) : undefined;
    const label = match?.[1] ?? '';
    if (value === undefined || members.has(label)) return undefined;
    members.set(label, value);
    at = pattern.lastIndex;
    if (at === field.length) return members;
    separator.lastIndex = at;
    if (!separator.test(field)) return undefined;
    at = separator.lastIndex;
  }
  return undefined;
};

const unquote = (text: string): string => text.slice(1, -1).replace(/\\(["\\])/g, '$1');

const readParameters = (text: string): ReadonlyMap<string, string | number> | undefined => {
  const matches = [...text.matchAll(new RegExp(`;(${name})=(${quoted}|-?\\d+)`, 'g'))];
  const parameters = new Map(
    matches.map(([, key = '', value = '']) => [key, value.startsWith('"') ? unquote(value) : Number(value)]),
  );
  return parameters.size === matches.length ? parameters : undefined;
};

/** `label=("one" "two");parameter=1, other=()` */
export const readInnerLists = (field: string): ReadonlyMap<string, InnerList> | undefined =>
  readMembers(field, listMember, ([, , text = '', items = '', parameterText = '']) => {
    const parameters = readParameters(parameterText);
    return parameters && { items: (items.match(new RegExp(quoted, 'g')) ?? []).map(unquote), parameters, text };
  });

/** `label=:YmFzZTY0:, other=::` */
export const readByteSequences = (field: string): ReadonlyMap<string, Buffer> | undefined =>
  readMembers(field, byteMember, ([, , , base64 = '']) => {
    const decoded = Buffer.from(base64, 'base64');
    return decoded.toString('base64') === base64 ? decoded : undefined;
  });
