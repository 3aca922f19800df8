/**
 * The router's signature over its HTTP request. https://www.rfc-editor.org/rfc/rfc9421.html
 * Accepts only what can be read in one way: components without parameters, each once, over printable ASCII.
 */
import { z } from 'zod';
import type { RequestHead } from './request-head.ts';
import { openKey, signatureKey } from './router-signature-keys.ts';
import { type InnerList, readByteSequences, readInnerLists } from './structured-fields.ts';

const SECOND_MS = 1_000;

/** The host is the same in any case, and with the port that its scheme implies. */
const authority = ({ headers: { host }, peer }: RequestHead) =>
  host?.toLowerCase().replace(peer.encrypted ? /:443$/ : /:80$/, '');
const scheme = ({ peer }: RequestHead) => (peer.encrypted ? 'https' : 'http');
const targetUri = (head: RequestHead) => {
  const host = authority(head);
  return host === undefined ? undefined : `${scheme(head)}://${host}${head.target}`;
};

/** The values of components that are not headers. https://www.rfc-editor.org/rfc/rfc9421.html#section-2.2 */
const derived = new Map<string, (head: RequestHead) => string | undefined>([
  ['@method', ({ method }) => method],
  ['@authority', authority],
  ['@scheme', scheme],
  ['@request-target', ({ target }) => target],
  ['@target-uri', targetUri],
  ['@path', ({ target }) => target.split('?', 1)[0]],
  ['@query', ({ target }) => (target.includes('?') ? target.slice(target.indexOf('?')) : '?')],
]);

const isComponent = (name: string) => derived.has(name) || /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name);

export const signaturesConfig = z.strictObject({
  keys: z
    .array(signatureKey)
    .min(1)
    .refine(
      (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
      'has an id twice. Give every key an id of its own: every id once.',
    )
    .describe('The keys that routers sign with, by key id'),
  /**
   * The components that every signature has to cover. The default binds a signature to this host, to the path and to
   * the length of the body; only content-digest covers the body itself, and not every router sends one.
   */
  components: z
    .array(
      z
        .string()
        .refine(
          isComponent,
          'is not a component. Write a header in lower case, or one of @method, @authority, @request-target, …',
        ),
    )
    .min(1)
    .default(['@method', '@authority', '@request-target', 'content-type', 'content-length'])
    .describe('The components that every signature has to cover; content-digest covers the body'),
  maxAgeSeconds: z
    .int()
    .positive()
    .max(600)
    .default(60)
    .describe('Seconds: how long a signature is valid after its created, unless its expires is earlier'),
  clockSkewSeconds: z
    .int()
    .nonnegative()
    .max(60)
    .default(5)
    .describe("Seconds: how far the router's clock and ours may differ"),
});

const parameterTypes = new Map([
  ['created', 'number'],
  ['expires', 'number'],
  ['keyid', 'string'],
  ['alg', 'string'],
  ['nonce', 'string'],
  ['tag', 'string'],
]);

const componentValue = (name: string, head: RequestHead): string | undefined => {
  const derive = derived.get(name);
  // A target in any other form would name a host of its own.
  if (derive) return head.target.startsWith('/') ? derive(head) : undefined;
  return Object.hasOwn(head.headers, name) ? head.headers[name] : undefined;
};

/** https://www.rfc-editor.org/rfc/rfc9421.html#section-2.5 */
const signatureBase = ({ items, text }: InnerList, head: RequestHead): Buffer | undefined => {
  if (new Set(items).size < items.length) return undefined;
  const lines: string[] = [];
  for (const name of items) {
    const value = isComponent(name) ? componentValue(name, head) : undefined;
    if (value === undefined || !/^[\x20-\x7e]*$/.test(value)) return undefined;
    lines.push(`"${name}": ${value}`);
  }
  return Buffer.from([...lines, `"@signature-params": ${text}`].join('\n'));
};

/** Returns whether a request carries a signature of the router that is valid now. */
export const createRouterSignatureCheck = (
  { keys, components, maxAgeSeconds, clockSkewSeconds }: z.output<typeof signaturesConfig>,
  now: () => number,
): ((head: RequestHead) => boolean) => {
  const keysById = new Map(keys.map((key) => [key.id, { algorithm: key.algorithm, verify: openKey(key) }]));

  const isTimely = (created: unknown, expires: unknown): boolean => {
    if (typeof created !== 'number') return false;
    const ends = Math.min(created + maxAgeSeconds, typeof expires === 'number' ? expires : Number.POSITIVE_INFINITY);
    const skewMs = clockSkewSeconds * SECOND_MS;
    return created * SECOND_MS <= now() + skewMs && now() - skewMs <= ends * SECOND_MS;
  };

  const isValid = (input: InnerList, signature: Buffer, head: RequestHead): boolean => {
    const { parameters, items } = input;
    for (const [name, value] of parameters) if (typeof value !== parameterTypes.get(name)) return false;
    const key = keysById.get(String(parameters.get('keyid')));
    // The key decides the algorithm. A signature that names another one is rejected, not reinterpreted.
    if (!key || (parameters.get('alg') ?? key.algorithm) !== key.algorithm) return false;
    if (!isTimely(parameters.get('created'), parameters.get('expires'))) return false;
    if (!components.every((name) => items.includes(name))) return false;
    const base = signatureBase(input, head);
    return base !== undefined && key.verify(base, signature);
  };

  return (head) => {
    const inputs = readInnerLists(head.headers['signature-input'] ?? '');
    const signatures = readByteSequences(head.headers.signature ?? '');
    if (!inputs || !signatures) return false;
    return [...inputs].some(([label, input]) => {
      const signature = signatures.get(label);
      return signature !== undefined && isValid(input, signature, head);
    });
  };
};
