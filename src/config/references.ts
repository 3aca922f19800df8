/** What the parts of a configuration say of each other: apps of sources, sources of channels, the default app of apps. */
import { z } from 'zod';
import { inspect, sourceTypes } from '../channels/registry.ts';
import type { Source } from '../channels/source.ts';
import { didYouMean } from '../lib/nearest.ts';
import type { SettingFault } from '../lib/setting-faults.ts';
import { wrongChoice } from '../lib/setting-messages.ts';

/** Parts that are not of this form have faults of their own, and are left out here. */
const referring = z.looseObject({
  defaultApp: z.string().optional().catch(undefined),
  apps: z.array(z.unknown()).catch([]),
  sources: z.record(z.string(), z.unknown()).optional().catch(undefined),
});
const referringApp = z.looseObject({
  id: z.string(),
  channels: z.record(z.string(), z.unknown()).catch({}),
  sessions: z.unknown().optional(),
  returnUrls: z.array(z.unknown()).catch([]),
  returnByDoor: z.array(z.unknown()).catch([]),
});
const typed = z.looseObject({ type: z.string() });

interface Named {
  readonly app: z.output<typeof referringApp>;
  readonly at: number;
}

/** The sources that have no fault, by their names; with the options that they were opened with. */
export type SourcesByName = ReadonlyMap<string, Source>;

interface References {
  readonly faults: readonly SettingFault[];
  readonly sources: SourcesByName;
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** The faults of every source, and what the others serve. */
const readSources = (written: Readonly<Record<string, unknown>>): References => {
  const faults: SettingFault[] = [];
  const sources = new Map<string, Source>();
  for (const [name, options] of Object.entries(written)) {
    const { data } = typed.safeParse(options);
    if (!data) continue;
    if (!sourceTypes.includes(data.type)) {
      faults.push({ path: ['sources', name, 'type'], message: wrongChoice(data.type, sourceTypes, 'a known type') });
      continue;
    }
    const { faults: own, source } = inspect(data);
    faults.push(...own.map(({ path, message }) => ({ path: ['sources', name, ...path], message })));
    if (source) sources.set(name, source);
  }
  return { faults, sources };
};

interface Known {
  /** Undefined when `sources` has a fault of its own. */
  readonly names: readonly string[] | undefined;
  readonly sources: SourcesByName;
}

const channelFault = (channel: string, name: unknown, { names, sources }: Known): string | undefined => {
  if (typeof name !== 'string' || !names) return undefined;
  if (!names.includes(name))
    return `names the source ${name}, which is not configured. Name one of sources: ${list(names)}.${didYouMean(name, names)}`;
  const served = sources.get(name)?.channels;
  if (!served || served.includes(channel)) return undefined;
  if (served.length === 0) return `names the source ${name}, whose channels are none. Write ${channel} among them.`;
  const others = names.filter((other) => sources.get(other)?.channels.includes(channel));
  const instead = others.length > 0 ? `Name a source that serves it: ${list(others)}.` : 'Name one of these channels.';
  return `names the source ${name}, which serves ${list(served)} and not ${channel}. ${instead}${didYouMean(channel, served)}`;
};

const hasPage = (channel: string, name: unknown, sources: SourcesByName): boolean =>
  typeof name === 'string' && sources.get(name)?.authorizer?.channels.includes(channel) === true;

const appFaults = ({ app, at }: Named, known: Known, isSandbox: boolean): SettingFault[] => {
  const faults: SettingFault[] = [];
  const fault = (path: (string | number)[], message: string | undefined) =>
    message !== undefined && faults.push({ path: ['apps', at, ...path], message });
  const channels = Object.entries(app.channels);
  for (const [channel, name] of channels) fault(['channels', channel], channelFault(channel, name, known));
  const pages = channels.filter(([channel, name]) => hasPage(channel, name, known.sources)).map(([channel]) => channel);
  if (app.sessions === 'required' && app.returnUrls.length === 0 && pages.length > 0 && !isSandbox)
    fault(
      ['returnUrls'],
      `is missing, and sessions is "required": no payer could start one on ${list(pages)}. List the pages that payers come back to.`,
    );
  for (const [index, channel] of app.returnByDoor.entries()) {
    if (typeof channel !== 'string' || pages.includes(channel)) continue;
    // A channel of a source with faults may have a page.
    const name = app.channels[channel];
    if (typeof name === 'string' && known.names?.includes(name) !== false && !known.sources.has(name)) continue;
    fault(
      ['returnByDoor', index],
      `is no channel of the app with a page. Name one of: ${list(pages)}.${didYouMean(channel, pages)}`,
    );
  }
  return faults;
};

const idFaults = (apps: readonly Named[]): SettingFault[] =>
  apps.flatMap(({ app: { id }, at }, index) => {
    const earlier = apps.slice(0, index).find((other) => other.app.id === id);
    if (!earlier) return [];
    const message = `stands here twice, as entries ${earlier.at + 1} and ${at + 1} of apps. Give each app an id of its own.`;
    return [{ path: ['apps', at, 'id'], message }];
  });

const defaultFault = (defaultApp: string | undefined, ids: readonly string[]): SettingFault[] => {
  if (defaultApp === undefined || ids.length === 0 || ids.includes(defaultApp)) return [];
  const message = `is not the id of an app. Write one of: ${list(ids)}.${didYouMean(defaultApp, ids)}`;
  return [{ path: ['defaultApp'], message }];
};

/** Opens nothing: every source is asked what it serves, and every app whether that is what it names. */
export const checkReferences = (written: unknown, isSandbox: boolean): References => {
  const { data } = referring.safeParse(written);
  if (!data) return { faults: [], sources: new Map() };
  const apps = data.apps.flatMap((entry, at): Named[] => {
    const app = referringApp.safeParse(entry);
    return app.success ? [{ app: app.data, at }] : [];
  });
  const { faults, sources } = readSources(data.sources ?? {});
  const known = { names: data.sources && Object.keys(data.sources), sources };
  const ids = [...new Set(apps.map(({ app }) => app.id))];
  return {
    faults: [
      ...defaultFault(data.defaultApp, ids),
      ...idFaults(apps),
      ...apps.flatMap((named) => appFaults(named, known, isSandbox)),
      ...faults,
    ],
    sources,
  };
};
