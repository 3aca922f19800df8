/**
 * JSON whose objects name each member once. JSON.parse keeps the last of two equal names and others the first, so a
 * gateway that checks one value must not have us act on the other. https://www.rfc-editor.org/rfc/rfc7493#section-2.3
 * Quicker than `readJson`, which also tells where every value stands.
 */

/** Up to the end of the next string, with the colon that makes it a name. */
const upToString = /[^"]*"[^"\\]*(?:\\.[^"\\]*)*"[ \t\n\r]*(:?)/y;

/** Names as they are written, in a text that is JSON. */
const countNames = (text: string): number => {
  let count = 0;
  upToString.lastIndex = 0;
  for (let found = upToString.exec(text); found; found = upToString.exec(text)) if (found[1] === ':') count += 1;
  return count;
};

/** Members that were kept. Without recursion: texts may nest deeper than the stack is. */
const countMembers = (value: unknown): number => {
  let count = 0;
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    const members: unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += members.length;
    for (const member of members) left.push(member);
  }
  return count;
};

/** Throws SyntaxError for what is no JSON, and for an object that names a member twice, however it is spelled. */
export const parseUniqueJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  if (countNames(text) !== countMembers(value)) throw new SyntaxError('JSON: a repeated name');
  return value;
};
