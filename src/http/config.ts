/** The settings of `http`: pages of other origins, the client's address, connections. */
import { z } from 'zod';

export const headerName = z
  .string()
  .toLowerCase()
  .regex(/^[a-z][a-z\d-]*$/, 'the name of a header');

export const httpConfig = z.strictObject({
  /** Origins whose pages may call from a browser. */
  cors: z
    .array(z.string().refine((text) => URL.parse(text)?.origin === text, 'an origin such as https://shop.example.com'))
    .default([]),
  /** The header in which the router names its client's address, such as X-Forwarded-For. */
  clientAddressHeader: headerName.optional(),
  /** Longer than routers hold idle connections by default, but for those that hold them until they are closed here. */
  keepAliveMs: z.int().positive().default(65_000),
  maxRequestsPerSocket: z.int().positive().default(10_000),
  maxConnections: z.int().positive().default(5_000),
  /** How long requests are accepted after /readyz has reported that the service stops. */
  drainDelayMs: z.int().min(0).max(4_000).default(2_000),
});

export type HttpConfig = z.output<typeof httpConfig>;
