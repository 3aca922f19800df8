/** The settings of `limits`, and the two of them that follow from how many references an operation may have. */
import { z } from 'zod';
import { guardConfig } from '../channels/guard/guard.ts';
import { bulkheadsConfig } from '../identity/bulkheads.ts';
import { ratesConfig } from '../identity/rates.ts';

/** A representation with both keys of a payer takes 90 to 200 bytes. */
const BYTES_OF_A_REFERENCE = 256;
/** The document, its other variables, and the claims that a router forwards. */
const OTHER_BYTES = 65_536;
/** The 21 of a payer, its channel and its certification, the 12 that a place counts itself, and room for repeated references. */
const FIELDS_OF_A_REFERENCE = 50;
const OTHER_FIELDS = 2_000;

const settings = z.strictObject({
  tokens: z.int().positive().default(2_000).describe('Tokens of one operation'),
  depth: z.int().positive().default(10).describe('Levels of one operation'),
  /** Not below `_entities`, where `fields` bounds them. */
  aliases: z
    .int()
    .nonnegative()
    .default(32)
    .describe('Aliases of one operation; _entities and what is below it not counted'),
  directives: z.int().nonnegative().default(50).describe('Directives of one operation'),
  fields: z
    .int()
    .positive()
    .optional()
    .describe(
      'Fields of the answer, those below _entities once for each reference; absent: 2,000 + 50 for each of representations',
    ),
  longFields: z
    .int()
    .positive()
    .default(4)
    .describe('QR codes, HTML forms and the text of the schema in one operation'),
  queryFields: z
    .int()
    .positive()
    .default(20)
    .describe("Root fields of a query, without _entities, which is the router's"),
  mutationFields: z.int().positive().default(1).describe('Root fields of a mutation'),
  sensitiveFields: z
    .int()
    .positive()
    .default(10)
    .describe(
      'Root fields that redeem a code, write, or reveal a secret. Of those that redeem a code there is one at most',
    ),
  representations: z
    .int()
    .positive()
    .default(1_000)
    .describe('Different entity references of one operation, payerIdentity included'),
  preparedOperations: z
    .int()
    .nonnegative()
    .default(500)
    .describe('Queries that are compiled when they repeat, the latest of them; 0: Apollo Server answers every request'),
  bodyBytes: z
    .int()
    .positive()
    .optional()
    .describe('Bytes of a request body; absent: 65,536 + 256 for each of representations'),
  waiters: z
    .int()
    .positive()
    .default(1_000)
    .describe('Readers that wait for a result at the same time, and subscriptions'),
  /** Absent: the defaults; in sandbox mode no limits of these three kinds. */
  rates: ratesConfig.optional().describe('How often sensitive fields are admitted'),
  bulkheads: bulkheadsConfig.optional().describe('How many sensitive fields run at the same time'),
  source: guardConfig
    .optional()
    .describe('Of each source and channel, separately for trusted calls and for payer pages'),
});

export const limitsConfig = settings
  .superRefine(({ bodyBytes, representations }, context) => {
    const neededBytes = BYTES_OF_A_REFERENCE * representations;
    if (bodyBytes === undefined || bodyBytes >= neededBytes) return;
    const message = `${bodyBytes} bytes hold no ${representations} references of ${BYTES_OF_A_REFERENCE} bytes (limits.representations): at least ${neededBytes}. Write that, or fewer representations.`;
    context.addIssue({ code: 'custom', path: ['bodyBytes'], message });
  })
  .transform(({ bodyBytes, fields, ...limits }) => ({
    ...limits,
    bodyBytes: bodyBytes ?? OTHER_BYTES + BYTES_OF_A_REFERENCE * limits.representations,
    fields: fields ?? OTHER_FIELDS + FIELDS_OF_A_REFERENCE * limits.representations,
  }))
  .prefault({});
