import { memberText, readObject } from '../reply.ts';
import { type Explained, HIDDEN, judgeSecret, type WireMessage } from '../signing.ts';
import { fieldsOf, type JucaiKey, jucaiPairs, signJucai } from './sign.ts';

/** How JuCai's JSON is signed: a request as a whole, a reply by `signing.replyScope`. */
export const explainJucai = ({ secret, signing }: JucaiKey, { body }: WireMessage): Explained => {
  const text = body.toString();
  const root = readObject(text);
  const kind = root.members.has('data') || root.members.has('code') ? 'reply' : 'request';
  const scopes = kind === 'reply' ? (['data', 'envelope'] as const) : (['envelope'] as const);
  const fieldsIn = (scope: 'data' | 'envelope') => fieldsOf(text, scope === 'data' ? root.members.get('data') : root);
  const scope = kind === 'reply' ? signing.replyScope : 'envelope';
  const signed = fieldsIn(scope);
  const judged = judgeSecret({
    body,
    given: memberText(root, 'sign') || undefined,
    secret,
    sign: (secret, leftOut) =>
      signJucai(
        signed.filter(([name]) => name !== leftOut),
        { secret, signing },
      ),
    fields: signed.map(([name]) => name),
    variants: scopes.flatMap((other) =>
      (['md5', 'hmac_sha256'] as const).flatMap((digest) =>
        ['key', 'secret', 'appSecret', 'appKey'].map((keyParameter) => ({
          rule: `signing.digest ${digest}, keyParameter ${keyParameter}${kind === 'reply' ? ` and replyScope ${other}` : ''}`,
          signature: signJucai(fieldsIn(other), { secret, signing: { ...signing, digest, keyParameter } }),
        })),
      ),
    ),
  });
  const pairs = jucaiPairs(signed);
  return {
    kind,
    algorithm: signing.digest,
    steps: [
      {
        what: `the fields of ${scope === 'data' ? 'data' : 'the message'} by name, without sign and empty ones`,
        text: pairs,
      },
      { what: `with ${signing.keyParameter}= and the secret`, text: `${pairs}${signing.keyParameter}=${HIDDEN}` },
    ],
    ...judged,
  };
};
