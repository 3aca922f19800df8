/**
 * Characters that an operator pastes into a setting without seeing them. A secret with a line feed behind it is another
 * secret, and the upstream that refuses it does not report why.
 */

/** The first that a text has is reported. */
const faults: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/[\r\n\x85\u2028\u2029]/, 'a line break'],
  [/\p{Cc}/u, 'a control character'],
  [/[\p{Default_Ignorable_Code_Point}\p{Cf}]/u, 'an invisible character'],
  [/[\ufffd\p{Cs}]/u, 'a character that is not Unicode'],
  [/^\s|\s$/, 'a blank at its start or end'],
  [/[^\S ]/, 'a blank that is not a plain space'],
];

/** Names the first invisible fault of a text; undefined when it has none. */
export const hiddenFault = (text: string): string | undefined => faults.find(([pattern]) => pattern.test(text))?.[1];

/** A key, not a secret: PEM or its base64, which key tools break into lines and whose parsers skip blanks. */
export const isKeyMaterial = (text: string): boolean =>
  text.includes('-----BEGIN ') || /^[A-Za-z0-9+/=]{200,}$/.test(text.replace(/\s/g, ''));
