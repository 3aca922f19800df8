/** What `check-config` prints: every fault of a configuration, or what it serves, who may call, and what to look at. */
import { resolve } from 'node:path';
import { sqliteFile } from '../store/engine/open.ts';
import { hostsOf } from '../store/engine/postgres-address.ts';
import { ConfigError, type FaultyPlace } from './faults.ts';
import { type Config, loadConfigAndSources } from './load.ts';
import type { SourcesByName } from './references.ts';
import { type Expiry, expiriesOf, warningsOf } from './warnings.ts';

interface CheckOptions {
  readonly env: NodeJS.ProcessEnv;
  /** In place of CONFIG. */
  readonly file?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

interface CheckedChannel {
  readonly id: string;
  readonly source: string;
  /** The kind of auth codes that it takes. */
  readonly authCodeKind: string;
  /** Whether payers can start at a page of the channel. */
  readonly hasPage: boolean;
}

export interface ConfigurationSummary {
  readonly apps: readonly {
    readonly id: string;
    readonly isDefault: boolean;
    readonly sessions: string;
    readonly isSigned: boolean;
    readonly channels: readonly CheckedChannel[];
  }[];
  readonly sources: readonly {
    readonly name: string;
    readonly type: string;
    readonly upstreamAppId: string;
    readonly channels: readonly string[];
    readonly certificates: readonly Expiry[];
  }[];
  /** Without user and password. */
  readonly store: { readonly kind: 'SQLite' | 'PostgreSQL'; readonly at: readonly string[] };
  /** How the router authenticates itself. */
  readonly router: readonly string[];
  /** Who may call, with which scopes. */
  readonly callers: readonly string[];
  readonly listens: readonly string[];
}

export interface ConfigurationReport {
  readonly ok: boolean;
  /** Absolute; undefined without a file. */
  readonly file: string | undefined;
  /** Empty when the file cannot be read: then `problem` says why. */
  readonly places: readonly FaultyPlace[];
  /** All faults as the service prints them when it does not start. */
  readonly problem: string | undefined;
  readonly summary: ConfigurationSummary | undefined;
  /** The service starts with them. */
  readonly warnings: readonly string[];
}

const NO_FILE =
  'No configuration file is named. Set CONFIG, or give its path: payer-identity check-config payer-identity.yaml';

/** Opens no store and sends nothing. Never throws for a fault of the configuration. */
export const checkConfiguration = async ({
  env,
  file = env.CONFIG,
  now = Date.now(),
}: CheckOptions): Promise<ConfigurationReport> => {
  const refused = { ok: false, file: file && resolve(file), places: [], summary: undefined, warnings: [] };
  if (!file) return { ...refused, problem: NO_FILE };
  try {
    const noSandbox = () => Promise.reject(new ConfigError(NO_FILE));
    const loaded = await loadConfigAndSources({ ...env, CONFIG: file }, noSandbox);
    const summary = summaryOf(loaded.config, loaded.sources, now);
    const warnings = warningsOf(loaded, now);
    return { ok: true, file: resolve(file), places: [], problem: undefined, summary, warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ...refused, places: error.places, problem: error.message };
  }
};

const summaryOf = (config: Config, sources: SourcesByName, now: number): ConfigurationSummary => ({
  apps: config.apps.map(({ id, channels, sessions, signature }) => ({
    id,
    isDefault: id === config.defaultApp,
    sessions,
    isSigned: signature !== undefined,
    channels: Object.entries(channels).map(([channel, source]) => channelOf(channel, source, sources)),
  })),
  sources: [...sources].map(([name, source]) => ({
    name,
    type: config.sources[name]?.type ?? '',
    upstreamAppId: source.upstreamAppId,
    channels: source.channels,
    certificates: expiriesOf(source.expiring ?? [], now),
  })),
  store: storeOf(config),
  router: routerOf(config),
  callers: callersOf(config),
  listens: listensOf(config),
});

const channelOf = (id: string, name: string, sources: SourcesByName): CheckedChannel => {
  const source = sources.get(name);
  return {
    id,
    source: name,
    authCodeKind: source?.authCodeKind(id) ?? 'PAGE',
    hasPage: source?.authorizer?.channels.includes(id) === true,
  };
};

const storeOf = ({ store, dataDir }: Config): ConfigurationSummary['store'] =>
  store === undefined
    ? { kind: 'SQLite', at: [resolve(sqliteFile(dataDir))] }
    : { kind: 'PostgreSQL', at: hostsOf(store).map(({ name }) => name) };

const count = (items: readonly unknown[] | undefined, one: string): string[] =>
  items === undefined ? [] : [`${items.length} ${items.length === 1 ? one : `${one}s`}`];

const routerOf = ({ router, tls }: Config): string[] => [
  ...count(router?.secrets, 'secret'),
  ...(router?.certificateSubjects ?? []).map((name) => `client certificate ${name}`),
  ...(router?.signatures?.keys ?? []).map(({ id, algorithm }) => `signature ${id} (${algorithm})`),
  ...count(router?.hive?.secrets, 'secret of Hive Gateway'),
  tls ? `TLS ends here (${tls.minVersion} or later)` : 'plain HTTP: TLS ends before this process',
];

const callersOf = ({ callers: { jwt, claims, router }, apps }: Config): string[] => [
  ...(jwt ? [`tokens of ${jwt.issuer}, scopes by the claim ${jwt.scopesClaim}`] : []),
  ...(claims ? [`claims that the router forwards in ${claims.path}, scopes by ${claims.scopesClaim}`] : []),
  `everything else through the router: ${router.length > 0 ? router.join(', ') : 'what payer pages do'}`,
  ...apps.filter(({ signature }) => signature).map(({ id }) => `signed calls of the app ${id}: authenticate`),
];

const listensOf = ({ host, port, tls, door, metrics }: Config): string[] => [
  `${tls ? 'https' : 'http'}://${host}:${port}/graphql for the router`,
  ...(door ? [`${door.host}:${door.port} for payers, who know it as ${door.publicUrl}`] : []),
  ...(metrics ? [`http://${metrics.host}:${metrics.port}/metrics for the operator`] : []),
];

const listed = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), ''];

/** The report as a terminal shows it. */
export const formatReport = ({ file, problem, summary, warnings }: ConfigurationReport): string => {
  if (!summary) return `${problem}\n`;
  const lines = [
    `The configuration ${file} has no fault.`,
    '',
    ...listed('Apps', summary.apps.flatMap(appLines)),
    ...listed(
      'Sources',
      summary.sources.flatMap(({ name, type, upstreamAppId, channels, certificates }) => [
        `${name} (${type}, application ${upstreamAppId}) serves ${channels.join(', ')}`,
        ...certificates.map(({ setting, until }) => `  ${setting} is valid until ${until}`),
      ]),
    ),
    ...listed('Store', [`${summary.store.kind}: ${summary.store.at.join(', ')}`]),
    ...listed('Router', summary.router),
    ...listed('Callers', summary.callers),
    ...listed('Listens', summary.listens),
    ...listed('Look at this', warnings),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
};

const appLines = ({ id, isDefault, sessions, isSigned, channels }: ConfigurationSummary['apps'][number]): string[] => [
  `${id}${isDefault ? ' (default)' : ''}: sessions ${sessions}${isSigned ? ', calls signed' : ''}`,
  ...channels.map(
    ({ id: channel, source, authCodeKind, hasPage }) =>
      `  ${channel} by ${source}: ${authCodeKind}${hasPage ? ', with a page' : ''}`,
  ),
];
