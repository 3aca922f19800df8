/** The faults of a configuration, reported all at once: each by its setting as the operator knows it, its cause, and the fix. */
import { isRecord } from '../lib/is-record.ts';
import type { SettingFault, SettingPath } from '../lib/setting-faults.ts';

/** One fault as it is reported. */
export interface ToldFault {
  /** Such as `apps.shop.returnUrls.0`, or `PORT`. */
  readonly setting: string;
  /** The line of the configuration file, and the variable or the file that the value comes from. */
  readonly where: readonly string[];
  /** The cause, and what to write instead. */
  readonly message: string;
}

/** The faults of one place: the environment, or the configuration file. */
export interface FaultyPlace {
  /** `The environment`, or `The configuration /etc/payer-identity.yaml`. */
  readonly place: string;
  readonly faults: readonly ToldFault[];
}

const lineOf = ({ setting, where, message }: ToldFault): string =>
  `  ${setting}${where.length > 0 ? ` (${where.join(', ')})` : ''}: ${message}`;

const textOf = ({ place, faults }: FaultyPlace): string =>
  [`${place} has ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}:`, ...faults.map(lineOf)].join('\n');

/** A configuration with which the service does not start. The message names every fault, and repeats no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Empty for a fault that is not of a setting, such as a wrong use of a command. */
  readonly places: readonly FaultyPlace[];

  constructor(problem: string | readonly FaultyPlace[], options?: ErrorOptions) {
    super(typeof problem === 'string' ? problem : problem.map(textOf).join('\n'), options);
    this.places = typeof problem === 'string' ? [] : problem;
  }
}

/** An entry of `apps` by its id, which the operator knows it by; others by their position. */
const keyOf = (path: SettingPath, at: number, written: unknown): string => {
  const key = path[at];
  if (at === 1 && path[0] === 'apps' && isRecord(written) && Array.isArray(written.apps)) {
    const apps: readonly unknown[] = written.apps;
    const app = apps[Number(key)];
    const id = isRecord(app) ? app.id : undefined;
    if (typeof id === 'string' && /^[\w.-]{1,32}$/.test(id)) return id;
  }
  return String(key);
};

/** Names a setting of a configuration as it is written. */
export const settingName = (path: SettingPath, written: unknown): string => {
  const keys = path.map((_, at) => keyOf(path, at, written));
  const name = keys.map((key) => (/^[\w$-]+$/.test(key) ? `.${key}` : `["${key}"]`)).join('');
  return name.replace(/^\./, '') || 'the whole file';
};

/** Faults of a path and of what is below it are reported once. */
export const withoutRepeats = (faults: readonly SettingFault[]): SettingFault[] => {
  const seen = new Set<string>();
  return faults.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
};
