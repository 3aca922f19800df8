import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { openUpstream, type Send, type Upstream } from '../lib/exchange.ts';
import type { Resolver } from '../lib/resolver.ts';
import { alipay } from './alipay/alipay.ts';
import { daxpay } from './daxpay/daxpay.ts';
import { type EgressConfig, egressConfig, isLoopbackBehindProxy } from './egress.ts';
import { type GuardConfig, guardSource } from './guard/guard.ts';
import { jucai } from './jucai/jucai.ts';
import type { Source, SourceDefinition } from './source.ts';
import { wechat } from './wechat/wechat.ts';

/** Every source there is. To add one: its file, and its line here. */
const definitions = new Map<string, SourceDefinition>(Object.entries({ alipay, daxpay, jucai, wechat }));

const servedChannels = z.object({ channels: z.array(z.string()) });
type Configured = Readonly<Record<string, { readonly type: string; readonly [option: string]: unknown }>>;

export interface Sources {
  /** The source as it is now: after `renew` it may be another one. */
  get(name: string): Source | undefined;
  readonly names: readonly string[];
  /**
   * Opens every source anew whose options have changed. One that does not open stays as it is; answers why, for each.
   * What is under way ends with the source that it began with.
   */
  renew(configured: Configured): string[];
  close(): Promise<void>;
}

interface SourcesOptions {
  readonly now?: () => number;
  /** Puts something around what a source sends with. */
  readonly observe?: (source: string, send: Send) => Send;
  /** What looks hosts up; absent: what this process shares. */
  readonly resolver?: Resolver | undefined;
  /** Of each source; absent: unguarded. */
  readonly guard?: GuardConfig | undefined;
}

const parseOptions = <Schema extends z.ZodType>(source: string, schema: Schema, options: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new Error(`Source ${source}: ${faults.join('; ')}`);
};

/**
 * Opens the configured sources. Throws at once, naming the source, when a configuration is not valid:
 * a service that cannot reach a channel must not start as if it could.
 */
export const openSources = (
  configured: Configured,
  { now = Date.now, observe = (_, send) => send, resolver, guard }: SourcesOptions = {},
): Sources => {
  const upstreams: Upstream[] = [];
  /** Enough for every guard of a source at once, so that no kind of traffic waits for a connection of another one. */
  const connectionsOf = (options: unknown): { connections?: number } => {
    const channels = servedChannels.safeParse(options).data?.channels.length ?? 1;
    return guard ? { connections: guard.inFlight * 2 * channels } : {};
  };
  const connectFor = (source: string, route: EgressConfig, options: unknown) => (address: string) => {
    if (isLoopbackBehindProxy(address, route.proxy))
      throw new Error(`Source ${source}: proxy: an address on this machine cannot be reached through it`);
    const upstream = openUpstream(address, { ...route, ...connectionsOf(options), ...(resolver && { resolver }) });
    upstreams.push(upstream);
    return { ...upstream, send: observe(source, upstream.send) };
  };
  const nonce = () => randomBytes(16).toString('hex');

  const open = (name: string, { type, ...options }: Configured[string]): Source => {
    const definition = definitions.get(type);
    if (!definition) throw new Error(`Source ${name}: unknown type; known are ${[...definitions.keys()].join(', ')}`);
    const { proxy, ca, ...own } = options;
    const route = parseOptions(name, egressConfig, { proxy, ca });
    const parsed = parseOptions(name, definition.config, own);
    const source = definition.open(parsed, { connect: connectFor(name, route, parsed), now, nonce });
    return guard ? guardSource(source, guard) : source;
  };
  const opened = new Map(
    Object.entries(configured).map(([name, options]) => [
      name,
      { source: open(name, options), given: JSON.stringify(options) },
    ]),
  );

  /** Answers why the source stays as it is, when it should not. */
  const reopen = (name: string, options: Configured[string]): string[] => {
    const given = JSON.stringify(options);
    if (opened.get(name)?.given === given) return [];
    try {
      opened.set(name, { source: open(name, options), given });
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : `Source ${name}: it does not open`];
    }
  };

  return {
    get: (name) => opened.get(name)?.source,
    names: [...opened.keys()],
    // The connections of the source before it close by themselves once they are idle.
    renew: (current) =>
      Object.entries(current).flatMap(([name, options]) => (opened.has(name) ? reopen(name, options) : [])),
    close: async () => void (await Promise.all(upstreams.map((upstream) => upstream.close()))),
  };
};
