/** How a source signs, step by step: what `payer-identity sign`, `verify` and `explain` show to an operator. */
import { isUtf8 } from 'node:buffer';

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

/** Slips with a secret that programs make. */
export const secretSlips = (secret: string, sign: (secret: string) => string): Variant[] => [
  { rule: 'a line feed behind the secret', signature: sign(`${secret}\n`) },
  { rule: 'a blank behind the secret', signature: sign(`${secret} `) },
];

/** Fields that a program adds after it has signed, or forgets. */
export const leftOut = (names: Iterable<string>, signWithout: (name: string) => string): Variant[] =>
  [...names]
    .filter((name) => name !== 'sign')
    .map((name) => ({ rule: `${name} left out`, signature: signWithout(name) }));

/** What is to be known of a message that was saved in another encoding than it was sent in. */
export const encodingFinding = (body: Buffer): string[] =>
  isUtf8(body)
    ? []
    : ['it is not UTF-8 as it was saved: what is signed is the text in UTF-8; save it again as it was received'];

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
  if (Buffer.from(expected, 'hex').toString('base64') === given)
    return ['the secret is right, and the digest is written in base64: write it in hexadecimal'];
  const lengths =
    given.length === expected.length
      ? []
      : [`${given.length} characters, where the rule gives ${expected.length}: another digest, or not all of it`];
  return [...lengths, OTHER_SECRET];
};
