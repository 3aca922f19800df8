/** Opens one source: reads its options, and builds the one exchange by which it reaches its upstreams. */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { openUpstream, type Send, type Upstream } from '../lib/exchange.ts';
import type { Resolver } from '../lib/resolver.ts';
import { egressConfig, isLoopbackBehindProxy } from './egress.ts';
import { createGuards, type GuardConfig, unguarded } from './guard/guard.ts';
import type { OpenedSource, SourceDefinition, SourceDeps } from './source.ts';

/** What stands around everything that sources send. */
export interface SourceEnvironment {
  /** Absent: unguarded. */
  readonly guard?: GuardConfig | undefined;
  /** Measures what a source sends, each time that its guard lets it through. */
  readonly observe: (source: string, send: Send) => Send;
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

/** Throws an Error that names the source and the option, and shows no value. */
export const parseOptions = <Schema extends z.ZodType>(
  source: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> => {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new Error(`Source ${source}: ${faults.join('; ')}`);
};

/** Throws an Error that names the source and the option, and shows no value. */
export const openSource = (
  name: string,
  definition: SourceDefinition,
  { proxy, ca, ...own }: Readonly<Record<string, unknown>>,
  { guard, observe, resolver, now }: SourceEnvironment,
): Opened => {
  const route = parseOptions(name, egressConfig, { proxy, ca });
  const options = parseOptions(name, definition.config, own);
  const guards = guard ? createGuards(guard) : unguarded;
  // Enough for all guards of the source at once, so that none waits for a connection of another one.
  const connections = guard && { connections: guard.inFlight * 2 * options.channels.length };
  const upstreams: Upstream[] = [];

  const connect: SourceDeps['connect'] = (address) => {
    if (isLoopbackBehindProxy(address, route.proxy))
      throw new Error(`Source ${name}: proxy: an address on this machine cannot be reached through it`);
    const upstream = openUpstream(address, { ...route, ...connections, ...(resolver && { resolver }) });
    upstreams.push(upstream);
    const send = observe(name, upstream.send);
    return (request, judge, call) => guards.run(async (limited) => judge(await send(request, limited)), call);
  };
  const source = definition.open(options, { connect, now, nonce });
  return {
    source: { ...source, requireReady: guards.requireReady },
    close: async () => void (await Promise.all(upstreams.map((upstream) => upstream.close()))),
  };
};
