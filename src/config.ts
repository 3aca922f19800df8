/** The only file that reads the environment and the configuration file. Everything it returns is checked and frozen. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { guardConfig } from './channels/guard.ts';
import { httpConfig } from './http/config.ts';
import { bulkheadsConfig, ratesConfig } from './identity/admission.ts';
import { callersConfig } from './security/callers.ts';
import { signatureConfig } from './security/request-signature.ts';
import { routerConfig } from './security/router-check.ts';
import { tlsConfig } from './security/tls.ts';
import { type VaultKeys, vaultKeys } from './security/vault.ts';
import type { StoreTimes } from './store/store.ts';

const name = z.string().regex(/^[\w.-]{1,32}$/, '1 to 32 characters of A-Z a-z 0-9 _ . -');

const DAY_MS = 86_400_000;
const days = z.int().positive().max(36_500);

/**
 * What a lease lasts beyond the deadline: for the pauses between attempts that sent nothing (half a second) and the
 * commit of the outcome. A shorter one lets a sweep end as INDETERMINATE what was just answered: nothing is sent twice,
 * but the payer has to come again. When the store is away its outcome is insisted on for 5 s; the defaults leave those.
 */
const SETTLE_MS = 1_000;

const milliseconds = (fallback: number) => z.int().positive().default(fallback);

const port = z.int().min(0).max(65_535);

const file = z.strictObject({
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
  store: z.url({ protocol: /^postgres(?:ql)?$/, error: 'postgres://user:password@host:port/database' }).optional(),
  times: z
    .strictObject({
      deadlineMs: milliseconds(5_000),
      patienceMs: milliseconds(7_000),
      /** For a whole operation, except what it waits for a result. */
      operationMs: milliseconds(8_000),
      leaseMs: milliseconds(10_000),
      resultTtlMs: milliseconds(300_000),
      codeTtlMs: milliseconds(86_400_000),
      sweepEveryMs: milliseconds(2_000),
    })
    .refine(
      ({ leaseMs, deadlineMs }) => leaseMs >= deadlineMs + SETTLE_MS,
      `leaseMs has to be deadlineMs + ${SETTLE_MS} at least`,
    )
    .refine(({ operationMs, deadlineMs }) => operationMs > deadlineMs, 'operationMs has to be longer than deadlineMs')
    .refine(({ resultTtlMs, leaseMs }) => resultTtlMs > leaseMs, 'resultTtlMs has to be longer than leaseMs')
    .refine(({ codeTtlMs, resultTtlMs }) => codeTtlMs >= resultTtlMs, 'codeTtlMs has to be resultTtlMs at least')
    .prefault({}),
  http: httpConfig.prefault({}),
  /** A port with /metrics and nothing else. */
  metrics: z.strictObject({ port, host: z.string().default('127.0.0.1') }).optional(),
  limits: z
    .strictObject({
      /** Of one operation. */
      tokens: z.int().positive().default(1_000),
      depth: z.int().positive().default(10),
      aliases: z.int().nonnegative().default(15),
      directives: z.int().nonnegative().default(10),
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
export type FileConfig = z.input<typeof file>;

export type Config = z.output<typeof file> & {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logLevel: string;
  /** True without a configuration file: emulated channels, everybody on this machine may call. */
  readonly sandbox: boolean;
};

const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().pipe(port).default(4001),
  DATA_DIR: z.string().min(1).default('./data'),
  CONFIG: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['info', 'warn', 'error', 'silent']).default('info'),
  NODE_ENV: z.string().optional(),
});

/** A configuration that cannot be served. The message says what to set, and repeats no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const parse = <Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || what}: ${message}`);
  throw new ConfigError(`${what} is not valid:\n${faults.join('\n')}`);
};

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

const readSecretFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new ConfigError(`The configuration names the file ${path}, which cannot be read`);
  }
};

/** Replaces {"$env": "NAME"} and {"$file": "path"} by what they name, so that no secret need stand in the file. */
const resolveSecrets = (value: unknown, env: NodeJS.ProcessEnv): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolveSecrets(item, env));
  const entries = Object.entries(value);
  const [key, named] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (key === '$env' && typeof named === 'string') {
    const found = env[named];
    if (found === undefined) throw new ConfigError(`The environment has no ${named}, which the configuration names`);
    return found;
  }
  if (key === '$file' && typeof named === 'string') return readSecretFile(named);
  return Object.fromEntries(entries.map(([key, member]) => [key, resolveSecrets(member, env)]));
};

const readConfigFile = (path: string, env: NodeJS.ProcessEnv): unknown => {
  try {
    return resolveSecrets(JSON.parse(readFileSync(path, 'utf8')), env);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`CONFIG names a file that cannot be read as JSON: ${path}`);
  }
};

/**
 * The keys as they stand in the configuration file now: a rotation puts a new one in front while the service runs.
 * What `$env` names stays as it was when the process started.
 */
export const readKeys = (env: NodeJS.ProcessEnv): VaultKeys => {
  const { CONFIG = '' } = parse(environment, env, 'The environment');
  return parse(z.object({ keys: vaultKeys }), readConfigFile(CONFIG, env), 'The configuration').keys;
};

/** How long the store keeps things. */
export const storeTimes = ({ times, retention }: Pick<Config, 'times' | 'retention'>): StoreTimes => {
  const { identityDays, certificationDays } = retention;
  const identityTtlMs = identityDays === undefined ? undefined : identityDays * DAY_MS;
  return { ...times, identityTtlMs, certificationTtlMs: certificationDays * DAY_MS };
};

/** What sandbox mode goes without: there one machine is everybody, and faults are asked for. */
const fullLimits = () => ({
  rates: ratesConfig.parse({}),
  bulkheads: bulkheadsConfig.parse({}),
  source: guardConfig.parse({}),
});

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
};

/** Reads the configuration; when no file is named, `sandbox` makes one up for the origin that it will serve. */
export const loadConfig = async (
  env: NodeJS.ProcessEnv,
  sandbox: (origin: string) => Promise<FileConfig>,
): Promise<Config> => {
  const {
    HOST: host,
    PORT: port,
    DATA_DIR: dataDir,
    LOG_LEVEL: logLevel,
    CONFIG,
    NODE_ENV,
  } = parse(environment, env, 'The environment');
  if (!CONFIG && (NODE_ENV === 'production' || !isLoopback(host))) {
    throw new ConfigError(
      'Sandbox mode is for this machine alone. Set CONFIG to a configuration file with router.secrets, or unset HOST and NODE_ENV.',
    );
  }
  const given = CONFIG ? readConfigFile(CONFIG, env) : await sandbox(`http://${host}:${port}`);
  const config = parse(file, given, 'The configuration');
  if (CONFIG && !config.router)
    throw new ConfigError(
      'The configuration needs router.secrets, router.certificateSubjects, router.signatures or router.hive: how the router proves that it is the router',
    );
  if (config.router?.certificateSubjects && !config.tls?.clientCa)
    throw new ConfigError('The configuration needs tls.clientCa: who vouches for router.certificateSubjects');
  if (CONFIG && !config.keys) throw new ConfigError('The configuration needs keys: what results are sealed with');
  const limits = CONFIG ? { ...fullLimits(), ...config.limits } : config.limits;
  return deepFreeze({ ...config, limits, host, port, dataDir, logLevel, sandbox: !CONFIG });
};
