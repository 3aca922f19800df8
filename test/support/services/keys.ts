import { addSealKey, generateVaultKeys, openVault, type Vault } from '../../../src/security/vault.ts';

export interface TestKeys {
  /** A vault with the current keys, as a restarted service opens it. */
  open(): Vault;
  /** Puts a new key in front. */
  rotate(): void;
  /** A vault with only the newest sealing key, as after the removal of the others. */
  openNewest(): Vault;
}

export const createTestKeys = (): TestKeys => {
  let keys = generateVaultKeys();
  return {
    open: () => openVault(keys, () => keys),
    rotate: () => {
      keys = addSealKey(keys);
    },
    openNewest: () => openVault({ ...keys, seal: keys.seal.slice(0, 1) }),
  };
};
