/** The inputs of certification and job identity: who is verified, and by which document. */
import { z } from 'zod';
import { citizenIdFault, documentNumber } from '../lib/citizen-id.ts';
import { appId, oneTimeCode, optional, returnUrl, text } from './input.ts';

/** In the form in which the document prints it, which the upstream compares. */
const certNo = text(64).transform(documentNumber).pipe(text(64));
/** Adds an issue for an invalid number of a resident identity card; the message does not repeat the number. */
const checkCitizenId = (number: string, path: string[], context: z.RefinementCtx): void => {
  const message = citizenIdFault(number);
  if (message) context.addIssue({ code: 'custom', path, message });
};

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
