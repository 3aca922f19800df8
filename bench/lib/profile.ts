/** `--profile`: where the service spends its time, by the file of ours or the package that the time is spent for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Section } from './section.ts';

/** https://nodejs.org/docs/latest-v24.x/api/cli.html#--cpu-prof */
export const profileFlags = (folder: string): string[] => ['--cpu-prof', '--cpu-prof-dir', join(folder, 'profiles')];

/** https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

export const readProfile = (folder: string): Profile => {
  const profiles = join(folder, 'profiles');
  const [file = ''] = readdirSync(profiles);
  return JSON.parse(readFileSync(join(profiles, file), 'utf8')) as Profile;
};

/** A file of ours, or a package; undefined for what Node does for its caller. */
const ownerOf = (url: string): string | undefined =>
  /\/(src\/[^?]+)$/.exec(url)?.[1] ?? /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];

const system: ReadonlyMap<string, string> = new Map([
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'Node and the kernel, outside JavaScript'],
  ['(idle)', 'idle'],
]);

/** Node's own functions that write to a socket: the kernel may run the receiver, on the same core, before they return. */
const isWrite = (functionName: string, url: string): boolean =>
  url === '' && /^write(?:v|Buffer|(?:Utf8|Latin1|Ascii)String)$/.test(functionName);

/**
 * Microseconds by owner, after the first `skipMs` of the process: time in Node and native code counts for the nearest
 * caller that has an owner.
 */
export const timeByOwner = ({ nodes, samples, timeDeltas }: Profile, skipMs: number): Map<string, number> => {
  const owners = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = (id: number, inherited: string): void => {
    const node = byId.get(id);
    if (!node) return;
    const { functionName, url } = node.callFrame;
    const written = isWrite(functionName, url) ? 'writes to sockets' : undefined;
    const owner = system.get(functionName) ?? written ?? ownerOf(url) ?? inherited;
    owners.set(id, owner);
    for (const child of node.children ?? []) visit(child, owner);
  };
  visit(nodes[0]?.id ?? 0, 'node:http, streams and timers');
  const times = new Map<string, number>();
  let now = 0;
  for (const [at, id] of samples.entries()) {
    now += timeDeltas[at] ?? 0;
    if (now < skipMs * 1_000) continue;
    const owner = owners.get(id) ?? '';
    times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[at] ?? 0));
  }
  return times;
};

/** Owners below this share of the time are left out. */
const LEAST = 0.01;

/** `cpu`: microseconds of a request, by the operating system: a profile also counts time in which the process waits for its core. */
export const profileSection = (times: ReadonlyMap<string, number>, cpu: number): Section => {
  const busy = [...times].filter(([owner]) => owner !== 'idle');
  const total = busy.reduce((sum, [, time]) => sum + time, 0);
  return {
    title: 'Where the time goes, by the file of ours or the package that it is spent for',
    head: ['', 'µs a request', 'share'],
    rows: busy
      .filter(([, time]) => time / total >= LEAST)
      .toSorted(([, left], [, right]) => right - left)
      .map(([owner, time]) => [owner, ((cpu * time) / total).toFixed(1), `${((100 * time) / total).toFixed(1)} %`]),
  };
};
