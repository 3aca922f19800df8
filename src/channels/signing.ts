/** How a source signs, step by step: what `payer-identity sign`, `verify` and `explain` show to an operator. */

/** A request or a reply as it was on the wire. */
export interface WireMessage {
  /** The request line or the status line, where the message has one. */
  readonly startLine?: string | undefined;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Step {
  readonly what: string;
  readonly text: string;
}

export interface Explained {
  readonly kind: 'request' | 'reply';
  readonly algorithm: string;
  /** Each follows from the one before; the last is the text that is signed. The secret is replaced. */
  readonly steps: readonly Step[];
  /** The signature that the message has. */
  readonly given: string | undefined;
  /** What the configured secret or key gives; absent where only the upstream's private key makes the signature. */
  readonly expected?: string | undefined;
  readonly isRight: boolean;
  /** What is known about a difference, and what to do. */
  readonly findings: readonly string[];
}

/** Stands for the secret in every text that is shown. */
export const HIDDEN = '[secret]';

/** A rule by which the signature could have been made instead. */
export interface Variant {
  readonly rule: string;
  readonly signature: string;
}

const OTHER_SECRET =
  'your secret gives another signature by every rule that is known here: the message was made with another secret, or was changed on its way (by a proxy, or when it was copied: it has to be as it was received)';

/** What the operator should know about a signature that a shared secret makes. Letter case does not count. */
export const findingsOf = (given: string | undefined, expected: string, variants: readonly Variant[]): string[] => {
  if (given === undefined) return ['the message has no signature'];
  const same = (left: string) => left.toLowerCase() === given.toLowerCase();
  if (same(expected)) return [];
  const found = variants.filter(({ signature }) => same(signature)).map(({ rule }) => rule);
  if (found.length > 0)
    return found.map((rule) => `the secret is right, and the rule differs: it was made with ${rule}`);
  const lengths =
    given.length === expected.length
      ? []
      : [`${given.length} characters, where the rule gives ${expected.length}: another digest`];
  return [...lengths, OTHER_SECRET];
};
