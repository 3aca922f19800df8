/** The commented configuration that `init` writes. Its files are beside it; its secrets are variables or files. */
import { stringify } from 'yaml';
import { type SourceType, sourceTexts } from './init-sources.ts';

/** What the configuration is written from. */
export interface Answers {
  readonly app: string;
  readonly sources: readonly SourceType[];
  readonly returnUrls: readonly string[];
  readonly store: 'sqlite' | 'postgres';
}

/** Each channel once, by the first source that has it. */
const channelsOf = (sources: readonly SourceType[]): string => {
  const served = new Map<string, SourceType>();
  for (const type of sources)
    for (const channel of sourceTexts.get(type)?.channels ?? []) if (!served.has(channel)) served.set(channel, type);
  return [...served].map(([channel, type]) => `      ${channel}: ${type}`).join('\n');
};

const storeText = (store: Answers['store']): string =>
  store === 'postgres'
    ? `# postgres://user:password@host:port/database?sslmode=verify-full
store: { $env: DATABASE_URL }
`
    : `# Results are stored in SQLite in DATA_DIR, which serves one instance. For several:
# store: { $env: DATABASE_URL }
`;

/** In quotes where some version of YAML would read no text, such as `yes` or 123. */
const textOf = (id: string): string => stringify(id, { compat: 'yaml-1.1' }).trim();

/** `schema`: the path of the JSON Schema, by which editors complete and check the file. */
export const configurationText = (
  { app, sources, returnUrls, store }: Answers,
  schema: string,
): string => `# yaml-language-server: $schema=${schema}
# The configuration of payer-identity; docs/configuration.md explains every setting.
# { $env: NAME } is the variable NAME, { $file: path } a file; its path counts from the folder of this file.

# The app of callers that name none.
defaultApp: ${textOf(app)}
apps:
  - id: ${textOf(app)}
    # The source of each channel.
    channels:
${channelsOf(sources)}
    # The pages that a channel may send payers back to, compared character by character.
    returnUrls:
${returnUrls.map((url) => `      - '${url}'`).join('\n') || '      []'}
    # Only query codes and states that startAuthentication issued are accepted.
    sessions: required

sources:
${sources.map((type) => sourceTexts.get(type)?.yaml ?? '').join('\n')}
# How the router authenticates itself: the header Router-Authorization. docs/routers.md has snippets for routers.
router:
  secrets:
    - { $file: keys/router.secret }

# Scopes of calls through the router without credentials of their own. payer:authenticate lets them call authenticate.
callers:
  router: []

${storeText(store)}
# What results are sealed with. Without these files nothing in the store can be read: keep a copy of them elsewhere.
keys:
  seal:
    - id: k1
      key: { $file: keys/seal.key }
  index: { $file: keys/index.key }

# For Prometheus: /metrics; for the orchestrator: /livez and /readyz.
metrics:
  port: 9464
`;
