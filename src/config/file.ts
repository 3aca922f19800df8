/** The schema of the configuration file. */
import { z } from 'zod';
import { sourceTypes } from '../channels/registry.ts';
import { httpConfig } from '../http/config.ts';
import { doorConfig } from '../http/door/config.ts';
import { tlsConfig } from '../http/tls.ts';
import { webhookConfig } from '../identity/webhooks.ts';
import { wrongChoice } from '../lib/setting-messages.ts';
import { MAX_TIMER_MS } from '../lib/timers.ts';
import { signatureConfig } from '../security/app-signature.ts';
import { callersConfig } from '../security/callers.ts';
import { routerConfig } from '../security/router-check.ts';
import { vaultKeys } from '../security/vault.ts';
import { hostsOf } from '../store/engine/postgres-address.ts';
import { limitsConfig } from './limits.ts';

/** Of an app, a channel or a source. */
const name = z
  .string()
  .regex(/^[\w.-]{1,32}$/, 'is not a name. Write 1 to 32 characters of A-Z a-z 0-9 _ . - and nothing else.');

const days = z.int().positive().max(36_500);

/**
 * How much longer than the deadline a lease is at least: for the pauses between attempts that sent nothing (half a second)
 * and for the commit of the outcome. With a shorter one a sweep could end as INDETERMINATE what the channel has just
 * answered: nothing is sent twice, but the payer has to authorize again. The defaults leave 5 s, in which the store
 * retries the commit while its database is unavailable.
 */
const SETTLE_MS = 1_000;

const milliseconds = (fallback: number) => z.int().positive().default(fallback);
const timer = (fallback: number) => z.int().positive().max(MAX_TIMER_MS).default(fallback);

const NO_DATABASE = 'is not an address of PostgreSQL. Write';

/** The message does not repeat the address, which may hold a password. */
const databaseAddress = z.string().superRefine((address, context) => {
  try {
    hostsOf(address);
  } catch (error) {
    const form = error instanceof Error ? error.message : 'postgres://user:password@host:port/database';
    context.addIssue({ code: 'custom', message: `${NO_DATABASE} ${form}.` });
  }
});

const port = z.int().min(0).max(65_535);

const WEB_PAGE =
  'is not the address of a page. Write one that begins with https:// or http://, such as https://shop.example.com/pay.';

/** Compared character by character: what a browser would write in another way never fits. */
const page = z
  .url({ protocol: /^https?$/, error: WEB_PAGE })
  .max(256, 'is too long. Write at most 256 characters.')
  .superRefine((text, context) => {
    const fault = pageFault(text);
    if (fault) context.addIssue({ code: 'custom', message: fault });
  });

