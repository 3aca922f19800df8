/** The one line that says what has started: version, apps, channels, store, and who may call. */
import type { Config } from '../config/load.ts';
import type { LogFields } from '../lib/log.ts';
import { packageVersion } from '../lib/package-version.ts';
import { hostsOf } from '../store/engine/postgres-address.ts';

/** Without user name and password. */
const storeOf = ({ store, dataDir }: Config): string => {
  if (store === undefined) return `SQLite in ${dataDir}`;
  const hosts = hostsOf(store).map(({ name }) => name);
  return `PostgreSQL at ${hosts.join(', ')}`;
};

/** How the router is known, and which callers behind it may do more than payer pages. */
const callersOf = ({ sandbox, router, callers, apps }: Config): string[] => {
  if (sandbox) return ['every client on this machine'];
  const ways = Object.entries({ ...router }).filter(([, way]) => way !== undefined);
  const signing = apps.filter(({ signature }) => signature !== undefined).map(({ id }) => id);
  return [
    `routers by ${ways.map(([way]) => way).join(', ')}`,
    ...(callers.jwt ? ['callers by JWT'] : []),
    ...(callers.claims ? ['callers by forwarded claims'] : []),
    ...(signing.length > 0 ? [`signed calls of ${signing.join(', ')}`] : []),
    'payer pages without credentials',
  ];
};

export const readyFields = (config: Config): LogFields => ({
  version: packageVersion(),
  apps: config.apps.map(({ id }) => id),
  channels: [...new Set(config.apps.flatMap(({ channels }) => Object.keys(channels)))],
  store: storeOf(config),
  callers: callersOf(config),
});
