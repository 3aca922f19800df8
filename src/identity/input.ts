/** The inputs of the use cases: the limits that the upstreams publish, checked before a code is claimed or anything is sent. */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { citizenIdFault, documentNumber } from '../lib/citizen-id.ts';
import { CODE_CHALLENGE, CODE_VERIFIER } from './code-challenge.ts';

const text = (max: number) => z.string().min(1, 'at least 1 character').max(max, `at most ${max} characters`);
const visibleAscii = (max: number) =>
  text(max).regex(/^[!-~]*$/, 'characters of ASCII from ! to ~: no blanks, control characters or letters beyond it');
/**
 * A one-time code: printable ASCII without blanks, which has one form on every wire. Encoders and parsers on the way
 * alter everything else (they trim blanks, turn CR into LF in XML, cut at NUL, replace half a surrogate pair), so two
 * texts here could be one code at the upstream, and that code would be sent twice.
 */
const oneTimeCode = (max: number) => visibleAscii(max);
/** In GraphQL a null argument and an absent one both mean: not given. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => value ?? undefined, schema.optional());

/** In the form in which the document prints it, which the upstream compares. */
const certNo = text(64).transform(documentNumber).pipe(text(64));
/** Adds an issue for an invalid number of a resident identity card; the message does not repeat the number. */
const checkCitizenId = (number: string, path: string[], context: z.RefinementCtx): void => {
  const message = citizenIdFault(number);
  if (message) context.addIssue({ code: 'custom', path, message });
};

const appId = optional(text(32));
const channelId = text(32);
/** Not zod's url(): it removes spaces and control characters, and the rest would be compared with the app's pages. */
const returnUrl = z.string().max(256, 'at most 256 characters').refine(URL.canParse, 'a URL');

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

export const initializeCertificationInput = z
  .object({
    appId,
    identityId: optional(text(128)),
    method: z.enum(['FACE', 'CERT_PHOTO', 'CERT_PHOTO_FACE', 'SMART_FACE']),
    document: z.object({
      type: z.enum([
        'IDENTITY_CARD',
        'HOME_VISIT_PERMIT_HK_MC',
        'HOME_VISIT_PERMIT_TAIWAN',
        'RESIDENCE_PERMIT_HK_MC',
        'RESIDENCE_PERMIT_TAIWAN',
        'PERMANENT_RESIDENCE_FOREIGNER',
      ]),
      holderName: text(128),
      number: certNo,
    }),
    returnUrl: optional(returnUrl),
  })
  .superRefine(({ document: { type, number } }, context) => {
    if (type === 'IDENTITY_CARD') checkCitizenId(number, ['document', 'number'], context);
  });

const certifyId = z.string().regex(/^[0-9A-Za-z]{1,32}$/, '1 to 32 letters and digits');
export const startCertificationInput = z.object({ appId, certifyId, returnUrl: optional(returnUrl) });
export const certificationQuery = z.object({ appId, certifyId });

/** Exactly one field. The contract does not declare @oneOf, which Apollo's composition refuses. */
const jobworthSubject = z
  .object({
    userId: optional(text(64)),
    openId: optional(text(128)),
    document: optional(
      z.object({
        type: z.enum([
          'IDENTITY_CARD',
          'PASSPORT',
          'HOME_RETURN_PERMIT',
          'TRAVEL_PERMIT_HK_MC',
          'TRAVEL_PERMIT_TAIWAN',
          'DOCUMENT_HK_MC',
        ]),
        number: certNo,
      }),
    ),
  })
  .refine((subject) => Object.values(subject).filter((value) => value !== undefined).length === 1, {
    message: 'exactly one of userId, openId and document',
  });

export const jobworthInput = z
  .object({
    appId,
    agreementId: text(128),
    onceToken: oneTimeCode(128),
    match: z.enum(['EXACT', 'FUZZY']),
    jobIdentityType: text(32),
    serviceId: text(64),
    subject: jobworthSubject,
  })
  .superRefine(({ subject: { document } }, context) => {
    if (document?.type === 'IDENTITY_CARD') checkCitizenId(document.number, ['subject', 'document', 'number'], context);
  });

/** Parses an input. Throws INPUT_INVALID with the path of every invalid field, and no value. */
export const parseInput = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new PayerIdentityError('INPUT_INVALID', { fields });
};
