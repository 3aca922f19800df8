/** The configuration that sandbox mode makes for itself, with the changes of the file that SANDBOX names. */
import { lanAddress } from '../lib/lan-address.ts';
import { type Given, madeHere, readValues } from './checked.ts';
import { readDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { ConfigError } from './faults.ts';
import type { FileConfig } from './file.ts';
import { withOverlay } from './overlay.ts';

const NO_NETWORK = 'SANDBOX_HOST is auto, and this machine is in no network: set it to an address of this machine.';

const requireLanAddress = (asked: string | undefined): string | undefined => {
  const address = asked === 'auto' ? lanAddress() : asked;
  if (asked !== undefined && address === undefined) throw new ConfigError(NO_NETWORK);
  return address;
};

const originOf = ({ HOST, PORT }: Environment): string => `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${PORT}`;

export type MakeSandbox = (origin: string, sandboxHost: string | undefined) => Promise<FileConfig>;

/** The configuration of sandbox mode, with the changes of the file that SANDBOX names. */
export const sandboxConfig = async (
  environment: Environment,
  env: NodeJS.ProcessEnv,
  sandbox: MakeSandbox,
): Promise<{ given: Given; sandboxHost: string | undefined }> => {
  const { SANDBOX, SANDBOX_HOST } = environment;
  const overlay = SANDBOX === undefined ? {} : readValues(readDocument(SANDBOX, 'SANDBOX'), env);
  const sandboxHost = requireLanAddress(SANDBOX_HOST);
  return { given: madeHere(withOverlay(await sandbox(originOf(environment), sandboxHost), overlay)), sandboxHost };
};
