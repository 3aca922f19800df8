import { digests } from '../../lib/digest.ts';
import { type Explained, HIDDEN, judgeSecret, type WireMessage } from '../signing.ts';
import { signV2, textV2 } from './payment-code.ts';
import { readXml } from './xml.ts';

/** How the XML of WeChat Pay V2 is signed; requests and replies alike. */
export const explainV2 = (apiKey: string, { body }: WireMessage): Explained => {
  const fields = readXml(body.toString());
  const text = textV2(fields, HIDDEN);
  const hmac = digests.hmac_sha256(textV2(fields, apiKey), apiKey);
  const judged = judgeSecret({
    body,
    given: fields.get('sign') || undefined,
    secret: apiKey,
    sign: (key, leftOut) => signV2(new Map([...fields].filter(([name]) => name !== leftOut)), key),
    fields: fields.keys(),
    variants: [{ rule: 'HMAC-SHA256, which this endpoint does not take', signature: hmac }],
  });
  return {
    kind: fields.has('return_code') ? 'reply' : 'request',
    algorithm: 'md5, in upper case',
    steps: [
      { what: 'the fields by name, without sign and empty ones', text: text.slice(0, text.lastIndexOf('&key=')) },
      { what: 'with &key= and the V2 key of the merchant (API密钥, not the one of V3)', text },
    ],
    ...judged,
    findings:
      fields.get('return_code') === 'FAIL'
        ? ['return_code FAIL is not signed: its reason is in return_msg', ...judged.findings]
        : judged.findings,
  };
};
