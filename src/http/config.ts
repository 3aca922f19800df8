/** The settings of `http`: pages of other origins, the client's address, connections. */
import { z } from 'zod';
import { MAX_TIMER_MS } from '../lib/timers.ts';

export const headerName = z
  .string()
  // Before toLowerCase: the JSON Schema has the pattern, and knows no change of the text.
  .regex(/^[A-Za-z][A-Za-z\d-]*$/, 'is not the name of a header. Write one such as x-forwarded-for.')
  .toLowerCase();

export const httpConfig = z.strictObject({
  cors: z
    .array(
      z
        .string()
        .refine(
          (text) => URL.parse(text)?.origin === text,
          'is not an origin. Write one such as https://shop.example.com, without a path or a slash at its end.',
        ),
    )
    .default([])
    .describe('Origins whose pages may call from a browser'),
  clientAddressHeader: headerName
    .optional()
    .describe("The header in which the router names its client's address, such as x-forwarded-for"),
  /** Longer than routers hold idle connections by default, but for those that hold them until they are closed here. */
  keepAliveMs: z
    .int()
    .positive()
    .max(MAX_TIMER_MS)
    .default(65_000)
    .describe('Milliseconds: how long an idle connection stays open; longer than routers hold theirs'),
  maxRequestsPerSocket: z.int().positive().default(10_000).describe('Requests of one connection'),
  maxConnections: z.int().positive().default(5_000).describe('Connections at the same time'),
  drainDelayMs: z
    .int()
    .min(0)
    .max(4_000)
    .default(2_000)
    .describe('Milliseconds: how long requests are accepted after /readyz has reported that the service stops'),
});

export type HttpConfig = z.output<typeof httpConfig>;
