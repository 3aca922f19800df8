/** Reads the vault's keys: from the configuration, or from sandbox mode's own file, which only this user can read. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addSealKey, generateVaultKeys, openVault, type Vault, type VaultKeys, vaultKeys } from '../security/vault.ts';
import { fileFault } from './data-dir.ts';
import { type Config, ConfigError, readKeys } from './load.ts';

type KeyConfig = Pick<Config, 'keys' | 'dataDir'>;

const fileIn = (dataDir: string) => join(dataDir, 'keys.json');

/** Of sandbox mode's keys. */
const RESTORE =
  'Restore it from a backup, or set DATA_DIR to another folder: what this one holds opens with its own keys alone';

const readFile = (dataDir: string): VaultKeys => {
  const path = fileIn(dataDir);
  const parsed = vaultKeys.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new ConfigError(`${path} does not hold keys that can be used:\n${faults.join('\n')}\n${RESTORE}`);
};

const atFile = <Result>(path: string, use: () => Result): Result => {
  try {
    return use();
  } catch (error) {
    throw fileFault(path, error);
  }
};

/** Replaces the parser's message, which may quote a key. */
const readJson = (path: string): unknown => {
  const text = atFile(path, () => readFileSync(path, 'utf8'));
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError(`${path} is not JSON. ${RESTORE}`);
  }
};

/** The configured keys, or those of sandbox mode, which are generated at its first start. */
const loadKeys = ({ keys, dataDir }: KeyConfig): VaultKeys => {
  if (keys) return keys;
  const path = fileIn(dataDir);
  const create = () => writeFileSync(path, JSON.stringify(generateVaultKeys()), { mode: 0o600, flag: 'wx' });
  if (!existsSync(path)) atFile(path, create);
  return readFile(dataDir);
};

/** The vault of a process. Its refresh reads the keys again, so that a rotation needs no restart. */
export const openConfiguredVault = (config: KeyConfig, env: NodeJS.ProcessEnv): Vault =>
  openVault(loadKeys(config), () => (config.keys ? readKeys(env) : readFile(config.dataDir)));

const sync = (path: string): void => {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
};

/** Puts a new key in front of those of sandbox mode. It is on the disk before any value is sealed with it. */
export const addSandboxKey = (dataDir: string): void => {
  loadKeys({ keys: undefined, dataDir });
  const next = `${fileIn(dataDir)}.new`;
  try {
    // Exclusive: of two rotations at once, the second would overwrite the key of the first.
    writeFileSync(next, '', { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new ConfigError(`Another rotation is under way, or one was interrupted: then delete ${next}`, { cause });
  }
  try {
    writeFileSync(next, JSON.stringify(addSealKey(readFile(dataDir))), { flush: true });
    renameSync(next, fileIn(dataDir));
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  sync(dataDir);
};
