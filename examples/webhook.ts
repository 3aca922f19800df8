/** Verifies a webhook of payer-identity, and returns its event. docs/webhooks.md explains it. */
import { createHash, createHmac, timingSafeEqual, verify } from 'node:crypto';

const MAX_AGE_SECONDS = 300;
const covered = '("@method" "@target-uri" "content-type" "content-digest")';
const input = /^sig=(.+;created=(\d+);keyid="([\w.-]+)";alg="([\w-]+)";nonce="[\w-]+";tag="payer-identity-webhook")$/;

interface Webhook {
  /** In lower case, as node:http has them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As received: parse it later. */
  readonly body: Buffer;
}

interface Receiver {
  /** As in `apps[].webhook.url`, and not as a proxy in front has rewritten it. */
  readonly url: string;
  /** By key id: the shared secret in base64, or the public key in PEM. */
  readonly keys: Readonly<Record<string, { readonly algorithm: 'hmac-sha256' | 'ed25519'; readonly key: string }>>;
}

export const verifyWebhook = ({ headers, body }: Webhook, { url, keys }: Receiver, now = Date.now()) => {
  const [, parameters = '', created, keyid = '', algorithm] = input.exec(`${headers['signature-input']}`) ?? [];
  const known = Object.hasOwn(keys, keyid) ? keys[keyid] : undefined;
  if (!known || known.algorithm !== algorithm || !parameters.startsWith(covered)) throw new Error('Not signed');
  if (Math.abs(now / 1_000 - Number(created)) > MAX_AGE_SECONDS) throw new Error('Too old');

  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  if (headers['content-digest'] !== digest) throw new Error('Another body was signed');

  const lines = [
    '"@method": POST',
    `"@target-uri": ${url}`,
    `"content-type": ${headers['content-type']}`,
    `"content-digest": ${digest}`,
    `"@signature-params": ${parameters}`,
  ];
  const base = Buffer.from(lines.join('\n'));
  const signature = Buffer.from(/^sig=:([\w+/]+=*):$/.exec(`${headers.signature}`)?.[1] ?? '', 'base64');
  const isValid =
    algorithm === 'ed25519'
      ? verify(null, base, known.key, signature)
      : isEqual(createHmac('sha256', Buffer.from(known.key, 'base64')).update(base).digest(), signature);
  if (!isValid) throw new Error('The signature is not valid');
  return JSON.parse(body.toString('utf8'));
};

const isEqual = (one: Buffer, other: Buffer) => one.length === other.length && timingSafeEqual(one, other);
