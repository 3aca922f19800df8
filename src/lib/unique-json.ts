/**
 * JSON whose objects name each member once. JSON.parse uses the last of two equal names, other parsers the first: a
 * gateway could check one value and this service act on the other. https://www.rfc-editor.org/rfc/rfc7493#section-2.3
 * Faster than `readJson`, which also returns the offsets of every value.
 */

/** Matches up to the end of the next string, with the colon that makes it a name. */
const upToString = /[^"]*"[^"\\]*(?:\\.[^"\\]*)*"[ \t\n\r]*(:?)/y;

/** How many names a JSON text has. */
const countNames = (text: string): number => {
  let count = 0;
  upToString.lastIndex = 0;
  for (let match = upToString.exec(text); match; match = upToString.exec(text)) if (match[1] === ':') count += 1;
  return count;
};

/** How many members a parsed value has. Without recursion: a text may nest deeper than the stack. */
const countMembers = (value: unknown): number => {
  let count = 0;
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null) continue;
    const members: unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += members.length;
    for (const member of members) pending.push(member);
  }
  return count;
};

/** Throws SyntaxError for a text that is not JSON, and for a name that an object has twice, in any spelling. */
export const parseUniqueJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  if (countNames(text) !== countMembers(value)) throw new SyntaxError('JSON: a repeated name');
  return value;
};
