import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { openUpstream, type Send, type Upstream } from '../lib/exchange.ts';
import { alipay } from './alipay.ts';
import { daxpay } from './daxpay.ts';
import { type GuardConfig, guardSource } from './guard.ts';
import { jucai } from './jucai.ts';
import type { Source, SourceDefinition } from './source.ts';
import { wechat } from './wechat.ts';

/** Every source there is. To add one: its file, and its line here. */
const definitions = new Map<string, SourceDefinition>(Object.entries({ alipay, daxpay, jucai, wechat }));

const servedChannels = z.object({ channels: z.array(z.string()) });

export interface Sources {
  get(name: string): Source | undefined;
  close(): Promise<void>;
}

interface SourcesOptions {
  readonly now?: () => number;
  /** Puts something around what a source sends with. */
  readonly observe?: (source: string, send: Send) => Send;
  /** Of each source; absent: unguarded. */
  readonly guard?: GuardConfig | undefined;
}

/**
 * Opens the configured sources. Throws at once, naming the source, when a configuration is not valid:
 * a service that cannot reach a channel must not start as if it could.
 */
export const openSources = (
  configured: Readonly<Record<string, { readonly type: string; readonly [option: string]: unknown }>>,
  { now = Date.now, observe = (_, send) => send, guard }: SourcesOptions = {},
): Sources => {
  const upstreams: Upstream[] = [];
  /** Enough for every guard of a source at once, so that no kind of traffic waits for a connection of another one. */
  const connectionsOf = (options: unknown): { connections?: number } => {
    const channels = servedChannels.safeParse(options).data?.channels.length ?? 1;
    return guard ? { connections: guard.inFlight * 2 * channels } : {};
  };
  const connectFor = (source: string, options: unknown) => (address: string) => {
    const upstream = openUpstream(address, connectionsOf(options));
    upstreams.push(upstream);
    return { ...upstream, send: observe(source, upstream.send) };
  };
  const nonce = () => randomBytes(16).toString('hex');

  const open = ([name, { type, ...options }]: (typeof entries)[number]): [string, Source] => {
    const definition = definitions.get(type);
    if (!definition) throw new Error(`Source ${name}: unknown type; known are ${[...definitions.keys()].join(', ')}`);
    const parsed = definition.config.safeParse(options);
    if (!parsed.success) {
      const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
      throw new Error(`Source ${name}: ${faults.join('; ')}`);
    }
    const source = definition.open(parsed.data, { connect: connectFor(name, parsed.data), now, nonce });
    return [name, guard ? guardSource(source, guard) : source];
  };
  const entries = Object.entries(configured);
  const sources = new Map(entries.map(open));

  return {
    get: (name) => sources.get(name),
    close: async () => void (await Promise.all(upstreams.map((upstream) => upstream.close()))),
  };
};
