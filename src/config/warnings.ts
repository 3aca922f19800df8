/** What an operator should look at in a configuration with which the service starts. */
import { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Expiring, Source } from '../channels/source.ts';
import { didYouMean } from '../lib/nearest.ts';
import type { SettingPath } from '../lib/setting-faults.ts';
import type { Given } from './checked.ts';
import { settingName } from './faults.ts';
import type { Config } from './load.ts';
import type { SourcesByName } from './references.ts';

const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

export interface Expiry {
  readonly setting: string;
  /** The day, in UTC. */
  readonly until: string;
  /** Less than 0 when it has ended. */
  readonly daysLeft: number;
}

export const expiriesOf = (certificates: readonly Expiring[], now: number): Expiry[] =>
  certificates.map(({ setting, validTo }) => ({
    setting,
    until: validTo.toISOString().slice(0, 10),
    daysLeft: Math.floor((validTo.getTime() - now) / DAY_MS),
  }));

interface Loaded {
  readonly config: Config;
  readonly sources: SourcesByName;
  readonly given: Given;
}

const RENEW = 'Renew it in time; until then nothing changes.';

const expiryWarnings = (where: string, certificates: readonly Expiring[], now: number): string[] => [
  ...certificates
    .filter(({ validFrom }) => validFrom.getTime() > now)
    .map(({ setting, validFrom }) => `${where}${setting} is not valid before ${validFrom.toISOString().slice(0, 10)}.`),
  ...expiriesOf(certificates, now)
    .filter(({ daysLeft }) => daysLeft <= WARN_DAYS)
    .map(({ setting, until, daysLeft }) =>
      daysLeft < 0
        ? `${where}${setting} ended on ${until}: calls fail. Replace it.`
        : `${where}${setting} ends on ${until}, in ${daysLeft} days. ${RENEW}`,
    ),
];

const ownCertificates = ({ tls, door }: Config): Expiring[] =>
  Object.entries({ 'tls.cert': tls?.cert, 'door.tls.cert': door?.tls?.cert }).flatMap(([setting, pem]) => {
    if (pem === undefined) return [];
    const { validFromDate, validToDate } = new X509Certificate(pem);
    return [{ setting, validFrom: validFromDate, validTo: validToDate }];
  });

const unused = ({ apps, channelTitles }: Config, sources: SourcesByName): string[] => {
  const used = new Set(apps.flatMap(({ channels }) => Object.values(channels)));
  const channels = [...new Set(apps.flatMap((app) => Object.keys(app.channels)))];
  return [
    ...[...sources.keys()]
      .filter((name) => !used.has(name))
      .map((name) => `sources.${name} is used by no app. Name it in apps[].channels, or remove it.`),
    ...apps
      .filter((app) => Object.keys(app.channels).length === 0)
      .map(({ id }) => `apps.${id} has no channel: no payer can authenticate for it.`),
    ...Object.keys(channelTitles)
      .filter((channel) => !channels.includes(channel))
      .map((channel) => `channelTitles.${channel} is a channel of no app.${didYouMean(channel, channels)}`),
  ];
};

const reachable = ({ callers, apps, http, tls, host }: Config): string[] => {
  const mayAuthenticate =
    callers.jwt || callers.claims || callers.router.includes('payer:authenticate') || apps.some((app) => app.signature);
  const isLocal = /^(?:localhost|127\.|::1$)/.test(host);
  return [
    ...(mayAuthenticate
      ? []
      : ['No caller has payer:authenticate: authenticate answers NOT_ALLOWED. See callers, and apps[].signature.']),
    ...(callers.router.length > 0
      ? [`callers.router gives ${callers.router.join(', ')} to every call through the router, also of payer pages.`]
      : []),
    ...(http.clientAddressHeader
      ? []
      : ['http.clientAddressHeader is not set: calls without a name are limited by no address.']),
    ...(tls || isLocal ? [] : [`HOST=${host} without tls: secrets of the router cross the network as plain HTTP.`]),
  ];
};

const SECRET = /(?:^|\.)(?:\w*[sS]ecret|secrets\.\d+|apiKey|privateKey|encryptKey|accesstoken|key|index)$/;

/** Every text of a configuration as it is written. */
const textsIn = (value: unknown, path: SettingPath = []): { readonly path: SettingPath; readonly file?: string }[] => {
  if (typeof value === 'string') return [{ path }];
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string, unknown][] = Object.entries(value);
  const [[key, named] = []] = entries;
  if (key === '$file' && typeof named === 'string') return [{ path, file: named }];
  if (key === '$env') return [];
  return entries.flatMap(([name, member]) => textsIn(member, [...path, Array.isArray(value) ? Number(name) : name]));
};

/** Whether every user of the machine may read it. */
const isOpen = (path: string): boolean => {
  try {
    return (statSync(path).mode & 0o004) !== 0;
  } catch {
    return false;
  }
};

const secrets = ({ document, written }: Given): string[] => {
  const folder = document ? dirname(document.path) : '.';
  return textsIn(written).flatMap(({ path, file }) => {
    const name = settingName(path, written);
    if (!SECRET.test(path.join('.'))) return [];
    if (file === undefined) return [`${name} stands in the file itself. Name it by { "$env": … } or { "$file": … }.`];
    const secretFile = resolve(folder, file);
    return isOpen(secretFile) ? [`${name}: every user may read ${secretFile}. chmod 600 it.`] : [];
  });
};

/** Certificates are named from 30 days before their end on. */
export const warningsOf = ({ config, sources, given }: Loaded, now: number): string[] => [
  ...[...sources].flatMap(([name, { expiring = [] }]: [string, Source]) =>
    expiryWarnings(`sources.${name}.`, expiring, now),
  ),
  ...expiryWarnings('', ownCertificates(config), now),
  ...unused(config, sources),
  ...reachable(config),
  ...secrets(given),
];
