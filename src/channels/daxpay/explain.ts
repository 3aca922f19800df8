/** Explains DaxPay's signature of a request or reply: the text to sign, step by step. */
import { type DigestName, digests } from '../../lib/digest.ts';
import { memberText, readObject } from '../reply.ts';
import { type Explained, HIDDEN, judgeSecret, type WireMessage } from '../signing.ts';
import { type DaxpaySigning, daxpayTexts } from './sign.ts';

/** What 20052 means for a reply: an unsigned one says nothing of the secret, and one that fits shows that it is right. */
const refusedBecause = (given: string | undefined, isRight: boolean): string => {
  const refused = '20052: DaxPay could not verify our signature';
  if (given === undefined)
    return `${refused}: compare secret, signType and profile with the application in DaxPay and its release`;
  const signed = `${refused}, and signed this refusal with the secret that it has for this appId`;
  return isRight
    ? `${signed}, which is yours: so the request was signed by another rule, or with another secret, or was changed on its way. Explain the request`
    : `${signed}: compare the secret of the application in DaxPay, and signType and profile with its release`;
};

const signTypes: readonly DigestName[] = ['hmac_sha256', 'md5', 'sm3'];

/** How DaxPay's JSON is signed; requests and replies alike. */
export const explainDaxpay = (options: DaxpaySigning, { body }: WireMessage): Explained => {
  const text = body.toString();
  const root = readObject(text);
  const hidden = daxpayTexts(text, { ...options, secret: HIDDEN });
  const signedBy = (signing: DaxpaySigning, message = text) =>
    digests[signing.signType](daxpayTexts(message, signing).signed, signing.secret);
  const without = (name: string) => {
    const others = [...root.members].filter(([other]) => other !== name);
    return `{${others.map(([key, { start, end }]) => `${JSON.stringify(key)}:${text.slice(start, end)}`).join(',')}}`;
  };
  const judged = judgeSecret({
    body,
    given: memberText(root, 'sign') || undefined,
    secret: options.secret,
    sign: (secret, leftOut) => signedBy({ ...options, secret }, leftOut === undefined ? text : without(leftOut)),
    fields: root.members.keys(),
    variants: (['beta', 'ga'] as const).flatMap((profile) =>
      signTypes.map((signType) => ({
        rule: `profile ${profile} and signType ${signType}`,
        signature: signedBy({ ...options, profile, signType }),
      })),
    ),
  });
  return {
    kind: root.members.has('code') ? 'reply' : 'request',
    algorithm: options.signType,
    steps: [
      { what: 'the members by name, without sign and null', text: hidden.joined },
      { what: 'without quotes and backslashes', text: hidden.bare },
      { what: 'with &key= and the secret', text: hidden.ended },
      ...(options.profile === 'ga'
        ? [{ what: 'in upper case, the secret too (profile ga)', text: hidden.signed }]
        : []),
    ],
    ...judged,
    findings:
      memberText(root, 'code') === '20052'
        ? [refusedBecause(judged.given, judged.isRight), ...judged.findings]
        : judged.findings,
  };
};
