/** Reads the environment and the configuration file, which no other file does. Everything it returns is checked and frozen. */
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { guardConfig } from '../channels/guard/guard.ts';
import { bulkheadsConfig } from '../identity/bulkheads.ts';
import { ratesConfig } from '../identity/rates.ts';
import { lanAddress } from '../lib/lan-address.ts';
import { type VaultKeys, vaultKeys } from '../security/vault.ts';
import type { StoreTimes } from '../store/model.ts';
import { configFile, type FileConfig, port } from './file.ts';
import { withOverlay } from './overlay.ts';
import { requirements } from './requirements.ts';
import { ConfigError, readUtf8, resolveValues } from './values.ts';

export type { FileConfig } from './file.ts';
export { ConfigError } from './values.ts';

const DAY_MS = 86_400_000;

export type Config = z.output<typeof configFile> & {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logLevel: string;
  /** True without a configuration file: channels are emulated, and every client on this machine may call. */
  readonly sandbox: boolean;
  /** In sandbox mode: an address of this machine by which other devices reach its pages. */
  readonly sandboxHost?: string | undefined;
};

const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().pipe(port).default(4001),
  DATA_DIR: z.string().min(1).default('./data'),
  CONFIG: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['info', 'warn', 'error', 'silent']).default('info'),
  NODE_ENV: z.string().optional(),
  /** For sandbox mode, which has no file to set callers.scopesInSdl in. */
  SCOPES_IN_SDL: z.enum(['true', 'false']).optional(),
  /** The file with which a team changes sandbox mode: apps of its own, limits, times. */
  SANDBOX: z.string().min(1).optional(),
  /** An address of this machine in the local network, or `auto`: phones reach sandbox mode there, with a key. */
  SANDBOX_HOST: z
    .string()
    .refine((host) => host === 'auto' || isIPv4(host), 'auto, or an IPv4 address of this machine')
    .optional(),
});

const parse = <Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || what}: ${message}`);
  throw new ConfigError(`${what} is not valid:\n${faults.join('\n')}`);
};

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

const readConfigFile = (path: string, env: NodeJS.ProcessEnv, variable = 'CONFIG'): unknown => {
  try {
    return resolveValues(JSON.parse(readUtf8(path)), env);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${variable} names a file that cannot be read as JSON: ${path}`);
  }
};

/**
 * The keys that the configuration file has now: a rotation puts a new one in front while the service runs. Values of
 * `$env` are those with which the process started.
 */
export const readKeys = (env: NodeJS.ProcessEnv): VaultKeys => {
  const { CONFIG = '' } = parse(environment, env, 'The environment');
  return parse(z.object({ keys: vaultKeys }), readConfigFile(CONFIG, env), 'The configuration').keys;
};

/**
 * Returns a function that reads the files again that `$file` names in `sources`; everything else stays as it was at the
 * start. Undefined in sandbox mode, whose sources do not change.
 */
export const sourcesReader = (env: NodeJS.ProcessEnv): (() => FileConfig['sources']) | undefined => {
  const { CONFIG } = parse(environment, env, 'The environment');
  if (!CONFIG) return undefined;
  const { sources: written } = z.looseObject({ sources: z.unknown() }).parse(JSON.parse(readUtf8(CONFIG)));
  return () => parse(configFile.shape.sources, resolveValues(written, env, ['sources']), 'The configuration');
};

/** The store's leases and retention, in milliseconds. */
export const storeTimes = ({ times, retention }: Pick<Config, 'times' | 'retention'>): StoreTimes => {
  const { identityDays, certificationDays } = retention;
  const identityTtlMs = identityDays === undefined ? undefined : identityDays * DAY_MS;
  return { ...times, identityTtlMs, certificationTtlMs: certificationDays * DAY_MS };
};

/** Sandbox mode has none of these: all its callers have one address, and its emulators fail on request. */
const fullLimits = () => ({
  rates: ratesConfig.parse({}),
  bulkheads: bulkheadsConfig.parse({}),
  source: guardConfig.parse({}),
});

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    const members: readonly unknown[] = Object.values(value);
    for (const member of members) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
};

const requireLanAddress = (asked: string): string => {
  const address = asked === 'auto' ? lanAddress() : asked;
  if (address !== undefined) return address;
  throw new ConfigError(
    'SANDBOX_HOST is auto, and this machine is in no network: set it to an address of this machine.',
  );
};

const originOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Reads the configuration; without CONFIG, `sandbox` generates one, which the file that SANDBOX names may change. */
export const loadConfig = async (
  env: NodeJS.ProcessEnv,
  sandbox: (origin: string, sandboxHost: string | undefined) => Promise<FileConfig>,
): Promise<Config> => {
  const {
    HOST: host,
    PORT: port,
    DATA_DIR: dataDir,
    LOG_LEVEL: logLevel,
    CONFIG,
    NODE_ENV,
    SCOPES_IN_SDL,
    SANDBOX,
    SANDBOX_HOST,
  } = parse(environment, env, 'The environment');
  if (!CONFIG && (NODE_ENV === 'production' || !isLoopback(host))) {
    throw new ConfigError(
      'Sandbox mode is for this machine alone. Set CONFIG to a configuration file with router.secrets, or unset HOST and NODE_ENV.',
    );
  }
  if (CONFIG && SCOPES_IN_SDL !== undefined) {
    throw new ConfigError('SCOPES_IN_SDL is for sandbox mode. Set callers.scopesInSdl in the file that CONFIG names.');
  }
  if (CONFIG && (SANDBOX ?? SANDBOX_HOST) !== undefined)
    throw new ConfigError('SANDBOX and SANDBOX_HOST are for sandbox mode, which CONFIG ends: unset them, or CONFIG.');
  const overlay = SANDBOX === undefined ? {} : readConfigFile(SANDBOX, env, 'SANDBOX');
  const sandboxHost = SANDBOX_HOST === undefined ? undefined : requireLanAddress(SANDBOX_HOST);
  const given = CONFIG
    ? readConfigFile(CONFIG, env)
    : withOverlay(await sandbox(originOf(host, port), sandboxHost), overlay);
  const config = parse(configFile, given, 'The configuration');
  for (const { lacks, needs } of requirements)
    if (lacks(config, !CONFIG)) throw new ConfigError(`The configuration needs ${needs}`);
  const limits = CONFIG ? { ...fullLimits(), ...config.limits } : config.limits;
  const callers = SCOPES_IN_SDL ? { ...config.callers, scopesInSdl: SCOPES_IN_SDL === 'true' } : config.callers;
  const place = { host, port, dataDir, sandboxHost };
  return deepFreeze({ ...config, limits, callers, ...place, logLevel, sandbox: !CONFIG });
};
