/**
 * The signature of a merchant application over its call, with a key that the merchant and this service share.
 * It covers the fields of the input and not the HTTP request: a router writes an operation of its own, and passes the
 * input on. docs/signing.md explains it to merchants.
 */
import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { beijingTime } from '../lib/beijing-time.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import { digests, equalSecrets } from '../lib/digest.ts';

/** At least 32 bytes: a captured signature must not be brute-forced offline. */
const secret = z
  .string()
  .refine(
    (text) => Buffer.byteLength(text) >= 32,
    'is too short: it needs at least 32 bytes. Make one with: openssl rand -hex 32',
  )
  .describe('What the app and this service share; at least 32 bytes');
/** The algorithm belongs to the key, never to the message. All keys verify, so that one can replace another. */
const keysOf = <Algorithm extends z.ZodType>(algorithm: Algorithm) =>
  z
    .array(z.strictObject({ algorithm: algorithm.describe('The algorithm of this key'), secret }))
    .min(1)
    .describe('Keys of the app; all of them verify, so that one can replace another');
/** Whether a signed call also gets the channel's access token. */
const accessToken = z.boolean().default(false).describe("Whether a signed call also gets the channel's access token");

export const signatureConfig = z.discriminatedUnion('scheme', [
  z.strictObject({
    scheme: z.literal('v2').default('v2').describe('The signature of this service'),
    keys: keysOf(z.enum(['hmac_sha256', 'hmac_sm3']).default('hmac_sha256')),
    accessToken,
  }),
  z.strictObject({
    scheme: z.literal('daxpay').describe('The signature of DaxPay'),
    /** `ga`: the text is upper-cased, as DaxPay 3.0.0 and later do; case is then protected by the nonce alone. */
    profile: z.enum(['beta', 'ga']).default('beta').describe('Which release of DaxPay signs so'),
    keys: keysOf(z.enum(['hmac_sha256', 'sm3']).default('hmac_sha256')),
    accessToken,
  }),
]);
export type SignaturePolicy = z.output<typeof signatureConfig>;

/** What a merchant sends with a call that it has signed. */
export interface CallSignature {
  readonly value: string;
  readonly signedAt: Date;
  readonly nonce: string;
}

/** The input of authenticate. */
export interface SignedInput {
  readonly channelId: string;
  readonly authCode: string;
  readonly appId?: string | undefined;
  readonly clientIp?: string | undefined;
  readonly queryCode?: string | undefined;
  readonly channelOptions?:
    | {
        readonly orderId?: string | undefined;
        readonly subAppId?: string | undefined;
        readonly terminalId?: string | undefined;
      }
    | undefined;
}

export interface SignedRequest {
  /** The field of Mutation. */
  readonly operation: string;
  /** The app of the call, also where the input leaves it to the default. */
  readonly appId: string;
  /** Every field that the call uses but its signature. A field that is null counts as absent. */
  readonly input: SignedInput;
  readonly signature: CallSignature;
}

const textV2 = ({ operation, appId, input, signature }: SignedRequest): string => {
  const digest = createHash('sha256')
    .update(canonicalJson({ ...input }))
    .digest('hex');
  // One text is one call: no part has a line break, since the schema of the input and of the configuration checks all.
  return ['v2', operation, appId, signature.signedAt.toISOString(), signature.nonce, digest].join('\n');
};

/** The input as DaxPay names it: flat, with the time in its form. */
const daxpayFields = ({ input, signature }: SignedRequest): Readonly<Record<string, string | undefined>> => ({
  channel: input.channelId,
  authCode: input.authCode,
  appId: input.appId,
  clientIp: input.clientIp,
  queryCode: input.queryCode,
  merchantOrderNo: input.channelOptions?.orderId,
  subAppId: input.channelOptions?.subAppId,
  termId: input.channelOptions?.terminalId,
  nonceStr: signature.nonce,
  reqTime: beijingTime(signature.signedAt.getTime()),
});

/**
 * DaxPay joins values as they are, drops \ and ", and hashes UTF-8, where everything that is not Unicode is one
 * character. Two inputs with one text would have one signature, so values are printable ASCII without & " and \.
 */
const plainValue = /^[ !#-%'-[\]-~]+$/;

/** https://github.com/dromara/dax-pay PaySignUtil.java; empty values cannot occur. */
const textDaxpay = (request: SignedRequest, secret: string, profile: 'beta' | 'ga'): string | undefined => {
  const fields = Object.entries(daxpayFields(request))
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  if (!fields.every(([, value = '']) => plainValue.test(value))) return undefined;
  const text = [...fields.map(([name, value]) => `${name}=${value}`), `key=${secret}`].join('&');
  return profile === 'ga' ? text.toUpperCase() : text;
};

const isWellFormed = (input: SignedInput): boolean =>
  Object.values({ ...input, channelOptions: undefined, ...input.channelOptions }).every(
    (value) => typeof value !== 'string' || value.isWellFormed(),
  );

const signatures = (policy: SignaturePolicy, request: SignedRequest): (string | undefined)[] => {
  if (policy.scheme === 'daxpay')
    return policy.keys.map(({ algorithm, secret }) => {
      const text = textDaxpay(request, secret, policy.profile);
      return text === undefined ? undefined : digests[algorithm](text, secret);
    });
  if (!isWellFormed(request.input)) return [];
  const text = textV2(request);
  return policy.keys.map(({ algorithm, secret }) =>
    createHmac(algorithm === 'hmac_sm3' ? 'sm3' : 'sha256', secret)
      .update(text)
      .digest('hex'),
  );
};

/** Whether one of the app's keys has signed exactly this call. */
export const isSigned = (policy: SignaturePolicy, request: SignedRequest): boolean => {
  const matches = signatures(policy, request).filter(
    (expected) => expected !== undefined && equalSecrets(expected, request.signature.value),
  );
  return matches.length > 0;
};
