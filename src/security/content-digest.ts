/** The digest of a body in the Content-Digest header, RFC 9530. */
import { createHash } from 'node:crypto';
import { readByteSequences } from './structured-fields.ts';

/** The algorithms that are still secure. https://www.rfc-editor.org/rfc/rfc9530.html#section-7.2 */
const algorithms = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
]);

/** Whether a Content-Digest has at least one digest of a known algorithm, and all of these match the body. */
export const digestMatches = (field: string, body: Buffer): boolean => {
  const matches = [...(readByteSequences(field) ?? [])].flatMap(([name, digest]) => {
    const hash = algorithms.get(name);
    return hash === undefined ? [] : [createHash(hash).update(body).digest().equals(digest)];
  });
  return matches.length > 0 && matches.every(Boolean);
};
