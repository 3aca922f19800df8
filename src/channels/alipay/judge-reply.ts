/** What is common to explaining the signatures of v1 and v3. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type AlipayKeys, verifierOf } from './keys.ts';

export const ALGORITHM = 'RSA2 (SHA256withRSA), in base64';

export const verifies = (text: string | Buffer, signature: string, key: KeyObject): boolean =>
  verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64'));

/** A reply is verified with Alipay's key. */
export const judgeReply = (
  given: string | undefined,
  serialNumber: string | undefined,
  keys: AlipayKeys,
  holds: (key: KeyObject) => boolean,
) => {
  const key = verifierOf(keys, serialNumber);
  if (given === undefined)
    return {
      isRight: false,
      findings: ['the message has no signature: the gateway does not sign all of its refusals'],
    };
  if (!key)
    return {
      isRight: false,
      findings: [
        `it names the certificate ${serialNumber ?? '(none)'}, and certificates.alipay holds ${[...keys.verifiers.keys()].join(', ')}: download Alipay's certificate again`,
      ],
    };
  if (holds(key)) return { isRight: true, findings: [] };
  if (holds(createPublicKey(keys.privateKey)))
    return {
      isRight: false,
      findings: ['it was made with your own key: an emulator, or a copy of a request; Alipay signs with its own'],
    };
  return {
    isRight: false,
    findings: [
      "alipayPublicKey is not the key that signed this: take Alipay's (支付宝公钥) of this very application, not your own public key, or the message was changed on its way",
    ],
  };
};
