/** What the readers of JSON5 and YAML have in common: the tree that they return, and which numbers are accepted. */

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface Placed {
  readonly at: Position;
  /** Why it is refused here, though it is valid in the language. */
  readonly fault?: string | undefined;
}

export type Node = Placed &
  (
    | { readonly kind: 'map'; readonly members: readonly Member[] }
    | { readonly kind: 'list'; readonly items: readonly Node[] }
    | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
  );

export interface Member extends Placed {
  readonly name: string;
  readonly node: Node;
}

/** A text that is not valid in its language. The message repeats nothing of it. */
export class SyntaxFault extends Error {
  readonly at: Position;

  constructor(message: string, at: Position) {
    super(message);
    this.at = at;
  }
}

/** Without exponent: 1e3 is a text to YAML 1.1. */
const PLAIN_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** Why a number is refused as it is written; undefined when every language and reader understands it alike. */
export const numberFault = (written: string): string | undefined => {
  if (!PLAIN_NUMBER.test(written))
    return 'is a number in a form that readers understand differently. Write it in decimal digits, without sign, exponent or leading zero; an id goes in quotes.';
  const value = Number(written);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    return 'is a number of more digits than are kept (2^53). Put an id in quotes.';
  return undefined;
};
