/**
 * The periodic job of the sources: reads secrets and certificates named by `$file` again, and warns the operator of
 * certificates that expire.
 */
import type { Log } from '../lib/log.ts';
import type { Sources } from './registry.ts';

const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

interface Deps {
  readonly sources: Sources;
  readonly log: Log;
  readonly now: () => number;
  /** Reads the configured sources again; throws when they cannot be read. Absent: they do not change. */
  readonly readSources?: (() => Parameters<Sources['renew']>[0]) | undefined;
}

/** Call it at the start and then regularly. It never throws. */
export const createSourceRefresh = ({ sources, log, now, readSources }: Deps): (() => void) => {
  let lastFaults = '';
  let warnedAt = Number.NEGATIVE_INFINITY;

  const renew = () => {
    if (!readSources) return;
    const before = sources.names.map((name) => sources.get(name));
    let faults: string[];
    try {
      faults = sources.renew(readSources());
    } catch (error) {
      // Our own messages name settings and files; any other message may quote a secret.
      faults = [error instanceof Error && error.name === 'ConfigError' ? error.message : 'they cannot be read'];
    }
    // The same faults are logged once, not each time.
    if (faults.join('\n') !== lastFaults)
      for (const reason of faults) log.error('a source stays as it is: its new settings are refused', { reason });
    lastFaults = faults.join('\n');
    const renewed = sources.names.filter((name, position) => sources.get(name) !== before[position]);
    for (const source of renewed) log.info('a source was opened with new settings', { source });
    if (renewed.length > 0) warnedAt = Number.NEGATIVE_INFINITY;
  };

  const warn = () => {
    if (now() - warnedAt < DAY_MS) return;
    warnedAt = now();
    for (const source of sources.names)
      for (const { setting, validFrom, validTo } of sources.get(source)?.expiring ?? []) {
        const fields = { source, setting, validFrom: validFrom.toISOString(), validTo: validTo.toISOString() };
        if (validTo.getTime() <= now()) log.error('a certificate has expired', fields);
        else if (validFrom.getTime() > now()) log.error('a certificate is not valid yet', fields);
        else if (validTo.getTime() - now() <= WARN_DAYS * DAY_MS) log.warn('a certificate expires soon', fields);
      }
  };

  return () => {
    renew();
    warn();
  };
};
