/** Host names in this machine's own files: /etc/hosts, and the search list of /etc/resolv.conf. */
import type { LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

const linesOf = (file: string): string[][] => {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // Either file may be missing.
  }
  return text.split('\n').map((line) => (/^[^#;]*/.exec(line)?.[0] ?? '').trim().split(/\s+/));
};

/** The addresses of a name in a hosts file. https://man7.org/linux/man-pages/man5/hosts.5.html */
export const addressesIn = (hostsFile: string, host: string): LookupAddress[] =>
  linesOf(hostsFile)
    .filter(([, ...names]) => names.some((name) => name.toLowerCase() === host))
    .map(([address = '']) => ({ address, family: isIP(address) }))
    .filter(({ family }) => family > 0);

/** The most that glibc takes for `ndots`. */
const MAX_DOTS = 15;

/**
 * The names to look up in turn, by resolv.conf: a name with fewer than `ndots` dots is completed by the search list
 * first, so that Kubernetes' short names are found. https://man7.org/linux/man-pages/man5/resolv.conf.5.html
 */
export const candidatesFor = (resolvConf: string, host: string): string[] => {
  if (host.endsWith('.')) return [host];
  let search: string[] = [];
  let least = 1;
  for (const [keyword, ...values] of linesOf(resolvConf)) {
    // The last of several counts; `domain` is a search list of one.
    if (keyword === 'search' || keyword === 'domain') search = values.filter((suffix) => suffix !== '.');
    if (keyword !== 'options') continue;
    for (const value of values) least = Number(/^ndots:(\d{1,2})$/.exec(value)?.[1] ?? least);
  }
  const completed = search.map((suffix) => `${host}.${suffix.replace(/^\.|\.$/g, '')}`);
  const dots = host.split('.').length - 1;
  return dots >= Math.min(least, MAX_DOTS) ? [host, ...completed] : [...completed, host];
};
