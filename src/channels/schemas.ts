/** How sources read what their upstreams issue: ids and secrets that people copy from consoles. */
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
