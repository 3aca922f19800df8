/** The sources of the configuration, of which a command reads nothing else: a file with `sources` alone is enough. */
import { ConfigError, sourcesReader } from '../../config/load.ts';
import type { Command } from './run-command.ts';

const HOW =
  'Name a configuration file with --config: of it, sources is read, such as {"sources":{"daxpay":{"type":"daxpay","baseUrl":"https://pay.example.com","appId":"…","secret":"…"}}}';

type Configured = ReturnType<NonNullable<ReturnType<typeof sourcesReader>>>;

export const readSources = ({ env }: Command): Configured => {
  const sources = sourcesReader(env)?.();
  if (sources) return sources;
  throw new ConfigError(HOW);
};

const named = (sources: Configured, name: string): [string, Configured[string]] => {
  const options = sources[name];
  if (options) return [name, options];
  throw new ConfigError(`The configuration has no source ${name}; it has ${Object.keys(sources).join(', ')}`);
};

/** The source of that name; without a name the only one. */
export const chooseSource = (command: Command, name: string | undefined): [string, Configured[string]] => {
  const sources = readSources(command);
  const [only, ...more] = Object.keys(sources);
  if (name !== undefined) return named(sources, name);
  if (only !== undefined && more.length === 0) return named(sources, only);
  throw new ConfigError(`Name the source with --source: ${Object.keys(sources).join(', ')}`);
};
