/** The inputs of the use cases: the limits that the upstreams publish, checked before a code is claimed or anything is sent. */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { CODE_CHALLENGE, CODE_VERIFIER } from './code-challenge.ts';

export const text = (max: number) => z.string().min(1, 'at least 1 character').max(max, `at most ${max} characters`);
const visibleAscii = (max: number) =>
  text(max).regex(/^[!-~]*$/, 'characters of ASCII from ! to ~: no blanks, control characters or letters beyond it');
/**
 * A one-time code: printable ASCII without blanks, which has one form on every wire. Encoders and parsers on the way
 * alter everything else (they trim blanks, turn CR into LF in XML, cut at NUL, replace half a surrogate pair), so two
 * texts here could be one code at the upstream, and that code would be sent twice.
 */
export const oneTimeCode = (max: number) => visibleAscii(max);
/** In GraphQL a null argument and an absent one both mean: not given. */
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => value ?? undefined, schema.optional());

export const appId = optional(text(32));
const channelId = text(32);
/** Not zod's url(): it removes spaces and control characters, and the rest would be compared with the app's pages. */
export const returnUrl = z.string().max(256, 'at most 256 characters').refine(URL.canParse, 'a URL');

const common = {
  channelId,
  authCode: oneTimeCode(200),
  appId,
  clientIp: optional(z.union([z.ipv4(), z.ipv6()], 'an IPv4 or IPv6 address')),
  queryCode: optional(z.string().regex(/^[\w.~-]{16,128}$/, '16 to 128 random characters of A-Z a-z 0-9 _ - . ~')),
  channelOptions: optional(
    z.object({
      orderId: optional(z.string().regex(/^\w{5,30}$/, '5 to 30 characters of A-Z a-z 0-9 _')),
      subAppId: optional(text(32)),
      terminalId: optional(text(32)),
    }),
  ),
};

export const authenticateInput = z.object({
  ...common,
  signature: optional(
    z.object({
      value: text(64),
      signedAt: z.date().refine((date) => date.getTime() % 1_000 === 0, 'a time in whole seconds'),
      nonce: z.string().regex(/^[\w.~-]{16,32}$/, '16 to 32 characters of A-Z a-z 0-9 _ - . ~'),
    }),
  ),
});
const state = text(128);
export const authenticateAndSetInput = z
  .object({
    ...common,
    state: optional(state),
    codeVerifier: optional(z.string().regex(CODE_VERIFIER, '43 to 128 characters of A-Z a-z 0-9 - . _ ~')),
  })
  .refine(({ queryCode, state }) => queryCode === undefined || state === undefined, {
    path: ['state'],
    message: 'either a queryCode or a state',
  })
  .refine(({ codeVerifier, state }) => codeVerifier === undefined || state !== undefined, {
    path: ['codeVerifier'],
    message: 'only with a state',
  });
export type AuthenticateInput = z.output<typeof authenticateInput>;
export type AuthenticationInput = Omit<z.output<typeof authenticateAndSetInput>, 'state' | 'codeVerifier'>;

/** Without a channel, the payer chooses one at the door. */
export const startAuthenticationInput = z.object({
  channelId: optional(channelId),
  appId,
  returnUrl: optional(returnUrl),
  codeChallenge: optional(z.string().regex(CODE_CHALLENGE, 'a SHA-256 in base64url: 43 characters')),
  /** It is logged and sent on: one form everywhere, and no character that a terminal or a page interprets. */
  clientReferenceId: optional(visibleAscii(128)),
});
export const reportStepInput = z.object({ channelId, appId, state, step: z.enum(['OPENED', 'DECLINED']) });

/** Parses an input. Throws INPUT_INVALID with the path of every invalid field, and no value. */
export const parseInput = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new PayerIdentityError('INPUT_INVALID', { fields });
};
