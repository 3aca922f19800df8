import { digests } from '../../lib/digest.ts';
import {
  type Explained,
  encodingFinding,
  findingsOf,
  HIDDEN,
  leftOut,
  secretSlips,
  type WireMessage,
} from '../signing.ts';
import { signV2, textV2 } from './payment-code.ts';
import { readXml } from './xml.ts';

/** How the XML of WeChat Pay V2 is signed; requests and replies alike. */
export const explainV2 = (apiKey: string, { body }: WireMessage): Explained => {
  const fields = readXml(body.toString());
  const text = textV2(fields, HIDDEN);
  const given = fields.get('sign') || undefined;
  const expected = signV2(fields, apiKey);
  const hmac = digests.hmac_sha256(textV2(fields, apiKey), apiKey);
  const findings = findingsOf(given, expected, [
    { rule: 'HMAC-SHA256, which this endpoint does not take', signature: hmac },
    ...secretSlips(apiKey, (key) => signV2(fields, key)),
    ...leftOut(fields.keys(), (name) => signV2(new Map([...fields].filter(([other]) => other !== name)), apiKey)),
  ]);
  if (findings.length > 0) findings.unshift(...encodingFinding(body));
  return {
    kind: fields.has('return_code') ? 'reply' : 'request',
    algorithm: 'md5, in upper case',
    steps: [
      { what: 'the fields by name, without sign and empty ones', text: text.slice(0, text.lastIndexOf('&key=')) },
      { what: 'with &key= and the V2 key of the merchant (API密钥, not the one of V3)', text },
    ],
    given,
    expected,
    isRight: given !== undefined && findings.length === 0,
    findings:
      fields.get('return_code') === 'FAIL'
        ? ['return_code FAIL is not signed: its reason is in return_msg', ...findings]
        : findings,
  };
};
