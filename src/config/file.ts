/** The schema of the configuration file. */
import { z } from 'zod';
import { httpConfig } from '../http/config.ts';
import { doorConfig } from '../http/door/config.ts';
import { tlsConfig } from '../http/tls.ts';
import { webhookConfig } from '../identity/webhooks.ts';
import { signatureConfig } from '../security/app-signature.ts';
import { callersConfig } from '../security/callers.ts';
import { routerConfig } from '../security/router-check.ts';
import { vaultKeys } from '../security/vault.ts';
import { hostsOf } from '../store/engine/postgres-address.ts';
import { limitsConfig } from './limits.ts';

const name = z.string().regex(/^[\w.-]{1,32}$/, '1 to 32 characters of A-Z a-z 0-9 _ . -');

const days = z.int().positive().max(36_500);

/**
 * How much longer than the deadline a lease is at least: for the pauses between attempts that sent nothing (half a second)
 * and for the commit of the outcome. With a shorter one a sweep could end as INDETERMINATE what the channel has just
 * answered: nothing is sent twice, but the payer has to authorize again. The defaults leave 5 s, in which the store
 * retries the commit while its database is unavailable.
 */
const SETTLE_MS = 1_000;

const milliseconds = (fallback: number) => z.int().positive().default(fallback);

/** Adds an issue for an invalid address of PostgreSQL; the message does not repeat it, since it may hold a password. */
const databaseAddress = z.string().superRefine((address, context) => {
  try {
    hostsOf(address);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : 'not an address of PostgreSQL',
    });
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
        /** Auth codes that a session, or a query code of the caller's own, takes until one succeeds. */
        attempts: z.int().min(1).max(20).default(5),
        /** `required`: every session is bound to who has the verifier of its challenge. */
        codeChallenge: z.enum(['optional', 'required']).default('optional'),
        /** Channels whose payers return by the door, also in a session of that channel. */
        returnByDoor: z.array(name).default([]),
        /** With it, `authenticate` requires a signature with one of the app's keys. */
        signature: signatureConfig.optional(),
        /** Where the app is notified when a session of its own ends that has a clientReferenceId. */
        webhook: webhookConfig.optional(),
      }),
    )
    .min(1),
  /** All options but `type` belong to the source, which checks them when it is opened. */
  sources: z.record(name, z.looseObject({ type: z.string() })),
  channelTitles: z.record(name, z.string()).default({}),
  /** How the router authenticates itself. */
  router: routerConfig.optional(),
  /** Absent: plain HTTP, behind a proxy or a mesh that terminates TLS. */
  tls: tlsConfig.optional(),
  /** How callers behind the router authenticate themselves. */
  callers: callersConfig.prefault({}),
  keys: vaultKeys.optional(),
  /** The PostgreSQL that results are stored in; absent: a SQLite file in DATA_DIR, for a single instance. */
  store: databaseAddress.optional(),
  /** The same database without the pooler in between, for the connection that listens. */
  storeListenUrl: databaseAddress.optional(),
  /** What is held in memory of what the store has opened. */
  cache: z
    .strictObject({
      identities: z.int().nonnegative().max(1_000_000).default(0),
      maxAgeMs: z.int().min(1_000).max(3_600_000).default(60_000),
    })
    .prefault({}),
  times: z
    .strictObject({
      deadlineMs: milliseconds(5_000),
      patienceMs: milliseconds(7_000),
      /** For a whole operation, without the time that it waits for a result. */
      operationMs: milliseconds(8_000),
      leaseMs: milliseconds(10_000),
      resultTtlMs: milliseconds(300_000),
      codeTtlMs: milliseconds(86_400_000),
      /** At most 30 s, so that expired rows are deleted within a minute. */
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
  /** `system`: by getaddrinfo, for names that only the NSS modules of this machine resolve. */
  nameLookup: z.enum(['dns', 'system']).default('dns'),
  http: httpConfig.prefault({}),
  /** A port for payers' browsers. */
  door: doorConfig.optional(),
  /** The operator's port, with /metrics, /livez and /readyz. */
  metrics: z.strictObject({ port, host: z.string().default('127.0.0.1') }).optional(),
  limits: limitsConfig,
  retention: z
    .strictObject({
      /** After the payer last authenticated; absent: until erased. */
      identityDays: days.optional(),
      /** After the certification was started. */
      certificationDays: days.default(90),
    })
    .prefault({}),
});

/** A configuration file before defaults; sandbox mode generates one. */
export type FileConfig = z.input<typeof configFile>;
