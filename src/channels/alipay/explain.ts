/** Which of Alipay's four messages one is, and how it is signed. */
import type { JsonObject } from '../../lib/strict-json.ts';
import { readObject } from '../reply.ts';
import type { Explained, WireMessage } from '../signing.ts';
import { explainReply, explainRequest } from './explain-v1.ts';
import { explainReplyV3, explainRequestV3 } from './explain-v3.ts';
import type { AlipayKeys } from './keys.ts';
import { readReplyText } from './reply-text.ts';

const asParameters = ({ members }: JsonObject): Record<string, string> =>
  Object.fromEntries(
    [...members].flatMap(([name, node]) => (node.kind === 'scalar' ? [[name, String(node.value ?? '')]] : [])),
  );

/** A reply or a request, of v1 (JSON, a form, an address) or of v3 (with its head). */
export const explainAlipay = (keys: AlipayKeys, message: WireMessage): Explained => {
  const { startLine, headers, body } = message;
  if (startLine?.startsWith('HTTP/') && 'alipay-timestamp' in headers) return explainReplyV3(message, keys);
  if (headers.authorization?.startsWith('ALIPAY-')) return explainRequestV3(message, keys);
  const text = body.toString('latin1').trim();
  if (!text.startsWith('{')) {
    const query = startLine?.split(' ')[1]?.split('?')[1] ?? '';
    const form = [query, text.slice(text.indexOf('?') + 1)].filter((part) => part !== '').join('&');
    return explainRequest(Object.fromEntries(new URLSearchParams(form)), keys);
  }
  const root = readObject(readReplyText({ status: 200, headers, body }).text);
  const isReply = [...root.members.keys()].some((name) => name.endsWith('_response'));
  return isReply ? explainReply(message, root, keys) : explainRequest(asParameters(root), keys);
};
