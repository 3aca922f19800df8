import { createHash } from 'node:crypto';
import { readByteSequences } from './structured-fields.ts';

/** Those that are still good. https://www.rfc-editor.org/rfc/rfc9530.html#section-7.2 */
const algorithms = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
]);

/** Whether a Content-Digest has at least one digest that we know, and all of those are of this body. */
export const digestMatches = (field: string, body: Buffer): boolean => {
  const known = [...(readByteSequences(field) ?? [])].flatMap(([name, digest]) => {
    const hash = algorithms.get(name);
    return hash === undefined ? [] : [createHash(hash).update(body).digest().equals(digest)];
  });
  return known.length > 0 && known.every(Boolean);
};
