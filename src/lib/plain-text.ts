/**
 * What people paste and tools add to a setting without seeing it. A secret with a line feed behind it is another
 * secret, and the upstream that refuses it cannot say why.
 */

/** In the order in which they are looked for: the first that a text has is named. */
const faults: readonly (readonly [found: RegExp, name: string])[] = [
  [/[\r\n\x85\u2028\u2029]/, 'a line break'],
  [/\p{Cc}/u, 'a control character'],
  [/[\p{Default_Ignorable_Code_Point}\p{Cf}]/u, 'an invisible character'],
  [/[\ufffd\p{Cs}]/u, 'a character that is not Unicode'],
  [/^\s|\s$/, 'a blank at its start or end'],
  [/[^\S ]/, 'a blank that is not a plain space'],
];

/** Names what a text holds that a reader does not see; undefined when there is nothing of the kind. */
export const hiddenFault = (text: string): string | undefined => faults.find(([found]) => found.test(text))?.[1];

/** A key, not a secret: PEM, or its base64, which key tools break into lines and whose readers pass over blanks. */
export const isKeyMaterial = (text: string): boolean =>
  text.includes('-----BEGIN ') || /^[A-Za-z0-9+/=]{200,}$/.test(text.replace(/\s/g, ''));
