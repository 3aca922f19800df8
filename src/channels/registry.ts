/** The sources that this service knows, and those that are configured: opened, renewed and closed together. */
import { alipay } from './alipay/alipay.ts';
import { daxpay } from './daxpay/daxpay.ts';
import { jucai } from './jucai/jucai.ts';
import { type Inspection, inspectSource, openSource, readOptions, type SourceEnvironment } from './open-source.ts';
import type { Explained, WireMessage } from './signing.ts';
import type { OpenedSource, SourceDefinition } from './source.ts';
import { wechat } from './wechat/wechat.ts';

/** By the `type` that a configuration names. To add a source: its folder, and its name here. */
const definitions: ReadonlyMap<string, SourceDefinition> = new Map(Object.entries({ alipay, daxpay, jucai, wechat }));

export const sourceTypes: readonly string[] = [...definitions.keys()];

/** The options of every source of a type, for the description of the configuration; beside them stand `sharedOptions`. */
export const sourceOptions = (type: string): SourceDefinition['config'] | undefined => definitions.get(type)?.config;

/** What the options of a source are worth, before any source is opened. Their `type` has to be known. */
export const inspect = ({ type, ...options }: Configured[string]): Inspection => {
  const definition = definitions.get(type);
  return definition ? inspectSource(definition, options) : { faults: [] };
};

/** The options of each source, by its name. */
export type Configured = Readonly<Record<string, { readonly type: string; readonly [option: string]: unknown }>>;

export interface Sources {
  /** The source as it is now: `renew` may replace it. */
  get(name: string): OpenedSource | undefined;
  readonly names: readonly string[];
  /**
   * Opens again every source whose options have changed. A source that does not open stays as it is, and the reason is
   * returned. Calls in flight end with the source that they began with.
   */
  renew(configured: Configured): string[];
  close(): Promise<void>;
}

export const definitionOf = (name: string, type: string): SourceDefinition => {
  const definition = definitions.get(type);
  if (definition) return definition;
  throw new Error(`Source ${name}: unknown type; known are ${sourceTypes.join(', ')}`);
};

/** How a message of a configured source is signed. Throws an Error that names the source, and shows no value. */
export const explainMessage = (
  name: string,
  { type, ...configured }: Configured[string],
  message: WireMessage,
): Explained | undefined => {
  const definition = definitionOf(name, type);
  return definition.explain?.(readOptions(name, definition, configured).options, message);
};

/** Throws an Error that names the source when its options are not valid, so that the service does not start. */
export const openSources = (
  configured: Configured,
  { observe = (_, send) => send, resolver, guard }: Partial<Omit<SourceEnvironment, 'now'>> = {},
): Sources => {
  const open = (name: string, configuredOptions: Configured[string]) => {
    const { type, ...options } = configuredOptions;
    const definition = definitionOf(name, type);
    const opened = openSource(name, definition, options, { observe, now: Date.now, resolver, guard });
    return { ...opened, options: JSON.stringify(configuredOptions) };
  };
  const current = new Map(Object.entries(configured).map(([name, options]) => [name, open(name, options)]));
  /** Closes the sources that were replaced, whose calls may still run. */
  const replaced: (() => Promise<void>)[] = [];

  /** Returns the reason when the source stays as it is. */
  const reopen = (name: string, options: Configured[string]): string[] => {
    const before = current.get(name);
    if (!before || before.options === JSON.stringify(options)) return [];
    try {
      current.set(name, open(name, options));
      replaced.push(before.close);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : `Source ${name}: it does not open`];
    }
  };

  return {
    get: (name) => current.get(name)?.source,
    names: [...current.keys()],
    renew: (renewed) => Object.entries(renewed).flatMap(([name, options]) => reopen(name, options)),
    close: async () => {
      const opened = [...current.values()].map(({ close }) => close);
      await Promise.all([...opened, ...replaced].map((close) => close()));
    },
  };
};
