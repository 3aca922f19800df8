/** What one part of the configuration requires of another, or of the environment. */
import { isIP } from 'node:net';
import type { z } from 'zod';
import type { SettingFault, SettingPath } from '../lib/setting-faults.ts';
import type { Environment } from './environment.ts';
import type { configFile } from './file.ts';

/** The parts of a configuration that have no fault of their own. */
export type Parts = Partial<z.output<typeof configFile>>;

interface Surroundings {
  readonly sandbox: boolean;
  readonly environment: Environment | undefined;
  /** Whether the file has a setting of this name at the top, with or without a fault. */
  has(name: keyof Parts): boolean;
}

interface Requirement {
  readonly path: SettingPath;
  lacks(parts: Parts, surroundings: Surroundings): boolean;
  readonly message: string | ((surroundings: Surroundings) => string);
}

const EVERY_ADDRESS = ['', '0.0.0.0', '::'];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** Two names of hosts may be one address; two different addresses are not. */
const overlap = (one: string, other: string): boolean =>
  one === other ||
  [one, other].some((host) => EVERY_ADDRESS.includes(host) || (isIP(host) === 0 && !LOOPBACK.test(host))) ||
  (LOOPBACK.test(one) && LOOPBACK.test(other) && [one, other].includes('localhost'));

interface Listener {
  readonly host: string;
  readonly port: number;
}

/** Port 0 is any free one. */
const isSame = (one: Listener | undefined, other: Listener | undefined): boolean =>
  one !== undefined &&
  other !== undefined &&
  one.port !== 0 &&
  one.port === other.port &&
  overlap(one.host, other.host);

const main = ({ environment }: Surroundings): Listener | undefined =>
  environment && { host: environment.HOST, port: environment.PORT };

const ofService = ({ environment }: Surroundings) =>
  `is the port of the service itself (PORT=${environment?.PORT}). Choose another one.`;

const requirements: readonly Requirement[] = [
  {
    path: ['router'],
    lacks: (_, { sandbox, has }) => !sandbox && !has('router'),
    message:
      'is missing. Write router.secrets, router.certificateSubjects, router.signatures or router.hive, which authenticate the router; "openssl rand -hex 32" makes a secret.',
  },
  {
    path: ['keys'],
    lacks: (_, { sandbox, has }) => !sandbox && !has('keys'),
    message:
      'is missing. The service needs keys.seal and keys.index, with which results are sealed. Make each with: openssl rand -base64 32',
  },
  {
    path: ['door'],
    lacks: ({ apps }, { has }) => !has('door') && apps?.some(({ returnByDoor }) => returnByDoor.length > 0) === true,
    message: 'is missing. Write door, by which the channels of apps[].returnByDoor return their payers.',
  },
  {
    path: ['tls', 'clientCa'],
    lacks: ({ router, tls }, { has }) =>
      router?.certificateSubjects !== undefined && (!has('tls') || tls !== undefined) && !tls?.clientCa,
    message: 'is missing. Write tls.clientCa, which issues the certificates of router.certificateSubjects.',
  },
  {
    // Otherwise a client that has recorded a request could replay it with other claims.
    path: ['callers', 'claims'],
    lacks: ({ router, callers }) =>
      callers?.claims !== undefined &&
      (router?.hive !== undefined ||
        (router?.signatures !== undefined && !router.signatures.components.includes('content-digest'))),
    message:
      'needs router credentials that cover the body. Remove router.hive, and add content-digest to router.signatures.components.',
  },
  {
    path: ['metrics', 'port'],
    lacks: ({ metrics }, surroundings) => isSame(metrics, main(surroundings)),
    message: ofService,
  },
  {
    path: ['door', 'port'],
    lacks: ({ door }, surroundings) => isSame(door, main(surroundings)),
    message: ofService,
  },
  {
    path: ['door', 'port'],
    lacks: ({ door, metrics }) => isSame(door, metrics),
    message: 'is the port of metrics as well. Choose another one for one of the two.',
  },
  {
    path: ['storeListenUrl'],
    lacks: (_, { has }) => has('storeListenUrl') && !has('store'),
    message: 'has no effect without store. Write store, or remove it.',
  },
];

export const unmetRequirements = (parts: Parts, surroundings: Surroundings): SettingFault[] =>
  requirements
    .filter(({ lacks }) => lacks(parts, surroundings))
    .map(({ path, message }) => ({ path, message: typeof message === 'string' ? message : message(surroundings) }));
