/** What the options and replies of several sources are made of. */
import { z } from 'zod';
import { hiddenFault } from '../lib/plain-text.ts';

/** An id. Full-width letters, blanks of any kind and control characters come from the clipboard, never from an upstream. */
export const issuedId = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[!-~]*$/, 'letters, digits and signs of ASCII only, without blanks');

/** A secret. Blanks within it are its own; at its ends, and what nobody sees, were added on its way here. */
export const issuedSecret = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .superRefine((text, context) => {
      const fault = text === '' ? undefined : hiddenFault(text);
      if (fault) context.addIssue(`it has ${fault}`);
    });

/** A member of a reply that may be absent, null or empty, which all mean the same. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined);
