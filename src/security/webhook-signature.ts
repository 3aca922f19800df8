/**
 * Signs the requests that this service sends to apps, so that an app can verify where they come from.
 * https://www.rfc-editor.org/rfc/rfc9421.html docs/webhooks.md shows how an app verifies them.
 */
import { createHash, createHmac, createPrivateKey, sign } from 'node:crypto';
import { z } from 'zod';

const MIN_SECRET_BYTES = 32;

type Sign = (base: Buffer) => Buffer;

const algorithms: Readonly<Record<'ed25519' | 'hmac-sha256', (key: string) => Sign>> = {
  ed25519: (pem) => {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('Not a key of this kind');
    return (base) => sign(null, base, key);
  },
  'hmac-sha256': (base64) => {
    const secret = Buffer.from(z.base64().parse(base64), 'base64');
    if (secret.length < MIN_SECRET_BYTES) throw new Error('Too short');
    return (base) => createHmac('sha256', secret).update(base).digest();
  },
};

const fields = z.strictObject({
  id: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'is not a key id. Write 1 to 64 characters of A-Z a-z 0-9 _ . -')
    .describe('The keyid that the app finds its key by'),
  algorithm: z.enum(['ed25519', 'hmac-sha256']).describe('How requests are signed'),
  key: z.string().describe('A private key in PEM; for hmac-sha256 at least 32 bytes in base64'),
});
export type WebhookKey = z.output<typeof fields>;

const opens = ({ algorithm, key }: WebhookKey): boolean => {
  try {
    algorithms[algorithm](key);
    return true;
  } catch {
    return false;
  }
};

export const webhookKey = fields.refine(opens, {
  path: ['key'],
  error:
    'does not fit the algorithm. Give a private key in PEM that fits the algorithm; for hmac-sha256 at least 32 bytes in base64 (openssl rand -base64 32).',
});

/** A POST of a JSON body. */
interface SignedPost {
  readonly url: URL;
  readonly body: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Of this request alone: an event that is sent again has another one. */
  readonly nonce: string;
}

export type SignWebhook = (post: SignedPost) => Readonly<Record<string, string>>;

const TAG = 'payer-identity-webhook';
const contentType = 'application/json';

/** Returns the headers of a request, signature included. */
export const createSignWebhook = ({ id, algorithm, key }: WebhookKey): SignWebhook => {
  const signBase = algorithms[algorithm](key);
  return ({ url, body, created, nonce }) => {
    const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    const covered = Object.entries({
      '@method': 'POST',
      '@target-uri': url.href,
      'content-type': contentType,
      'content-digest': digest,
    });
    const list = covered.map(([name]) => `"${name}"`).join(' ');
    const parameters = `(${list});created=${created};keyid="${id}";alg="${algorithm}";nonce="${nonce}";tag="${TAG}"`;
    const lines = covered.map(([name, value]) => `"${name}": ${value}`);
    const base = Buffer.from([...lines, `"@signature-params": ${parameters}`].join('\n'));
    return {
      'content-type': contentType,
      'content-digest': digest,
      'signature-input': `sig=${parameters}`,
      signature: `sig=:${signBase(base).toString('base64')}:`,
    };
  };
};
