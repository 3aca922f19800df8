/** What a configuration file may hold. */
import { z } from 'zod';
import { guardConfig } from '../channels/guard/guard.ts';
import { httpConfig } from '../http/config.ts';
import { tlsConfig } from '../http/tls.ts';
import { bulkheadsConfig } from '../identity/bulkheads.ts';
import { ratesConfig } from '../identity/rates.ts';
import { signatureConfig } from '../security/app-signature.ts';
import { callersConfig } from '../security/callers.ts';
import { routerConfig } from '../security/router-check.ts';
import { vaultKeys } from '../security/vault.ts';
import { hostsOf } from '../store/engine/postgres-address.ts';

const name = z.string().regex(/^[\w.-]{1,32}$/, '1 to 32 characters of A-Z a-z 0-9 _ . -');

const days = z.int().positive().max(36_500);

/**
 * What a lease lasts beyond the deadline: for the pauses between attempts that sent nothing (half a second) and the
 * commit of the outcome. A shorter one lets a sweep end as INDETERMINATE what was just answered: nothing is sent twice,
 * but the payer has to come again. When the store is away its outcome is insisted on for 5 s; the defaults leave those.
 */
const SETTLE_MS = 1_000;

const milliseconds = (fallback: number) => z.int().positive().default(fallback);

/** Why an address of PostgreSQL will not do; its text may hold a password. */
const databaseAddress = z.string().superRefine((address, context) => {
  try {
    hostsOf(address);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'no address of PostgreSQL' });
  }
});

export const port = z.int().min(0).max(65_535);

export const configFile = z.strictObject({
  defaultApp: name,
  apps: z
    .array(
      z.strictObject({
        id: name,
        channels: z.record(name, name),
        returnUrls: z.array(z.url({ protocol: /^https?$/ }).max(256)).default([]),
        sessions: z.enum(['optional', 'required']).default('optional'),
        /** With it, `authenticate` asks for a signature by one of the app's keys. */
        signature: signatureConfig.optional(),
      }),
    )
    .min(1),
  /** Options beyond `type` are the source's own and are checked when it is opened. */
  sources: z.record(name, z.looseObject({ type: z.string() })),
  channelTitles: z.record(name, z.string()).default({}),
  /** How the router proves that it is the router. */
  router: routerConfig.optional(),
  /** Absent: plain HTTP, for a proxy or a mesh to put TLS around. */
  tls: tlsConfig.optional(),
  /** How callers behind the router prove who they are. */
  callers: callersConfig.prefault({}),
  keys: vaultKeys.optional(),
  /** Where results are kept; absent: in a SQLite file in DATA_DIR, for a single instance. */
  store: databaseAddress.optional(),
  /** The same database past a pooler that pools transactions, for the connection that listens. */
  storeListenUrl: databaseAddress.optional(),
  times: z
    .strictObject({
      deadlineMs: milliseconds(5_000),
      patienceMs: milliseconds(7_000),
      /** For a whole operation, except what it waits for a result. */
      operationMs: milliseconds(8_000),
      leaseMs: milliseconds(10_000),
      resultTtlMs: milliseconds(300_000),
      codeTtlMs: milliseconds(86_400_000),
      /** What has expired is gone within a minute. */
      sweepEveryMs: z.int().positive().max(30_000).default(2_000),
    })
    .refine(
      ({ leaseMs, deadlineMs }) => leaseMs >= deadlineMs + SETTLE_MS,
      `leaseMs has to be deadlineMs + ${SETTLE_MS} at least`,
    )
    .refine(({ operationMs, deadlineMs }) => operationMs > deadlineMs, 'operationMs has to be longer than deadlineMs')
    .refine(({ resultTtlMs, leaseMs }) => resultTtlMs > leaseMs, 'resultTtlMs has to be longer than leaseMs')
    .refine(({ codeTtlMs, resultTtlMs }) => codeTtlMs >= resultTtlMs, 'codeTtlMs has to be resultTtlMs at least')
    .prefault({}),
  /** `system`: by getaddrinfo, for names that only this machine's NSS modules know. */
  nameLookup: z.enum(['dns', 'system']).default('dns'),
  http: httpConfig.prefault({}),
  /** A port with /metrics, /livez and /readyz and nothing else. */
  metrics: z.strictObject({ port, host: z.string().default('127.0.0.1') }).optional(),
  limits: z
    .strictObject({
      /** Of one operation. */
      tokens: z.int().positive().default(1_000),
      depth: z.int().positive().default(10),
      aliases: z.int().nonnegative().default(15),
      directives: z.int().nonnegative().default(10),
      /** QR codes, HTML forms and texts of the schema. */
      longFields: z.int().positive().default(4),
      queryFields: z.int().positive().default(5),
      mutationFields: z.int().positive().default(1),
      /** Root fields that exchange, write or tell what is secret. */
      sensitiveFields: z.int().positive().default(1),
      /** Entity references, `payerIdentity` included. */
      representations: z.int().positive().default(200),
      /** Readers that wait for a result at the same time. */
      waiters: z.int().positive().default(1_000),
      /** Absent: the defaults; in sandbox mode none of these three. */
      rates: ratesConfig.optional(),
      bulkheads: bulkheadsConfig.optional(),
      source: guardConfig.optional(),
    })
    .prefault({}),
  retention: z
    .strictObject({
      /** After the payer last authenticated; absent: until erased. */
      identityDays: days.optional(),
      /** After the certification was started. */
      certificationDays: days.default(90),
    })
    .prefault({}),
});

/** What a configuration file holds; sandbox mode makes one up. */
export type FileConfig = z.input<typeof configFile>;

/** What one part of the configuration needs of another. */
export const requirements: readonly {
  lacks(config: z.output<typeof configFile>, sandbox: boolean): boolean;
  needs: string;
}[] = [
  {
    lacks: ({ router }, sandbox) => !sandbox && !router,
    needs:
      'router.secrets, router.certificateSubjects, router.signatures or router.hive: how the router proves that it is the router',
  },
  { lacks: ({ keys }, sandbox) => !sandbox && !keys, needs: 'keys: what results are sealed with' },
  {
    lacks: ({ router, tls }) => router?.certificateSubjects !== undefined && !tls?.clientCa,
    needs: 'tls.clientCa: who vouches for router.certificateSubjects',
  },
  {
    // Whoever has recorded a request could put other claims into it.
    lacks: ({ router, callers }) =>
      callers.claims !== undefined &&
      (router?.hive !== undefined ||
        (router?.signatures !== undefined && !router.signatures.components.includes('content-digest'))),
    needs: 'router credentials that cover the body for callers.claims: not hive, and content-digest in signatures',
  },
];
