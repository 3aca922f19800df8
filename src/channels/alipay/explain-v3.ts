/** How requests and replies of Alipay's OpenAPI v3 are signed, step by step. */
import { createPublicKey, sign } from 'node:crypto';
import type { Explained, WireMessage } from '../signing.ts';
import { ALGORITHM, judgeReply, verifies } from './judge-reply.ts';
import { type AlipayKeys, verifierOf } from './keys.ts';
import { replyTextToSign, requestTextToSign } from './v3.ts';

export const explainReplyV3 = ({ headers, body }: WireMessage, keys: AlipayKeys): Explained => {
  const [timestamp = '', nonce = ''] = [headers['alipay-timestamp'], headers['alipay-nonce']];
  const given = headers['alipay-signature'];
  const judged = judgeReply(
    given,
    headers['alipay-sn'],
    keys,
    (key) => given !== undefined && verifies(replyTextToSign(timestamp, nonce, body), given, key),
  );
  const trimmed = Buffer.from(body.toString().trimEnd());
  const key = verifierOf(keys, headers['alipay-sn']);
  const isTrimmed =
    !judged.isRight && given !== undefined && key && verifies(replyTextToSign(timestamp, nonce, trimmed), given, key);
  const steps = [
    {
      what: 'alipay-timestamp, alipay-nonce and the body, each with a line feed behind it',
      text: replyTextToSign(timestamp, nonce, body).toString(),
    },
  ];
  const findings = isTrimmed
    ? ['without the line feed at the end of the body it is right: an editor has added it']
    : judged.findings;
  return { kind: 'reply', algorithm: ALGORITHM, steps, given, isRight: judged.isRight, findings };
};

const SCHEME = 'ALIPAY-SHA256withRSA ';
const SIGN_FIELD = ',sign=';

export const explainRequestV3 = (
  { startLine = '', headers, body }: WireMessage,
  { privateKey }: AlipayKeys,
): Explained => {
  const [method = '', target = ''] = startLine.split(' ');
  const header = headers.authorization ?? '';
  const fields = header.startsWith(SCHEME) ? header.slice(SCHEME.length) : '';
  const signAt = fields.indexOf(SIGN_FIELD);
  const authorization = signAt < 0 ? fields : fields.slice(0, signAt);
  const given = signAt < 0 ? undefined : fields.slice(signAt + SIGN_FIELD.length);
  const text = requestTextToSign(authorization, method, target, {
    appAuthToken: headers['alipay-app-auth-token'],
    body: body.toString(),
  });
  const isRight = given !== undefined && verifies(text, given, createPublicKey(privateKey));
  const finding =
    given === undefined
      ? 'the message has no signature'
      : 'privateKey gives another signature: it was made with another key, or of another text (a changed order of the query, or a path without its query)';
  return {
    kind: 'request',
    algorithm: ALGORITHM,
    steps: [
      {
        what: 'authorization without sign, method, path with query, body and token, each with a line feed behind it',
        text,
      },
    ],
    given,
    expected: sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64'),
    isRight,
    findings: isRight ? [] : [finding],
  };
};
