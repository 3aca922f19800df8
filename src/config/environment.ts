/** The variables of the environment that the service itself reads. */
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { readSettings } from '../lib/setting-faults.ts';
import { wrongChoice } from '../lib/setting-messages.ts';
import { ConfigError, type FaultyPlace } from './faults.ts';

const LEVELS = ['info', 'warn', 'error', 'silent'] as const;
const SWITCH = ['true', 'false'] as const;

const choice = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: ({ input }) => wrongChoice(input, values) });

/** Digits alone: Number would accept " 4001", "0x10", "1e3" and "". */
const portVariable = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, {
    error: 'is not a port. Write digits alone, from 0 to 65535, such as PORT=4001.',
  })
  .transform(Number);

const environment = z.object({
  HOST: z
    .string()
    .regex(
      /^(?![^:]+:\d*$)[\w.:%-]*$/,
      'is not a host. Write a name or an address, without scheme, port and blanks, such as HOST=0.0.0.0.',
    )
    .default('127.0.0.1'),
  PORT: portVariable.default(4001),
  DATA_DIR: z
    .string()
    .min(1, 'is empty. Name a directory that this process may write, or unset it for ./data.')
    .default('./data'),
  CONFIG: z.string().min(1, 'is empty. Name the configuration file, or unset it for sandbox mode.').optional(),
  LOG_LEVEL: choice(LEVELS).default('info'),
  NODE_ENV: z.string().optional(),
  /** For sandbox mode, which has no file to set callers.scopesInSdl in. */
  SCOPES_IN_SDL: choice(SWITCH).optional(),
  /** The file with which a team changes sandbox mode: apps of its own, limits, times. */
  SANDBOX: z.string().min(1, 'is empty. Name a file with changes to sandbox mode, or unset it.').optional(),
  /** An address of this machine in the local network, or `auto`: phones reach sandbox mode there, with a key. */
  SANDBOX_HOST: z
    .string()
    .refine((host) => host === 'auto' || isIPv4(host), 'is no IPv4 address. Write auto, or one of this machine.')
    .optional(),
});
export type Environment = z.output<typeof environment>;

const PLACE = 'The environment';

/** The variables, and their faults: those of the configuration file are reported together with them. */
export const readEnvironment = (
  env: NodeJS.ProcessEnv,
): { readonly data?: Environment | undefined; readonly places: readonly FaultyPlace[] } => {
  const { data, faults } = readSettings(environment, env);
  if (data) return { data, places: [] };
  const reported = faults.map(({ path, message }) => ({ setting: path.join('.'), where: [], message }));
  return { places: [{ place: PLACE, faults: reported }] };
};

/** Throws ConfigError. */
export const requireEnvironment = (env: NodeJS.ProcessEnv): Environment => {
  const { data, places } = readEnvironment(env);
  if (!data) throw new ConfigError(places);
  return data;
};
