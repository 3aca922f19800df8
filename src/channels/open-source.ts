/** Opens one source: reads its options, and builds the one exchange by which it reaches its upstreams. */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { openUpstream, type Send, type Upstream } from '../lib/exchange.ts';
import type { Resolver } from '../lib/resolver.ts';
import { readSettings, type SettingFault } from '../lib/setting-faults.ts';
import { egressConfig, isLoopbackBehindProxy } from './egress.ts';
import { createGuards, type GuardConfig, unguarded } from './guard/guard.ts';
import type { OpenedSource, Source, SourceDefinition, SourceDeps } from './source.ts';

/** How the upstreams of a source are reached. */
type Route = z.output<typeof egressConfig>;

/** What stands around everything that sources send. */
export interface SourceEnvironment {
  /** Absent: unguarded. */
  readonly guard?: GuardConfig | undefined;
  /** Measures what a source sends, each time that its guard lets it through. */
  readonly observe: (source: string, send: Send, address: string, route: Route) => Send;
  /** Looks up hosts; absent: the resolver that this process shares. */
  readonly resolver?: Resolver | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Opened {
  readonly source: OpenedSource;
  close(): Promise<void>;
}

const nonce = () => randomBytes(16).toString('hex');

/** What stands beside the options that a source has itself. */
const SHARED = ['type', ...Object.keys(egressConfig.shape)];

/** The options of a source by its own schema and by that of every source, or their faults. */
const inspectOptions = (definition: SourceDefinition, { proxy, ca, ...own }: Readonly<Record<string, unknown>>) => {
  const route = readSettings(egressConfig, { proxy, ca });
  const options = readSettings(definition.config, own, SHARED);
  return { route: route.data, options: options.data, faults: [...route.faults, ...options.faults] };
};

const BEHIND_PROXY =
  'an address on this machine cannot be reached through it. Remove proxy, or name another address of the upstream.';

export interface Inspection {
  readonly faults: readonly SettingFault[];
  /** Sends nothing; undefined when there are faults. */
  readonly source?: Source;
}

/** Opens a source without an upstream: its faults, or what it serves. */
export const inspectSource = (
  definition: SourceDefinition,
  configured: Readonly<Record<string, unknown>>,
): Inspection => {
  const { route, options, faults } = inspectOptions(definition, configured);
  if (!route || !options) return { faults };
  let isUnreachable = false;
  const connect = (address: string) => {
    isUnreachable ||= isLoopbackBehindProxy(address, route.proxy);
    return () => Promise.reject(new Error('An inspected source sends nothing.'));
  };
  const source = definition.open(options, { connect, now: Date.now, nonce });
  return isUnreachable ? { faults: [{ path: ['proxy'], message: BEHIND_PROXY }] } : { faults: [], source };
};

/** Throws an Error that names the source and its options, and shows no value. */
export const readOptions = (
  name: string,
  definition: SourceDefinition,
  configured: Readonly<Record<string, unknown>>,
) => {
  const { route, options, faults } = inspectOptions(definition, configured);
  if (route && options) return { route, options };
  const reported = faults.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new Error(`Source ${name}: ${reported.join('; ')}`);
};

export const openSource = (
  name: string,
  definition: SourceDefinition,
  configured: Readonly<Record<string, unknown>>,
  { guard, observe, resolver, now }: SourceEnvironment,
): Opened => {
  const { route, options } = readOptions(name, definition, configured);
  const guards = guard ? createGuards(guard) : unguarded;
  // Enough for all guards of the source at once, so that none waits for a connection of another one.
  const connections = guard && { connections: guard.inFlight * 2 * options.channels.length };
  const upstreams: Upstream[] = [];

  const connect: SourceDeps['connect'] = (address) => {
    if (isLoopbackBehindProxy(address, route.proxy)) throw new Error(`Source ${name}: proxy: ${BEHIND_PROXY}`);
    const upstream = openUpstream(address, { ...route, ...connections, ...(resolver && { resolver }) });
    upstreams.push(upstream);
    const send = observe(name, upstream.send, address, route);
    return (request, judge, call) => guards.run(async (limited) => judge(await send(request, limited)), call);
  };
  const source = definition.open(options, { connect, now, nonce });
  return {
    source: { ...source, requireReady: guards.requireReady },
    close: async () => void (await Promise.all(upstreams.map((upstream) => upstream.close()))),
  };
};
