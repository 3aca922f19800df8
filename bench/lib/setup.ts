/** What a server of the bench gets from it: where the data is and how it is sealed. Read from the file SETUP names. */
import { readFileSync } from 'node:fs';
import type { VaultKeys } from '../../src/security/vault.ts';

/** The audience of bearer tokens. */
export const audience = 'payer-identity';

export interface Setup {
  /** The folder of the data; with SQLite the file payer-identity.sqlite is in it. */
  readonly folder: string;
  /** The PostgreSQL that has the data instead. */
  readonly postgres?: string | undefined;
  readonly keys: VaultKeys;
  /** The emulated upstream, which is also the issuer of bearer tokens. */
  readonly upstream: string;
}

export const readSetup = (): Setup => JSON.parse(readFileSync(process.env.SETUP ?? '', 'utf8')) as Setup;