const pageFault = (text: string): string | undefined => {
  if (/^https?:\/\/[^/?#]*@/i.test(text)) return 'has a user name. Write it without a user name and a password.';
  if (text.includes('*')) return 'has a *, which stands for itself alone. List each page.';
  return /[\s\\]/.test(text)
    ? 'has a blank or a backslash. Write it as browsers show it, in percent-encoding.'
    : undefined;
};

const app = z.strictObject({
  id: name.describe('The id by which callers name the app (appId): up to 32 of A-Z a-z 0-9 -._'),
  channels: z.record(name, name).describe('For each channel the name of the source that serves it'),
  returnUrls: z
    .array(page)
    .default([])
    .describe('The pages that a channel may send payers back to, compared character by character'),
  sessions: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('Whether query codes and states have to be issued by startAuthentication'),
  attempts: z
    .int()
    .min(1)
    .max(20)
    .default(5)
    .describe("How many auth codes a session, or a query code of the caller's own, takes until one succeeds"),
  codeChallenge: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('Whether startAuthentication needs a codeChallenge (RFC 7636, S256), and its state the codeVerifier'),
  returnByDoor: z
    .array(name)
    .default([])
    .describe('Channels whose payers return by the door, also in a session of that channel'),
  signature: signatureConfig.optional().describe('How the app signs authenticate, which then requires it'),
  webhook: webhookConfig.optional().describe('Where the app is notified when a session with a clientReferenceId ends'),
});

const source = z.looseObject({
  type: z
    .string({ error: ({ input }) => (input === undefined ? wrongChoice(input, sourceTypes) : undefined) })
    .describe('Which upstream API the source speaks'),
});

const cache = z.strictObject({
  identities: z
    .int()
    .nonnegative()
    .max(1_000_000)
    .default(0)
    .describe('The most opened identities that an instance holds in memory, for lookups by id; 0: none'),
  maxAgeMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(60_000)
    .describe('Milliseconds: how long an opened identity is held at most'),
});

const times = z
  .strictObject({
    deadlineMs: timer(5_000).describe('Milliseconds: for all attempts at one exchange with a channel'),
    patienceMs: timer(7_000).describe("Milliseconds: how long a duplicate waits for the first one's outcome"),
    operationMs: timer(8_000).describe('Milliseconds: for an operation, without the time that it waits for a result'),
    leaseMs: timer(10_000).describe(
      'Milliseconds: when a send whose instance has gone ends INDETERMINATE; at least deadlineMs + 1,000',
    ),
    resultTtlMs: milliseconds(300_000).describe('Milliseconds: how long outcomes can be read and query codes work'),
    codeTtlMs: milliseconds(86_400_000).describe('Milliseconds: how long auth codes are stored as used'),
    /** At most 30 s, so that expired rows are deleted within a minute. */
    sweepEveryMs: z
      .int()
      .positive()
      .max(30_000)
      .default(2_000)
      .describe('Milliseconds: how often expired rows are deleted, and keys and the files of sources are read again'),
  })
  .superRefine(({ leaseMs, deadlineMs, operationMs, resultTtlMs, codeTtlMs }, context) => {
    const fault = (setting: string, message: string) => context.addIssue({ code: 'custom', path: [setting], message });
    if (leaseMs < deadlineMs + SETTLE_MS)
      fault(
        'leaseMs',
        `is too short: leaseMs has to be deadlineMs + ${SETTLE_MS} at least. Write ${deadlineMs + SETTLE_MS} or more.`,
      );
    if (operationMs <= deadlineMs)
      fault('operationMs', `is not longer than deadlineMs. Write more than ${deadlineMs}.`);
    if (resultTtlMs <= leaseMs) fault('resultTtlMs', `is not longer than leaseMs. Write more than ${leaseMs}.`);
    if (codeTtlMs < resultTtlMs) fault('codeTtlMs', `is shorter than resultTtlMs. Write ${resultTtlMs} or more.`);
  });

const retention = z.strictObject({
  identityDays: days.optional().describe('Days: after the payer last authenticated; absent: until erased'),
  certificationDays: days.default(90).describe('Days: after the certification was started'),
});

const metrics = z.strictObject({
  port: port.describe('The port of /metrics, /livez and /readyz; another one than PORT'),
  host: z.string().default('127.0.0.1').describe('The address that it listens on'),
});

export const configFile = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the JSON Schema of this file; not used by the service'),
  defaultApp: name.describe('The id of the app of callers that name none'),
  apps: z.array(app).min(1).describe('The merchant applications'),
  /** All options but `type` belong to the source, which checks them when it is opened. */
  sources: z.record(name, source).describe('By name: the upstream APIs that serve channels'),
  channelTitles: z.record(name, z.string()).default({}).describe('The names of channels, for payers'),
  router: routerConfig.optional().describe('How the router authenticates itself; one of these is enough'),
  tls: tlsConfig
    .optional()
    .describe('TLS that ends in this process; absent: plain HTTP, behind a proxy or a mesh that terminates TLS'),
  callers: callersConfig.prefault({}).describe('How callers behind the router authenticate themselves'),
  keys: vaultKeys.optional().describe('What results are sealed with, and found by'),
  store: databaseAddress
    .optional()
    .describe('postgres://user:password@host:port/database, for several instances; absent: a SQLite file in DATA_DIR'),
  storeListenUrl: databaseAddress
    .optional()
    .describe('The same database without the pooler of transactions in between, for the connection that listens'),
  cache: cache.prefault({}).describe('What is held in memory of what the store has opened'),
  times: times.prefault({}).describe('How long things take and last, in milliseconds'),
  nameLookup: z
    .enum(['dns', 'system'])
    .default('dns')
    .describe('How names of hosts are looked up; system: by getaddrinfo, for names that only NSS modules resolve'),
  http: httpConfig.prefault({}).describe('Connections of routers, and pages of other origins'),
  door: doorConfig.optional().describe("A port for payers' browsers"),
  metrics: metrics.optional().describe("The operator's port, with /metrics, /livez and /readyz"),
  limits: limitsConfig.describe('How much one operation, one caller and one channel may take'),
  retention: retention.prefault({}).describe('How long payers and certifications are stored, in days'),
});

/** A configuration file before defaults; sandbox mode generates one. */
export type FileConfig = z.input<typeof configFile>;
