/** Reads the environment and the configuration file, which no other file does. Everything it returns is checked and frozen. */
import type { z } from 'zod';
import { guardConfig } from '../channels/guard/guard.ts';
import { bulkheadsConfig } from '../identity/bulkheads.ts';
import { ratesConfig } from '../identity/rates.ts';
import { type VaultKeys, vaultKeys } from '../security/vault.ts';
import type { StoreTimes } from '../store/model.ts';
import { checkConfig, type Given, readPart, resolveDocument } from './checked.ts';
import { type Document, readDocument } from './document.ts';
import { type Environment, readEnvironment, requireEnvironment } from './environment.ts';
import { ConfigError, type FaultyPlace } from './faults.ts';
import { configFile, type FileConfig } from './file.ts';
import type { SourcesByName } from './references.ts';
import { type MakeSandbox, sandboxConfig } from './sandbox-config.ts';

export { ConfigError } from './faults.ts';
export type { FileConfig } from './file.ts';

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

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * The keys that the configuration file has now: a rotation puts a new one in front while the service runs. Values of
 * `$env` are those with which the process started.
 */
export const readKeys = (env: NodeJS.ProcessEnv): VaultKeys => {
  const { CONFIG = '' } = requireEnvironment(env);
  const document = readDocument(CONFIG);
  return readPart(document, ['keys'], { schema: vaultKeys, env });
};

/**
 * Returns a function that reads the files again that `$file` names in `sources`; everything else stays as it was at the
 * start. Undefined in sandbox mode, whose sources do not change.
 */
export const sourcesReader = (env: NodeJS.ProcessEnv): (() => FileConfig['sources']) | undefined => {
  const { CONFIG } = requireEnvironment(env);
  if (!CONFIG) return undefined;
  const document = readDocument(CONFIG);
  return () => readPart(document, ['sources'], { schema: configFile.shape.sources, env });
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

const SANDBOX_ELSEWHERE =
  'Sandbox mode is for this machine alone. Set CONFIG to a configuration file with router.secrets, or unset HOST and NODE_ENV.';
const SCOPES_BESIDE_FILE = 'SCOPES_IN_SDL is for sandbox mode. Set callers.scopesInSdl in the file that CONFIG names.';

const OVERLAY_BESIDE_FILE =
  'SANDBOX and SANDBOX_HOST are for sandbox mode, which CONFIG ends: unset them, or CONFIG (as options: --sandbox and --lan, or --config).';
const fullConfig = (
  data: z.output<typeof configFile>,
  environment: Environment,
  sandboxHost: string | undefined,
): Config => {
  const { HOST: host, PORT: port, DATA_DIR: dataDir, LOG_LEVEL: logLevel, CONFIG, SCOPES_IN_SDL } = environment;
  const limits = CONFIG ? { ...fullLimits(), ...data.limits } : data.limits;
  const callers = SCOPES_IN_SDL ? { ...data.callers, scopesInSdl: SCOPES_IN_SDL === 'true' } : data.callers;
  const place = { host, port, dataDir, sandboxHost };
  return deepFreeze({ ...data, limits, callers, ...place, logLevel, sandbox: !CONFIG });
};

/** A configuration, what its sources serve, and how it is written. */
interface Loaded {
  readonly config: Config;
  readonly sources: SourcesByName;
  readonly given: Given;
}

/** Variables that contradict each other, or the mode. */
const requireMode = ({ CONFIG, HOST, NODE_ENV, SCOPES_IN_SDL, SANDBOX, SANDBOX_HOST }: Environment): void => {
  if (!CONFIG && (NODE_ENV === 'production' || !isLoopback(HOST))) throw new ConfigError(SANDBOX_ELSEWHERE);
  if (CONFIG && SCOPES_IN_SDL !== undefined) throw new ConfigError(SCOPES_BESIDE_FILE);
  if (CONFIG && (SANDBOX ?? SANDBOX_HOST) !== undefined) throw new ConfigError(OVERLAY_BESIDE_FILE);
};

/** Sends nothing and opens no store. Throws ConfigError with every fault. */
export const loadConfigAndSources = async (env: NodeJS.ProcessEnv, sandbox: MakeSandbox): Promise<Loaded> => {
  const { data: environment, places } = readEnvironment(env);
  const file = environment ? environment.CONFIG : env.CONFIG;
  if (environment) requireMode(environment);
  const document = file ? readDocumentBeside(file, places) : undefined;
  if (!environment && !document) throw new ConfigError(places);
  const made = environment && !document ? await sandboxConfig(environment, env, sandbox) : undefined;
  const given = document ? resolveDocument(document, env) : made?.given;
  if (!given) throw new ConfigError(places);
  const checked = checkConfig(given, environment, document === undefined);
  const all = [...places, ...checked.places];
  if (!environment || !checked.data || all.length > 0) throw new ConfigError(all);
  return { config: fullConfig(checked.data, environment, made?.sandboxHost), sources: checked.sources, given };
};

/** The faults of the environment are reported also when the file cannot be read. */
const readDocumentBeside = (file: string, places: readonly FaultyPlace[]): Document => {
  try {
    return readDocument(file);
  } catch (error) {
    if (places.length === 0 || !(error instanceof ConfigError)) throw error;
    throw new ConfigError(`${new ConfigError(places).message}\n${error.message}`);
  }
};

/** Reads the configuration; without CONFIG, `sandbox` generates one, which the file that SANDBOX names may change. */
export const loadConfig = async (env: NodeJS.ProcessEnv, sandbox: MakeSandbox): Promise<Config> =>
  (await loadConfigAndSources(env, sandbox)).config;
