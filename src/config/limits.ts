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
  /** Of one operation. */
  tokens: z.int().positive().default(2_000),
  depth: z.int().positive().default(10),
  /** Not below `_entities`, where `fields` bounds them. */
  aliases: z.int().nonnegative().default(32),
  directives: z.int().nonnegative().default(50),
  /** Fields of the answer, those below `_entities` once for each reference; absent: in step with `representations`. */
  fields: z.int().positive().optional(),
  /** QR codes, HTML forms and the text of the schema. */
  longFields: z.int().positive().default(4),
  /** Without `_entities`, which is the router's. */
  queryFields: z.int().positive().default(20),
  mutationFields: z.int().positive().default(1),
  /** Root fields that redeem a code, write, or reveal a secret. Of those that redeem a code there is one at most. */
  sensitiveFields: z.int().positive().default(10),
  /** Different entity references, `payerIdentity` included. */
  representations: z.int().positive().default(1_000),
  /** Queries that are compiled when they repeat, the latest of them; 0: Apollo Server answers every request. */
  preparedOperations: z.int().nonnegative().default(500),
  /** Of a request; absent: in step with `representations`. */
  bodyBytes: z.int().positive().optional(),
  /** Readers that wait for a result at the same time. */
  waiters: z.int().positive().default(1_000),
  /** Absent: the defaults; in sandbox mode no limits of these three kinds. */
  rates: ratesConfig.optional(),
  bulkheads: bulkheadsConfig.optional(),
  source: guardConfig.optional(),
});

export const limitsConfig = settings
  .superRefine(({ bodyBytes, representations }, context) => {
    const neededBytes = BYTES_OF_A_REFERENCE * representations;
    if (bodyBytes === undefined || bodyBytes >= neededBytes) return;
    const message = `${bodyBytes} bytes hold no ${representations} references of ${BYTES_OF_A_REFERENCE} bytes (limits.representations): at least ${neededBytes}`;
    context.addIssue({ code: 'custom', path: ['bodyBytes'], message });
  })
  .transform(({ bodyBytes, fields, ...limits }) => ({
    ...limits,
    bodyBytes: bodyBytes ?? OTHER_BYTES + BYTES_OF_A_REFERENCE * limits.representations,
    fields: fields ?? OTHER_FIELDS + FIELDS_OF_A_REFERENCE * limits.representations,
  }))
  .prefault({});
