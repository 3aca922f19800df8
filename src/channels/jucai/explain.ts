import { memberText, readObject } from '../reply.ts';
import {
  type Explained,
  encodingFinding,
  findingsOf,
  HIDDEN,
  leftOut,
  secretSlips,
  type WireMessage,
} from '../signing.ts';
import { fieldsOf, type JucaiKey, jucaiPairs, signJucai } from './sign.ts';

/** How JuCai's JSON is signed: a request as a whole, a reply by `signing.replyScope`. */
export const explainJucai = ({ secret, signing }: JucaiKey, { body }: WireMessage): Explained => {
  const text = body.toString();
  const root = readObject(text);
  const kind = root.members.has('data') || root.members.has('code') ? 'reply' : 'request';
  const scopes = kind === 'reply' ? (['data', 'envelope'] as const) : (['envelope'] as const);
  const fieldsIn = (scope: 'data' | 'envelope') => fieldsOf(text, scope === 'data' ? root.members.get('data') : root);
  const scope = kind === 'reply' ? signing.replyScope : 'envelope';
  const expected = signJucai(fieldsIn(scope), { secret, signing });
  const given = memberText(root, 'sign') || undefined;
  const rules = scopes.flatMap((other) =>
    (['md5', 'hmac_sha256'] as const).flatMap((digest) =>
      ['key', 'secret', 'appSecret', 'appKey'].map((keyParameter) => ({
        rule: `signing.digest ${digest}, keyParameter ${keyParameter}${kind === 'reply' ? ` and replyScope ${other}` : ''}`,
        signature: signJucai(fieldsIn(other), { secret, signing: { ...signing, digest, keyParameter } }),
      })),
    ),
  );
  const signed = fieldsIn(scope);
  const variants = [
    ...rules,
    ...secretSlips(secret, (slipped) => signJucai(signed, { secret: slipped, signing })),
    ...leftOut(
      signed.map(([name]) => name),
      (name) =>
        signJucai(
          signed.filter(([other]) => other !== name),
          { secret, signing },
        ),
    ),
  ];
  const pairs = jucaiPairs(fieldsIn(scope));
  const findings = findingsOf(given, expected, variants);
  if (findings.length > 0) findings.unshift(...encodingFinding(body));
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
    given,
    expected,
    isRight: given !== undefined && findings.length === 0,
    findings,
  };
};
