import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { SourceDefinition } from '../../../src/channels/source.ts';
import { openUpstream, type Upstream } from '../../../src/lib/exchange.ts';

/** Opens one source as the registry does, and closes what it opened. */
export const openSource = <Config extends z.ZodType>(
  definition: SourceDefinition<Config>,
  options: unknown,
  now: () => number = Date.now,
) => {
  const upstreams: Upstream[] = [];
  const connect = (address: string) => {
    const upstream = openUpstream(address);
    upstreams.push(upstream);
    return upstream;
  };
  const nonce = () => randomBytes(16).toString('hex');
  const source = definition.open(definition.config.parse(options), { connect, now, nonce });
  return { source, disconnect: async () => void (await Promise.all(upstreams.map((upstream) => upstream.close()))) };
};
