/** Two texts one above the other, with a mark below the first character that differs. */

/** How much is shown before and behind the difference. */
const [BEFORE, BEHIND] = [40, 40];

/** Of one width for each character, so that the mark stands below it; other texts shift it by their wide characters. */
const plain = (text: string): string => text.replaceAll('\r', '␍').replaceAll('\n', '␊');

interface Named {
  readonly name: string;
  readonly text: string;
}

/** Undefined when the texts are equal. */
export const differenceOf = (left: Named, right: Named): string[] | undefined => {
  if (left.text === right.text) return undefined;
  const [one, other] = [[...left.text], [...right.text]];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - BEFORE);
  const width = Math.max(left.name.length, right.name.length);
  const line = (name: string, characters: readonly string[]) =>
    `  ${name.padEnd(width)}  ${from > 0 ? '…' : ''}${plain(characters.slice(from, at + BEHIND).join(''))}${at + BEHIND < characters.length ? '…' : ''}`;
  const mark = ' '.repeat(4 + width + (from > 0 ? 1 : 0) + at - from);
  return [`They differ from character ${at + 1} on:`, line(left.name, one), line(right.name, other), `${mark}^`];
};
