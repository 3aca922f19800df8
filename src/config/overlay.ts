/**
 * The file that SANDBOX names: what it changes of sandbox mode's own configuration, in the form of the configuration
 * file, as a JSON Merge Patch (https://www.rfc-editor.org/rfc/rfc7396): an object is merged, null removes a member,
 * everything else replaces. Apps are found by their id, and a new id is a new app.
 */
import { isRecord } from '../lib/is-record.ts';
import { ConfigError, type ToldFault } from './faults.ts';
import type { FileConfig } from './file.ts';

type Members = Readonly<Record<string, unknown>>;

const merge = (given: unknown, patch: unknown): unknown => {
  if (!isRecord(patch)) return patch;
  const merged = new Map<string, unknown>(Object.entries(isRecord(given) ? given : {}));
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) merged.delete(name);
    else merged.set(name, merge(merged.get(name), change));
  }
  return Object.fromEntries(merged);
};

const mergeApps = (given: readonly Members[], patches: readonly unknown[]): unknown[] => {
  const merged: unknown[] = [...given];
  for (const patch of patches) {
    const at = isRecord(patch) ? merged.findIndex((app) => isRecord(app) && app.id === patch.id) : -1;
    if (at < 0) merged.push(merge({}, patch));
    else merged[at] = merge(merged[at], patch);
  }
  return merged;
};

/** Faults that the merged list would report at another place than the file has them, or not at all. */
const faultsOf = (apps: readonly unknown[]): ToldFault[] => {
  const ids = apps.map((app) => (isRecord(app) ? app.id : undefined));
  const problemOf = (app: unknown, index: number): string | undefined => {
    if (!isRecord(app)) return 'is not an object. Write one with the id of an app: {"id": "shop"}.';
    if (typeof app.id !== 'string')
      return 'has no id. Write the id of the app that it changes, or of a new one: {"id": "shop"}.';
    return ids.indexOf(app.id) < index
      ? `is the second one with the id ${app.id}. Put the settings of an app in one object.`
      : undefined;
  };
  return apps.flatMap((app, index) => {
    const message = problemOf(app, index);
    return message === undefined ? [] : [{ setting: `apps.${index}`, where: [], message }];
  });
};

/** The merged configuration, which is not checked yet. */
export const withOverlay = (config: FileConfig, overlay: unknown): unknown => {
  if (!isRecord(overlay))
    throw new ConfigError('SANDBOX names a file that holds no object: {"apps": [{"id": "shop"}]}');
  if ('keys' in overlay)
    throw new ConfigError('keys cannot be set in the file that SANDBOX names: sandbox mode keeps its own in DATA_DIR');
  const { apps, ...others } = overlay;
  const faults = Array.isArray(apps) ? faultsOf(apps) : [];
  if (faults.length > 0) throw new ConfigError([{ place: 'The file that SANDBOX names', faults }]);
  const merged = merge(config, others);
  return isRecord(merged) && apps !== undefined
    ? { ...merged, apps: Array.isArray(apps) ? mergeApps(config.apps, apps) : apps }
    : merged;
};
