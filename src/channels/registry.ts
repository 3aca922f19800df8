import { randomBytes } from 'node:crypto';
import { openUpstream, type Send, type Upstream } from '../lib/exchange.ts';
import { alipay } from './alipay.ts';
import { daxpay } from './daxpay.ts';
import { type GuardConfig, guardSource } from './guard.ts';
import { jucai } from './jucai.ts';
import type { Source, SourceDefinition } from './source.ts';
import { wechat } from './wechat.ts';

/** Every source there is. To add one: its file, and its line here. */
const definitions = new Map<string, SourceDefinition>(Object.entries({ alipay, daxpay, jucai, wechat }));

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
  const connectFor = (source: string) => (address: string) => {
    const upstream = openUpstream(address);
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
    const source = definition.open(parsed.data, { connect: connectFor(name), now, nonce });
    return [name, guard ? guardSource(source, guard) : source];
  };
  const entries = Object.entries(configured);
  const sources = new Map(entries.map(open));

  return {
    get: (name) => sources.get(name),
    close: async () => void (await Promise.all(upstreams.map((upstream) => upstream.close()))),
  };
};
