/** What the options and replies of several sources are made of. */
import { z } from 'zod';
import { hiddenFault } from '../lib/plain-text.ts';
import type { AuthCodeKind } from '../model.ts';

/** An id as an upstream issues it. Full-width letters, blanks and control characters come from an operator's clipboard. */
export const issuedId = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(
      /^[!-~]*$/,
      'has other characters than an id. Write letters, digits and signs of ASCII only, without blanks.',
    );

/** A secret as an upstream issues it. Blanks at its ends and invisible characters come from an operator's clipboard. */
export const issuedSecret = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .superRefine((text, context) => {
      const fault = text === '' ? undefined : hiddenFault(text);
      if (fault) context.addIssue(`it has ${fault}. Remove it: with it, the value is another one.`);
    });

/** A member of a reply that may be absent, null or empty, which all mean the same. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined);

/**
 * The channels that a source serves unless its options name others: the name of the wallet, and for codes of another
 * kind than its page's also a name for apps that serve both. docs/channels.md lists them.
 */
export const channelNames = (wallet: string, kind: AuthCodeKind): string[] =>
  kind === 'PAGE' ? [wallet] : [wallet, `${wallet}_${kind.toLowerCase()}`];
