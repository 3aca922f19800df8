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

const NOT_UTF8 =
  'it is not UTF-8 as it was saved: what is signed is the text in UTF-8; save it again as it was received';
const OTHER_SECRET =
  'your secret gives another signature by every rule that is known here: the message was made with another secret, or was changed on its way (by a proxy, or when it was copied: it has to be as it was received)';

/** A message whose signature a shared secret makes. */
interface SharedSecret {
  readonly body: Buffer;
  readonly given: string | undefined;
  readonly secret: string;
  /** Of the message as it is, or without one of its fields. In hexadecimal. */
  readonly sign: (secret: string, leftOut?: string) => string;
  readonly fields: Iterable<string>;
  /** By other rules of the source, with the same secret. */
  readonly variants: readonly Variant[];
}

/** Slips that programs make, each with the right secret, so that a finding is a proof. */
const slipsOf = ({ secret, sign, fields }: SharedSecret): Variant[] => [
  { rule: 'a line feed behind the secret', signature: sign(`${secret}\n`) },
  { rule: 'a blank behind the secret', signature: sign(`${secret} `) },
  ...[...fields]
    .filter((name) => name !== 'sign')
    .map((name) => ({ rule: `${name} left out`, signature: sign(secret, name) })),
];

const differences = (message: SharedSecret, given: string, expected: string): string[] => {
  const same = (signature: string) => signature.toLowerCase() === given.toLowerCase();
  const found = [...message.variants, ...slipsOf(message)].filter(({ signature }) => same(signature));
  if (found.length > 0)
    return found.map(({ rule }) => `the secret is right, and the rule differs: it was made with ${rule}`);
  if (Buffer.from(expected, 'hex').toString('base64') === given)
    return ['the secret is right, and the digest is written in base64: write it in hexadecimal'];
  const lengths =
    given.length === expected.length
      ? []
      : [`${given.length} characters, where the rule gives ${expected.length}: another digest, or not all of it`];
  return [...lengths, OTHER_SECRET];
};

/** Compares the signature of a message with what the secret gives. Letter case does not count. */
export const judgeSecret = (message: SharedSecret): Pick<Explained, 'given' | 'expected' | 'isRight' | 'findings'> => {
  const { body, given, secret, sign } = message;
  const expected = sign(secret);
  if (given?.toLowerCase() === expected.toLowerCase()) return { given, expected, isRight: true, findings: [] };
  const findings = given === undefined ? ['the message has no signature'] : differences(message, given, expected);
  return { given, expected, isRight: false, findings: isUtf8(body) ? findings : [NOT_UTF8, ...findings] };
};
